# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel offers is what the engine can do, and what is set there reaches the backends."""

from __future__ import annotations

import pytest
from dressform.inference.backend import DEVICES
from dressform.inference.licences import backend_tables
from dressform.inference.models.runtime import OFFLOADS
from dressform.server import choices

NEEDS_A_COMMAND = {"external"}
"""Backends that are given to the command line or the Python call only."""


@pytest.mark.parametrize("stage", choices.STAGES)
def test_every_backend_is_offered_under_its_title_and_no_other(stage):
    backends = backend_tables()[stage]
    assert {name: title for name, title, _ in choices.STAGES[stage]} == {
        name: backend.title for name, backend in backends.items() if name not in NEEDS_A_COMMAND}
    assert not backends[choices.EMBEDDED[stage]].models


def test_every_stage_has_a_title():
    assert set(backend_tables()) == set(choices.STAGE_TITLES)


def test_devices_and_memory_settings_are_those_of_the_engine():
    assert {name for name, _, _ in choices.DEVICES} == set(DEVICES)
    assert [name for name, _, _ in choices.OFFLOADS] == list(OFFLOADS)


def test_settings_go_to_the_published_backends_that_were_chosen():
    chosen = {**choices.EMBEDDED, "tryon": "fashn", "reconstruction": "triposr"}
    assert choices.options(chosen, "bfloat16", "auto") == {"fashn": {"precision": "bfloat16"}, "triposr": {"precision": "bfloat16"}}
    assert choices.options(chosen, "auto", "auto") == {}
    assert choices.options({**choices.EMBEDDED, "tryon": "none"}, "float32", "model") == {}


def test_licences_and_sizes_in_words():
    assert choices.licence_words("Apache-2.0", "yes", "") == "Results may be sold (Apache-2.0)."
    assert choices.licence_words("CC-BY-NC-4.0", "no", "Research only.") == "Results may NOT be sold (CC-BY-NC-4.0). Research only."
    assert [choices.size_words(size) for size in (None, 400_000, 5 * 1024**3)] == [
        "download of unknown size", "1 MB to download", "5.0 GB to download"]
