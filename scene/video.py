# SPDX-License-Identifier: GPL-3.0-or-later
"""An MP4 from a picture sequence, by Blender's own FFmpeg, in a scene that exists only meanwhile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bpy

from .render import RenderError
from .versions import new_colour_strip, sequencer_strips, set_video_output

KEYFRAME_DISTANCE = 12
"""Frames between two keyframes; short, so that a turntable can be scrubbed."""


def encode(frames: list[Path], target: Path, fps: int, colour: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Path:
    """Encode ``frames`` as H.264 MP4; blocks. The file appears complete or not at all.

    Args:
        frames: PNG files of one size in one folder, in order, with even width and height.
        target: the .mp4 file; replaced if it is there.
        fps: frames a second.
        colour: linear RGB behind transparent frames.

    Raises:
        RenderError: there are no frames, or Blender could not encode or write.
    """
    if not frames:
        raise RenderError("There are no frames to make a video of.")
    width, height = _size(frames[0])
    if width % 2 or height % 2:
        raise RenderError(f"The frames are {width} x {height} pixels; H.264 needs even sizes.")
    partial = target.with_name(f".{target.stem}.part.mp4")
    scene = bpy.data.scenes.new("Dressform Video")
    try:
        _lay(scene, frames, colour)
        _settings(scene, width, height, len(frames), fps, partial)
        with bpy.context.temp_override(scene=scene):
            bpy.ops.render.render(animation=True)
        if not partial.is_file() or partial.stat().st_size == 0:
            raise RenderError(f"Blender did not write {target}; is the disk full or the folder protected?")
        os.replace(partial, target)
    except (RuntimeError, OSError) as cause:
        raise RenderError(f"The video {target.name} could not be made: {str(cause).strip()}") from cause
    finally:
        bpy.data.scenes.remove(scene)
        partial.unlink(missing_ok=True)
    return target


def _size(file: Path) -> tuple[int, int]:
    """Width and height of a PNG, from its header."""
    with file.open("rb") as stream:
        head = stream.read(24)
    if head[:8] != b"\x89PNG\r\n\x1a\n" or len(head) < 24:
        raise RenderError(f"{file} is not a PNG.")
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def _lay(scene: Any, frames: list[Path], colour: tuple[float, float, float]) -> None:
    strips = sequencer_strips(scene)
    background = new_colour_strip(strips, "Background", 1, 1, len(frames))
    background.color = tuple(_display(channel) for channel in colour)
    strip = strips.new_image(name="Frames", filepath=str(frames[0]), channel=2, frame_start=1)
    for frame in frames[1:]:
        strip.elements.append(frame.name)
    strip.frame_final_duration = len(frames)
    strip.blend_type = "ALPHA_OVER"
    strip.colorspace_settings.name = "sRGB"


def _display(linear: float) -> float:
    """Linear light to sRGB, in which the sequencer mixes."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def _settings(scene: Any, width: int, height: int, count: int, fps: int, target: Path) -> None:
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    render.fps, render.fps_base = fps, 1.0
    scene.frame_start, scene.frame_end = 1, count
    render.use_sequencer, render.use_compositing = True, False
    render.use_file_extension = False
    scene.display_settings.display_device = "sRGB"
    scene.view_settings.view_transform, scene.view_settings.look = "Standard", "None"
    scene.sequencer_colorspace_settings.name = "sRGB"
    set_video_output(render.image_settings)
    render.image_settings.color_mode = "RGB"
    video = render.ffmpeg
    video.format, video.codec, video.audio_codec = "MPEG4", "H264", "NONE"
    video.constant_rate_factor, video.ffmpeg_preset, video.gopsize = "HIGH", "GOOD", KEYFRAME_DISTANCE
    render.filepath = str(target)
