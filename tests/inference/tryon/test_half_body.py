# SPDX-License-Identifier: GPL-3.0-or-later
"""The half-body picture that VITON-HD and HR-VITON are shown, and what they are told about it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dressform.inference.person.openpose import openpose25
from dressform.inference.records import Label
from dressform.inference.tryon.agnostic import GREY, agnostic_parts, agnostic_photo, agnostic_photo_by_shoulders
from dressform.inference.tryon.garment_region import region_to_change
from dressform.inference.tryon.half_body import HEIGHT, WIDTH, Frame, cihp_classes, doubts, frame_of, garment_picture, see_half_body

SIZE = (HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def region(sitter, wardrobe):
    return region_to_change(*sitter, [wardrobe["shirt"]])


@pytest.fixture(scope="module")
def seen(sitter, region):
    return see_half_body(*sitter, region)


def joints(shoulders, hips, width=200.0):
    return {name: np.array([x, y]) for name, x, y in (
        ("RightArm", 400 - width / 2, shoulders), ("LeftArm", 400 + width / 2, shoulders),
        ("RightUpLeg", 400 - width / 4, hips), ("LeftUpLeg", 400 + width / 4, hips))}


def test_the_frame_shows_head_and_all_that_changes(sitter, region, seen):
    frame = seen.frame
    assert frame.width / frame.height == pytest.approx(WIDTH / HEIGHT, rel=0.01)
    assert np.array_equal(frame.within(region), region)
    crown = np.nonzero((sitter[0].labels == Label.HAIR).any(1))[0][0]
    assert frame.top <= crown
    knees = sitter[0].pose.points[25:27, 1].mean()
    assert frame.top + frame.height < knees


def test_the_frame_stays_in_the_photo_where_it_can():
    region = np.zeros((1200, 800), np.float32)
    frame = frame_of(joints(750, 1150), region)                  # the thighs are cut off: what is above is shown instead
    assert frame.top + frame.height == 1200
    assert frame.left >= 0
    assert frame.left + frame.width <= 800
    region[650:1000, 5:790] = 1                                   # arms stretched out ask for a wider frame
    wide = frame_of(joints(750, 1150), region)
    assert wide.width >= 785
    assert np.array_equal(wide.within(region), region)


def test_beyond_the_photo_its_edge_is_repeated():
    image = np.arange(4 * 3, dtype=np.uint8).reshape(4, 3)
    picture = Frame(-3, 0, 9, 12).of(image, nearest=True)
    assert picture.shape == SIZE
    assert picture[0, 0] == image[0, 0]
    assert picture[-1, -1] == image[-1, -1]


def test_a_picture_goes_back_to_where_it_came_from(sitter, seen):
    photo = sitter[0].photo.pixels
    again = seen.frame.into(photo, seen.photo)
    assert np.abs(again.astype(int) - photo).mean() < 1.0
    outside = np.ones(photo.shape[:2], bool)
    outside[seen.frame.top:seen.frame.top + seen.frame.height, seen.frame.left:seen.frame.left + seen.frame.width] = False
    assert np.array_equal(again[outside], photo[outside])


def test_densepose_and_landmarks_lie_on_the_picture(sitter, seen):
    whole = seen.frame.points(openpose25(sitter[0].pose)[:, :2])
    for point, parts in {3: (16, 18, 20, 22), 6: (15, 17, 19, 21), 0: (23, 24)}.items():
        x, y = whole[point].astype(int)
        assert seen.densepose[y, x] in parts
        assert np.allclose(seen.points[point], whole[point])


def test_a_hidden_arm_is_where_the_body_has_it(sitter, region, seen):
    person, body = sitter
    visibility = person.pose.visibility.copy()
    visibility[[13, 15]] = 0.1
    hidden = see_half_body(replace(person, pose=replace(person.pose, visibility=visibility)), body, region)
    assert np.linalg.norm(hidden.points[[6, 7]] - seen.points[[6, 7]], axis=1).max() < 0.05 * HEIGHT
    assert hidden.points[6].any()


def test_labels_become_the_parsers_classes():
    labels = np.array([[Label.ACCESSORY, Label.FACE, Label.ACCESSORY, Label.FACE], [Label.ARMS, Label.HANDS, Label.SHOES, Label.BAG],
                       [Label.OUTER, Label.DRESS, Label.SKIRT, Label.LEGS]], np.uint8)
    above = np.array([[True, True, True, False], [False] * 4, [False] * 4])
    densepose = np.array([[0, 0, 0, 0], [19, 3, 5, 0], [2, 2, 10, 9]], np.uint8)
    assert cihp_classes(labels, above, densepose).tolist() == [[4, 13, 4, 10], [14, 15, 18, 0], [7, 6, 12, 17]]


def test_nothing_of_the_old_top_is_told(seen):
    told = agnostic_parts(seen.parts, seen.points)
    assert not np.isin(told, (5, 6, 7, 10)).any()
    assert (told[np.isin(seen.parts, (2, 9, 13))] > 0).all()
    for photo in (agnostic_photo(seen.photo, seen.parts, seen.points), agnostic_photo_by_shoulders(seen.photo, seen.parts, seen.points)):
        grey = (photo == GREY).all(2)
        assert grey[np.isin(seen.parts, (5, 6, 7))].mean() > 0.995
        assert np.array_equal(photo[seen.parts == 13], seen.photo[seen.parts == 13])
        assert np.array_equal(photo[seen.parts == 9], seen.photo[seen.parts == 9])


def test_hands_stay_in_hr_vitons_picture(seen):
    photo = agnostic_photo_by_shoulders(seen.photo, seen.parts, seen.points)
    grey = (photo == GREY).all(2)
    arms = np.isin(seen.parts, (14, 15))
    assert 0.02 < (arms & ~grey).sum() / arms.sum() < 0.4


def test_the_garment_lies_on_white(wardrobe):
    picture, mask = garment_picture(wardrobe["shirt"])
    assert picture.shape == (*SIZE, 3)
    assert set(np.unique(mask)) == {0, 255}
    assert (picture[:20] == 255).all()
    rows, columns = np.nonzero(mask)
    assert columns.min() >= 0.04 * WIDTH
    assert columns.max() < 0.96 * WIDTH
    assert abs(rows.min() + rows.max() - HEIGHT) < 0.02 * HEIGHT


def test_what_the_networks_never_saw_is_doubted(sitter, wardrobe):
    body, shirt = sitter[1], wardrobe["shirt"]
    assert doubts(body, shirt, "It") == ()
    assert any("on a person" in note for note in doubts(body, replace(shirt, kind="worn"), "It"))
    turned = replace(body, camera=replace(body.camera, world_to_camera=body.camera.world_to_camera @ np.diag([-1.0, 1, -1, 1])))
    assert any("from behind" in note for note in doubts(turned, shirt, "It"))
