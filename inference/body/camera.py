# SPDX-License-Identifier: GPL-3.0-or-later
"""The photo's camera as unknowns of the fit, and the focal length a photo was taken with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..coordinates import Camera
from .model import Doubles

FOCAL_PRIOR = 1.25
"""Focal length in units of the photo's longer side where the file does not tell (a 45 mm lens on 36 x 24 mm). Between the wide
lens of a telephone (0.75) and the portrait lens of a studio (2.4). Between 0.9 and 2.0 the benchmark's joint error moves by 6 mm."""
FULL_FRAME_DIAGONAL = 43.27    # mm, of 36 x 24 mm
BODY_TO_OPENCV: Doubles = np.diag([1.0, -1.0, -1.0])


def focal_length(path: Path, width: int, height: int) -> tuple[float, bool]:
    """Focal length in pixels, and whether the file's EXIF data told it.

    EXIF counts only for an uncropped picture (3:2, 4:3, 16:9 or 1:1): a crop keeps the tag but not the field of view.
    """
    longer, shorter = max(width, height), min(width, height)
    whole = any(abs(longer / shorter - ratio) < 0.01 for ratio in (1.5, 4 / 3, 16 / 9, 1.0))
    equivalent = _equivalent_focal(path) if whole else None
    if equivalent is not None and 10 <= equivalent <= 600:
        return equivalent / FULL_FRAME_DIAGONAL * float(np.hypot(width, height)), True
    return FOCAL_PRIOR * longer, False


def _equivalent_focal(path: Path) -> float | None:
    """The EXIF tag FocalLengthIn35mmFilm, or None."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            value = image.getexif().get_ifd(0x8769).get(0xA405)
    except (OSError, ValueError, SyntaxError):
        return None
    return float(value) if isinstance(value, int | float) and value > 0 else None


@dataclass(frozen=True)
class View:
    """A camera that looks at the body frame: six unknowns.

    Attributes:
        angles: (3,) yaw about +Y, pitch (positive looks down at the person) and roll, radians.
        shift: (3,) place of the body frame's origin in camera axes, in the body's unit.
        focal, centre, width, height: see :class:`~..coordinates.Camera`.
    """

    angles: Doubles
    shift: Doubles
    focal: float
    centre: tuple[float, float]
    width: int
    height: int

    def _turns(self) -> tuple[Doubles, Doubles, Doubles, Doubles, Doubles, Doubles]:
        """Rotations about y, x, z and their derivatives by the angle."""
        (cy, cx, cz), (sy, sx, sz) = np.cos(self.angles), np.sin(self.angles)
        return (np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]]), np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]]),
                np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]),
                np.array([[-sy, 0, cy], [0, 0, 0], [-cy, 0, -sy]]), np.array([[0, 0, 0], [0, -sx, -cx], [0, cx, -sx]]),
                np.array([[-sz, -cz, 0], [cz, -sz, 0], [0, 0, 0]]))

    @property
    def rotation(self) -> Doubles:
        """(3, 3) body frame to camera axes."""
        y, x, z, *_ = self._turns()
        return BODY_TO_OPENCV @ z @ x @ y

    def to_camera(self, points: Doubles) -> Doubles:
        """(P, 3) body frame -> camera frame."""
        return points @ self.rotation.T + self.shift

    def angle_derivatives(self, points: Doubles) -> Doubles:
        """(P, 3) body frame -> (P, 3, 3) derivative of their camera coordinates by yaw, pitch and roll."""
        y, x, z, dy, dx, dz = self._turns()
        return np.stack([points @ (BODY_TO_OPENCV @ m).T for m in (z @ x @ dy, z @ dx @ y, dz @ x @ y)], -1)

    def project(self, local: Doubles) -> Doubles:
        """(P, 3) camera frame -> (P, 2) pixels."""
        return local[:, :2] / local[:, 2:3] * self.focal + np.asarray(self.centre)

    def projection_derivatives(self, local: Doubles) -> Doubles:
        """(P, 3) camera frame -> (P, 2, 3) derivative of the pixels by the camera coordinates."""
        x, y, z = local.T
        zero = np.zeros_like(x)
        return self.focal * np.stack([np.stack([1 / z, zero, -x / z**2], -1), np.stack([zero, 1 / z, -y / z**2], -1)], 1)

    def moved(self, step: npt.NDArray[np.floating]) -> View:
        """The view after a step of its six unknowns (three angles, three shifts)."""
        return replace(self, angles=self.angles + step[:3], shift=self.shift + step[3:])

    def camera(self, scale: float, origin: Doubles) -> Camera:
        """As a camera of the finished body, whose points are ``scale * (point - origin)``."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation
        matrix[:3, 3] = scale * (self.shift + self.rotation @ origin)
        return Camera(self.width, self.height, self.focal, self.centre, matrix)
