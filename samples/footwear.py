# SPDX-License-Identifier: GPL-3.0-or-later
"""Shoes: the foot's cross-sections, made convex, drawn along the foot, with a flat sole and laces."""

from __future__ import annotations

import bpy
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import ConvexHull

from .fabric import plain
from .figure import Figure
from .hair import add_strands
from .studio import add_mesh

Array = npt.NDArray[np.floating]

SOLE_M = 0.022
"""The soles' thickness: how far the ground lies below the feet."""

RINGS, SPOKES = 44, 56
"""Sections along a shoe, and points of each."""


def _section(points: Array, centre: Array, angles: Array) -> Array:
    """(SPOKES,) radius of the convex hull of 2D points about ``centre`` in each direction."""
    planes = ConvexHull(points).equations
    way = np.stack([np.cos(angles), np.sin(angles)], 1)
    slope = way @ planes[:, :2].T
    distance = -(planes[:, :2] @ centre + planes[:, 2])[None] / np.where(slope > 1e-6, slope, np.nan)
    return np.nanmin(np.where(distance > 0, distance, np.nan), 1)


def _loft(foot: Array, ankle: Array, forward: Array, height: float) -> tuple[Array, Array]:
    """(RINGS, SPOKES, 3) points of a shoe round a foot's points, and (RINGS,) 0..1 from heel to toe."""
    side = np.cross([0.0, 1.0, 0.0], forward)
    along, across, up = (foot - ankle) @ forward, (foot - ankle) @ side, foot[:, 1]
    first, last = along.min(), along.max()
    stations = first + (last - first) * (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, RINGS)))
    angles = np.linspace(0, 2 * np.pi, SPOKES, endpoint=False)
    radius, centres = np.zeros((RINGS, SPOKES)), np.zeros((RINGS, 2))
    for index, station in enumerate(np.clip(stations, first + 0.014, last - 0.020)):
        top = height - 0.012 * np.clip((station - 0.02) / 0.05, 0, 1)
        near = (np.abs(along - station) < 0.014) & (up < top)
        slab = np.stack([across[near], up[near]], 1)
        centres[index] = (slab[:, 0].min() + slab[:, 0].max()) / 2, min(0.026, slab[:, 1].max() * 0.5)
        radius[index] = _section(slab, centres[index], angles)
    radius, centres = gaussian_filter1d(radius, 1.6, axis=0, mode="nearest"), gaussian_filter1d(centres, 1.6, axis=0,
        mode="nearest")
    # heel and toe close like the end of an ellipsoid
    from_end = np.minimum((stations - first) / 0.030, (last - stations) / 0.050)
    radius *= np.sqrt(np.clip(1 - (1 - np.clip(from_end, 0.02, 1)) ** 2.6, 0, 1))[:, None]
    radius += 0.005
    stations = stations + 0.006 * np.sign(stations - (first + last) / 2) * np.clip(1 - from_end, 0, 1)
    flat = centres[:, None] + radius[..., None] * np.stack([np.cos(angles), np.sin(angles)], 1)
    rings = ankle * [1, 0, 1] + stations[:, None, None] * forward + flat[..., :1] * side + flat[..., 1:] * np.array([0.0, 1.0, 0.0])
    return rings, (stations - first) / (last - first)


def add_shoes(figure: Figure, material: bpy.types.Material, laces: tuple[float, float, float], *,
              height: float = 0.088) -> list[bpy.types.Object]:
    """A pair of low laced shoes, ``height`` metres over the bare sole at the ankle; each foot may stand off the ground."""
    items = []
    cord = plain("Laces", laces, 0.8)
    for side in ("Left", "Right"):
        ankle, toe = figure.joint(side + "Foot"), figure.joint(side + "ToeBase")
        body = np.unique(figure.body_faces)
        mine = body[figure.members(side + "Foot", side + "ToeBase", side + "Leg")[body]]
        foot = figure.vertices[mine]
        ground = foot[:, 1].min()
        foot = foot[foot[:, 1] < ground + height + 0.02] - [0, ground, 0]
        forward = (toe - ankle) * [1, 0, 1]
        forward /= np.linalg.norm(forward)
        rings, share = _loft(foot, ankle, forward, height)
        low = rings[..., 1] < 0.016
        centre = rings.mean(1, keepdims=True)
        outward = (rings - centre) * [1, 0, 1]
        outward /= np.maximum(np.linalg.norm(outward, axis=-1, keepdims=True), 1e-6)
        rings = rings + 0.004 * outward * np.clip((0.03 - rings[..., 1:2]) / 0.02, 0, 1)
        rings[..., 1] = np.where(low, -SOLE_M + np.clip(rings[..., 1] + 0.006, 0, 0.022) * (0.016 + SOLE_M) / 0.022, rings[..., 1])
        points = np.concatenate([rings.reshape(-1, 3), rings[:1].mean(1), rings[-1:].mean(1)])
        start, end = len(points) - 2, len(points) - 1
        faces = [[r * SPOKES + c, r * SPOKES + (c + 1) % SPOKES, (r + 1) * SPOKES + (c + 1) % SPOKES, (r + 1) * SPOKES + c]
                 for r in range(RINGS - 1) for c in range(SPOKES)]
        faces += [[start, (c + 1) % SPOKES, c] for c in range(SPOKES)]
        faces += [[end, (RINGS - 1) * SPOKES + c, (RINGS - 1) * SPOKES + (c + 1) % SPOKES] for c in range(SPOKES)]
        lifted = points + np.array([0, ground, 0])
        item = add_mesh(f"Shoe{side}", lifted, faces, material,
                        attributes={"pattern": points + np.array([0, SOLE_M, 0]), "border": np.full(len(points), 1.0)})
        fine = item.modifiers.new("Fine", "SUBSURF")
        fine.levels = fine.render_levels = 1
        items += [item, _lace(rings + np.array([0, ground, 0]), share, cord)]
    return items


def _lace(rings: Array, share: Array, material: bpy.types.Material) -> bpy.types.Object:
    """Five bars of lace over the instep."""
    top = SPOKES // 4
    bars = []
    for place in np.linspace(0.46, 0.72, 5):
        ring = rings[np.abs(share - place).argmin()]
        arc = ring[top - 5:top + 6]
        bars.append(arc + (arc - ring.mean(0)) / np.linalg.norm(arc - ring.mean(0), axis=1, keepdims=True) * 0.001)
    return add_strands("Lace", np.array(bars), 0.0026, material, 1.0)
