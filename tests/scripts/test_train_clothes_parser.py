# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clothes parser learns by and is scored by."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from dressform.inference.records import Label

torch = pytest.importorskip("torch", reason="torch is not installed: make setup-models")
SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def trainer() -> Iterator[ModuleType]:
    sys.path.insert(0, str(SCRIPTS))
    import train_clothes_parser

    yield train_clothes_parser
    sys.path.remove(str(SCRIPTS))


def logits_for(truth: torch.Tensor, classes: int) -> torch.Tensor:
    return 30.0 * torch.nn.functional.one_hot(truth, classes).permute(0, 3, 1, 2).float()


def test_the_overlap_loss_is_zero_for_the_truth_and_one_for_its_opposite(trainer: ModuleType) -> None:
    truth = torch.ones((1, 20, 20), dtype=torch.long)
    truth[:, 10:] = 2
    assert float(trainer.overlap_loss(logits_for(truth, 4), truth)) == pytest.approx(0, abs=1e-5)
    assert float(trainer.overlap_loss(logits_for(3 - truth, 4), truth)) == pytest.approx(1, abs=1e-5)


def test_pixels_without_truth_do_not_count(trainer: ModuleType) -> None:
    truth = torch.ones((1, 20, 20), dtype=torch.long)
    said = truth.clone()
    said[:, 10:] = 2
    truth[:, 10:] = trainer.IGNORED
    assert float(trainer.overlap_loss(logits_for(said, 4), truth)) == pytest.approx(0, abs=1e-5)


def test_overlaps_are_counted_by_class(trainer: ModuleType) -> None:
    truth = np.array([[Label.HAIR, Label.HAIR, Label.FACE, Label.BACKGROUND]], np.uint8)
    said = np.array([[Label.HAIR, Label.FACE, Label.FACE, Label.FACE]], np.uint8)
    hit, union = np.zeros(256), np.zeros(256)
    trainer.add(hit, union, said, truth)
    assert hit[Label.HAIR] / union[Label.HAIR] == pytest.approx(1 / 2)
    assert hit[Label.FACE] / union[Label.FACE] == pytest.approx(1 / 3)
    assert hit[Label.BACKGROUND] == 0


def test_the_moving_average_follows(trainer: ModuleType) -> None:
    first, second = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    wanted = 0.9 * first.weight.detach() + 0.1 * second.weight.detach()
    trainer.follow(first, second, 0.9)
    assert torch.allclose(first.weight, wanted)


def test_the_background_and_the_labels_each_have_an_output(trainer: ModuleType) -> None:
    assert trainer.TO_CLASS[0] == 0
    assert sorted(trainer.TO_CLASS[int(label)] for label in Label) == list(range(len(Label)))
    assert trainer.TO_CLASS[250] == trainer.IGNORED
