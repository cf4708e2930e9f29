# SPDX-License-Identifier: GPL-3.0-or-later
"""The mean body standing before a camera, as a fitted body and as the person of a photo: it has a front, a back and fingers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dressform.inference.body.model import load_body_model
from dressform.inference.coordinates import Camera
from dressform.inference.raster import rasterise
from dressform.inference.records import Body, Framing, Label, Person, Photo, Pose, Skeleton

STATURE = 1.7
FRONT = (200, 60, 50)
"""sRGB of what the photo shows."""


@pytest.fixture(scope="session")
def mannequin() -> Body:
    """1.7 m tall, arms 45 degrees down, seen from the front by a camera three metres away."""
    model = load_body_model()
    lift = np.array([0, -model.template[:, 1].min(), 0])
    vertices, heads, tails = (((part + lift) * STATURE).astype(np.float32) for part in (model.template, model.heads, model.tails))
    skeleton = Skeleton(model.names, model.parents, heads, tails, heads, tails, np.tile(np.eye(3, dtype=np.float32), (len(heads), 1, 1)))
    before = np.array([[1.0, 0, 0, 0], [0, -1, 0, 0.9], [0, 0, -1, 3.0], [0, 0, 0, 1]])
    camera = Camera(480, 512, 720.0, (240.0, 256.0), before)
    return Body(vertices, vertices, model.faces, model.parts, model.dense_weights(), skeleton, camera, STATURE, {}, {}, 0.0, (),
                model.outer)


@pytest.fixture(scope="session")
def wearer(mannequin: Body) -> Person:
    """The mannequin's photo: all of it in one colour, on grey."""
    camera = mannequin.camera
    projected = camera.project(mannequin.vertices)
    drawn = rasterise(projected[:, :2], mannequin.faces, camera.width, camera.height, projected[:, 2]).mask
    pixels = np.where(drawn[..., None], np.array(FRONT, np.uint8), np.uint8(128))
    photo = Photo(pixels, None, Path("mannequin.png"), "0" * 64)
    pose = Pose(np.zeros((33, 2), np.float32), np.zeros(33, np.float32), np.zeros((33, 3), np.float32))
    labels = np.where(drawn, np.uint8(Label.DRESS), np.uint8(0))
    return Person(photo, pose, drawn.astype(np.float32), labels, Framing.FULL, pixels)
