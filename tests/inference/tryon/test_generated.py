# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken of a generated picture, and what stays the photo's own."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from dressform.inference.errors import BackendError
from dressform.inference.records import Label
from dressform.inference.tryon import dress
from dressform.inference.tryon.generated import accept_picture, allowed_region, head, without_drift

DRIFT = np.array([5.0, 3.0, -4.0])


@pytest.fixture(scope="module")
def draped(sitter, wardrobe):
    return dress(*sitter, [wardrobe["tee"]])


@pytest.fixture(scope="module")
def wide(draped):
    return cv2.dilate((draped.changed > 0).astype(np.uint8), np.ones((61, 61), np.uint8)).astype(np.float32)


@pytest.fixture(scope="module")
def redrawn(draped):
    """The dressed picture as a model returns it: softer than the photo, and with other colours everywhere."""
    soft = cv2.GaussianBlur(draped.person.photo.pixels, (0, 0), 1.0)
    return (soft + DRIFT).clip(0, 255).round().astype(np.uint8)


@pytest.fixture(scope="module")
def accepted(sitter, wardrobe, redrawn, wide):
    return accept_picture(*sitter, [wardrobe["tee"]], redrawn, wide, "test 1", ("a warning",))


def test_outside_the_change_everything_is_the_photos_own(sitter, accepted):
    same = accepted.changed == 0
    before, after = sitter[0], accepted.person
    assert same.mean() > 0.7
    for old, new in ((before.photo.pixels, after.photo.pixels), (before.matte, after.matte), (before.labels, after.labels),
                     (before.foreground, after.foreground)):
        assert np.array_equal(old[same], new[same])


def test_the_ground_inside_the_region_stays_the_photos_own(sitter, accepted, wide, draped):
    ground = (wide > 0) & (cv2.dilate((draped.changed > 0).astype(np.uint8), np.ones((25, 25), np.uint8)) == 0) & (sitter[0].matte < 0.02)
    assert ground.sum() > 1000
    assert (accepted.changed[ground] == 0).mean() > 0.97


def test_the_drift_of_the_colours_is_taken_away(sitter, draped, wide):
    allowed = allowed_region(sitter[0], wide)
    pixels = np.where(allowed[..., None] > 0, draped.person.photo.pixels, sitter[0].photo.pixels)    # hair and hands as they were
    drifted = pixels + DRIFT
    whole = ((drifted >= 0) & (drifted <= 255)).all(2)               # white that is drawn whiter than white is lost
    back = without_drift(sitter[0].photo.pixels, drifted.clip(0, 255).round().astype(np.uint8), allowed)
    inside = (allowed == 1) & whole
    assert inside.sum() > 10_000
    assert np.abs((back[inside].astype(float) - pixels[inside]).mean(0)).max() < 0.2     # of 255


def test_the_garment_is_found_again(draped, accepted):
    new, old = accepted.layers[0] > 0.5, draped.layers[0] > 0.5
    assert (new & old).sum() / (new | old).sum() > 0.8
    assert (accepted.person.labels[accepted.layers[0] > 0.9] == Label.UPPER).all()
    assert accepted.warnings == ("a warning",)
    assert accepted.backend == "test 1"


def test_the_new_matte_is_that_of_the_new_picture(draped, accepted):
    new, old = accepted.person.matte > 0.5, draped.person.matte > 0.5
    assert (new & old).sum() / (new | old).sum() > 0.97


def test_head_hair_and_hands_are_never_redrawn(sitter):
    person = sitter[0]
    allowed = allowed_region(person, np.ones_like(person.matte))
    assert not allowed[np.isin(person.labels, (Label.HAIR, Label.HANDS))].any()
    assert not allowed[head(person) & (person.labels == Label.FACE)].any()
    nose, chest = person.pose.points[0], person.pose.points[11:13].mean(0) + np.array([0, 60])
    assert head(person)[int(nose[1]), int(nose[0])]
    assert not head(person)[int(chest[1]), int(chest[0])]
    assert allowed[int(chest[1]), int(chest[0])] == 1


def test_a_picture_that_shows_no_garment_is_doubted(sitter, wardrobe, wide):
    person = sitter[0]
    bare = replace(person, labels=np.where(person.labels == Label.UPPER, np.uint8(Label.ARMS), person.labels).astype(np.uint8))
    result = accept_picture(bare, sitter[1], [wardrobe["tee"]], person.photo.pixels, wide, "test 1")
    assert not result.changed.any()
    assert any("tee.jpg" in warning for warning in result.warnings)


def test_the_transparency_of_a_cut_out_photo_follows_the_new_picture(sitter, wardrobe, redrawn, wide):
    person = sitter[0]
    alpha = (person.matte * 255).round().astype(np.uint8)
    cut_out = replace(person, photo=replace(person.photo, alpha=alpha))
    result = accept_picture(cut_out, sitter[1], [wardrobe["tee"]], redrawn, wide, "test 1")
    new, same = result.person.photo.alpha, result.changed == 0
    assert np.array_equal(new[same], alpha[same])
    assert np.abs(new.astype(float) / 255 - result.person.matte)[~same].max() < 0.01


def test_a_picture_of_another_size_is_refused(sitter, wardrobe, wide):
    with pytest.raises(BackendError, match="made a picture of 10 x 10"):
        accept_picture(*sitter, [wardrobe["tee"]], np.zeros((10, 10, 3), np.uint8), wide, "test 1")
