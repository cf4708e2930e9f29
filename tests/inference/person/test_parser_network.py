# SPDX-License-Identifier: GPL-3.0-or-later
"""The clothes parser's forward pass gives the numbers that its layers are defined by."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.person.parser import CLASSES, parser_weights
from dressform.inference.person.parser_network import MEAN, SPREAD, class_logits, each_channel
from dressform.inference.person.pose_planes import PLANES

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


def slow_convolution(x: np.ndarray, kernels: np.ndarray, stride: int) -> np.ndarray:
    """By the definition, with zeros around; the odd row and column of padding lie below and right."""
    height, width, channels = x.shape[0] // stride, x.shape[1] // stride, x.shape[2]
    size = kernels.shape[1]
    total = size - stride
    padded = np.zeros((x.shape[0] + total, x.shape[1] + total, channels))
    padded[total // 2:total // 2 + x.shape[0], total // 2:total // 2 + x.shape[1]] = x
    result = np.zeros((height, width, channels))
    for row in range(height):
        for column in range(width):
            window = padded[row * stride:row * stride + size, column * stride:column * stride + size]
            result[row, column] = (window * kernels.transpose(1, 2, 0)).sum((0, 1))
    return result


@pytest.fixture
def scripts_on_the_path() -> Iterator[None]:
    sys.path.insert(0, str(SCRIPTS))
    yield
    sys.path.remove(str(SCRIPTS))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [3, 5])
def test_every_channel_is_convolved_with_its_own_kernel(size: int, stride: int) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(12, 10, 7)).astype(np.float32)
    kernels = random.normal(size=(7, size, size)).astype(np.float32)
    assert np.allclose(each_channel(x, kernels, stride), slow_convolution(x, kernels, stride), atol=1e-5)


def test_a_picture_larger_than_a_piece_of_work_is_convolved_without_seams() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=(64, 48, 96)).astype(np.float32)
    kernel = np.zeros((96, 3, 3), np.float32)
    kernel[:, 2, 1] = 1.0                        # takes the pixel below
    moved = each_channel(x, kernel)
    assert np.array_equal(moved[:-1], x[1:])
    assert not moved[-1].any()


def test_the_answer_has_a_quarter_of_the_size_and_a_class_more_than_the_labels() -> None:
    pixels = (np.full((64, 96, 3), 0.5, np.float32) - MEAN) / SPREAD
    logits = class_logits(parser_weights(), pixels, np.zeros((16, 24, PLANES), np.float32))
    assert logits.shape == (16, 24, len(CLASSES) + 1)
    assert np.isfinite(logits).all()


def test_numpy_and_torch_give_the_same_numbers(scripts_on_the_path: None) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: make setup-models")
    from clothes_network import ClothesNetwork, engine_weights

    torch.manual_seed(3)
    network = ClothesNetwork(len(CLASSES) + 1).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 1.5)
    torch.nn.init.normal_(network.told.weight, 0, 0.2)
    pixels, planes = torch.randn(1, 3, 96, 64), torch.rand(1, PLANES, 24, 16)
    with torch.no_grad():
        wanted = network(pixels, planes)[0].permute(1, 2, 0).numpy()
    found = class_logits(engine_weights(network), pixels[0].permute(1, 2, 0).numpy(), planes[0].permute(1, 2, 0).numpy())
    assert np.abs(wanted).max() > 0.1
    assert np.abs(found - wanted).max() < 1e-4 * np.abs(wanted).max()
