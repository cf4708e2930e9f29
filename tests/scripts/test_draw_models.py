# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/models.md says what the cards say."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from dressform.inference.models.card import ModelCard, ModelFile

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "draw_models.py"


@pytest.fixture
def draw_models() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_models", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date():
    answer = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


def test_a_row_says_licence_use_memory_and_that_the_weights_were_not_run(draw_models, monkeypatch):
    card = ModelCard("net", "Net", "tryon", "maker/Net", (ModelFile("a.safetensors", bytes=3 * 1024**3),), "CC-BY-NC-4.0", "no",
                     conditions="Not for sale.", vram_gb=8.0, checked=("keys", "parity"))
    monkeypatch.setattr(draw_models, "cards", lambda: {"net": card})
    assert draw_models.models_table()[2] == ("| [`net`](https://huggingface.co/maker/Net)<br/>Net, 3.0 GB | CC-BY-NC-4.0 | "
                                             "**no**: Not for sale | 8 GB | keys, parity | no |")


def test_a_page_without_markers_is_refused(draw_models):
    with pytest.raises(ValueError, match="markers of the table models"):
        draw_models.with_tables("# Models\n")
