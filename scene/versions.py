# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between the Blender releases that Dressform runs in (4.2 to 5.2), in one place."""

from __future__ import annotations

from typing import Any

import bpy

EEVEE_RENAMED = (5, 0, 0)
"""From here on EEVEE is ``BLENDER_EEVEE`` again; 4.2 to 4.5 call it ``BLENDER_EEVEE_NEXT``."""


def eevee() -> str:
    """Identifier of the EEVEE engine."""
    return "BLENDER_EEVEE" if bpy.app.version >= EEVEE_RENAMED else "BLENDER_EEVEE_NEXT"


def set_image_output(settings: Any, file_format: str) -> None:
    """Choose a still-image format; 5.0 wants the kind of medium first."""
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = file_format


def set_video_output(settings: Any) -> None:
    """Choose FFmpeg video output; 5.0 wants the kind of medium first."""
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    else:
        settings.file_format = "FFMPEG"


def action_curves(owner: Any) -> Any:
    """The F-curves that animate ``owner`` (an ID with an action); layered actions keep them in channel bags."""
    action = owner.animation_data.action
    if hasattr(action, "fcurves"):
        return action.fcurves
    from bpy_extras.anim_utils import action_get_channelbag_for_slot

    return action_get_channelbag_for_slot(action, owner.animation_data.action_slot).fcurves


def assign_action(owner: Any, action: Any) -> None:
    """Animate ``owner`` by ``action``; from 4.4 on an action also needs its slot chosen."""
    data = owner.animation_data_create()
    data.action = action
    if hasattr(data, "action_slot") and data.action_slot is None and len(action.slots):
        data.action_slot = action.slots[0]


def sequencer_strips(scene: Any) -> Any:
    """The strip list of a scene's sequencer, which is made if it has none; named ``sequences`` before 4.4."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def new_colour_strip(strips: Any, name: str, channel: int, start: int, length: int) -> Any:
    """A colour strip of ``length`` frames; the argument for its length changed its name in 5.0."""
    keys = strips.bl_rna.functions["new_effect"].parameters.keys()
    end = {"length": length} if "length" in keys else {"frame_end": start + length}
    return strips.new_effect(name=name, type="COLOR", channel=channel, frame_start=start, **end)


def gltf_import_options(**wanted: Any) -> dict[str, Any]:
    """Those of the ``wanted`` options that this release's glTF importer knows."""
    known = bpy.ops.import_scene.gltf.get_rna_type().properties.keys()
    return {name: value for name, value in wanted.items() if name in known}
