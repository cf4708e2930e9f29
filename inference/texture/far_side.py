# SPDX-License-Identifier: GPL-3.0-or-later
"""The side of a turned head that the photo does not show: it is taken from the other side, for heads are alike on both."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..coordinates import Camera
from ..records import Floats, Image, Label
from .projection import smoothstep
from .skull import Skull

BETTER = (0.15, 0.45)
"""By how much squarer the other side must be seen, in cosines, for the mirrored colour to come in and to take over."""
ITSELF = (0.3, 0.55)
"""Cosines toward the camera between which a point comes to show itself: so eyes, nose and mouth are not doubled."""
TOLERANCE = (0.015, 0.03)
"""Metres by which the surface may lie off the mirrored point: a fitted head is not as symmetric as a skull."""
TURNED = (0.2, 0.42)
"""Sines of the head's turn from the camera (12 and 25 degrees) between which the other side comes to tell more than it mistakes."""
EVEN = 0.002
"""Of the person's height: standard deviation over which the photo's slant and its line between hair and skin are evened out."""


class FarSide:
    """Looks up points of a head on its other side."""

    def __init__(self, skull: Skull, camera: Camera, front: Floats, labels: Image, height: float) -> None:
        """
        Args:
            front: (H, W) depth of the surface; infinite where there is none.
            labels: (H, W) of the photo.
            height: of the person, pixels.
        """
        self._skull, self._camera = skull, camera
        reach = max(EVEN * height, 0.6)
        toward = camera.position - skull.middle
        self._side = np.cross(skull.up, skull.forward)
        turn = np.abs(toward @ self._side) / np.linalg.norm(toward)
        self._turned = float(smoothstep(*TURNED, np.full(1, turn, np.float32))[0])
        known = np.isfinite(front)
        self._depth = np.where(known, front, 1e3).astype(np.float32)
        even = cv2.GaussianBlur(self._depth, (0, 0), reach)
        metres = np.where(known, front, 1.0) / camera.focal
        slope = np.hypot(*np.gradient(even)) / metres
        self._facing = np.where(known, 1 / np.sqrt(1 + slope * slope), 0).astype(np.float32)
        self._skin, self._hair = (cv2.GaussianBlur((labels == label).astype(np.float32), (0, 0), reach)
                                  for label in (Label.FACE, Label.HAIR))

    def look(self, points: Floats, facing: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """What the other side tells about points of a head.

        Args:
            points: (R, N, 3) metres.
            facing: (R, N) their cosine toward the camera.

        Returns:
            (R, N) each: how far the skin there is to be taken; how far hair there is; its x and y in the photo.
        """
        across = (points - self._skull.middle) @ self._side
        there = points - 2 * across[..., None] * self._side
        x, y, depth = (column.reshape(facing.shape).astype(np.float32) for column in self._camera.project(there.reshape(-1, 3)).T)
        squarer = smoothstep(*BETTER, self._at(self._facing, x, y) - np.maximum(facing, 0))
        shown = 1 - smoothstep(*TOLERANCE, np.abs(depth - self._at(self._depth, x, y)))
        weight = self._turned * shown * squarer * (1 - smoothstep(*ITSELF, facing))
        skin, hair = (self._at(mask, x, y) for mask in (self._skin, self._hair))
        total = np.maximum(skin + hair, 1e-3)
        return (weight * smoothstep(0.5, 0.9, skin)).astype(np.float32), (weight * hair / total).astype(np.float32), x, y

    @staticmethod
    def _at(image: npt.NDArray[np.float32], x: Floats, y: Floats) -> Floats:
        return np.asarray(cv2.remap(image, x - 0.5, y - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
