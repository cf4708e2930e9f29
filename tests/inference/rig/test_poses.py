# SPDX-License-Identifier: GPL-3.0-or-later
"""The skeleton takes A, T and walking poses without changing its bones, and a bound mesh goes along."""

from __future__ import annotations

import numpy as np
import pytest
from dressform.inference.body.model import load_body_model
from dressform.inference.records import Skeleton, Skin, TexturedMesh
from dressform.inference.rig.clips import clips_of
from dressform.inference.rig.frames import bound_frames, local_frames
from dressform.inference.rig.gait import ANKLE, FRAMES, HIP, KNEE, curve, stride_pose, walk
from dressform.inference.rig.names import bone_names, renamed
from dressform.inference.rig.poses import POSES, move_into, posed_frames

HEIGHT = 1.7


@pytest.fixture(scope="module")
def skeleton():
    model = load_body_model()
    heads, tails = (np.asarray(points * HEIGHT, np.float32) for points in (model.heads, model.tails))
    return Skeleton(model.names, model.parents, heads, tails, heads, tails, np.tile(np.eye(3, dtype=np.float32), (len(heads), 1, 1)))


@pytest.fixture(scope="module")
def bound(skeleton):
    model = load_body_model()
    vertices = np.asarray(model.template * HEIGHT, np.float32)
    mesh = TexturedMesh(vertices, np.tile(np.float32([0, 0, 1]), (len(vertices), 1)), model.faces, np.zeros((len(vertices), 2), np.float32),
                        np.arange(len(vertices), dtype=np.int32), np.zeros((8, 8, 3), np.uint8), 1)
    return mesh, Skin(model.joints.astype(np.uint16), model.weights, skeleton)


def direction(frames, skeleton, bone):
    return frames[skeleton.index(bone), :3, 1]


def test_a_t_pose_has_level_arms_and_an_a_pose_hangs_them_half_way(skeleton):
    for side, sign in (("Left", 1), ("Right", -1)):
        for bone in ("Arm", "ForeArm", "Hand"):
            assert np.allclose(direction(posed_frames(skeleton, POSES["t"]), skeleton, side + bone), [sign, 0, 0], atol=1e-6)
        arm = direction(posed_frames(skeleton, POSES["a"]), skeleton, side + "Arm")
        assert np.allclose(arm, [sign * 0.5 ** 0.5, -0.5 ** 0.5, 0], atol=1e-6)


@pytest.mark.parametrize("pose", [POSES["t"], POSES["a"], stride_pose(0.1), stride_pose(0.7)])
def test_bones_keep_their_lengths_in_every_pose(skeleton, pose):
    before, after = (local_frames(frames, skeleton.parents)[1:, :3, 3] for frames in (bound_frames(skeleton), posed_frames(skeleton, pose)))
    assert np.allclose(before, after, atol=1e-6)


def test_a_mesh_moved_into_a_t_pose_is_as_wide_as_it_is_tall_and_stays_whole(bound):
    mesh, skin = move_into(*bound, POSES["t"])
    width, height, _ = np.ptp(mesh.vertices, axis=0)
    assert 0.85 < width / height < 1.15
    assert np.isfinite(mesh.vertices).all()
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-4)
    assert np.allclose(bound_frames(skin.skeleton), posed_frames(bound[1].skeleton, POSES["t"]), atol=1e-4)


def test_moving_twice_is_moving_once(bound):
    once, skin = move_into(*bound, POSES["a"])
    twice, _ = move_into(once, skin, POSES["a"])
    assert np.abs(once.vertices - twice.vertices).max() < 2e-3


def test_gait_curves_pass_through_their_points_and_close():
    for points in (HIP, KNEE, ANKLE):
        for percent, degrees in points:
            assert curve(points)(percent) == pytest.approx(degrees, abs=1e-6)
        steps = np.diff([float(curve(points)(p)) for p in np.linspace(0, 100, 401)])
        assert np.abs(steps).max() < 1.5


def test_one_foot_is_on_the_ground_at_every_moment_of_the_walk(skeleton):
    standing = bound_frames(skeleton)
    feet = [skeleton.index(side + bone) for side in ("Left", "Right") for bone in ("Foot", "ToeBase")]
    ground = standing[feet, 1, 3].min()
    for pose in walk():
        assert abs(posed_frames(skeleton, pose)[feet, 1, 3].min() - ground) < 0.08


def test_legs_and_arms_swing_against_each_other(skeleton):
    frames = posed_frames(skeleton, stride_pose(0.0))
    assert direction(frames, skeleton, "LeftUpLeg")[2] > 0.3 > -0.1 > direction(frames, skeleton, "RightUpLeg")[2]
    assert direction(frames, skeleton, "LeftArm")[2] < direction(frames, skeleton, "RightArm")[2]


def test_the_walk_closes_and_turns_no_bone_the_long_way_round(skeleton):
    stride = next(clip for clip in clips_of(skeleton) if clip.name == "Walk")
    assert len(stride.times) == FRAMES + 1
    assert np.allclose(np.abs((stride.rotations[0] * stride.rotations[-1]).sum(-1)), 1, atol=1e-5)
    assert ((stride.rotations[1:] * stride.rotations[:-1]).sum(-1) > 0.9).all()


def test_a_half_body_does_not_walk(skeleton):
    assert "Walk" not in {clip.name for clip in clips_of(skeleton, legs=False)}


@pytest.mark.parametrize("naming", ["mixamo", "rigify", "unreal"])
def test_every_bone_has_its_own_name_in_every_naming(skeleton, naming):
    names = renamed(skeleton, naming).names
    assert len(set(names)) == len(names) == len(skeleton.names)
    if naming != "mixamo":
        assert not any(name.startswith("mixamorig") for name in names)
    assert set(bone_names(naming)) >= {name.partition(":")[2] for name in skeleton.names}
