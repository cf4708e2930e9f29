# SPDX-License-Identifier: GPL-3.0-or-later
"""TripoSR as a reconstruction backend: cut-out -> scene -> surface, set upright in metres on the fitted body.

The network sees the dressed person in the middle of a grey square and answers with a scene that faces the camera. Its surface is laid over
matte and fitted body, which tell metres and depth, then closed and bound to the body like any mesh; its colours serve where the photo does
not see.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..backend import Settings
from ..errors import BackendError, InputError
from ..models.runtime import memory_guard, pick_device, pick_dtype
from ..models.store import require
from ..progress import Progress, ProgressCallback
from ..records import Body, Floats, Image, Person, Surface
from .isosurface import Isosurface, isosurface
from .placement import place
from .remesh import surface_from_mesh

if TYPE_CHECKING:
    from ..networks.triposr.network import Scene

MODEL = "triposr"
CHUNK_SIZE, PADDING, FOREGROUND_RATIO, MC_RESOLUTION, THRESHOLD = 8192, 16, 0.85, 256, 25.0
"""The published defaults: points asked at once, empty pixels around the cut-out, share of the square that the person fills, nodes per axis
of the surface grid, and the density on the surface."""
SCENE_TO_CAMERA = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
"""3x3; the scene's +x leads to the camera, +y to its right, +z up."""
STEPS = 4


def surface_of_triposr(person: Person, body: Body, faces: int, settings: Settings, progress: ProgressCallback) -> Surface:
    """Dressed person -> TripoSR's surface; see :func:`.reconstruct_surface`.

    Options: ``chunk_size``, ``padding``, ``foreground_ratio``, ``mc_resolution``, ``threshold``, ``precision``.

    Raises:
        InputError: ``bad_option``.
        BackendError: ``model_missing``, ``bad_model``, ``out_of_memory``, ``empty_surface`` or ``open_mesh``.
    """

    def tell(step: int, message: str) -> None:
        progress(Progress("reconstruct", step, STEPS, message))

    resolution = settings.option("mc_resolution", MC_RESOLUTION)
    if not 16 <= resolution <= 1024:
        raise InputError("bad_option", f"The option mc_resolution cannot be {resolution}.", "Choose between 16 and 1024; 256 is usual.")
    threshold = settings.option("threshold", THRESHOLD)
    if threshold <= 0:
        raise InputError("bad_option", f"The option threshold cannot be {threshold}.", "Give a positive density; 25 is usual.")
    with memory_guard("TripoSR", "Set its option chunk_size to 2048, or mc_resolution to 128."):
        scene = scene_of(person, settings, tell)
        tell(2, "Finding TripoSR's surface")
        found = surface_of_scene(scene, resolution, threshold,
                                 lambda count: tell(2, f"Finding TripoSR's surface ({count // 1000} thousand points)"))
        if not len(found.faces):
            raise BackendError("empty_surface", "TripoSR saw nothing solid in this picture.",
                               "Lower its option threshold, or take another photo.")
        tell(3, "Placing the mesh on the body")
        facing = body.camera.world_to_camera[:3, :3].T @ SCENE_TO_CAMERA
        vertices = found.vertices.astype(np.float64)
        placement = place(vertices, found.faces, person, body, [facing], lambda: tell(3, "Placing the mesh on the body"))
        tell(3, "Closing the mesh")
        return surface_from_mesh(placement.similarity(vertices), found.faces, person, body, faces,
                                 lambda points: 255.0 * scene.colours(placement.similarity.inverse(points)),
                                 lambda: tell(3, "Closing the mesh"))


def scene_of(person: Person, settings: Settings, tell: Callable[[int, str], None]) -> Scene:
    """Run the network; of it only the small decoder stays in memory."""
    import torch

    from ..networks.triposr.network import load
    from ..networks.triposr.picture import condition

    chunk_size = settings.option("chunk_size", CHUNK_SIZE)
    if chunk_size < 1:
        raise InputError("bad_option", f"The option chunk_size cannot be {chunk_size}.", f"Give a positive number; {CHUNK_SIZE} is usual.")
    picture = prepared(person, settings)
    folder = require(MODEL)
    tell(0, "Loading TripoSR")
    device = pick_device(settings)
    dtype = pick_dtype(settings, device)
    network = load(folder, device, dtype)
    tell(1, "Running TripoSR")
    with torch.inference_mode():
        pixels = condition(picture, network.configuration.image_size).to(device, dtype)
        return network.scene(network(pixels)[0], chunk_size)


def prepared(person: Person, settings: Settings) -> Image:
    """The cut-out person in the middle of a grey square, as the network was trained.

    ``padding`` empty pixels are put around the cut-out before it is framed, so that a person who touches the photo's border is not cut
    there; the framing measures the person, not the padding.
    """
    from ..networks.triposr.picture import centred, on_grey

    ratio, padding = settings.option("foreground_ratio", FOREGROUND_RATIO), settings.option("padding", PADDING)
    if not 0.2 <= ratio <= 1.0:
        raise InputError("bad_option", f"The option foreground_ratio cannot be {ratio}.", "Choose between 0.2 and 1; 0.85 is usual.")
    if padding < 0:
        raise InputError("bad_option", f"The option padding cannot be {padding}.", "Give a number of pixels; 16 is usual.")
    alpha = (np.clip(person.matte, 0, 1) * 255 + 0.5).astype(np.uint8)
    cutout = np.pad(np.dstack([person.foreground, alpha]), ((padding, padding), (padding, padding), (0, 0)))
    return on_grey(centred(cutout, ratio).pixels)


def surface_of_scene(scene: Scene, resolution: int, threshold: float, sampled: Callable[[int], None] = lambda count: None) -> Isosurface:
    """The closed surface at a density, in scene units, from the field's logarithm, which changes evenly.

    Args:
        scene: the field.
        resolution: nodes per axis.
        threshold: density on the surface.
        sampled: told the number of points before each batch; may raise.
    """
    asked = 0

    def field(points: Floats) -> Floats:
        nonlocal asked
        sampled(asked)
        asked += len(points)
        return scene.log_density(points)

    side = scene.radius
    return isosurface(field, float(np.log(threshold)), resolution, [-side] * 3, [side] * 3, linear=np.exp, closed=True)
