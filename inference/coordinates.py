# SPDX-License-Identifier: GPL-3.0-or-later
"""Every frame the product uses, said once, and the conversions between them.

* **image**: pixels, x right, y down, (0, 0) the top left corner of the top left pixel, so that the centre of
  pixel (column c, row r) is at (c + 0.5, r + 0.5).
* **camera**: metres, OpenCV axes: x right, y down, z forward out of the lens.
* **body** (= world = glTF): metres, right-handed, +Y up, the person faces +Z, the person's left is +X, feet on
  y = 0, x = z = 0 under the middle of the hip joints. A half-body stands on its cut instead of on feet.
* **Blender**: metres, +Z up, the person faces -Y.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]

BODY_TO_BLENDER: Array = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64)
"""3x3; multiplies column vectors of the body frame."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera with square pixels.

    Attributes:
        width, height: size of the image in pixels.
        focal: focal length in pixels (fx = fy).
        centre: (cx, cy) principal point in pixels.
        world_to_camera: 4x4, body frame to camera frame.
    """

    width: int
    height: int
    focal: float
    centre: tuple[float, float]
    world_to_camera: Array

    @property
    def position(self) -> Array:
        """(3,) the camera's place in the body frame, metres."""
        rotation, translation = self.world_to_camera[:3, :3], self.world_to_camera[:3, 3]
        return -rotation.T @ translation

    def to_camera(self, points: Array) -> Array:
        """(N, 3) body frame -> (N, 3) camera frame, metres."""
        return points @ self.world_to_camera[:3, :3].T + self.world_to_camera[:3, 3]

    def project(self, points: Array) -> Array:
        """(N, 3) body frame -> (N, 3): x and y in pixels, depth z in metres."""
        local = self.to_camera(np.asarray(points, np.float64))
        depth = np.maximum(local[:, 2:3], 1e-6)
        return np.concatenate([local[:, :2] / depth * self.focal + np.asarray(self.centre), local[:, 2:3]], 1)

    def unproject(self, pixels: Array, depth: Array) -> Array:
        """(N, 2) pixels and (N,) depths in metres -> (N, 3) body frame."""
        pixels, depth = np.asarray(pixels, np.float64), np.asarray(depth, np.float64)
        local = np.concatenate([(pixels - np.asarray(self.centre)) / self.focal * depth[:, None], depth[:, None]], 1)
        return (local - self.world_to_camera[:3, 3]) @ self.world_to_camera[:3, :3]

    def resized(self, width: int, height: int) -> Camera:
        """The same view drawn at another size; the aspect ratio may change by rounding only."""
        scale = height / self.height
        return replace(self, width=width, height=height, focal=self.focal * scale,
                       centre=(self.centre[0] * width / self.width, self.centre[1] * scale))
