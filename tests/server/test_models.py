# SPDX-License-Identifier: GPL-3.0-or-later
"""Published models over the engine: listed, downloaded by id, cancelled, accepted and removed."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from dressform.inference.models.card import ModelCard
from dressform.inference.models.cards import cards
from dressform.inference.models.hub import MIRROR_VARIABLE
from dressform.inference.models.store import MODELS_VARIABLE
from dressform.server.model_messages import ModelList, Pull, PullState
from dressform.server.protocol import EngineError
from engine_process import EngineUnderTest

PUBLISHED_FILES = Path(__file__).parents[1] / "inference" / "models" / "published_files.py"
CONTENT = bytes(range(256)) * 4000


def published_files() -> ModuleType:
    spec = importlib.util.spec_from_file_location("published_files", PUBLISHED_FILES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def hub_card(asks: bool) -> ModelCard:
    """A real card whose files the test can publish: on the hub, plain, of unknown checksum."""
    return next(card for card in cards().values() if card.repository and not (card.needs or card.aids) and card.asks is asks
                and all(file.sha256 is None and not file.convert and "://" not in file.source for file in card.files))


@pytest.fixture
def hub() -> Iterator[Any]:
    with published_files().publishing() as running:
        yield running


@pytest.fixture
def served(hub, start_engine: Callable[..., EngineUnderTest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineUnderTest:
    """An engine with an empty models folder, whose mirror of the hub is this test's."""
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path / "models"))
    monkeypatch.setenv(MIRROR_VARIABLE, hub.url)
    return start_engine()


def publish(hub: Any, card: ModelCard, content: bytes = CONTENT) -> None:
    for file in card.files:
        hub.files[f"/{card.repository}/resolve/{card.revision}/{file.published}"] = content


def ended(engine: EngineUnderTest, model: str, seconds: float = 40.0) -> Pull:
    end = time.monotonic() + seconds
    while True:
        pull = engine.client.models().pull(model)
        assert pull is not None
        if pull.state is not PullState.RUNNING:
            return pull
        assert time.monotonic() < end, f"still {pull}"
        time.sleep(0.05)


def test_the_list_says_what_every_backend_needs(served: EngineUnderTest, tmp_path: Path) -> None:
    listing = served.client.models()
    assert listing.folder == str(tmp_path / "models")
    assert {row.id for row in listing.models} == set(cards())
    drape, fashn = listing.backend("tryon", "drape"), listing.backend("tryon", "fashn")
    assert drape is not None
    assert fashn is not None
    assert (drape.ready, drape.commercial, drape.models) == (True, "yes", ())
    assert (fashn.ready, fashn.licence) == (False, "Apache-2.0")
    assert "fashn-vton-1.5" in fashn.missing
    assert fashn.vram_gb > 0
    assert listing.devices[-1] == {"id": "cpu", "name": "CPU"}


def test_a_free_model_is_downloaded_with_progress_and_removed_again(served: EngineUnderTest, hub, tmp_path: Path) -> None:
    card = hub_card(asks=False)
    publish(hub, card)
    assert served.client.pull_model(card.id).state is PullState.RUNNING
    pull = ended(served, card.id)
    needed = [file for file in card.files if not file.optional]
    assert (pull.state, pull.done, pull.total) == (PullState.DONE, len(CONTENT) * len(needed), len(CONTENT) * len(needed))
    assert all((tmp_path / "models" / card.id / file.name).read_bytes() == CONTENT for file in needed)
    row = served.client.models().model(card.id)
    assert row is not None
    assert row.usable
    served.client.remove_model(card.id)
    row = served.client.models().model(card.id)
    assert row is not None
    assert not row.usable


def test_a_restricted_model_is_downloaded_after_its_licence_was_accepted(served: EngineUnderTest, hub) -> None:
    card = hub_card(asks=True)
    publish(hub, card, b"weights")
    served.client.pull_model(card.id)
    pull = ended(served, card.id)
    assert (pull.state, pull.code) == (PullState.FAILED, "licence_not_accepted")
    assert card.title in pull.message
    assert hub.requests == []
    served.client.accept_licence(card.id)
    served.client.pull_model(card.id)
    assert ended(served, card.id).state is PullState.DONE


def test_a_download_is_cancelled_at_once_and_goes_on_later(served: EngineUnderTest, hub) -> None:
    card = hub_card(asks=False)
    publish(hub, card)
    hub.pause_s = 0.2
    served.client.pull_model(card.id)
    end = time.monotonic() + 30
    while not any("/cdn/" in path for _, path, _ in hub.requests) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)
    with pytest.raises(EngineError) as failure:
        served.client.remove_model(card.id)
    assert failure.value.code == "busy"
    served.client.cancel_pull(card.id)
    assert ended(served, card.id, 5.0).state is PullState.CANCELLED
    hub.pause_s = 0.0
    hub.requests.clear()
    served.client.pull_model(card.id)
    assert ended(served, card.id).state is PullState.DONE
    assert any("range" in headers for headers in hub.asked(below="/cdn"))


def test_an_idle_engine_does_not_end_under_a_download(hub, start_engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path / "models"))
    monkeypatch.setenv(MIRROR_VARIABLE, hub.url)
    card = hub_card(asks=False)
    publish(hub, card)
    hub.pause_s = 0.5
    engine = start_engine("--idle-minutes", "0.03")
    engine.client.pull_model(card.id)
    time.sleep(5.0)                                      # more than twice the idle time, in which nobody asks
    pull = engine.client.models().pull(card.id)
    assert pull is not None
    assert pull.state is PullState.RUNNING
    engine.client.cancel_pull(card.id)
    engine.wait_until_gone()


def test_a_model_the_hub_does_not_have_is_told(served: EngineUnderTest) -> None:
    card = hub_card(asks=False)
    served.client.pull_model(card.id)
    pull = ended(served, card.id)
    assert (pull.state, pull.code) == (PullState.FAILED, "model_not_found")


@pytest.mark.parametrize("model", ["nothing", "https://example.org/evil.ckpt", "../../etc", "fashn-vton-1.5?mirror=http://example.org"])
def test_only_ids_of_known_models_are_taken(served: EngineUnderTest, model: str) -> None:
    for call in (served.client.pull_model, served.client.accept_licence, served.client.cancel_pull, served.client.remove_model):
        with pytest.raises(EngineError) as failure:
            call(model)
        assert failure.value.code in ("unknown_model", "not_found")


def test_models_are_behind_the_token(served: EngineUnderTest) -> None:
    address = urlsplit(served.endpoint.url)
    for method, path in (("GET", "/models"), ("POST", "/models/dwpose/pull"), ("DELETE", "/models/dwpose")):
        connection = HTTPConnection(address.hostname, address.port, timeout=5)
        connection.request(method, path, b"{}" if method == "POST" else None, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 401
        connection.close()


def test_the_list_survives_fields_of_a_later_release() -> None:
    listing = ModelList.from_json({"folder": "/m", "models": [{"id": "a", "colour": "blue"}], "backends": [], "news": 1})
    assert listing.model("a") is not None
