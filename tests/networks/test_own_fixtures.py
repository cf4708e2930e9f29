# SPDX-License-Identifier: GPL-3.0-or-later
"""Every network gives the numbers it gave when it matched the published recordings."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

from own_fixtures import FOLDER, cases, outputs_of
from safetensors.torch import load_file

HALF_STEP = 2e-3
"""Largest relative step of the float16 that outputs are stored in, with room for other processors."""


@pytest.mark.parametrize("name", sorted(cases()))
def test_the_network_gives_the_recorded_numbers(name):
    expected = load_file(FOLDER / f"{name}.safetensors")
    actual = outputs_of(cases()[name])
    assert set(actual) == set(expected)
    for key, value in expected.items():
        difference = float((actual[key] - value.float()).abs().max()) / max(float(value.float().std()), 1e-6)
        assert difference < HALF_STEP * max(1.0, float(value.float().abs().max() / value.float().std())), key


def test_every_recording_has_its_case():
    assert {path.stem for path in FOLDER.glob("*.safetensors")} == set(cases())
