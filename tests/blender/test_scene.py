# SPDX-License-Identifier: GPL-3.0-or-later
"""A look in a scene: import, import again, turntable; facts from one Blender process."""

from __future__ import annotations

from typing import Any

import pytest
from dressform.scene.presets import PRESETS
from figure_glb import BODY, HEIGHT


@pytest.fixture(scope="module")
def scene(play) -> dict[str, Any]:
    return play("scene")


def test_a_look_is_a_skinned_mesh_on_an_armature(scene):
    assert scene["types"] == ["ARMATURE", "MESH"]
    assert scene["bones"] == scene["groups"] == ["mixamorig:Head", "mixamorig:Hips"]
    assert scene["modifier"] == [True]
    assert scene["in_front"]


def test_a_look_stands_on_the_floor_at_its_size(scene):
    assert scene["extent"] == pytest.approx([BODY[0], BODY[2], HEIGHT], abs=1e-3)
    assert scene["floor"] == pytest.approx(0.0, abs=1e-4)


def test_the_material_is_one_principled_shader_with_a_packed_image(scene):
    assert scene["shaders"] == 1
    assert scene["metallic"] == 0.0
    assert scene["base_colour_linked"]
    assert scene["packed"] == [True]


def test_an_import_can_leave_the_selection_alone(scene):
    assert scene["selection_kept"]


def test_importing_again_replaces_the_same_look(scene):
    assert scene["same_collection"]
    assert scene["own_after"] == ["ARMATURE", "MESH"]


def test_importing_again_leaves_no_rubbish(scene):
    # The artist's copy still uses the old mesh, and through it the old material and image.
    assert scene["leftovers"] == {**dict.fromkeys(scene["leftovers"], 0), "meshes": 1, "materials": 1, "images": 1}


def test_importing_again_keeps_what_the_artist_did(scene):
    assert scene["artists_kept"] == [True, True, True]
    assert scene["action_kept"]
    assert scene["place_kept"] == 2.0
    assert scene["cube"] == ["Anna", True]


def test_a_file_that_is_no_look_changes_nothing(scene):
    assert "empty.glb" in scene["bad_file"]
    assert not scene["bad_file_changes"]


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_have_even_sizes(scene, preset):
    width, height, *_ = scene["sizes"][preset]
    assert (width % 2, height % 2) == (0, 0)
    assert (width, height) == pytest.approx([side / 2 for side in PRESETS[preset]], abs=1)


@pytest.mark.parametrize("preset", PRESETS)
def test_nothing_leaves_the_picture_during_a_turn_and_the_picture_is_filled(scene, preset):
    furthest = max(scene["sizes"][preset][2:])
    assert 0.85 <= furthest <= 0.93


def test_the_turn_joins_its_own_beginning(scene):
    assert scene["keys"] == [[1.0, 0.0, "LINEAR"], [13.0, 6.28319, "LINEAR"]]
    assert scene["even_steps"] < 1e-5


def test_building_again_replaces_the_rig(scene):
    assert (scene["turntable_scenes"], scene["rigs"]) == (1, 1)
    assert scene["lights"] == 5


def test_the_turntable_leaves_the_artists_scene_alone(scene):
    assert scene["my_scene"] == ["BLENDER_WORKBENCH", "Mine", True]


def test_removing_the_turntable_leaves_nothing_behind(scene):
    assert scene["removed"] == {kind: [] for kind in scene["removed"]}
