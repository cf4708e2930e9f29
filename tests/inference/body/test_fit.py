# SPDX-License-Identifier: GPL-3.0-or-later
"""The fit gets back bodies whose landmarks and outline were drawn from the model itself."""

from pathlib import Path

import numpy as np
import pytest
from dressform.inference.body import fit_body
from dressform.inference.body.camera import View
from dressform.inference.body.fit import DEFAULT_HEIGHT, usual_shape
from dressform.inference.body.kinematics import exponential
from dressform.inference.body.landmarks import LANDMARKS
from dressform.inference.body.model import load_body_model
from dressform.inference.errors import InputError
from dressform.inference.raster import rasterise
from dressform.inference.records import Framing, Label, Person, Photo, Pose
from dressform.inference.request import LookRequest

WIDTH, HEIGHT, FOCAL = 300, 400, 500.0


def drawn(yaw: float = 0.0, lift_arms: float = 0.0, cut: float = 1.0, seed: int = 0):
    """A person drawn from the model, what was drawn, and its camera. ``cut`` keeps the upper share of the picture."""
    model, random = load_body_model(), np.random.default_rng(seed)
    shape = random.normal(0, 0.5, model.components)
    vectors = np.zeros((len(model.names), 3))
    vectors[model.bone("LeftArm"), 2], vectors[model.bone("RightArm"), 2] = -0.3 + lift_arms, 0.3 - lift_arms
    for side, sign in (("Left", -1), ("Right", 1)):                 # elbows nearly straight
        vectors[model.bone(f"{side}ForeArm")] = np.array([-0.74, 0.67 * sign, 0.05]) * -0.5
    local = exponential(vectors)
    chain = model.chain()
    vertices, heads, _ = model.rest(shape)
    posed, posed_heads = model.skinned(vertices, heads, chain.global_rotations(local))
    middle = (posed[:, 1].max() + posed[:, 1].min()) / 2
    view = View(np.array([yaw, 0.08, 0.0]), np.zeros(3), FOCAL, (WIDTH / 2, HEIGHT / 2), WIDTH, HEIGHT)
    view = view.moved(np.concatenate([np.zeros(3), np.array([0, 0, 1.6]) - view.rotation @ [0, middle, 0]]))
    local_points = view.to_camera(posed)
    mask = rasterise(view.project(local_points), model.faces, WIDTH, HEIGHT, local_points[:, 2]).mask

    places = model.landmark_points(tuple(lm.point for lm in LANDMARKS))
    camera = view.to_camera(chain.pose(places, shape, local)[0])
    points, visibility, world = np.zeros((33, 2), np.float32), np.zeros(33, np.float32), np.zeros((33, 3), np.float32)
    hips = camera[[k for k, lm in enumerate(LANDMARKS) if lm.index in (23, 24)]].mean(0)
    for lm, pixel, place in zip(LANDMARKS, view.project(camera), camera, strict=True):
        points[lm.index], world[lm.index] = pixel, (place - hips) * 1.7
        visibility[lm.index] = 1.0 if pixel[1] < HEIGHT * cut else 0.0
    rows = round(HEIGHT * cut)
    pixels = np.full((rows, WIDTH, 3), 128, np.uint8)
    labels = np.where(mask, Label.ARMS, Label.BACKGROUND).astype(np.uint8)[:rows]
    person = Person(Photo(pixels, None, Path("drawn.png"), ""), Pose(points, visibility, world), mask[:rows].astype(np.float32), labels,
                    Framing.FULL if cut == 1.0 else Framing.HALF, pixels)
    return person, posed, posed_heads, mask


@pytest.fixture(scope="module")
def front():
    person, posed, heads, mask = drawn()
    return person, posed, heads, mask, fit_body(person, 1.75)


def test_the_fitted_body_covers_the_drawn_one(front):
    _, _, _, mask, body = front
    seen = body.camera.project(body.vertices)
    fitted = rasterise(seen[:, :2], body.faces, WIDTH, HEIGHT, seen[:, 2]).mask
    assert (fitted & mask).sum() / (fitted | mask).sum() > 0.93


def test_the_body_stands_on_the_floor_under_its_hips_facing_forward(front):
    body = front[4]
    model = load_body_model()
    assert abs(body.vertices[model.skin, 1].min()) < 1e-5
    left, right = (body.skeleton.heads[body.skeleton.index(f"{side}UpLeg")] for side in ("Left", "Right"))
    assert abs(left + right)[[0, 2]].max() / 2 < 0.04
    across = left - right
    assert abs(np.degrees(np.arctan2(across[2], across[0]))) < 3


def test_the_stature_is_the_height_that_was_given(front):
    body = front[4]
    assert body.height_m == 1.75
    assert 1.70 < np.ptp(body.rest_vertices[:, 1]) < 1.77
    assert body.measurements["stature"] == 175.0


def test_joints_come_back_within_three_centimetres(front):
    _, _, heads, _, body = front
    model = load_body_model()
    true = (heads - heads[model.bone("Hips")]) * 1.75
    found = body.skeleton.heads - body.skeleton.heads[model.bone("Hips")]
    limbs = [model.bone(f"{side}{name}") for side in ("Left", "Right") for name in ("Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot")]
    assert np.linalg.norm(true - found, axis=1)[limbs].mean() < 0.03


@pytest.mark.parametrize("degrees", [-20, 15])
def test_a_turned_person_still_faces_forward_and_the_camera_turns(degrees):
    person, *_ = drawn(yaw=np.radians(degrees), seed=1)
    body = fit_body(person, 1.7)
    matrix = body.camera.world_to_camera
    assert abs(np.degrees(np.arctan2(matrix[0, 2], matrix[0, 0])) - degrees) < 7


def test_raised_arms_are_raised():
    person, *_ = drawn(lift_arms=0.9)
    body = fit_body(person, 1.7)
    hand, arm = (body.skeleton.heads[body.skeleton.index(name)] for name in ("LeftHand", "LeftArm"))
    assert hand[1] > arm[1] - 0.15


def test_a_half_body_keeps_straight_legs_below_the_picture():
    person, *_ = drawn(cut=0.55, seed=2)
    body = fit_body(person, 1.7)
    hip, knee, foot = (body.skeleton.heads[body.skeleton.index(f"Left{name}")] for name in ("UpLeg", "Leg", "Foot"))
    assert hip[1] > knee[1] > foot[1]
    straight = np.dot(knee - hip, foot - knee) / np.linalg.norm(knee - hip) / np.linalg.norm(foot - knee)
    assert straight > 0.95


def test_a_missing_height_is_assumed_and_said():
    person, *_ = drawn(seed=3)
    body = fit_body(person)
    assert body.height_m == DEFAULT_HEIGHT
    assert any("height" in warning for warning in body.warnings)


def test_the_build_that_was_asked_for_is_expected_whatever_the_height():
    model = load_body_model()
    female, male = (usual_shape(model, 1.7, build) @ model.gender for build in ("female", "male"))
    assert female > 0 > male
    assert not usual_shape(model, 1.95, "neutral").any()
    assert usual_shape(model, 1.55) @ model.gender > 0 > usual_shape(model, 1.9) @ model.gender


def test_a_build_moves_the_body_towards_it(front):
    person, gender = front[0], load_body_model().gender
    female, male = (np.array(list(fit_body(person, 1.75, build=build).shape.values())) @ gender for build in ("female", "male"))
    assert female > male + 0.05


def test_an_unknown_build_is_refused():
    with pytest.raises(InputError, match="build"):
        LookRequest(Path("a.jpg"), build="tall").check()


def test_the_fit_is_repeatable(front):
    person, *_, body = front
    again = fit_body(person, 1.75)
    assert np.array_equal(again.vertices, body.vertices)


def test_measurements_are_those_of_an_adult(front):
    measured = front[4].measurements
    assert 55 < measured["waist"] < measured["hips"] + 10
    assert 65 < measured["chest"] < 130
    assert 65 < measured["inseam"] < 95
    assert 28 < measured["shoulder_width"] < 48
