# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension as a user meets it: the zip installed into Blender, an engine process behind it."""

from __future__ import annotations

import zipfile
from typing import Any

import pytest

OPERATORS = {"generate", "cancel", "import_look", "refresh_results", "open_folder", "build_turntable", "render_turntable",
             "remove_turntable", "leave_turntable", "start_engine", "stop_engine", "check_engine", "show_log", "free_memory",
             "add_garments", "remove_garment", "move_garment"}


@pytest.fixture(scope="module")
def used(play, extension_zip) -> dict[str, Any]:
    return play("extension", extension_zip)


def test_the_zip_holds_the_extension_and_its_engine_but_nothing_else(extension_zip):
    names = zipfile.ZipFile(extension_zip).namelist()
    assert {"blender_manifest.toml", "__init__.py", "LICENSE", "scene/studio.py", "server/client.py", "inference/pipeline.py"} <= set(names)
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"tests", "benchmarks", "samples", "docs", "scripts", "out", "dist", "node_modules", "Makefile"}
    assert not [name for name in names if "/." in f"/{name}" or name.endswith((".pyc", ".blend", ".whl"))]


def test_it_installs_and_enables(used):
    assert used["enabled"]
    assert {f"DRESSFORM_OT_{name}" for name in OPERATORS} <= set(used["types"])
    assert {"DRESSFORM_PT_look", "DRESSFORM_PT_options", "DRESSFORM_PT_results", "DRESSFORM_PT_turntable"} <= set(used["types"])


def test_it_brings_nothing_heavy_into_blenders_process(used):
    assert used["heavy"] == []


def test_generate_wants_a_person(used):
    assert not used["no_person"]
    assert "missing.png does not exist" in used["missing_photo"]


def test_a_missing_engine_is_said_in_words(used):
    assert "no-such-python" in used["no_python"]
    assert "preferences" in used["no_python"]


def test_generate_makes_imports_and_lists_a_look(used):
    assert used["generate"] == ["FINISHED"]
    assert used["status"] == [False, False, "The look is ready.", "The height is a guess."]
    assert {"look.glb", "look.json", "tryon.png"} <= set(used["looks"])
    assert used["results"] == [["Änna", "Commercial use allowed (CC0-1.0)", True]]
    assert used["imported"] == ["Änna", ["ARMATURE", "MESH"]]


def test_the_engine_can_be_asked_how_it_is(used):
    assert used["engine"][0] == ["FINISHED"]
    assert used["engine"][1].startswith("Running: Dressform")
    assert used["log"] == [["FINISHED"], True]
    assert used["stopped"] == ["FINISHED"]


def test_a_failed_look_shows_the_engines_words_and_leaves_nothing(used):
    assert "There is no person in this photo. Choose a photo of one person." in used["nobody"]
    assert not used["nobody_folder"]


def test_a_look_that_may_not_be_sold_is_imported_only_if_the_user_allows_it(used):
    assert "forbids commercial use" in used["not_for_sale"]
    assert not used["research_imported"]
    assert used["allowed"] == ["FINISHED"]
    assert used["marked"].startswith("NON-COMMERCIAL")


def test_the_turntable_is_built_in_its_own_scene_and_rendered(used):
    assert used["built"] == used["rendered"] == ["FINISHED"]
    assert used["turntable_scene"] == "Turntable Änna"
    assert used["renders"] == ["contact_sheet.png", "frames/0001.png", "frames/0002.png", "frames/0003.png", "turntable.mp4"]


def test_the_artist_gets_back_to_the_scene(used):
    assert used["left"] == [["FINISHED"], "Scene"]
    assert used["turntable_removed"] == [["FINISHED"], 1]


def test_settings_are_saved_with_the_file(used):
    assert used["reopened"] == ["Änna.png", 1]


def test_disabling_leaves_no_class_property_handler_or_timer(used):
    assert used["timer_before"]
    assert not used["timer_after"]
    assert used["types_after"] == []
    assert used["properties_after"] == [False, False]
    assert used["handlers_after"] == []


def test_it_can_be_enabled_again(used):
    assert used["types_again"] == used["types"]
