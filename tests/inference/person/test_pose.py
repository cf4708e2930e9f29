# SPDX-License-Identifier: GPL-3.0-or-later
"""One upright person seen from the front is found; everything else is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from dressform.inference.errors import InputError
from dressform.inference.person.pose import MIRRORED, VISIBLE, estimate_pose, find_pose
from dressform.inference.photo import read_photo
from dressform.inference.records import Photo, Pose


@pytest.fixture
def refusal(photo_of: Callable[..., Photo]) -> Callable[[np.ndarray], InputError]:
    """Finds the pose in pixels, which must fail with a sentence that names the file and a hint."""
    def refused(pixels: np.ndarray) -> InputError:
        with pytest.raises(InputError) as caught:
            find_pose(photo_of(pixels))
        assert "made.png" in caught.value.message
        assert caught.value.hint
        return caught.value

    return refused


def cartoon() -> np.ndarray:
    """A flat-filled figure that BlazePose takes for a person with certainty."""
    picture = np.full((900, 600, 3), 255, np.uint8)
    skin, shirt = (255, 205, 170), (40, 90, 200)
    cv2.ellipse(picture, (300, 150), (60, 75), 0, 0, 360, skin, -1)
    cv2.ellipse(picture, (300, 110), (66, 50), 0, 180, 360, (90, 50, 20), -1)
    for x in (278, 322):
        cv2.circle(picture, (x, 145), 7, (255, 255, 255), -1)
        cv2.circle(picture, (x, 145), 4, (0, 0, 0), -1)
    cv2.ellipse(picture, (300, 185), (20, 10), 0, 0, 180, (200, 60, 60), -1)
    cv2.rectangle(picture, (280, 215), (320, 250), skin, -1)
    cv2.fillPoly(picture, [np.array([[220, 245], [380, 245], [370, 520], [230, 520]])], shirt)
    for s in (-1, 1):
        cv2.line(picture, (300 + s * 80, 260), (300 + s * 120, 400), shirt, 44)
        cv2.line(picture, (300 + s * 120, 400), (300 + s * 130, 520), skin, 34)
        cv2.circle(picture, (300 + s * 131, 535), 22, skin, -1)
        cv2.line(picture, (300 + s * 38, 520), (300 + s * 42, 800), (60, 60, 70), 60)
        cv2.ellipse(picture, (300 + s * 52, 825), (45, 20), 0, 0, 360, (120, 30, 30), -1)
    return picture


def test_the_landmarks_stand_in_order(standing: Photo) -> None:
    pose = estimate_pose(standing)
    assert pose.points.shape == (33, 2)
    assert pose.world.shape == (33, 3)
    nose, shoulders, hips, ankles = pose.points[0, 1], pose.points[[11, 12], 1], pose.points[[23, 24], 1], pose.points[[27, 28], 1]
    assert nose < shoulders.min() < hips.min() < ankles.min()
    assert pose.points[11, 0] > pose.points[12, 0]               # the person's left is on the picture's right
    assert (pose.visibility[[0, 11, 12, 23, 24]] > VISIBLE).all()
    assert pose.face is not None
    assert np.linalg.norm(pose.face.mean(0) - pose.points[0]) < np.linalg.norm(pose.points[11] - pose.points[12])


def test_a_mirrored_photo_gives_the_mirrored_pose(standing: Photo, photo_of: Callable[..., Photo]) -> None:
    pose, mirrored = estimate_pose(standing), estimate_pose(photo_of(standing.pixels[:, ::-1]))
    back = mirrored.points[MIRRORED] * [-1, 1] + [standing.width, 0]
    trunk = np.linalg.norm(pose.points[11] - pose.points[23])
    body = slice(11, 29)
    assert np.linalg.norm(back[body] - pose.points[body], axis=1).mean() < 0.06 * trunk


def test_points_outside_the_photo_are_not_visible(standing: Photo, photo_of: Callable[..., Photo]) -> None:
    whole = estimate_pose(standing)
    cut = int(whole.points[[23, 24], 1].mean())
    pose: Pose = estimate_pose(photo_of(standing.pixels[:cut]))
    outside = pose.points[:, 1] >= cut
    assert outside.any()
    assert (pose.visibility[outside] == 0).all()
    assert (pose.visibility[[25, 26, 27, 28]] == 0).all()


def test_a_person_small_in_a_big_photo_is_found_as_precisely(standing: Photo, photo_of: Callable[..., Photo]) -> None:
    whole = estimate_pose(standing)
    scale = 300 / standing.height
    small = cv2.resize(standing.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    border = np.median(small[:20].reshape(-1, 3), 0)
    canvas = np.full((1100, 1400, 3), border, np.uint8)
    canvas[700:700 + len(small), 200:200 + small.shape[1]] = small
    pose = estimate_pose(photo_of(canvas))
    body = slice(11, 29)
    expected = whole.points[body] * scale + [200, 700]
    trunk = np.linalg.norm(expected[0] - expected[12])
    assert np.linalg.norm(pose.points[body] - expected, axis=1).mean() < 0.1 * trunk


def test_no_person(refusal: Callable[[np.ndarray], InputError]) -> None:
    assert refusal(np.full((400, 300, 3), 180, np.uint8)).code == "no_person"
    assert refusal(np.random.default_rng(0).integers(0, 255, (400, 300, 3), np.uint8)).code == "no_person"


def test_a_stick_figure_is_no_person(refusal: Callable[[np.ndarray], InputError]) -> None:
    picture = np.full((800, 600, 3), 255, np.uint8)
    cv2.circle(picture, (300, 150), 60, (0, 0, 0), 5)
    for start, end in (((300, 210), (300, 480)), ((300, 260), (200, 380)), ((300, 260), (400, 380)), ((300, 480), (220, 720)),
                       ((300, 480), (380, 720))):
        cv2.line(picture, start, end, (0, 0, 0), 5)
    assert refusal(picture).code in ("no_person", "drawing")


def test_a_cartoon_is_a_drawing_also_as_jpeg(refusal: Callable[[np.ndarray], InputError]) -> None:
    assert refusal(cartoon()).code == "drawing"
    _, data = cv2.imencode(".jpg", cartoon(), [cv2.IMWRITE_JPEG_QUALITY, 60])
    assert refusal(cv2.imdecode(data, cv2.IMREAD_COLOR)).code == "drawing"


def test_a_pencil_drawing_is_a_drawing(standing: Photo, refusal: Callable[[np.ndarray], InputError]) -> None:
    grey, _ = cv2.pencilSketch(standing.pixels, sigma_s=60, sigma_r=0.07, shade_factor=0.05)
    assert refusal(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)).code in ("drawing", "no_person")


def test_a_black_and_white_photo_is_no_drawing(standing: Photo, photo_of: Callable[..., Photo]) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(standing.pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    assert find_pose(photo_of(grey))[0].face is not None


def test_two_people(standing: Photo, refusal: Callable[[np.ndarray], InputError]) -> None:
    assert refusal(np.concatenate([standing.pixels, standing.pixels[:, ::-1]], 1)).code == "several_people"


def test_a_small_passer_by_is_tolerated_and_told(standing: Photo, photo_of: Callable[..., Photo]) -> None:
    pixels = standing.pixels
    small = cv2.resize(pixels, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    side = np.full((len(pixels), small.shape[1], 3), np.median(pixels[:20].reshape(-1, 3), 0), np.uint8)
    side[100:100 + len(small)] = small
    alone = find_pose(standing)[0]
    pose, notes = find_pose(photo_of(np.concatenate([pixels, side], 1)))
    assert any("background" in note for note in notes)
    assert np.linalg.norm(pose.points[11:25] - alone.points[11:25], axis=1).mean() < 0.03 * standing.height


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photo_is_refused_with_advice(standing: Photo, turns: int, refusal: Callable[[np.ndarray], InputError]) -> None:
    error = refusal(np.rot90(standing.pixels, turns))
    assert error.code == "not_upright"
    assert "upright" in error.hint


def test_garments_are_not_people() -> None:
    garments = sorted((Path(__file__).resolve().parents[3] / "samples" / "garments").glob("*.jpg"))
    if not garments:
        pytest.skip("samples/garments is not there")
    for path in garments[:3]:
        with pytest.raises(InputError) as caught:
            find_pose(read_photo(path))
        assert caught.value.code == "no_person"


def test_joints_are_near_the_truth(bench_cases: list[Path]) -> None:
    """Mean error of shoulders, elbows, wrists, knees and ankles: at most 1.2 % of the person's height in pixels."""
    names = {"left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14, "left_wrist": 15, "right_wrist": 16,
             "left_knee": 25, "right_knee": 26, "left_ankle": 27, "right_ankle": 28}
    for case in bench_cases[:2]:
        truth = json.loads((case / "case.json").read_text())["joints_2d"]
        pose = estimate_pose(read_photo(case / "photo.jpg"))
        height = np.ptp([xy[1] for xy in truth.values()]) * 1.1
        errors = [np.linalg.norm(pose.points[k] - truth[name]) for name, k in names.items()]
        assert np.mean(errors) < 0.012 * height
