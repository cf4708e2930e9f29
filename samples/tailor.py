# SPDX-License-Identifier: GPL-3.0-or-later
"""Cutting clothes: shells around a figure, cut along smooth borders.

A cut is a field over the body's skin, metres, positive where there is cloth; its zero is the border (hem, cuff, neckline).
Fields are written on the rest shape (arms 45 degrees down), so that a pose does not change the cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .figure import Figure
from .head import vertex_normals

Array = npt.NDArray[np.floating]
Faces = npt.NDArray[np.integer]

ARM = ("Arm", "ForeArm", "Hand", "HandIndex1", "HandIndex2", "HandIndex3", "HandMiddle1", "HandMiddle2", "HandMiddle3",
       "HandPinky1",
       "HandPinky2", "HandPinky3", "HandRing1", "HandRing2", "HandRing3", "HandThumb1", "HandThumb2", "HandThumb3")
FAR = 0.3
"""Field value, metres, of places a border does not concern."""


@dataclass(frozen=True)
class Cut:
    """Where a garment ends, and how wide it is; metres, for a person of 1.7 m.

    Attributes:
        kind: ``top`` (torso and arms), ``bottom`` (hips and legs) or ``skirt``.
        sleeve: share of the arm covered, 0 (none) .. 1 (to the wrist).
        leg: share of the leg covered, 0 .. 1 (to the ankle).
        hem: for tops, height of the hem over the hip joints; for bottoms, height of the waistband over the hip joints.
        neck: (depth at the front, width, depth at the back) of the neckline below and beside the neck's base.
        ease: distance from the skin at (the chest or hips, the hem).
        sleeve_ease: at (armhole, cuff).
        open_front: width of a jacket's opening; 0 for closed.
        skirt: (length below the waistband, flare at the hem) of a skirt, else None.
        pleats: round a skirt's waist.
        grow: how much longer the cloth is than the shell, which makes it fold.
    """

    kind: str
    sleeve: float = 0.35
    leg: float = 1.0
    hem: float = -0.04
    neck: tuple[float, float, float] = (0.05, 0.085, 0.012)
    ease: tuple[float, float] = (0.012, 0.028)
    sleeve_ease: tuple[float, float] = (0.010, 0.024)
    open_front: float = 0.0
    skirt: tuple[float, float] | None = None
    pleats: int = 0
    grow: float = 0.05


@dataclass(frozen=True)
class Shell:
    """A cut garment before it falls.

    Attributes:
        vertices: (V, 3) posed body frame.
        faces: list of triangles and quads.
        pattern: (V, 3) the same points on the rest shape; what its print, stripes and weave are drawn over.
        border: (V,) metres to the nearest border.
        collar: (V,) metres to the neckline (or waistband).
        pinned: (V,) 0..1, held where it is.
        covered: (figure V,) metres inside the garment; skin well inside need not be drawn.
    """

    vertices: Array
    faces: list[list[int]]
    pattern: Array
    border: Array
    collar: Array
    pinned: Array
    covered: Array = field(repr=False)


def subdivide(faces: Faces, values: Array) -> tuple[Faces, Array]:
    """One Catmull-Clark step on quads (borders kept): ``values`` (V, C) are the vertices' numbers, positions among them."""
    count = len(values)
    edges = np.sort(np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2), 1)
    unique, inverse, uses = np.unique(edges, axis=0, return_inverse=True, return_counts=True)
    inverse = inverse.reshape(faces.shape)
    centre = values[faces].mean(1)
    around = np.zeros((len(unique), values.shape[1]))
    np.add.at(around, inverse.ravel(), np.repeat(centre, 4, 0))
    ends = values[unique].sum(1)
    middle = np.where(uses[:, None] == 2, (ends + around) / 4, ends / 2)
    total, number = np.zeros_like(values), np.zeros(count)
    np.add.at(total, faces.ravel(), np.repeat(centre, 4, 0))
    np.add.at(number, faces.ravel(), 1)
    spokes, degree = np.zeros_like(values), np.zeros(count)
    for end in (0, 1):
        np.add.at(spokes, unique[:, end], values[unique].mean(1))
        np.add.at(degree, unique[:, end], 1)
    valence = np.maximum(number, 1)[:, None]
    inner = total / valence**2 + 2 * spokes / np.maximum(degree, 1)[:, None] / valence + values * (valence - 3) / valence
    rim = np.zeros(count, bool)
    rim[unique[uses == 1].ravel()] = True
    old = np.where(rim[:, None], values, inner)
    corner, edge, face = faces, count + inverse, count + len(unique) + np.arange(len(faces))
    quads = [np.stack([corner[:, i], edge[:, i], face, edge[:, i - 1]], 1) for i in range(4)]
    return np.concatenate(quads), np.concatenate([old, middle, centre])


def clip(faces: Faces, values: Array, keep: Array) -> tuple[list[list[int]], Array]:
    """Cut polygons along ``keep`` = 0 and drop the negative side; returns faces and the ``values`` of the vertices that remain."""
    rows, made, result = [values], {}, []
    total = len(values)
    inside = keep > 0
    for face in faces[inside[faces].any(1)].tolist():
        if inside[face].all():
            result.append(face)
            continue
        polygon = []
        for a, b in zip(face, face[1:] + face[:1], strict=True):
            if inside[a]:
                polygon.append(a)
            if inside[a] != inside[b]:
                key = (min(a, b), max(a, b))
                if key not in made:
                    share = np.clip(keep[key[0]] / (keep[key[0]] - keep[key[1]]), 0.02, 0.98)
                    rows.append((values[key[0]] * (1 - share) + values[key[1]] * share)[None])
                    made[key] = total
                    total += 1
                polygon.append(made[key])
        if len(polygon) >= 3:
            result.append(polygon)
    everything = np.concatenate(rows)
    used = np.unique(np.concatenate([np.array(face) for face in result]))
    renumber = -np.ones(total, int)
    renumber[used] = np.arange(len(used))
    return [[int(renumber[i]) for i in face] for face in result], everything[used]


def smooth(vertices: Array, faces: list[list[int]], rounds: int, hold: Array) -> Array:
    """Average each vertex with its neighbours; ``hold`` (V,) 1 keeps it in place."""
    pairs = np.array([[a, b] for face in faces for a, b in zip(face, face[1:] + face[:1], strict=True)])
    pairs = np.unique(np.sort(pairs, 1), axis=0)
    degree = np.bincount(pairs.ravel(), minlength=len(vertices))[:, None]
    result = vertices.copy()
    for _ in range(rounds):
        total = np.zeros_like(result)
        np.add.at(total, pairs[:, 0], result[pairs[:, 1]])
        np.add.at(total, pairs[:, 1], result[pairs[:, 0]])
        result = result + (1 - hold)[:, None] * 0.6 * (total / np.maximum(degree, 1) - result)
    return result


def _rest_joint(figure: Figure, name: str) -> Array:
    """Rest place of a joint, body frame."""
    return figure.rest_heads[figure.bones.index(name)]


def _along_limb(figure: Figure, side: str, upper: str, lower: str, end: str) -> tuple[Array, float]:
    """(V,) arc length from the limb's first joint, metres, measured along its two bones, and the length to ``end``."""
    a, b, c = (_rest_joint(figure, side + name) for name in (upper, lower, end))
    first, second = float(np.linalg.norm(b - a)), float(np.linalg.norm(c - b))
    on_first = (figure.rest - a) @ (b - a) / first
    on_second = (figure.rest - b) @ (c - b) / second
    return np.where(on_first < first - 0.02, on_first, np.where(on_second > 0, first + on_second, np.minimum(on_first,
        first))), first + second


def cut_fields(figure: Figure, cut: Cut) -> tuple[Array, Array]:
    """(V,) field of the whole cut and (V,) field of its upper border only, over the figure's vertices."""
    size = figure.stature / 1.7
    rest = figure.rest
    hips = (_rest_joint(figure, "LeftUpLeg") + _rest_joint(figure, "RightUpLeg")) / 2
    arms = {side: figure.members(*(side + name for name in ARM)) for side in ("Left", "Right")}
    fields = []
    if cut.kind == "bottom":
        upper = np.where(arms["Left"] | arms["Right"], -FAR, hips[1] + cut.hem * size - rest[:, 1])
        for side in ("Left", "Right"):
            length = hips[1] - _rest_joint(figure, side + "Foot")[1]
            fields.append(rest[:, 1] - (hips[1] - cut.leg * length))
    else:
        neck = _rest_joint(figure, "Neck")
        depth, width, back = (value * size for value in cut.neck)
        # a plane falls from the back of the neck to its front; the neckline is a rounded dip into it
        level = neck[1] + 0.012 * size
        ahead = (rest[:, 2] - neck[2]) / (0.075 * size)
        drop = np.where(ahead > 0, depth * np.clip(ahead, 0, 1.3), back * np.clip(-ahead, 0, 1))
        opening = np.clip(1 - (np.abs(rest[:, 0]) / width) ** 2.6, -1.0, 1)
        upper = np.where(rest[:, 1] > level - 0.35 * size, level - drop * np.clip(opening, 0, 1) - rest[:,
            1] + 0.045 * size * np.clip(-opening, 0, 1), FAR)
        upper = np.where(arms["Left"] | arms["Right"], FAR, upper)
        fields.append(rest[:, 1] - (hips[1] + cut.hem * size))
        fields[0] = np.where(arms["Left"] | arms["Right"], FAR, fields[0])
        for side in ("Left", "Right"):
            along, length = _along_limb(figure, side, "Arm", "ForeArm", "Hand")
            fields.append(np.where(arms[side], cut.sleeve * length - along, FAR))
        if cut.open_front:
            fields.append(np.where(rest[:, 2] > hips[2], np.abs(rest[:, 0]) - cut.open_front / 2, FAR))
    return np.minimum.reduce([upper, *fields]), upper


def make_shell(figure: Figure, cut: Cut, *, finer: int = 1) -> Shell:
    """Cut a garment for a figure; ``finer`` subdivision steps of the body's mesh (2 gives about 5 mm)."""
    keep, upper = cut_fields(figure, cut)
    size = figure.stature / 1.7
    body = figure.body_faces
    near = body[(keep[body] > -0.08).any(1)]
    used = np.unique(near)
    lookup = -np.ones(len(figure.vertices), int)
    lookup[used] = np.arange(len(used))
    faces = lookup[near]
    values = np.concatenate([figure.vertices[used], figure.rest[used], keep[used, None], upper[used, None],
                             _ease(figure, cut)[used, None] * size], 1)
    for _ in range(finer):
        faces, values = subdivide(faces, values)
    normals = vertex_normals(values[:, :3], faces)
    polygons, kept = clip(faces, np.concatenate([values, normals], 1), values[:, 6])
    held = np.clip(1 - np.abs(kept[:, 6]) / 0.01, 0, 1)
    # the cloth bridges hollows: smooth first, then stand off the skin
    normal = smooth(kept[:, 9:12], polygons, 12, np.zeros(len(kept)))
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    base = smooth(kept[:, :3], polygons, 10, held)
    lost = np.clip(((kept[:, :3] - base) * normal).sum(1), 0, None)
    vertices = base + normal * (kept[:, 8:9] + lost[:, None])
    vertices = smooth(vertices, polygons, 3, held)
    if cut.kind == "bottom":
        below = vertices[:, 1] < figure.joint("Hips")[1] - 0.09 * size
        inner = below & (np.abs(vertices[:, 0]) < 0.005)
        side = np.sign(kept[:, 0])
        vertices[inner, 0] = side[inner] * 0.005
    pinned = np.clip(1 - kept[:, 7] / (0.035 if cut.kind == "bottom" else 0.012), 0, 1)
    return Shell(vertices, polygons, kept[:, 3:6], kept[:, 6], kept[:, 7], pinned, keep)


def _ease(figure: Figure, cut: Cut) -> Array:
    """(V,) distance of the cloth from the skin for a 1.7 m person."""
    hips = (_rest_joint(figure, "LeftUpLeg") + _rest_joint(figure, "RightUpLeg")) / 2
    rest = figure.rest
    if cut.kind == "bottom":
        foot = _rest_joint(figure, "LeftFoot")
        down = np.clip((hips[1] - rest[:, 1]) / (hips[1] - foot[1]), 0, 1)
        return cut.ease[0] + (cut.ease[1] - cut.ease[0]) * down
    shoulder = _rest_joint(figure, "LeftArm")[1]
    down = np.clip((shoulder - 0.05 - rest[:, 1]) / (shoulder - hips[1]), 0, 1)
    ease = np.where(rest[:, 1] > shoulder, 0.006, 0.006 + (cut.ease[0] - 0.006) * np.clip((shoulder - rest[:, 1]) / 0.08, 0, 1))
    ease = ease + (cut.ease[1] - cut.ease[0]) * down
    for side in ("Left", "Right"):
        along, length = _along_limb(figure, side, "Arm", "ForeArm", "Hand")
        mine = figure.members(*(side + name for name in ARM))
        share = np.clip(along / max(cut.sleeve * length, 1e-3), 0, 1)
        ease = np.where(mine, cut.sleeve_ease[0] + (cut.sleeve_ease[1] - cut.sleeve_ease[0]) * share, ease)
    return ease


def make_skirt(figure: Figure, top: float, length: float, flare: float, *, pleats: int = 0, columns: int = 160,
               rows: int = 70) -> Shell:
    """A skirt hanging from the waist.

    Args:
        top: height of the waistband over the hip joints, metres for a 1.7 m person.
        length: from the waistband to the hem.
        flare: how much wider the hem's radius is than the hips'.
        pleats: number of pleats round the waist; 0 for none.
    """
    size = figure.stature / 1.7
    hips = (figure.joint("LeftUpLeg") + figure.joint("RightUpLeg")) / 2
    waist = hips[1] + top * size
    arms = figure.members(*(side + name for side in ("Left", "Right") for name in ARM))
    skin = figure.vertices[np.unique(figure.body_faces)]
    skin = skin[~arms[np.unique(figure.body_faces)]]
    angles = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    heights = waist - np.linspace(0, 1, rows) * length * size
    belt = skin[np.abs(skin[:, 1] - waist) < 0.02 * size]
    middle = (belt.min(0) + belt.max(0)) / 2
    radius = np.zeros((rows, columns))
    outline = np.zeros(columns)
    for row, height in enumerate(heights):
        ring = skin[np.abs(skin[:, 1] - height) < 0.012 * size]
        if len(ring):
            flat = ring[:, [0, 2]] - middle[[0, 2]]
            reach = (flat @ np.stack([np.sin(angles), np.cos(angles)])).max(0)
            outline = np.maximum(outline, reach)
        share = row / (rows - 1)
        radius[row] = np.maximum(outline + 0.004,
                                 (radius[0] if row else outline) + flare * size * share) if row else outline + 0.004
    wave = np.zeros(columns)
    if pleats:
        wave = np.abs(((angles * pleats / (2 * np.pi)) % 1) - 0.5) * 4 - 1
    share = np.linspace(0, 1, rows)[:, None]
    radius = radius + (0.002 + 0.016 * share) * size * wave
    grid = np.stack([middle[0] + radius * np.sin(angles), np.repeat(heights[:, None], columns, 1),
                     middle[2] + radius * np.cos(angles)], -1)
    faces = [[r * columns + c, (r + 1) * columns + c, (r + 1) * columns + (c + 1) % columns, r * columns + (c + 1) % columns]
             for r in range(rows - 1) for c in range(columns)]
    flat = grid.reshape(-1, 3)
    from_top = np.repeat(share, columns, 1).ravel() * length * size
    covered = np.where(arms, -FAR, np.minimum(waist - figure.vertices[:, 1], figure.vertices[:, 1] - heights[-1] - 0.05))
    return Shell(flat, faces, flat.copy(), np.minimum(from_top, length * size - from_top), from_top,
                 np.clip(1 - from_top / 0.03, 0, 1), covered)
