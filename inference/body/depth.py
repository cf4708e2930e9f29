# SPDX-License-Identifier: GPL-3.0-or-later
"""How far arms and legs point forward, read from the landmarks by a small network that also says how sure it is.

A photo hardly tells depth, and the pose estimator's own depths lean to its usual pose: its hands point 12 degrees too far forward.
``scripts/train_limb_slopes.py`` drew people of known pose and learnt from what the estimator saw of them. On people drawn by another
program the errors of upper arm, forearm, hand, thigh and shin are 0.16, 0.18, 0.22, 0.09 and 0.08, where the slopes themselves spread
by 0.26, 0.23, 0.25, 0.15 and 0.13. Left and right are the same limb, mirrored.
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
OUTLIER = 3.0                         # standard deviations to which features are clipped
LEAST_SIGMA, MOST_SIGMA = 0.05, 0.30  # photos are not drawings: no reading is surer than this; none tells less than the usual pose
TRUST = 1.07                          # errors on people drawn by another program over those the network states


@dataclass(frozen=True)
class Limb:
    """A limb whose slopes are read.

    Attributes:
        name: of its arrays in the asset.
        chain: landmarks that must be seen, of the left side; the first is the root.
        places: landmarks whose places are features; their visibility is not, drawings and photos differ too much in it.
        segments: landmark pairs whose directions are features.
        bones: (from, to) heads of bones whose direction's slope is read, of the left side.
        upright: slopes are forward in the body frame; else away from the camera in camera axes.
    """

    name: str
    chain: tuple[int, int, int]
    places: tuple[int, ...]
    segments: tuple[tuple[int, int], ...]
    bones: tuple[tuple[str, str], ...]
    upright: bool


LIMBS = (
    Limb("arm", (11, 13, 15), (13, 15, 17, 19, 21, 12, 14, 16, 23, 24, 0, 7, 8),
         ((11, 13), (13, 15), (15, 19), (15, 17), (15, 21), (12, 14), (14, 16), (11, 12), (23, 24)),
         (("LeftArm", "LeftForeArm"), ("LeftForeArm", "LeftHand"), ("LeftHand", "LeftHandMiddle1")), True),
    Limb("leg", (23, 25, 27), (25, 27, 29, 31, 24, 26, 28, 30, 32, 11, 12),
         ((23, 25), (25, 27), (27, 31), (29, 31), (24, 26), (26, 28), (28, 32), (23, 24), (11, 12)),
         (("LeftUpLeg", "LeftLeg"), ("LeftLeg", "LeftFoot")), False),
)
"""Forward slopes of arms come out better than those along the view, since arms hang from gravity; for legs it is the reverse."""


@dataclass(frozen=True)
class Slope:
    """The direction from one bone's head to another's: its component along the frame's third axis, and its likely error.

    In the body frame (``upright``) positive points forward, in camera axes away from the camera.
    """

    start: str
    end: str
    value: float
    sigma: float
    upright: bool


@dataclass(frozen=True)
class Network:
    """Several perceptrons of two hidden layers, whose readings are averaged.

    Attributes:
        mean, scale: (F,) of the features.
        usual, spread: (S,) of the slopes.
        layers: weights (N, I, O) and biases (N, O) of three layers; the last gives S values and the logarithms of their S errors.
    """

    mean: Doubles
    scale: Doubles
    usual: Doubles
    spread: Doubles
    layers: tuple[tuple[Doubles, Doubles], ...]

    def read(self, rows: Doubles) -> tuple[Doubles, Doubles]:
        """(P, F) features -> slopes (P, S) and their standard errors (P, S)."""
        x = np.repeat(np.clip((rows - self.mean) / self.scale, -OUTLIER, OUTLIER)[None], len(self.layers[0][0]), 0)
        for depth, (weights, bias) in enumerate(self.layers):
            x = x @ weights + bias[:, None]
            if depth < len(self.layers) - 1:
                x = x / (1 + np.exp(-x))                                        # SiLU
        count = len(self.usual)
        value, error = x[..., :count], np.exp(np.clip(x[..., count:], -3, 1))
        total = np.sqrt((error**2).mean(0) + value.var(0))
        return np.clip(value.mean(0) * self.spread + self.usual, -1, 1), total * self.spread


def features(points: Doubles, world: Doubles, limb: Limb) -> Doubles:
    """(F,) what the network sees of a left limb, free of scale and place: directions and places in metres and in the picture.

    Args:
        points: (33, 2) pixels.
        world: (33, 3) metres, camera axes.
        limb: which.
    """
    root, others = limb.chain[0], list(limb.places)
    start, end = np.array(limb.segments).T
    up, up_px = (shape[[11, 12]].mean(0) - shape[[23, 24]].mean(0) for shape in (world, points))
    trunk, trunk_px = max(float(np.linalg.norm(up)), 0.1), max(float(np.linalg.norm(up_px)), 1.0)
    along = world[end] - world[start]
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    seen = np.linalg.norm(points[end] - points[start], axis=1) / trunk_px
    places, pixels = (world[others] - world[root]) / trunk, (points[others] - points[root]) / trunk_px
    return np.concatenate([places.ravel(), along.ravel(), pixels.ravel(), seen, seen[:4] ** 2, up / trunk, up_px / trunk_px])


def sides(pose: Pose, limb: Limb) -> tuple[Doubles, Doubles]:
    """(2, F) features of the left limb and of the right one, mirrored, and (2,) the visibility of its least seen landmark."""
    points, world = pose.points.astype(np.float64), pose.world.astype(np.float64)
    mirrored_points, mirrored_world = (points * [-1, 1])[MIRRORED], (world * [-1, 1, 1])[MIRRORED]
    seen = pose.visibility, pose.visibility[MIRRORED]
    return (np.stack([features(points, world, limb), features(mirrored_points, mirrored_world, limb)]),
            np.array([visibility[list(limb.chain)].min() for visibility in seen]))


def limb_slopes(pose: Pose, visible: float) -> tuple[Slope, ...]:
    """Slopes of the limbs whose landmarks are seen at least ``visible``."""
    networks, out = load_networks(), []
    for limb in LIMBS:
        rows, seen = sides(pose, limb)
        values, errors = networks[limb.name].read(rows)
        errors = np.clip(errors * TRUST, LEAST_SIGMA, MOST_SIGMA)
        for side, row, sigmas, visibility in zip(("Left", "Right"), values, errors, seen, strict=True):
            if visibility >= visible:
                out += [Slope(a.replace("Left", side), b.replace("Left", side), float(value), float(sigma), limb.upright)
                        for (a, b), value, sigma in zip(limb.bones, row, sigmas, strict=True)]
    return tuple(out)


@lru_cache(maxsize=1)
def load_networks() -> dict[str, Network]:
    """The networks by the limb's name."""
    from safetensors.numpy import load

    arrays = load(resources.files(__package__).joinpath("assets", ASSET).read_bytes())
    doubles = {name: array.astype(np.float64) for name, array in arrays.items()}
    return {limb.name: _network(doubles, limb.name) for limb in LIMBS}


def _network(arrays: dict[str, Doubles], limb: str) -> Network:
    layers = tuple((arrays[f"{limb}_weights{k}"], arrays[f"{limb}_bias{k}"]) for k in range(3))
    return Network(arrays[f"{limb}_mean"], arrays[f"{limb}_scale"], arrays[f"{limb}_usual"], arrays[f"{limb}_spread"], layers)
