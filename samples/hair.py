# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair as strands: each grows from the scalp, follows a combing, falls, and stays outside the head and shoulders.

All lengths are metres in head units (see :class:`.head.Head`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import bpy
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from .head import Head, over_hairline
from .studio import to_blender

Array = npt.NDArray[np.floating]
FACE_HALF_WIDTH = 0.056
"""Half the width, metres, that hair leaves free before the face."""

PARTING = 0.014
"""Where long hair is parted, metres to the person's left of the middle."""

Comb = Callable[[Array, Array], Array]
"""(roots (N, 3), normals (N, 3)) -> wished directions (N, 3)."""


@dataclass(frozen=True)
class Style:
    """How hair is cut and combed.

    Attributes:
        count: strands.
        length: function of roots (N, 3) -> (N,) metres.
        comb: wished direction at the root.
        lift: share of the normal in the first direction.
        gravity: pull down per step, 0..1.
        volume: (low, high) metres, distance strands keep from the skin.
        clump: 0..1 how far strands gather into locks.
        locks: number of locks.
        wave: (amplitude metres, wavelength metres) of the locks.
        frizz: metres, of each strand.
        steps: points per strand.
        radius: metres, at the root.
        aim: where the strands go, or None.
    """

    count: int
    length: Callable[[Array], Array]
    comb: Comb
    lift: float
    gravity: float
    volume: tuple[float, float]
    clump: float
    locks: int
    wave: tuple[float, float]
    frizz: float
    steps: int
    radius: float = 0.00009
    aim: tuple[float, float, float] | None = None


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def scatter(vertices: Array, normals: Array, faces: npt.NDArray[np.integer], weight: Array, count: int,
            rng: np.random.Generator) -> tuple[Array, Array]:
    """Random points on quads with chance proportional to area and to the vertices' ``weight``."""
    triangles = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    corners = vertices[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chance = area * weight[triangles].mean(1)
    pick = triangles[rng.choice(len(triangles), count, p=chance / chance.sum())]
    bary = rng.dirichlet((1, 1, 1), count)[..., None]
    return (vertices[pick] * bary).sum(1), _unit((normals[pick] * bary).sum(1))


def grow(style: Style, roots: Array, normals: Array, head: Head, rng: np.random.Generator) -> Array:
    """(N', steps, 3) strands in head units; those that would hang before the face are left out."""
    tree = cKDTree(head.vertices)
    count = len(roots)
    step = (style.length(roots) * rng.uniform(0.85, 1.1, count))[:, None] / (style.steps - 1)
    keep = rng.uniform(*style.volume, count)
    direction = _unit(style.comb(roots, normals) + style.lift * normals + 0.08 * rng.normal(size=roots.shape))
    points = [roots - normals * 0.001]
    for index in range(1, style.steps):
        place = points[-1] + direction * step
        _, near = tree.query(place, k=3)
        normal = _unit(head.normals[near].mean(1))
        away = np.einsum("nkd,nkd->nk", place[:, None] - head.vertices[near], head.normals[near]).mean(1)
        wanted = keep * min(1.0, index / 3)
        push = np.where(away < wanted, wanted - away, 0.0)
        close = np.linalg.norm(place - head.vertices[near[:, 0]], axis=1) < 0.06
        place = place + normal * (push * close)[:, None]
        moved = _unit(place - points[-1])
        points.append(place)
        direction = _unit(moved + style.gravity * np.array([0, -1.0, 0]))
        if style.aim is not None:
            direction = _unit(0.5 * direction + _unit(np.array(style.aim) - place))
    strands = np.stack(points, 1)
    along = np.linspace(0, 1, style.steps)
    guides = rng.choice(count, min(style.locks, count), replace=False)
    nearest = guides[cKDTree(roots[guides]).query(roots)[1]]
    gather = (style.clump * along ** 0.8)[None, :, None]
    strands = strands + gather * ((strands[nearest] - roots[nearest][:, None]) - (strands - roots[:, None])) \
        + (gather * 0.75 * along[None, :, None]) * (roots[nearest] - roots)[:, None]
    amplitude, wavelength = style.wave
    if amplitude:
        travelled = along[None] * style.length(roots)[:, None]
        phase = rng.uniform(0, 2 * np.pi, count)[nearest][:, None] + 2 * np.pi * travelled / wavelength
        tangent = _unit(np.gradient(strands, axis=1))
        side = _unit(np.cross(tangent, np.array([0.13, 0.2, 1.0])))
        up = np.cross(side, tangent)
        strength = amplitude * np.minimum(1, along * 2.5)[None, :, None]
        strands = strands + strength * (np.cos(phase)[..., None] * side + np.sin(phase)[..., None] * up)
    jitter = rng.normal(size=(count, 5, 3)) * style.frizz
    grid = np.linspace(0, 4, style.steps)
    low = np.minimum(grid.astype(int), 3)
    blend = (grid - low)[None, :, None]
    strands = strands + (jitter[:, low] * (1 - blend) + jitter[:, low + 1] * blend) * along[None, :, None]
    over_face = (np.abs(strands[..., 0]) < FACE_HALF_WIDTH) & (strands[..., 1] < 0.052) & (strands[..., 2] > -0.03)
    return strands[~over_face.any(1)]


def add_strands(name: str, strands: Array, radius: float, material: bpy.types.Material, tip: float = 0.25) -> bpy.types.Object:
    """Strands (N, P, 3), posed body frame, as a Blender hair object; ``radius`` metres at the root, ``tip`` of it at the end."""
    count, points = strands.shape[:2]
    data = bpy.data.hair_curves.new(name)
    data.add_curves([points] * count)
    data.attributes["position"].data.foreach_set("vector", to_blender(strands).astype(np.float32).ravel())
    taper = radius * np.linspace(1, tip, points) ** 0.7
    layer = data.attributes.get("radius") or data.attributes.new("radius", "FLOAT", "POINT")
    layer.data.foreach_set("value", np.tile(taper, count).astype(np.float32))
    data.materials.append(material)
    item = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(item)
    return item


def scalp_weight(head: Head, ears: Array) -> Array:
    """(N,) chance of hair on each vertex of ``head.vertices``; ``ears`` (N,) 0..1 stay bare."""
    height_ok = over_hairline(head.vertices, 0.012)
    return np.where(head.vertices[:, 1] > -0.075, height_ok, 0.0) * (ears < 0.2)


def _swept(roots: Array, normals: Array) -> Array:
    """Combed back and to the right from a side parting, up at the front."""
    front = np.clip((roots[:, 2] + 0.04) / 0.08, 0, 1)[:, None]
    wish = np.array([-0.55, 0.0, -0.6]) * np.ones_like(roots)
    side = np.clip(-(roots[:, 1] - 0.07) / 0.05, 0, 1)[:, None]
    return wish * (1 - side) + np.array([0, -1.0, -0.35]) * side + 0.5 * front * np.array([0, 1.0, 0.1]) * (1 - side)


def _parted(roots: Array, normals: Array) -> Array:
    """From a parting a little left of the middle, out to both sides, back and down."""
    side = np.where(roots[:, 0] > PARTING, 1.0, -1.0)[:, None]
    front = np.clip((roots[:, 2] + 0.06) / 0.08, 0, 1)[:, None]
    wish = np.concatenate([side * np.ones_like(front), -0.45 + 0.75 * front, -0.40 - 0.75 * front], 1)
    return wish - (wish * normals).sum(1, keepdims=True) * normals * 0.9


def _drawn_back(roots: Array, normals: Array) -> Array:
    """To the knot at the back of the head."""
    wish = _unit(KNOT - roots)
    return wish - (wish * normals).sum(1, keepdims=True) * normals * 0.95


def _outward(roots: Array, normals: Array) -> Array:
    return normals


KNOT = np.array([0.0, 0.138, -0.125])
"""Where drawn-back hair is tied, head units."""


def _crop_length(roots: Array) -> Array:
    top = np.clip((roots[:, 1] - 0.055) / 0.05, 0, 1)
    front = np.clip((roots[:, 2] + 0.06) / 0.10, 0, 1)
    return 0.010 + top * (0.026 + 0.022 * front)


def _long_length(roots: Array) -> Array:
    return 0.27 + 0.9 * (roots[:, 1] - 0.02)


def _knot_length(roots: Array) -> Array:
    return 1.18 * np.linalg.norm(KNOT - roots, axis=1)


STYLES = {
    "crop": Style(36000, _crop_length, _swept, 0.55, 0.03, (0.001, 0.012), 0.45, 700, (0.0, 1.0), 0.0015, 8, 0.00011),
    "long": Style(34000, _long_length, _parted, 0.10, 0.45, (0.002, 0.014), 0.70, 320, (0.006, 0.12), 0.0015, 26, 0.00012),
    "knot": Style(26000, _knot_length, _drawn_back, 0.10, 0.0, (0.002, 0.010), 0.35, 500, (0.0, 1.0), 0.0006, 16, 0.00011,
                  (0.0, 0.138, -0.125)),
    "curls": Style(26000, lambda roots: np.full(len(roots), 0.085), _outward, 0.4, 0.06, (0.001, 0.06), 0.75, 700, (0.0055, 0.022),
                   0.003, 30, 0.00011),
    "buzz": Style(40000, lambda roots: np.full(len(roots), 0.006), _swept, 1.0, 0.0, (0.0, 0.003), 0.0, 10, (0.0, 1.0), 0.0006, 4,
                  0.00011),
}
"""The haircuts of the samples."""


def knot_strands(count: int, rng: np.random.Generator) -> Array:
    """(count, 24, 3) the bun: strands wound round a ball at :data:`KNOT`."""
    axis = _unit(np.array([0.15, 1.0, -0.35]) + 0.5 * rng.normal(size=(count, 3)))
    first = _unit(np.cross(axis, rng.normal(size=(count, 3))))
    second = np.cross(axis, first)
    turn = np.linspace(0, 1.5 * np.pi, 24)[None] + rng.uniform(0, 2 * np.pi, (count, 1))
    radius = 0.040 * rng.uniform(0.72, 1.0, (count, 1, 1)) * (1 + 0.05 * np.sin(3 * turn))[..., None]
    ring = np.cos(turn)[..., None] * first[:, None] + np.sin(turn)[..., None] * second[:, None]
    return KNOT + np.array([0, 0.016, -0.006]) + radius * (ring + 0.25 * axis[:, None])


def add_hair(head: Head, faces: npt.NDArray[np.integer], ears: Array, style: str, material: bpy.types.Material, seed: int,
             *, density: float = 1.0) -> list[bpy.types.Object]:
    """Grow a haircut of :data:`STYLES` on a head; ``faces`` index ``head.vertices``; ``density`` scales the number of strands."""
    rng = np.random.default_rng(seed)
    cut = STYLES[style]
    roots, normals = scatter(head.vertices, head.normals, faces, scalp_weight(head, ears), int(cut.count * density), rng)
    strands = grow(cut, roots, normals, head, rng)
    items = [add_strands("Hair", head.posed(strands), cut.radius * head.scale, material)]
    if style == "knot":
        items.append(add_strands("Knot", head.posed(knot_strands(int(5000 * density), rng)), cut.radius * head.scale, material,
                                 0.8))
    return items
