# SPDX-License-Identifier: GPL-3.0-or-later
"""A published model through the panel: its licence, accepting, downloading, and what reaches the request."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from dressform.inference.licences import backend_tables
from dressform.inference.models.store import card_of, with_needs

PUBLISHED_FILES = Path(__file__).parents[1] / "inference" / "models" / "published_files.py"
STAGE, BACKEND = "tryon", "catvton"


def published_files() -> Any:
    spec = importlib.util.spec_from_file_location("published_files", PUBLISHED_FILES)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def used(play, extension_zip) -> dict[str, Any]:
    cards = {card.id: card for model in backend_tables()[STAGE][BACKEND].models for card in with_needs(model)}
    assert all(file.sha256 is None for card in cards.values() for file in card.files), "the test publishes contents of its own"
    with published_files().publishing() as hub:
        for card in cards.values():
            for file in card.files:
                # a safetensors header, so that files published as pickles need no conversion
                hub.files[f"/{card.repository}/resolve/{card.revision}/{file.published}"] = (2).to_bytes(8, "little") + b"{}"
        return play("models", extension_zip, STAGE, BACKEND, hub.url)


def test_the_preferences_reach_the_engine(used):
    assert set(used["environment"]) == {"DRESSFORM_MODELS", "HF_ENDPOINT"}
    assert used["folder"] == used["environment"]["DRESSFORM_MODELS"]


def test_before_the_engine_was_asked_the_panel_offers_to_ask(used):
    assert used["unasked"] == ["dressform.refresh_models"]
    assert used["refreshed"] == ["FINISHED"]
    assert f"{STAGE}:{BACKEND}" in used["listed"]
    assert "tryon:drape" not in used["listed"]


def test_licence_size_and_memory_are_shown_before_anything_is_done(used):
    words = " ".join(used["missing"])
    assert card_of("catvton").licence in words
    assert "NOT be sold" in words
    assert "GB of graphics memory" in words
    assert "dressform.accept_licence" in used["missing"]
    assert "dressform.download_models" not in used["missing"]


def test_the_download_button_waits_for_blenders_online_switch(used):
    assert used["download_offered"] == used["online"]


def test_without_the_licence_nothing_is_downloaded(used):
    assert "not been accepted" in " ".join(used["refused"])


def test_accepted_and_downloaded_it_is_ready_and_can_be_removed(used):
    assert used["accepted"] == used["downloaded"] == used["removed"] == ["FINISHED"]
    assert used["is_ready"]
    assert "Ready" in used["ready"]
    assert "dressform.accept_licence" not in used["ready"]
    assert "catvton" in used["gone"]


def test_the_request_names_method_device_and_precision(used):
    request = used["request"]
    assert (request["tryon"], request["device"], request["matting"]) == ("catvton", "cpu", "mediapipe")
    assert request["backend_options"] == {"catvton": {"precision": "bfloat16"}}
