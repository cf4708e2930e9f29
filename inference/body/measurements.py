# SPDX-License-Identifier: GPL-3.0-or-later
"""Tape measurements of the body in its rest pose, in centimetres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..records import Floats, Part, Skeleton
from .model import BodyModel

TRUNK = (Part.HEAD, Part.TORSO, Part.LEFT_UPPER_LEG, Part.RIGHT_UPPER_LEG)


def measure(model: BodyModel, rest: Floats, skeleton: Skeleton, height_m: float) -> dict[str, float]:
    """Measurements by name, in centimetres.

    Args:
        model: gives faces and parts.
        rest: (V, 3) metres, the rest pose.
        skeleton: its rest heads place the tape.
        height_m: stature.
    """
    head = {name.split(":")[1]: p for name, p in zip(skeleton.names, skeleton.rest_heads, strict=True)}
    hip, neck = float(head["LeftUpLeg"][1]), float(head["Neck"][1])
    armpit = neck - 0.30 * (neck - hip)                       # the chest's fullest height, as a share of the trunk
    trunk = np.isin(model.parts, TRUNK) & model.skin
    levels = np.linspace(hip + 0.15 * (neck - hip), hip + 0.55 * (neck - hip), 15)
    waists = [girth(rest, model.faces, trunk, y) for y in levels]
    seats = [girth(rest, model.faces, trunk, y) for y in np.linspace(hip - 0.15 * (neck - hip), hip + 0.12 * (neck - hip), 8)]
    legs = [np.linalg.norm(head[b] - head[a]) for a, b in (("LeftUpLeg", "LeftLeg"), ("LeftLeg", "LeftFoot"))]
    arms = [np.linalg.norm(head[b] - head[a]) for a, b in (("LeftArm", "LeftForeArm"), ("LeftForeArm", "LeftHand"))]
    crotch = _crotch_height(model, rest)
    centimetres = {
        "stature": height_m, "shoulder_width": float(np.linalg.norm(head["LeftArm"] - head["RightArm"])),
        "chest": girth(rest, model.faces, trunk, armpit), "waist": min(waists), "waist_height": float(levels[int(np.argmin(waists))]),
        "hips": max(seats), "neck": girth(rest, model.faces, (model.parts == Part.HEAD) & model.skin, neck + 0.03 * height_m),
        "inseam": crotch, "leg_length": float(sum(legs)), "arm_length": float(sum(arms)),
    }
    return {name: round(100 * float(value), 1) for name, value in centimetres.items()}


def girth(vertices: Floats, faces: npt.NDArray[np.integer], among: npt.NDArray[np.bool_], level: float) -> float:
    """Length in metres of a tape pulled tight round a level cut: the perimeter of the cut's convex hull.

    Args:
        vertices, faces: the mesh.
        among: (V,) vertices that count; a face counts if all its corners do.
        level: height y of the cut.
    """
    from scipy.spatial import ConvexHull, QhullError

    corner = vertices[faces[among[faces].all(1)]].astype(np.float64)
    above = corner[:, :, 1] > level
    cut = corner[above.any(1) & ~above.all(1)]
    points = []
    for a, b in ((0, 1), (1, 2), (2, 0)):
        crosses = (cut[:, a, 1] > level) != (cut[:, b, 1] > level)
        p, q = cut[crosses, a], cut[crosses, b]
        t = (level - p[:, 1]) / (q[:, 1] - p[:, 1])
        points.append((p + t[:, None] * (q - p))[:, [0, 2]])
    ring = np.concatenate(points) if points else np.zeros((0, 2))
    if len(ring) < 3:
        return 0.0
    try:
        return float(ConvexHull(ring).area)                   # in two dimensions SciPy calls the perimeter area
    except QhullError:
        return 0.0


def _crotch_height(model: BodyModel, rest: Floats) -> float:
    """Height in metres of the lowest skin on the middle line between the legs."""
    middle = model.skin & (np.abs(rest[:, 0]) < 0.006) & np.isin(model.parts, TRUNK)
    return float(rest[middle, 1].min()) if middle.any() else 0.0
