# SPDX-License-Identifier: GPL-3.0-or-later
"""The last pixel: the finished mesh is moved until its outline is the matte's, and what lies near the outline goes with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..coordinates import Camera
from ..normals import vertex_normals
from ..records import Floats, Image, Ints, Part, Person
from .standoff import contour_steps, drawn_towards, membrane, seen, silhouette_of

FINE_HEIGHT = 1024
"""Pixels; a pixel is less than two millimetres of a standing person."""
ROUNDS = 2
"""The second round takes back what the first moved too far where the outline passes on to other vertices."""
MOST_M = 0.015
"""Metres a vertex may move in all: what is farther off is something else than the outline of this mesh."""
MOST_HANDS_M = 0.005
"""Metres for hands, whose fingers a matte runs together."""
RIM_WEIGHT, REST_WEIGHT = 1.5, 0.03
"""Relative to the stiffness per edge; the second lets a change fade over some six edges."""
CUT_PX = 6
"""Pixels above a flat cut in which the outline is the cut's."""


def onto_rim(points: Floats, faces: Ints, parts: Image, person: Person, camera: Camera, cut: float | None) -> Floats:
    """(V, 3) vertices of a closed mesh, moved along their normals so that it is drawn as wide as the matte.

    Args:
        points, faces, parts: of the mesh.
        person: the matte.
        camera: of the photo.
        cut: height y of a flat cut in metres, or None.
    """
    silhouette = silhouette_of(person, camera, FINE_HEIGHT)
    if cut is not None:
        edge = silhouette.camera.project(np.array([[0.0, cut, float(points[:, 2].mean())]]))[0, 1]
        shown = silhouette.shown.copy()
        shown[max(int(edge) - CUT_PX, 0):] = False
        silhouette = replace(silhouette, shown=shown)
    limit = np.where(np.isin(parts, [int(Part.LEFT_HAND), int(Part.RIGHT_HAND)]), MOST_HANDS_M, MOST_M)
    laplacian = membrane(len(points), faces)
    moved = np.zeros(len(points))
    normals = vertex_normals(points, faces)
    for _ in range(ROUNDS):
        current = points + normals * moved[:, None].astype(np.float32)
        step, weight = contour_steps(current, faces, seen(current, faces, silhouette.camera), silhouette, hair=True)
        hit = (weight > 0) & (np.abs(step) < 2 * limit)
        stiffness = np.where(hit, RIM_WEIGHT * np.minimum(weight, 1.0), REST_WEIGHT)
        target = np.where(hit, moved + step, 0.0)
        moved = drawn_towards(laplacian, stiffness, target)
        moved = np.clip(moved, -limit, limit)
    return (points + normals * moved[:, None]).astype(np.float32)
