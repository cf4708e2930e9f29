# SPDX-License-Identifier: GPL-3.0-or-later
"""How far arms and thighs point forward, read from the landmarks by a linear regression.

A photo hardly tells depth, and the estimator's own depths lean to its usual pose: its hands point 12 degrees too far forward. The
regression weighs its 3D directions, their products and the limbs' lengths in the picture, as ``scripts/train_limb_slopes.py`` measured
them on 1600 drawn people of known pose (errors there: upper arm 0.15, forearm 0.19, hand 0.21, thigh 0.11; the single best line
through the estimator's own slopes leaves 0.20, 0.25, 0.28 and 0.12). Left and right are the same limb, mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from ..person.pose import MIRRORED
from ..records import Pose

Doubles = npt.NDArray[np.float64]

ASSET = "limb_slopes.safetensors"     # made by scripts/train_limb_slopes.py


@dataclass(frozen=True)
class Limb:
    """A limb whose slopes are read.

    Attributes:
        name: of its arrays in the asset.
        chain: landmarks from root to tip, of the left side.
        around: further landmarks whose places are features.
        bones: (from, to) heads of bones whose direction's slope is read, of the left side.
        upright: slopes are forward in the body frame; else away from the camera in camera axes.
    """

    name: str
    chain: tuple[int, int, int]
    around: tuple[int, ...]
    bones: tuple[tuple[str, str], ...]
    upright: bool


LIMBS = (
    Limb("arm", (11, 13, 15), (12, 23, 24),
         (("LeftArm", "LeftForeArm"), ("LeftForeArm", "LeftHand"), ("LeftHand", "LeftHandMiddle1")), True),
    Limb("leg", (23, 25, 27), (24, 26, 28), (("LeftUpLeg", "LeftLeg"),), False),
)
"""Forward slopes of arms come out better than those along the view, since arms hang from gravity; for thighs it is the reverse."""

@dataclass(frozen=True)
class Slope:
    """The direction from one bone's head to another's: its component along the frame's third axis, and the usual error.

    In the body frame (``upright``) positive points forward, in camera axes away from the camera.
    """

    start: str
    end: str
    value: float
    sigma: float
    upright: bool


def features(points: Doubles, world: Doubles, limb: Limb) -> Doubles:
    """(F,) what the regression sees of a left limb, free of scale and place: directions and places in metres and in the picture.

    Args:
        points: (33, 2) pixels.
        world: (33, 3) metres, camera axes.
        limb: which.
    """
    root, others = limb.chain[0], [*limb.chain[1:], *limb.around]
    trunk = max(float(np.linalg.norm(world[[11, 12]].mean(0) - world[[23, 24]].mean(0))), 0.1)
    trunk_px = max(float(np.linalg.norm(points[[11, 12]].mean(0) - points[[23, 24]].mean(0))), 1.0)
    along = world[list(limb.chain[1:])] - world[list(limb.chain[:2])]
    along = (along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)).ravel()
    seen = np.linalg.norm(points[list(limb.chain[1:])] - points[list(limb.chain[:2])], axis=1) / trunk_px
    return np.concatenate([((world[others] - world[root]) / trunk).ravel(), along, ((points[others] - points[root]) / trunk_px).ravel(),
                           seen, seen**2, seen[:1] * seen[1:], np.outer(along, along)[np.triu_indices(6)]])


def sides(pose: Pose, limb: Limb) -> tuple[Doubles, Doubles]:
    """(2, F) features of the left limb and of the right one, mirrored, and (2,) the visibility of its least seen landmark."""
    points, world = pose.points.astype(np.float64), pose.world.astype(np.float64)
    mirrored_points, mirrored_world = (points * [-1, 1])[MIRRORED], (world * [-1, 1, 1])[MIRRORED]
    seen = pose.visibility, pose.visibility[MIRRORED]
    return (np.stack([features(points, world, limb), features(mirrored_points, mirrored_world, limb)]),
            np.array([visibility[list(limb.chain)].min() for visibility in seen]))


def limb_slopes(pose: Pose, visible: float) -> tuple[Slope, ...]:
    """Slopes of the limbs whose landmarks are seen at least ``visible``."""
    arrays, out = load_regression(), []
    for limb in LIMBS:
        rows, seen = sides(pose, limb)
        mean, scale, weights, usual, sigma = (arrays[f"{limb.name}_{part}"] for part in ("mean", "scale", "weights", "usual", "sigma"))
        values = np.clip((np.clip((rows - mean) / scale, -3, 3)) @ weights + usual, -1, 1)
        for side, row, visibility in zip(("Left", "Right"), values, seen, strict=True):
            if visibility >= visible:
                out += [Slope(a.replace("Left", side), b.replace("Left", side), float(value), float(s), limb.upright)
                        for (a, b), value, s in zip(limb.bones, row, sigma, strict=True)]
    return tuple(out)


@lru_cache(maxsize=1)
def load_regression() -> dict[str, Doubles]:
    """For each limb its features' mean and scale (F,), weights (F, S), usual slopes (S,) and errors (S,)."""
    from safetensors.numpy import load

    arrays = load(resources.files(__package__).joinpath("assets", ASSET).read_bytes())
    return {name: array.astype(np.float64) for name, array in arrays.items()}
