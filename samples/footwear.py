# SPDX-License-Identifier: GPL-3.0-or-later
"""Shoes: closed shells round the feet with a flat sole."""

from __future__ import annotations

import bpy
import numpy as np
from scipy.spatial import ConvexHull

from .figure import Figure
from .head import vertex_normals
from .studio import add_mesh
from .tailor import clip, smooth, subdivide

SOLE_M = 0.022
"""The soles' thickness: how far the ground lies below the feet."""


def add_shoes(figure: Figure, material: bpy.types.Material, *, height: float = 0.085) -> list[bpy.types.Object]:
    """A pair of low shoes, ``height`` metres over the bare sole at the ankle."""
    items = []
    for side in ("Left", "Right"):
        ankle, toe = figure.joint(side + "Foot"), figure.joint(side + "ToeBase")
        mine = figure.members(side + "Foot", side + "ToeBase", side + "Leg") & (figure.vertices[:, 1] < height + 0.06)
        faces = figure.body_faces[mine[figure.body_faces].all(1)]
        used = np.unique(faces)
        lookup = -np.ones(len(figure.vertices), int)
        lookup[used] = np.arange(len(used))
        quads, points = lookup[faces], figure.vertices[used]
        # toes become one rounded cap: pull the mesh out to the hull of the foot seen from above, row by row
        forward = (toe - ankle) * [1, 0, 1]
        forward /= np.linalg.norm(forward)
        quads, points = subdivide(quads, points)
        normals = vertex_normals(points, quads)
        ahead = np.clip(((points - toe) @ forward + 0.02) / 0.05, 0, 1)
        shell = smooth(points, quads.tolist(), 14, np.zeros(len(points)))
        shell = points * (1 - ahead[:, None]) + shell * ahead[:, None]
        normals = smooth(normals, quads.tolist(), 8, np.zeros(len(points)))
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        shell = shell + normals * (0.006 + 0.009 * ahead)[:, None]
        hull = ConvexHull(shell[:, [0, 2]])
        del hull
        flat = np.clip((0.03 - shell[:, 1]) / 0.03, 0, 1)
        centre = (ankle + toe) / 2
        outward = (shell - centre) * [1, 0, 1]
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        shell = shell + outward * (0.004 * flat)[:, None]
        low = shell[:, 1] < 0.006
        shell[low, 1] = -SOLE_M
        band = ~low & (shell[:, 1] < 0.02)
        shell[band, 1] = -SOLE_M + (shell[band, 1] - 0.006) / 0.014 * (0.02 + SOLE_M)
        along = (points - ankle) @ forward
        keep = height - 0.030 * np.clip(along / 0.06, 0, 1) * (along < 0.09) - points[:, 1]
        polygons, kept = clip(quads, np.concatenate([shell, keep[:, None]], 1), keep)
        pattern = kept[:, :3] + [0, SOLE_M, 0]
        item = add_mesh(f"Shoe{side}", kept[:, :3], polygons, material,
                        attributes={"pattern": pattern, "border": kept[:, 3], "collar": kept[:, 3]})
        fine = item.modifiers.new("Fine", "SUBSURF")
        fine.levels = fine.render_levels = 1
        solid = item.modifiers.new("Thickness", "SOLIDIFY")
        solid.thickness, solid.offset = 0.003, 1.0
        items.append(item)
    return items
