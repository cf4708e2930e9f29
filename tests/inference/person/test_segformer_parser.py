# SPDX-License-Identifier: GPL-3.0-or-later
"""SegFormer's classes become ours, from its published layout."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("transformers", reason="transformers is not installed: make setup-models")

from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError
from dressform.inference.models.store import accept_licence
from dressform.inference.person import PARSERS
from dressform.inference.person.figure import figure_of
from dressform.inference.person.parser import CLASSES
from dressform.inference.person.pose import estimate_pose
from dressform.inference.person.schp import ATR
from dressform.inference.records import Label
from tiny_segformer import write_segformer

CPU = Settings(device="cpu")
PARSER = PARSERS["segformer-clothes"]


@pytest.fixture
def figure(standing):
    return figure_of(standing.pixels, estimate_pose(standing), np.ones((standing.height, standing.width), np.float32), 512)[0]


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    return tmp_path


def _write(folder, classes, sees):
    """A tiny SegFormer that sees one class everywhere, its licence accepted."""
    write_segformer(folder, classes, sees)
    accept_licence("segformer-clothes")


def test_its_classes_are_read_as_ours(models, figure):
    _write(models / "segformer-clothes", len(ATR), ATR.index("skirt"))
    answer = PARSER.load()(figure, CPU)
    assert answer.shape == (*figure.matte.shape, len(CLASSES))
    assert (answer.argmax(-1) == CLASSES.index(Label.SKIRT)).all()
    assert np.allclose(answer.sum(-1), 1.0, atol=1e-4)


def test_one_with_other_classes_is_refused(models, figure):
    _write(models / "segformer-clothes", 5, 1)
    with pytest.raises(BackendError) as failure:
        PARSER.load()(figure, CPU)
    assert failure.value.code == "bad_model"


def test_it_is_not_used_before_its_licence_is_accepted(models, figure):
    _write(models / "segformer-clothes", len(ATR), 1)
    (models / "licences.json").unlink()
    with pytest.raises(BackendError) as failure:
        PARSER.load()(figure, CPU)
    assert failure.value.code == "licence_not_accepted"
