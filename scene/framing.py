# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a camera must stand so that nothing leaves the picture during a whole turn. No ``bpy``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MARGIN = 0.08
"""Free border on each side, as a share of the half picture; shop pictures keep 5 to 10 %."""


@dataclass(frozen=True)
class Subject:
    """The volume that a subject sweeps while it turns about the vertical axis.

    Attributes:
        centre: (x, y, z) metres; the axis goes through x, y; z is the middle of the height.
        height: metres.
        radius: metres, greatest distance of a vertex from the axis.
        rings: (N, 2) radius and height above the centre, metres, of the swept circles.
    """

    centre: tuple[float, float, float]
    height: float
    radius: float
    rings: npt.NDArray[np.float64]

    @property
    def floor(self) -> float:
        """Height of the lowest point, metres."""
        return self.centre[2] - self.height / 2

    @property
    def size(self) -> float:
        """The length by which lights and backdrop are scaled: the greater of height and width, metres."""
        return max(self.height, 2 * self.radius, 1e-3)


def swept(points: npt.NDArray[np.float64]) -> Subject:
    """The swept volume of ``points`` (N, 3), metres, z up.

    The axis goes through the middle of the bounding box, seen from above.

    Raises:
        ValueError: there are no points.
    """
    if len(points) == 0:
        raise ValueError("There is nothing to frame: the look has no visible mesh.")
    low, high = points.min(axis=0), points.max(axis=0)
    centre = (low + high) / 2
    radii = np.hypot(points[:, 0] - centre[0], points[:, 1] - centre[1])
    rings = np.stack([radii, points[:, 2] - centre[2]], axis=1)
    return Subject(tuple(float(c) for c in centre), float(high[2] - low[2]), float(radii.max()), rings)  # type: ignore[arg-type]


def distance(subject: Subject, tan_x: float, tan_y: float, margin: float = MARGIN) -> float:
    """Distance in metres from the axis at which a level camera, aimed at the centre, sees every swept ring.

    A ring of radius r is seen at most at x = r / sqrt(d^2 - r^2) (its tangent from the camera), and its nearest point,
    at distance d - r, highest at y = z / (d - r).

    Args:
        tan_x, tan_y: tangent of half the horizontal and vertical field of view.
    """
    tan_x, tan_y = tan_x * (1 - margin), tan_y * (1 - margin)
    radii, heights = subject.rings[:, 0], np.abs(subject.rings[:, 1])
    wide = radii * np.sqrt(1 + 1 / tan_x**2)
    high = radii + heights / tan_y
    return float(max(wide.max(), high.max(), 1e-3))
