# SPDX-License-Identifier: GPL-3.0-or-later
"""A figure simple enough to know the answer: a trunk and two legs of round tubes, on five bones, before a known camera."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.coordinates import Camera
from dressform.inference.raster import rasterise
from dressform.inference.records import Body, Framing, Label, Part, Person, Photo, Pose, Skeleton

HEIGHT_PX, WIDTH_PX = 512, 384


@pytest.fixture
def camera() -> Camera:
    """Level, three metres before the figure, 1.6 m of the figure on 410 pixels."""
    world_to_camera = np.array([[1.0, 0, 0, 0], [0, -1, 0, 0.85], [0, 0, -1, 3.0], [0, 0, 0, 1]])
    return Camera(WIDTH_PX, HEIGHT_PX, 768.0, (WIDTH_PX / 2, HEIGHT_PX / 2), world_to_camera)


@pytest.fixture
def figure(camera: Camera) -> Body:
    """Trunk from 0.75 m to 1.6 m, two legs down to the ground, merged into one closed mesh."""
    import mcubes

    spacing = 0.012
    axes = [np.arange(-0.25, 0.25, spacing), np.arange(-0.05, 1.66, spacing), np.arange(-0.2, 0.2, spacing)]
    x, y, z = np.meshgrid(*axes, indexing="ij")

    def tube(x0: float, low: float, high: float, radius: float) -> np.ndarray:
        return np.sqrt((x - x0) ** 2 + (y - np.clip(y, low, high)) ** 2 + z**2) - radius

    field = np.minimum(tube(0.0, 0.85, 1.45, 0.14), np.minimum(tube(0.09, 0.06, 0.8, 0.06), tube(-0.09, 0.06, 0.8, 0.06)))
    vertices, faces = mcubes.marching_cubes(field, 0.0)
    vertices = vertices * spacing + [a[0] for a in axes]
    corners = vertices[faces]
    if np.einsum("nk,nk->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) < 0:
        faces = faces[:, ::-1]
    bones = {"Hips": (-1, (0, 0.85), (0, 1.0)), "Spine": (0, (0, 1.0), (0, 1.4)), "Head": (1, (0, 1.4), (0, 1.6)),
             "LeftUpLeg": (0, (0.09, 0.8), (0.09, 0.43)), "RightUpLeg": (0, (-0.09, 0.8), (-0.09, 0.43)),
             "LeftLeg": (3, (0.09, 0.43), (0.09, 0.06)), "RightLeg": (4, (-0.09, 0.43), (-0.09, 0.06)),
             "LeftFoot": (5, (0.09, 0.06), (0.09, 0.0)), "RightFoot": (6, (-0.09, 0.06), (-0.09, 0.0))}
    heads, tails = (np.array([[*bone[k], 0.0] for bone in bones.values()], np.float32) for k in (1, 2))
    skeleton = Skeleton(tuple(f"mixamorig:{name}" for name in bones), np.array([bone[0] for bone in bones.values()], np.int32),
                        heads, tails, heads, tails, np.tile(np.eye(3, dtype=np.float32), (len(bones), 1, 1)))
    leg = np.clip((0.85 - vertices[:, 1]) / 0.1, 0, 1)
    left = np.clip(0.5 + vertices[:, 0] / 0.08, 0, 1)
    up = np.clip((vertices[:, 1] - 0.95) / 0.1, 0, 1)
    top = np.clip((vertices[:, 1] - 1.35) / 0.1, 0, 1)
    weights = np.stack([(1 - leg) * (1 - up), (1 - leg) * up * (1 - top), (1 - leg) * top, leg * left, leg * (1 - left)], 1)
    weights = np.pad(weights, ((0, 0), (0, len(bones) - weights.shape[1])))       # knees and feet are stiff
    parts = np.where(leg > 0.5, np.where(left > 0.5, Part.LEFT_UPPER_LEG, Part.RIGHT_UPPER_LEG), Part.TORSO)
    return Body(vertices.astype(np.float32), vertices.astype(np.float32), faces.astype(np.int32), parts.astype(np.uint8),
                weights.astype(np.float32), skeleton, camera, 1.6, {}, {}, 0.0)


@pytest.fixture
def wearing(figure: Body, camera: Camera) -> Callable[..., Person]:
    """A person whose matte is the figure's silhouette, changed by a function of the boolean silhouette."""

    def make(change: Callable[[np.ndarray], np.ndarray] = lambda shape: shape, framing: Framing = Framing.FULL,
             label: Label = Label.UPPER) -> Person:
        projected = camera.project(figure.vertices)
        drawn = rasterise(projected[:, :2], figure.faces, camera.width, camera.height, projected[:, 2]).mask
        inside = change(drawn)
        pixels = np.full((camera.height, camera.width, 3), 128, np.uint8)
        photo = Photo(pixels, None, Path("figure.png"), "0" * 64)
        pose = Pose(np.zeros((33, 2), np.float32), np.zeros(33, np.float32), np.zeros((33, 3), np.float32))
        labels = np.where(inside, np.uint8(label), np.uint8(0))
        return Person(photo, pose, inside.astype(np.float32), labels, framing, pixels)

    return make


@pytest.fixture
def moved(figure: Body) -> Callable[[float], Body]:
    """The figure with its left leg shifted to the side by so many metres."""

    def make(metres: float) -> Body:
        shift = figure.weights[:, 3:4] * np.array([[metres, 0, 0]], np.float32)
        return dataclasses.replace(figure, vertices=figure.vertices + shift)

    return make
