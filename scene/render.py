# SPDX-License-Identifier: GPL-3.0-or-later
"""Render settings of a turntable scene, and its picture sequence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from .presets import TurntableOptions
from .versions import eevee, set_image_output

DIFFUSE_BOUNCES = 3
"""Enough for the light that the paper throws back; more costs time and shows nothing."""
FRAME_NAME = "####"
"""Frame files are 0001.png and so on."""


class RenderError(Exception):
    """A frame could not be rendered or written; the message is for people."""


def apply_settings(scene: Any, options: TurntableOptions) -> None:
    """Engine, size, colour management and frame range of ``options``."""
    render = scene.render
    render.engine = {"cycles": "CYCLES", "eevee": eevee(), "workbench": "BLENDER_WORKBENCH"}[options.engine]
    render.resolution_x, render.resolution_y = options.size
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    render.use_border = False
    render.fps, render.fps_base = options.fps, 1.0
    scene.frame_start, scene.frame_end, scene.frame_step = 1, options.frames, 1
    render.film_transparent = options.backdrop == "transparent"
    render.use_compositing = render.use_sequencer = False
    render.use_persistent_data = True
    render.use_motion_blur = False
    set_image_output(render.image_settings, "PNG")
    render.image_settings.color_mode = "RGBA" if render.film_transparent else "RGB"
    render.image_settings.color_depth = "8"
    render.image_settings.compression = 30
    render.use_file_extension = render.use_overwrite = True
    render.use_placeholder = False
    _photo_colours(scene)
    if options.engine == "cycles":
        _cycles(scene, options.samples)
    elif options.engine == "eevee":
        scene.eevee.taa_render_samples = options.samples
    else:
        _workbench(scene, options)


def use_gpu(scene: Any, kind: str) -> bool:
    """Let Cycles use the GPUs of ``kind`` (``CUDA``, ``OPTIX``, ``HIP``, ``METAL``, ``ONEAPI``); False where there are none."""
    preferences = bpy.context.preferences.addons["cycles"].preferences
    # get_devices() asks every driver at once and can crash on machines with several vendors.
    devices = [device for device in preferences.get_devices_for_type(kind) if device.type == kind]
    if not devices:
        return False
    preferences.compute_device_type = kind
    for device in devices:
        device.use = True
    scene.cycles.device = "GPU"
    return True


def render_sequence(scene: Any, folder: Path, progress: Callable[[int, int], None] | None = None) -> list[Path]:
    """Render every frame of ``scene`` into ``folder`` as PNG; blocks. Frames of an earlier run there are removed first.

    Args:
        progress: called with (finished, total) after each frame.

    Raises:
        RenderError: Blender could not render, or not write.
    """
    prepare(scene, folder)
    first, last = scene.frame_start, scene.frame_end
    files: list[Path] = []
    for frame in range(first, last + 1):
        target = folder / f"{frame:04d}.png"
        scene.frame_set(frame)
        scene.render.filepath = str(target)
        _render_still(scene)
        if not target.is_file():
            raise RenderError(f"Blender did not write {target}; is the disk full or the folder protected?")
        files.append(target)
        if progress:
            progress(len(files), last - first + 1)
    scene.render.filepath = str(folder / FRAME_NAME)
    return files


def prepare(scene: Any, folder: Path) -> None:
    """Make ``folder`` ready for the scene's frames and point the scene's output there.

    Raises:
        RenderError: the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in frame_files(folder):
            old.unlink()
    except OSError as cause:
        raise RenderError(f"The output folder {folder} cannot be used: {cause.strerror or cause}.") from cause
    scene.render.filepath = str(folder / FRAME_NAME)


def frame_files(folder: Path) -> list[Path]:
    """The rendered frames in ``folder``, in order."""
    return sorted(file for file in folder.glob("*.png") if file.stem.isdigit())


def _render_still(scene: Any) -> None:
    try:
        # The operator's own "scene" argument would render that scene at the active scene's frame.
        with bpy.context.temp_override(scene=scene):
            outcome = bpy.ops.render.render(write_still=True)
    except RuntimeError as cause:
        # Some builds (Debian's) come without OpenImageDenoise and say so only when they render.
        if scene.render.engine == "CYCLES" and scene.cycles.use_denoising and "denois" in str(cause).lower():
            _without_denoiser(scene)
            _render_still(scene)
            return
        raise RenderError(f"Blender could not render: {str(cause).strip()}") from cause
    if "CANCELLED" in outcome:
        raise RenderError("The render was stopped.")


def _photo_colours(scene: Any) -> None:
    """The neutral transform: the base colour is a photo already, and a filmic curve (AgX) would grey it."""
    scene.display_settings.display_device = "sRGB"
    view = scene.view_settings
    view.view_transform, view.look, view.exposure, view.gamma = "Standard", "None", 0.0, 1.0
    view.use_curve_mapping = False


def _cycles(scene: Any, samples: int) -> None:
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples = samples
    cycles.use_adaptive_sampling = samples >= 64
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 4, DIFFUSE_BOUNCES, 1
    cycles.transmission_bounces, cycles.volume_bounces, cycles.transparent_max_bounces = 0, 0, 8
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 1.2
    cycles.seed = 0
    cycles.use_light_tree = False  # five lamps: choosing among them costs a third more than it saves
    scene.view_layers[0].cycles.use_denoising = True
    if denoiser():
        cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
        cycles.denoising_prefilter, cycles.denoising_input_passes = "FAST", "RGB_ALBEDO_NORMAL"
    else:
        _without_denoiser(scene)


NOISY_FACTOR = 2
"""Samples are multiplied by this where there is no denoiser: a little grain is left for twice the time."""


def _without_denoiser(scene: Any) -> None:
    scene.cycles.use_denoising = False
    scene.cycles.samples *= NOISY_FACTOR


def denoiser() -> bool:
    """Whether this Blender was built with OpenImageDenoise."""
    try:
        import _cycles
    except ImportError:
        return False
    return bool(getattr(_cycles, "with_openimagedenoise", False))


def _workbench(scene: Any, options: TurntableOptions) -> None:
    shading = scene.display.shading
    shading.light, shading.color_type = "FLAT", "TEXTURE"  # its studio lights are half as bright as the photo's colours
    shading.show_cavity = shading.show_object_outline = shading.show_specular_highlight = False
    shading.show_shadows = False
    scene.display.render_aa = "8"
