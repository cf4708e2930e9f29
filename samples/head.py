# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are on a figure's head: eyes, brows, ears, the scalp with its hairline, and masks of the face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .figure import Figure

Array = npt.NDArray[np.floating]

HAIRLINE_M = ((0, 0.074), (25, 0.072), (42, 0.058), (55, 0.040), (68, 0.012), (80, -0.020), (88, -0.012), (112, -0.030),
              (130, -0.062), (180, -0.070))
"""Hairline: (degrees round the skull from the front, height in metres over the eyes), for a head of ``STANDARD_EYES_M``."""

STANDARD_EYES_M = 0.066
"""Distance between the eyes, metres, of the head that the numbers of this module and of :mod:`.hair` are for."""


@dataclass(frozen=True)
class Head:
    """The head at rest (upright, facing +Z), and the way to where it is in the pose.

    Attributes:
        origin: (3,) between the eyes, at rest.
        scale: 1 for a head with the standard distance between the eyes.
        turn, shift: a point p at rest is at ``turn @ p + shift`` in the pose.
        eyes: (2, 3) centres of the eyeballs at rest, the person's left first.
        eye_radius: metres.
        vertices, normals: (N, 3) skin of head, neck and upper torso as posed, seen from the upright
            head, in head units: origin between the eyes, standard scale.
        index: (N,) which vertices of the figure they are.
    """

    origin: Array
    scale: float
    turn: Array
    shift: Array
    eyes: Array
    eye_radius: float
    vertices: Array
    normals: Array
    index: npt.NDArray[np.integer]

    def posed(self, points: Array) -> Array:
        """Head units -> posed body frame."""
        return (points * self.scale + self.origin) @ self.turn.T + self.shift


def vertex_normals(vertices: Array, faces: npt.NDArray[np.integer]) -> Array:
    """(V, 3) unit normals of a mesh of triangles or quads."""
    first, second = vertices[faces[:, 2]] - vertices[faces[:, 0]], vertices[faces[:, -1]] - vertices[faces[:, 1]]
    normal = np.cross(first, second)
    total = np.zeros_like(vertices)
    for corner in range(faces.shape[1]):
        np.add.at(total, faces[:, corner], normal)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def find_head(figure: Figure) -> Head:
    """Measure the head of a figure."""
    eyes, radii = [], []
    for side in ("l", "r"):
        ball = np.unique(figure.faces[figure.group == figure.groups.index(f"helper-{side}-eye")])
        points = figure.rest[ball]
        centre = (points.min(0) + points.max(0)) / 2
        eyes.append(centre)
        radii.append(np.ptp(points[:, 1]) / 2)
    centres = np.array(eyes)
    origin = centres.mean(0)
    scale = float(np.linalg.norm(centres[0] - centres[1])) / STANDARD_EYES_M
    skull = figure.members("Head") & (figure.rest[:, 1] > origin[1] - 0.02)
    source, goal = figure.rest[skull], figure.vertices[skull]
    u, _, vt = np.linalg.svd((goal - goal.mean(0)).T @ (source - source.mean(0)))
    turn = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    shift = goal.mean(0) - turn @ source.mean(0)
    normals = vertex_normals(figure.vertices, figure.body_faces)
    used = np.unique(figure.body_faces)
    used = used[figure.rest[used, 1] > origin[1] - 0.5]
    back = (figure.vertices[used] - shift) @ turn  # the posed shoulders as the head sees them, so that hair falls on them
    return Head(origin, scale, turn, shift, centres, float(np.mean(radii)), (back - origin) / scale, normals[used] @ turn, used)


def vertex_mask(figure: Figure, picture: npt.NDArray[np.uint8]) -> Array:
    """(V,) a grey UV picture read at each vertex, 0..1."""
    height, width = picture.shape
    column = np.clip((figure.uv[..., 0] * width).astype(int), 0, width - 1)
    row = np.clip(((1 - figure.uv[..., 1]) * height).astype(int), 0, height - 1)
    mask = np.zeros(len(figure.vertices))
    np.maximum.at(mask, figure.faces, picture[row, column] / 255.0)
    return mask


def over_hairline(points: Array, sharp: float = 0.004) -> Array:
    """(N,) 0 below the hairline .. 1 above, for points in head units; ``sharp`` metres is the width of the change."""
    degrees, height = np.array(HAIRLINE_M).T
    round_skull = np.degrees(np.arctan2(np.abs(points[:, 0]), points[:, 2] + 0.085))
    line = np.interp(round_skull, degrees, height)
    # a high point of the hairline, over each temple, and a soft widow's peak between
    return np.clip((points[:, 1] - line) / sharp + 0.5, 0, 1)
