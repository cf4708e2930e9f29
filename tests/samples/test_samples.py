# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample photos are there, can be read, agree with their masks and truth, and drawing them again gives the same."""

import json
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.coordinates import Camera
from PIL import Image

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
PERSONS = sorted((SAMPLES / "persons").glob("*.jpg"))
GARMENTS = sorted((SAMPLES / "garments").glob("*.jpg"))

POSE_LANDMARKS = {"LeftArm": 11, "RightArm": 12, "LeftForeArm": 13, "RightForeArm": 14, "LeftUpLeg": 23, "RightUpLeg": 24,
                  "LeftLeg": 25, "RightLeg": 26}
"""Joint of the truth -> landmark of MediaPipe Pose."""

HALF_BODY = {"mei"}


def camera_of(truth: dict) -> Camera:
    return Camera(truth["width"], truth["height"], truth["focal"], tuple(truth["centre"]), np.array(truth["world_to_camera"]))


def mask_of(photo: Path) -> np.ndarray:
    return np.asarray(Image.open(SAMPLES / "truth" / f"{photo.stem}.png").convert("L"))


def test_there_are_persons_and_garments_of_every_kind_in_less_than_three_megabytes() -> None:
    assert len(PERSONS) >= 4
    assert {photo.stem for photo in GARMENTS} == {"tee", "shirt", "hoodie", "jeans", "skirt", "dress"}
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.suffix in {".jpg", ".png"}) < 3_000_000


@pytest.mark.parametrize("photo", PERSONS + GARMENTS, ids=lambda photo: photo.stem)
def test_a_photo_is_sharp_enough_to_work_with_and_its_mask_has_its_size(photo: Path) -> None:
    image = Image.open(photo).convert("RGB")
    mask = mask_of(photo)
    assert min(image.size) >= 720
    assert mask.shape == (image.height, image.width)
    assert 0.08 < (mask > 127).mean() < 0.75
    assert mask.max() >= 250
    assert mask.min() <= 5


@pytest.mark.parametrize("photo", PERSONS, ids=lambda photo: photo.stem)
def test_the_person_differs_from_what_is_just_outside_the_mask(photo: Path) -> None:
    from scipy.ndimage import binary_dilation, binary_erosion

    pixels = np.asarray(Image.open(photo).convert("RGB"), float)
    inside = mask_of(photo) > 127
    inner = inside & ~binary_erosion(inside, iterations=5)
    outer = ~inside & binary_dilation(inside, iterations=9) & ~binary_dilation(inside, iterations=4)
    assert np.abs(pixels[inner].mean(0) - pixels[outer].mean(0)).max() > 8


@pytest.mark.parametrize("photo", PERSONS, ids=lambda photo: photo.stem)
def test_the_true_joints_fall_on_the_person(photo: Path) -> None:
    truth = json.loads((SAMPLES / "truth" / f"{photo.stem}.json").read_text())
    mask = mask_of(photo) > 127
    names = ["Head", "Neck", "Spine", "LeftArm", "RightArm"]
    names += [] if photo.stem in HALF_BODY else ["LeftLeg", "RightLeg", "LeftFoot", "RightFoot"]
    placed = camera_of(truth).project(np.array([truth["joints"][name] for name in names]))
    for x, y, depth in placed:
        assert depth > 1
        assert mask[int(y), int(x)]


@pytest.mark.parametrize("photo", PERSONS, ids=lambda photo: photo.stem)
def test_mediapipe_sees_the_person_where_the_truth_says(photo: Path) -> None:
    solutions = pytest.importorskip("mediapipe", reason="MediaPipe is not installed").solutions
    pixels = np.asarray(Image.open(photo).convert("RGB"))
    with solutions.pose.Pose(static_image_mode=True, model_complexity=1) as detector:
        found = detector.process(pixels).pose_landmarks
    assert found is not None
    assert min(found.landmark[index].visibility for index in (0, 2, 5, 7, 8, 11, 12)) > 0.9
    truth = json.loads((SAMPLES / "truth" / f"{photo.stem}.json").read_text())
    camera = camera_of(truth)
    names = [name for name in POSE_LANDMARKS if photo.stem not in HALF_BODY or name.endswith("Arm")]
    placed = camera.project(np.array([truth["joints"][name] for name in names]))[:, :2]
    seen = np.array([[found.landmark[POSE_LANDMARKS[name]].x * truth["width"],
                      found.landmark[POSE_LANDMARKS[name]].y * truth["height"]] for name in names])
    metre = camera.focal / camera.project(np.array([truth["joints"]["Hips"]]))[0, 2]
    assert np.median(np.linalg.norm(placed - seen, axis=1)) / metre < 0.08


@pytest.mark.parametrize("name", ["tee", "skirt"])
def test_drawing_a_garment_twice_gives_the_same_photo(name: str) -> None:
    from dressform.samples.garments import GARMENTS as DRAW

    first, second = DRAW[name](0.2), DRAW[name](0.2)
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])


def test_a_smaller_drawing_shows_the_same_garment_as_the_photo() -> None:
    from dressform.samples.garments import GARMENTS as DRAW

    _, mask = DRAW["skirt"](0.2)
    stored = Image.open(SAMPLES / "truth" / "skirt.png").convert("L").resize(mask.shape[::-1], Image.Resampling.BOX)
    assert ((mask > 127) != (np.asarray(stored) > 127)).mean() < 0.01
