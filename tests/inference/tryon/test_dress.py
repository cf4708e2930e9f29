# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees in the picture after try-on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from dressform.inference.errors import BackendError
from dressform.inference.records import Label
from dressform.inference.tryon import BACKENDS, dress


@pytest.fixture(scope="module")
def in_tee(sitter, wardrobe):
    return dress(*sitter, [wardrobe["tee"]])


@pytest.fixture(scope="module")
def in_skirt(sitter, wardrobe):
    return dress(*sitter, [wardrobe["skirt"]])


def test_outside_the_change_every_pixel_is_the_photos_own(sitter, in_tee):
    before, after = sitter[0].photo.pixels, in_tee.person.photo.pixels
    untouched = in_tee.changed == 0
    assert untouched.mean() > 0.6
    assert np.array_equal(before[untouched], after[untouched])


def test_the_change_ends_eight_pixels_beyond_clothes_old_and_new(sitter, in_tee):
    person = sitter[0]
    old = np.isin(person.labels, (Label.UPPER, Label.OUTER, Label.DRESS, Label.ARMS, Label.HANDS))
    loose_hair = np.isin(person.labels, (Label.HAIR, Label.FACE)) & (person.matte < 0.97)
    touched = (old | (in_tee.layers[0] > 0) | loose_hair).astype(np.uint8)
    reach = 2 * (8 + round(0.004 * person.photo.height) + 2) + 1
    assert not (cv2.dilate(touched, np.ones((reach, reach), np.uint8)) == 0)[in_tee.changed > 0].any()


def test_the_face_stays_the_persons_own(sitter, in_tee):
    person = sitter[0]
    nose = person.pose.points[0]
    size = 0.25 * np.hypot(*(person.pose.points[7] - person.pose.points[8]))
    rows, columns = np.mgrid[:person.photo.height, :person.photo.width]
    face = np.hypot(columns - nose[0], rows - nose[1]) < size
    assert face.any()
    assert np.array_equal(person.photo.pixels[face], in_tee.person.photo.pixels[face])


def test_the_garments_colour_stays_true(in_tee, wardrobe):
    cloth = in_tee.layers[0] > 0.95
    worn = cv2.cvtColor(in_tee.person.photo.pixels, cv2.COLOR_RGB2LAB)[cloth].astype(float)
    garment = wardrobe["tee"].pixels
    flat = cv2.cvtColor(garment[..., :3], cv2.COLOR_RGB2LAB)[garment[..., 3] > 250].astype(float)
    offset = np.abs(np.median(worn, 0) - np.median(flat, 0))
    assert offset[1] < 4
    assert offset[2] < 4
    assert offset[0] * 100 / 255 < 12


def test_a_top_covers_the_chest_and_leaves_the_legs(sitter, in_tee):
    points = sitter[0].pose.points
    chest = points[11:13].mean(0) * 0.7 + points[23:25].mean(0) * 0.3
    knee = points[25]
    assert in_tee.layers[0][int(chest[1]), int(chest[0])] > 0.95
    assert in_tee.layers[0][int(knee[1]), int(knee[0])] == 0


def test_the_labels_are_those_of_the_dressed_person(sitter, in_skirt):
    person = in_skirt.person
    hips, ankle = sitter[0].pose.points[23:25].mean(0), sitter[0].pose.points[27]
    assert person.labels[int(hips[1]) + 20, int(hips[0])] == Label.SKIRT
    assert not (person.labels == Label.LOWER).sum() > 0.002 * person.labels.size
    shin = sitter[0].pose.points[25] * 0.15 + ankle * 0.85
    assert person.labels[int(shin[1]), int(shin[0])] == Label.LEGS


def test_bared_legs_have_the_colour_of_the_persons_skin(sitter, in_skirt):
    person = sitter[0]
    legs = (in_skirt.person.labels == Label.LEGS) & (in_skirt.changed == 1)
    assert legs.sum() > 300
    skin = np.isin(person.labels, (Label.ARMS, Label.HANDS)) & (person.matte > 0.98)
    lab = [cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(float) for image in (in_skirt.person.photo.pixels, person.photo.pixels)]
    offset = np.median(lab[0][legs], 0) - np.median(lab[1][skin], 0)
    assert np.abs(offset[1:]).max() < 10


def test_the_matte_grows_with_a_wide_skirt(sitter, in_skirt):
    grown = (in_skirt.person.matte > 0.5) & (sitter[0].matte < 0.1)
    assert grown.sum() > 0.003 * grown.size


def test_the_dressed_photo_keeps_path_and_checksum(sitter, in_tee):
    assert in_tee.person.photo.path == sitter[0].photo.path
    assert in_tee.person.photo.sha256 == sitter[0].photo.sha256
    assert in_tee.person.photo.pixels.shape == sitter[0].photo.pixels.shape


def test_two_garments_show_both_and_the_top_hangs_over_the_skirt(sitter, wardrobe):
    dressed = dress(*sitter, [wardrobe["skirt"], wardrobe["tee"]])
    skirt, tee = dressed.layers
    assert (skirt > 0.5).sum() > 1000
    assert (tee > 0.5).sum() > 1000
    assert not ((skirt > 0.6) & (tee > 0.6)).any()
    assert np.nonzero((tee > 0.5).any(1))[0].max() > np.nonzero((skirt > 0.5).any(1))[0].min() - 3


def test_no_garment_changes_nothing(sitter):
    dressed = dress(*sitter, [])
    assert dressed.backend == "none"
    assert dressed.person is sitter[0]
    assert not dressed.changed.any()


def test_an_unknown_backend_is_refused_with_the_list(sitter, wardrobe):
    with pytest.raises(BackendError) as caught:
        dress(*sitter, [wardrobe["tee"]], backend="loom")
    assert caught.value.code == "unknown_backend"
    assert all(name in caught.value.hint for name in BACKENDS)


def test_the_same_input_gives_the_same_picture(sitter, wardrobe, in_tee):
    again = dress(*sitter, [wardrobe["tee"]])
    assert np.array_equal(again.person.photo.pixels, in_tee.person.photo.pixels)


def test_a_person_who_stands_with_hanging_arms_is_dressed_without_a_warning(in_tee, in_skirt):
    assert in_tee.warnings == ()
    assert in_skirt.warnings == ()


def test_a_tucked_top_ends_under_the_waistband(sitter, wardrobe, in_tee):
    from dataclasses import replace

    tee = wardrobe["tee"]
    tucked = dress(*sitter, [replace(tee, request=replace(tee.request, tucked=True))])
    lower = sitter[0].labels == Label.LOWER
    over, under = ((worn.person.labels[lower] == Label.UPPER).sum() for worn in (in_tee, tucked))
    assert over > 60
    assert under < 0.15 * over                                     # what is left is the rim of the old hem
    assert tucked.layers[0][lower].sum() < 0.2 * in_tee.layers[0][lower].sum()


def _asked(garment, **wishes):
    from dataclasses import replace

    return replace(garment, request=replace(garment.request, **wishes))


def test_an_open_shirt_shows_the_top_beneath_and_a_closed_one_hides_it(sitter, shirt):
    person = sitter[0]
    closed, opened = (dress(*sitter, [_asked(shirt, open_front=wish)]) for wish in (False, True))
    points = person.pose.points
    chest = points[11:13].mean(0) * 0.6 + points[23:25].mean(0) * 0.4
    here = np.s_[int(chest[1]) - 3:int(chest[1]) + 4, int(chest[0]) - 3:int(chest[0]) + 4]
    assert closed.layers[0][here].mean() > 0.95
    assert opened.layers[0][here].mean() < 0.05
    assert np.array_equal(opened.person.photo.pixels[here], person.photo.pixels[here])
    assert (opened.person.labels[here] == Label.UPPER).all()
    assert opened.layers[0].sum() > 0.5 * closed.layers[0].sum()
    assert not any("worn as its photo shows it" in warning for warning in opened.warnings)


def test_a_tee_cannot_be_opened_and_says_so(sitter, wardrobe, in_tee):
    asked = dress(*sitter, [_asked(wardrobe["tee"], open_front=True)])
    assert np.array_equal(asked.person.photo.pixels, in_tee.person.photo.pixels)
    assert any("tee.jpg" in warning and "could not be opened" in warning for warning in asked.warnings)


def test_rolled_sleeves_end_above_the_wrist(sitter, shirt):
    long, rolled = (dress(*sitter, [_asked(shirt, sleeves_rolled=wish)]) for wish in (False, True))
    elbow, wrist = sitter[0].pose.points[14], sitter[0].pose.points[16]
    low = elbow * 0.25 + wrist * 0.75
    rows, columns = np.mgrid[:sitter[0].photo.height, :sitter[0].photo.width]
    there = np.hypot(columns - low[0], rows - low[1]) < 0.1 * np.hypot(*(wrist - elbow))
    assert long.layers[0][there].mean() > 0.5
    assert rolled.layers[0][there].mean() < 0.1
