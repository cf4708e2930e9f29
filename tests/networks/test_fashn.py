# SPDX-License-Identifier: GPL-3.0-or-later
"""What FASHN VTON's parts do, on pictures and networks simple enough to know the answer."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.networks.fashn.agnostic import (
    BAG,
    FACE,
    FEET,
    GREY,
    HANDS,
    PANTS,
    TOP,
    agnostic_mask,
    garment_mask,
    greyed,
    smooth_dilation,
)
from dressform.inference.networks.fashn.frame import framed, reduced

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch
from dressform.inference.networks.fashn.model import Config, TryOnModel, rotary, rotated
from dressform.inference.networks.fashn.sampler import sample, times, to_pixels, to_tensor


@pytest.fixture
def classes() -> np.ndarray:
    """A face, a top, hands and a bag beside it, trousers, feet."""
    drawn = np.zeros((432, 288), np.uint8)
    for code, rows, columns in ((FACE, (20, 70), (120, 168)), (TOP, (70, 200), (100, 188)), (HANDS, (180, 200), (80, 98)),
                                (BAG, (150, 210), (190, 220)), (PANTS, (200, 380), (105, 183)), (FEET, (380, 400), (105, 183))):
        drawn[slice(*rows), slice(*columns)] = code
    return drawn


def test_a_mask_hides_the_garment_and_never_who_the_person_is(classes):
    hidden = agnostic_mask(classes, "tops")
    assert hidden[classes == TOP].all()
    assert not hidden[np.isin(classes, (FACE, BAG, HANDS))].any()
    assert not hidden[:60].any()
    assert not hidden[300:].any()
    assert hidden[100, 95]                                         # the box is wider than the top
    assert not agnostic_mask(classes, "bottoms")[np.isin(classes, (FACE, FEET))].any()
    assert agnostic_mask(classes, "one-pieces")[np.isin(classes, (TOP, PANTS))].all()


def test_nothing_is_hidden_where_nothing_is_worn(classes):
    assert not agnostic_mask(np.where(classes == PANTS, np.uint8(0), classes), "bottoms").any()


def test_of_a_worn_garment_only_the_garment_is_shown(classes):
    pixels = np.full((*classes.shape, 3), 9, np.uint8)
    shown = greyed(pixels, ~garment_mask(classes, "bottoms"))
    assert (shown[classes == PANTS] == 9).all()
    assert (shown[classes != PANTS] == GREY).all()


def test_a_smoothed_mask_contains_the_mask_without_holes():
    mask = np.zeros((80, 80), np.uint8)
    mask[20:60, 20:60] = 1
    mask[35:45, 35:45] = 0
    grown = smooth_dilation(mask, 4)
    assert grown[mask > 0].all()
    assert grown[40, 40]
    assert 45 < grown.any(0).sum() <= 49


@pytest.mark.parametrize(("height", "width"), [(1000, 500), (400, 900), (100, 80)])
def test_a_frame_holds_the_whole_photo_and_gives_it_back(height, width):
    photo = np.full((height, width, 3), 200, np.uint8)
    small = reduced(photo, 432)
    assert max(small.shape[:2]) == min(432, max(height, width))
    picture, padding = framed(small, 288, 432)
    assert picture.shape == (432, 288, 3)
    back = padding.cropped(picture)
    assert (back == 200).all()
    assert back.size == (picture == 200).sum()
    assert abs(back.shape[1] / back.shape[0] / (width / height) - 1) < 0.02


def test_drawings_keep_their_levels():
    drawing = np.zeros((100, 60), np.uint8)
    drawing[40:60, 20:40] = 77
    assert set(np.unique(framed(drawing, 288, 432, drawing=True)[0])) == {0, 77}


def test_times_run_from_noise_to_picture_and_linger_at_the_noise():
    schedule = times(30)
    assert schedule[0] == 0
    assert schedule[-1] == 1
    assert (schedule.diff() > 0).all()
    assert schedule[15] < 0.25
    assert torch.allclose(times(4, 0.0), torch.linspace(0, 1, 5))


def test_a_straight_flow_is_followed_to_its_end():
    stream = torch.Generator().manual_seed(1)
    goal, noise = torch.rand(2, 3, 8, 8, generator=stream) * 1.6 - 0.8, torch.randn(2, 3, 8, 8, generator=stream)
    told: list[int] = []
    picture = sample(lambda _picture, _times: (goal - noise, torch.zeros_like(noise)), noise, 5, guidance=1.0, told=told.append)
    assert torch.allclose(picture, goal, atol=1e-5)
    assert told == [0, 1, 2, 3, 4]


def test_guidance_pushes_away_from_the_unconditioned_except_at_the_end():
    noise = torch.zeros(1, 3, 2, 2)

    def velocities(picture: torch.Tensor, _times: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.full_like(picture, 0.2), torch.zeros_like(picture)

    last = 1 - float(times(4)[3])
    assert torch.allclose(sample(velocities, noise, 4, guidance=3.0), torch.full_like(noise, 0.6 * (1 - last) + 0.2 * last))


def test_pixels_survive_the_way_to_the_network_and_back():
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3) * 5
    assert np.abs(to_pixels(to_tensor(pixels))[0].astype(int) - pixels).max() <= 1
    assert to_tensor(pixels[..., 0]).shape == (1, 1, 4, 4)


def test_turned_channels_keep_their_length_and_the_first_axis_does_not_turn():
    rotation = rotary(3, 4, (4, 6, 6), 1e4, torch.device("cpu"))
    x = torch.randn(1, 2, 12, 16, generator=torch.Generator().manual_seed(2))
    turned = rotated(x, rotation)
    assert torch.allclose(turned.norm(dim=-1), x.norm(dim=-1), atol=1e-5)
    assert torch.equal(turned[..., :4], x[..., :4])
    assert torch.equal(turned[:, :, 0], x[:, :, 0])                # the token at the origin
    assert not torch.allclose(turned[:, :, 1:, 4:], x[:, :, 1:, 4:])


def test_what_is_withheld_does_not_count():
    torch.manual_seed(0)
    network = TryOnModel(Config(32, 2, 1, 1, 1, axes=(4, 6, 6))).eval()
    stream = torch.Generator().manual_seed(4)
    noisy = torch.randn(1, 3, 24, 24, generator=stream)

    def velocity(conditional: bool, category: int) -> torch.Tensor:
        pictures = (torch.randn(1, n, 24, 24, generator=stream) for n in (3, 3, 1, 1))
        with torch.inference_mode():
            return network(noisy, torch.tensor([0.3]), *pictures, torch.tensor([category]), torch.tensor([conditional]))

    assert torch.equal(velocity(False, 1), velocity(False, 3))
    assert not torch.equal(velocity(True, 1), velocity(True, 1))
