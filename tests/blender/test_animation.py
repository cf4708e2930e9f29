# SPDX-License-Identifier: GPL-3.0-or-later
"""A look in motion: its own clips, inverse kinematics, and the motion of another armature; facts from one Blender process."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

HEIGHT = 1.7


@pytest.fixture(scope="module")
def animation(play, tmp_path_factory) -> dict[str, Any]:
    """The scenario, with the bare body as the look: as posed in a photo (arms half down, one knee bent), and bound in a T-pose."""
    from dressform.inference.body.model import load_body_model
    from dressform.inference.export.glb import encode_glb
    from dressform.inference.records import Skeleton, Skin, TexturedMesh
    from dressform.inference.rig.clips import clips_of
    from dressform.inference.rig.poses import POSES, Pose, move_into

    model = load_body_model()
    heads, tails = (np.asarray(at * HEIGHT, np.float32) for at in (model.heads, model.tails))
    vertices = np.asarray(model.template * HEIGHT, np.float32)
    lift = np.float32([0, -vertices[:, 1].min(), 0])
    rest = Skeleton(model.names, model.parents, heads + lift, tails + lift, heads + lift, tails + lift,
                    np.tile(np.eye(3, dtype=np.float32), (len(heads), 1, 1)))
    mesh = TexturedMesh(vertices + lift, np.tile(np.float32([0, 0, 1]), (len(vertices), 1)), model.faces,
                        np.zeros((len(vertices), 2), np.float32), np.arange(len(vertices), dtype=np.int32),
                        np.full((8, 8, 3), 120, np.uint8), 1)
    skin = Skin(model.joints.astype(np.uint16), model.weights, rest)
    folder = tmp_path_factory.mktemp("looks")
    files = []
    photo = Pose({"LeftArm": (0.4, -0.9, 0.1), "RightArm": (-0.7, -0.7, 0.2), "LeftUpLeg": (0.1, -0.9, 0.3)}, {"Hips": (0.0, 0.3, 0.0)})
    for name, pose in (("look", photo), ("model", POSES["t"])):
        posed, bound = move_into(mesh, skin, pose)
        files.append(folder / f"{name}.glb")
        files[-1].write_bytes(encode_glb(posed, bound, "Look", clips=clips_of(bound.skeleton)))
    return play("animation", *files)


def test_a_look_brings_its_clips_and_stands_as_in_the_photo(animation):
    assert animation["clips"] == ["A-pose", "Photo", "T-pose", "Walk"]
    assert animation["names"] == ["Anna A-pose", "Anna Photo", "Anna T-pose", "Anna Walk"]
    assert animation["free"]


def test_the_walk_moves_the_mesh_and_keeps_a_foot_on_the_floor(animation):
    assert animation["moves"][0] > 0.1
    assert -0.05 < animation["soles"][0] <= animation["soles"][1] < 0.05


def test_the_walk_loops_for_ever_and_fits_the_scene(animation):
    assert animation["round"] == 26
    assert animation["range"] == [1, 26]
    assert animation["loop_error"] < 1e-3


def test_a_t_pose_is_as_wide_as_a_person_is_tall(animation):
    assert 0.85 < animation["span"] < 1.15


def test_the_photo_clip_gives_the_bound_pose_back(animation):
    assert animation["back"] < 1e-4


def test_importing_again_brings_the_clips_once_and_goes_on_walking(animation):
    assert animation["again"] == ["Anna A-pose", "Anna Photo", "Anna T-pose", "Anna Walk"]
    assert animation["still_walks"]


def test_a_hand_follows_an_ik_target(animation):
    assert animation["reach_error"] < 0.01


def test_another_armatures_motion_is_carried_over(animation):
    assert animation["carried"] == "Wave"
    assert max(animation["angle_errors"]) < 3.0
    assert animation["hips_height"] == pytest.approx(0.5 * HEIGHT, abs=0.15)


def test_an_armature_with_other_bone_names_is_refused_in_words(animation):
    assert "bone names" in animation["stranger"]
