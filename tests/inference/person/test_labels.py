# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels tell skin from cloth and agree on each garment's kind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.person import analyse_person
from dressform.inference.person.cloth_colours import colour_overlap
from dressform.inference.person.colour_grid import ColourGrid
from dressform.inference.person.figure import Figure
from dressform.inference.person.garment_kinds import settle_kinds
from dressform.inference.person.labels import label_pixels
from dressform.inference.person.parser import CLASSES
from dressform.inference.person.waistline import with_waist_by_colour
from dressform.inference.photo import read_photo
from dressform.inference.records import CLOTHES, SKIN, Floats, Label, Person, Photo
from PIL import Image

WIDTH, HEIGHT = 120, 240
POINTS = {0: (60, 25), 11: (78, 50), 12: (42, 50), 13: (86, 80), 14: (34, 80), 15: (90, 108), 16: (30, 108), 19: (91, 116), 20: (29, 116),
          23: (70, 110), 24: (50, 110), 25: (73, 160), 26: (47, 160), 27: (75, 210), 28: (45, 210), 29: (74, 216), 30: (46, 216),
          31: (80, 222), 32: (40, 222)}


def figure(pixels: np.ndarray, matte: np.ndarray | None = None) -> Figure:
    """A standing person's landmarks over the given picture."""
    points = np.tile(np.array([60.0, 25.0]), (33, 1))
    for mark, place in POINTS.items():
        points[mark] = place
    cover = np.ones((HEIGHT, WIDTH), np.float32) if matte is None else matte
    return Figure(pixels, cover, points, np.ones(33, bool), None, 60.0)


def belief_of(codes: np.ndarray, second: np.ndarray | None = None, share: float = 0.6) -> Floats:
    """Probabilities that say ``codes`` with ``share`` and ``second`` with the rest."""
    belief = np.zeros((*codes.shape, len(CLASSES)), np.float32)
    for k, label in enumerate(CLASSES):
        belief[..., k] = share * (codes == label) + (1 - share) * ((codes if second is None else second) == label)
    return belief


def said(belief: Floats, rows: slice, columns: slice = slice(40, 80)) -> set[Label]:
    return {CLASSES[k] for k in np.unique(belief[rows, columns].argmax(-1))}


@pytest.fixture(scope="module")
def person(standing: Photo) -> Person:
    return analyse_person(standing)


def test_labels_lie_exactly_on_the_matte(person: Person) -> None:
    assert person.labels.dtype == np.uint8
    assert np.array_equal(person.labels > 0, person.matte >= 0.5)


def test_the_face_is_skin_and_the_trunk_is_cloth(person: Person) -> None:
    assert person.pose.face is not None
    column, row = person.pose.face.mean(0).astype(int)
    assert person.labels[row, column] == Label.FACE
    points = person.pose.points
    trunk = points[[11, 12]].mean(0) * 0.5 + points[[23, 24]].mean(0) * 0.5
    window = person.labels[int(trunk[1]) - 8:int(trunk[1]) + 8, int(trunk[0]) - 8:int(trunk[0]) + 8]
    assert np.isin(window, [int(label) for label in CLOTHES]).mean() > 0.9


def test_hair_is_above_the_eyes_and_shoes_at_the_feet(person: Person) -> None:
    hair = np.nonzero(person.labels == Label.HAIR)[0]
    shoes = np.nonzero(person.labels == Label.SHOES)[0]
    assert len(hair) > 50
    assert hair.min() < person.pose.points[[2, 5], 1].min()
    assert len(shoes) > 50
    assert shoes.mean() > person.pose.points[[25, 26], 1].mean()


def test_clothes_and_skin_match_the_benchmark(bench_cases: list[Path]) -> None:
    case = bench_cases[1]
    codes = json.loads((case / "case.json").read_text())["labels"]
    truth = np.asarray(Image.open(case / "labels.png"))
    result = analyse_person(read_photo(case / "photo.jpg")).labels

    def overlap(mine: tuple[Label, ...], theirs: list[str]) -> float:
        a, b = np.isin(result, [int(label) for label in mine]), np.isin(truth, [codes[name] for name in theirs])
        return float((a & b).sum() / (a | b).sum())

    assert overlap(CLOTHES, ["upper_clothes", "lower_clothes"]) > 0.9
    assert overlap(SKIN, ["head_skin", "body_skin"]) > 0.75


def test_an_empty_matte_has_no_labels(person: Person) -> None:
    assert label_pixels(person.photo, person.pose, np.zeros_like(person.matte)).max() == 0


def test_one_garment_of_one_colour_is_one_kind() -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    pixels[110:] = (30, 40, 120)
    codes = np.full((HEIGHT, WIDTH), Label.UPPER)
    codes[:, 60:] = Label.OUTER
    codes[110:] = Label.LOWER
    settled = settle_kinds(figure(pixels), belief_of(codes))
    assert len(said(settled, slice(45, 105))) == 1
    assert said(settled, slice(115, 200)) == {Label.LOWER}


def test_an_open_jacket_of_another_colour_stays_apart() -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), 240, np.uint8)
    pixels[:, 65:], pixels[:, :55] = (160, 30, 30), (160, 30, 30)
    codes = np.full((HEIGHT, WIDTH), Label.UPPER)
    codes[:, 65:], codes[:, :55] = Label.OUTER, Label.OUTER
    codes[110:] = Label.LOWER
    settled = settle_kinds(figure(pixels), belief_of(codes))
    assert said(settled, slice(45, 105), slice(57, 63)) == {Label.UPPER}
    assert said(settled, slice(45, 105), slice(67, 80)) == {Label.OUTER}


def test_one_sleeve_of_a_striped_shirt_is_no_jacket() -> None:
    striped = np.arange(HEIGHT) % 20 < 13

    def drawn(sleeves: np.ndarray) -> np.ndarray:
        pixels = np.full((HEIGHT, WIDTH, 3), 240, np.uint8)
        pixels[:, sleeves] = (240, 240, 60)                        # the ground of a sleeve is yellowish
        pixels[striped] = (160, 30, 30)
        return pixels

    across = np.arange(WIDTH)
    pixels = drawn(across >= 80)
    codes = np.full((HEIGHT, WIDTH), Label.UPPER)
    codes[:, 80:] = Label.OUTER
    codes[110:] = Label.LOWER
    assert 0.45 < colour_overlap(figure(pixels), *(belief_of(codes)[..., CLASSES.index(k)] for k in (Label.UPPER, Label.OUTER))) < 0.8
    assert said(settle_kinds(figure(pixels), belief_of(codes)), slice(50, 105), slice(30, 100)) == {Label.UPPER}
    codes[:110, :60] = Label.OUTER                                 # on both sides of the trunk it is one
    both = drawn((across >= 80) | (across < 60))
    assert Label.OUTER in said(settle_kinds(figure(both), belief_of(codes)), slice(50, 105), slice(30, 100))


def test_cloth_that_parts_between_the_legs_is_trousers() -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    pixels[110:] = (30, 40, 120)
    matte = np.ones((HEIGHT, WIDTH), np.float32)
    matte[125:, 56:64] = 0
    codes = np.full((HEIGHT, WIDTH), Label.UPPER)
    codes[110:] = Label.SKIRT
    settled = settle_kinds(figure(pixels, matte), belief_of(codes, np.where(codes == Label.SKIRT, Label.LOWER, codes)))
    assert said(settled, slice(120, 200), slice(66, 80)) == {Label.LOWER}


def test_a_suit_that_parts_between_the_legs_is_a_jacket_and_trousers() -> None:
    matte = np.ones((HEIGHT, WIDTH), np.float32)
    matte[130:, 56:64] = 0
    codes = np.full((HEIGHT, WIDTH), Label.OUTER)
    belief = belief_of(codes) * (matte[..., None] > 0)
    settled = settle_kinds(figure(np.full((HEIGHT, WIDTH, 3), 30, np.uint8), matte), belief)
    assert said(settled, slice(50, 110)) == {Label.OUTER}
    assert said(settled, slice(140, 200), slice(66, 80)) == {Label.LOWER}
    coat = settle_kinds(figure(np.full((HEIGHT, WIDTH, 3), 30, np.uint8)), belief_of(codes))
    assert said(coat, slice(50, 200)) == {Label.OUTER}


def test_a_high_waist_is_where_the_colour_changes() -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), (30, 30, 60), np.uint8)
    pixels[90:] = (220, 210, 180)                                  # the skirt begins well above the hips
    codes = np.full((HEIGHT, WIDTH), Label.UPPER)
    codes[110:], codes[170:] = Label.SKIRT, Label.LEGS
    moved = with_waist_by_colour(figure(pixels), belief_of(codes))
    assert said(moved, slice(50, 87)) == {Label.UPPER}
    assert said(moved, slice(93, 165)) == {Label.SKIRT}
    assert said(moved, slice(172, 200)) == {Label.LEGS}


def test_a_waist_between_cloths_of_one_colour_stays() -> None:
    codes = np.full((HEIGHT, WIDTH), Label.UPPER)
    codes[110:] = Label.SKIRT
    belief = belief_of(codes)
    assert np.array_equal(with_waist_by_colour(figure(np.full((HEIGHT, WIDTH, 3), 90, np.uint8)), belief), belief)


def test_one_colour_from_chest_to_hem_over_bare_legs_is_a_dress() -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), (40, 120, 110), np.uint8)
    codes = np.full((HEIGHT, WIDTH), Label.UPPER)
    codes[110:150], codes[150:] = Label.SKIRT, Label.LEGS
    pixels[150:] = (220, 170, 150)
    settled = settle_kinds(figure(pixels), belief_of(codes))
    assert said(settled, slice(45, 148)) == {Label.DRESS}
    assert said(settled, slice(155, 200)) == {Label.LEGS}


def test_a_top_that_hangs_over_the_hips_above_bare_legs_is_a_dress() -> None:
    codes = np.zeros((HEIGHT, WIDTH), np.uint8)
    codes[50:140, 40:80] = Label.UPPER
    codes[140:210, 45:75] = Label.LEGS
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[50:140] = (200, 210, 190)
    pixels[140:] = (200, 150, 120)
    assert said(settle_kinds(figure(pixels), belief_of(codes)), slice(60, 138), slice(45, 75)) == {Label.DRESS}
    codes[112:140, 40:80] = Label.LOWER                            # shorts under it: a top
    assert Label.DRESS not in said(settle_kinds(figure(pixels), belief_of(codes)), slice(60, 138), slice(45, 75))


def test_a_bag_beside_the_leg_stays_a_bag() -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    codes = np.full((HEIGHT, WIDTH), Label.UPPER)
    codes[110:] = Label.LOWER
    codes[115:150, 95:115] = Label.BAG
    settled = settle_kinds(figure(pixels), belief_of(codes))
    assert said(settled, slice(118, 148), slice(97, 113)) == {Label.BAG}


def test_colour_overlap_is_one_for_the_same_and_zero_for_different_colours() -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:, :60], pixels[:, 60:] = (200, 30, 30), (30, 30, 200)
    left, right = np.zeros((HEIGHT, WIDTH), np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
    left[:, :58], right[:, 62:] = 1, 1
    subject = figure(pixels)
    assert colour_overlap(subject, left, left) == pytest.approx(1, abs=1e-6)
    assert colour_overlap(subject, left, right) < 0.01
    assert colour_overlap(subject, left, np.zeros_like(left)) == 0


def test_the_colour_grid_knows_near_colours_and_forgets_far_places() -> None:
    pixels = np.zeros((60, 300, 3), np.uint8)
    pixels[:30], pixels[30:] = (200, 40, 40), (40, 40, 200)
    weight = np.zeros((60, 300), np.float32)
    weight[:30, :40] = 1
    counts = ColourGrid(pixels, 10).count(weight)
    assert counts[10, 20] > 20 * counts[50, 20]                # other colour, same place
    assert counts[10, 20] > 20 * max(counts[10, 280], 1e-6)    # same colour, far away
