# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clothes parser knows of each pixel: its place on the skeleton, its colour, and how that colour compares with the colours of
the face and of fixed places on the body.

All lengths are in trunk lengths (shoulders to hips), all colours in CIELAB / 100, so that the features do not depend on the photo's size.
Left and right are folded together: a pixel is described by the nearer limb.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Floats, Image, Pose
from .pose import (
    L_ANKLE,
    L_ELBOW,
    L_HEEL,
    L_HIP,
    L_KNEE,
    L_SHOULDER,
    L_TOE,
    L_WRIST,
    NOSE,
    R_ANKLE,
    R_ELBOW,
    R_HEEL,
    R_HIP,
    R_KNEE,
    R_SHOULDER,
    R_TOE,
    R_WRIST,
    VISIBLE,
)

LIMBS = ((L_SHOULDER, L_ELBOW, R_SHOULDER, R_ELBOW), (L_ELBOW, L_WRIST, R_ELBOW, R_WRIST), (L_WRIST, 19, R_WRIST, 20),
         (L_HIP, L_KNEE, R_HIP, R_KNEE), (L_KNEE, L_ANKLE, R_KNEE, R_ANKLE), (L_HEEL, L_TOE, R_HEEL, R_TOE))
"""Left start and end, right start and end: upper arm, forearm, hand (to the index knuckle), thigh, shin, foot."""
FAR = 1.5
"""Distances are cut off here, in trunk lengths."""


@dataclass(frozen=True)
class Figure:
    """A person at the working size.

    Attributes:
        pixels: (h, w, 3) RGB.
        matte: (h, w) 0..1.
        points: (33, 2) landmarks in pixels of this size.
        visible: (33,) bool, seen and inside.
        face: (478, 2) face mesh or None.
        trunk: length in pixels.
    """

    pixels: Image
    matte: Floats
    points: Floats
    visible: npt.NDArray[np.bool_]
    face: Floats | None
    trunk: float


def figure_of(pixels: Image, pose: Pose, matte: Floats, edge: int) -> tuple[Figure, float]:
    """The person at a long edge of ``edge`` pixels, and the scale used."""
    height, width = matte.shape
    scale = min(1.0, edge / max(height, width))
    shape = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, shape, interpolation=cv2.INTER_AREA)
    cover = cv2.resize(matte, shape, interpolation=cv2.INTER_AREA)
    points = pose.points * scale
    return Figure(small, cover, points, pose.visibility > VISIBLE, None if pose.face is None else pose.face * scale,
                  trunk_length(points)), scale


def trunk_length(points: npt.NDArray[np.floating]) -> float:
    """Shoulders to hips in pixels; from the shoulders' width or the head where a bent trunk is foreshortened."""
    shoulders, hips = points[[L_SHOULDER, R_SHOULDER]], points[[L_HIP, R_HIP]]
    width = float(np.linalg.norm(shoulders[0] - shoulders[1]))
    return max(float(np.linalg.norm(shoulders.mean(0) - hips.mean(0))), 1.1 * width, 4.0)


def pixel_features(figure: Figure, box: tuple[slice, slice]) -> Floats:
    """(h, w, F) float32 for the rows and columns of the box."""
    rows, columns = box
    y, x = np.mgrid[rows, columns].astype(np.float32) + 0.5
    planes: list[Floats] = []
    sides = _skeleton_planes(figure, x, y, planes)
    _shape_planes(figure, x, y, box, planes)
    _colour_planes(figure, sides, box, planes)
    result = np.empty((*y.shape, len(planes)), np.float32)
    for number, plane in enumerate(planes):
        result[..., number] = plane
    return result


def body_places(figure: Figure) -> list[tuple[npt.NDArray[np.floating], npt.NDArray[np.floating], bool, bool]]:
    """(left place, right place, left shown, right shown) of the fixed places whose colours are compared; single ones twice."""
    p, seen = figure.points, figure.visible
    shoulders, hips = p[[L_SHOULDER, R_SHOULDER]].mean(0), p[[L_HIP, R_HIP]].mean(0)
    up = (shoulders - hips) / max(float(np.linalg.norm(shoulders - hips)), 1e-3) * figure.trunk
    places = [(place, place, True, True) for place in (
        shoulders - 0.28 * up, shoulders - 0.6 * up, hips, shoulders + 0.1 * up, p[:11].mean(0) + 0.28 * up)]

    def between(a: int, b: int, c: int, d: int, t: float) -> None:
        places.append((p[a] + t * (p[b] - p[a]), p[c] + t * (p[d] - p[c]), bool(seen[a] | seen[b]), bool(seen[c] | seen[d])))

    for limb, shares in zip(LIMBS, ((0.4, 0.8), (0.4, 0.8), (0.6,), (0.3, 0.7), (0.25, 0.6, 0.9), (0.6,)), strict=True):
        for share in shares:
            between(*limb, share)
    return places


def _skeleton_planes(figure: Figure, x: Floats, y: Floats, planes: list[Floats]) -> list[npt.NDArray[np.bool_]]:
    """Add places relative to the bones; returns for arms and legs where the left limb is the nearer one."""
    p, size = figure.points, figure.trunk
    shoulders, hips = p[[L_SHOULDER, R_SHOULDER]].mean(0), p[[L_HIP, R_HIP]].mean(0)
    axis = (shoulders - hips) / max(float(np.linalg.norm(shoulders - hips)), 1e-3)
    for origin in (hips, shoulders, p[NOSE]):
        dx, dy = (x - origin[0]) / size, (y - origin[1]) / size
        planes += [np.abs(dx * -axis[1] + dy * axis[0]), dx * axis[0] + dy * axis[1]]
    planes.append((y - p[[L_ANKLE, R_ANKLE], 1].mean()) / size)
    nearer: list[npt.NDArray[np.bool_]] = []
    for a, b, c, d in LIMBS:
        left, right = _segment(x, y, p[a], p[b], size), _segment(x, y, p[c], p[d], size)
        is_left = left[0] < right[0]
        nearer.append(is_left)
        planes += [np.where(is_left, left[0], right[0]), np.where(is_left, left[1], right[1]), np.maximum(left[0], right[0])]
        planes.append(np.where(is_left, float(figure.visible[[a, b]].mean()), float(figure.visible[[c, d]].mean())))
    for start, end in ((shoulders, p[NOSE]), (shoulders, hips), (p[L_SHOULDER], p[R_SHOULDER]), (p[L_HIP], p[R_HIP])):
        planes += list(_segment(x, y, start, end, size))
    # between the legs or outside of them: 0 on the middle line, 1 on the legs' own lines
    left_x, right_x = _leg_line(y, p[[L_HIP, L_KNEE, L_ANKLE]]), _leg_line(y, p[[R_HIP, R_KNEE, R_ANKLE]])
    half = np.maximum(np.abs(left_x - right_x) / 2, 0.05 * size)
    planes += [np.minimum(np.abs(x - (left_x + right_x) / 2) / half, 4.0), half / size]
    return nearer


def _segment(x: Floats, y: Floats, start: npt.NDArray[np.floating], end: npt.NDArray[np.floating], size: float) -> tuple[Floats, Floats]:
    """(distance to the segment, position along its line from 0 to 1, reaching a little beyond)."""
    dx, dy = float(end[0] - start[0]), float(end[1] - start[1])
    length2 = max(dx * dx + dy * dy, 1e-3)
    along = ((x - start[0]) * dx + (y - start[1]) * dy) / length2
    inside = np.clip(along, 0, 1)
    distance = np.hypot(x - start[0] - inside * dx, y - start[1] - inside * dy) / size
    return np.minimum(distance, FAR), np.clip(along, -0.6, 1.6)


def _leg_line(y: Floats, joints: npt.NDArray[np.floating]) -> Floats:
    order = np.argsort(joints[:, 1])
    return np.interp(y, joints[order, 1], joints[order, 0]).astype(np.float32)


def _shape_planes(figure: Figure, x: Floats, y: Floats, box: tuple[slice, slice], planes: list[Floats]) -> None:
    """Add distances to the person's outline and to the face."""
    solid = (figure.matte > 0.5).astype(np.uint8)
    solid = cv2.copyMakeBorder(solid, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 3)[1:-1, 1:-1] / figure.trunk
    planes.append(np.minimum(depth, 0.5)[box])
    rows = np.nonzero((figure.matte > 0.5).any(1))[0]
    top, bottom = (float(rows[0]), float(rows[-1])) if len(rows) else (0.0, 1.0)
    planes += [np.minimum((y - top) / figure.trunk, 4.0), np.minimum((bottom - y) / figure.trunk, 4.0)]
    # trousers leave a gap between the legs where a skirt has none
    legs = figure.points[[L_HIP, L_KNEE, L_ANKLE]], figure.points[[R_HIP, R_KNEE, R_ANKLE]]
    for joint, share in ((0, 0.5), (0, 0.8), (1, 0.1), (1, 0.5)):
        left, right = (leg[joint] + share * (leg[joint + 1] - leg[joint]) for leg in legs)
        column, row = np.rint((left + right) / 2).astype(int)
        shown = 0 <= row < solid.shape[0] - 2 and 0 <= column < solid.shape[1] - 2
        planes += [np.array(figure.matte[row, column] if shown else 0.5, np.float32),
                   np.array(min(float(np.linalg.norm(left - right)) / figure.trunk, 2.0) if shown else 0.0, np.float32)]
    centre, face_size, inside = face_region(figure)
    planes += [np.minimum(np.abs(x - centre[0]) / face_size, 4), np.clip((y - centre[1]) / face_size, -4, 6), inside[box],
               np.array(face_size / figure.trunk, np.float32), np.array(figure.face is not None, np.float32)]


def face_region(figure: Figure) -> tuple[npt.NDArray[np.floating], float, Floats]:
    """(centre, half height in pixels, (h, w) 0 or 1 inside the face's oval)."""
    height, width = figure.matte.shape
    mask = np.zeros((height, width), np.uint8)
    if figure.face is not None:
        hull = cv2.convexHull(figure.face.astype(np.float32))
        cv2.fillConvexPoly(mask, np.rint(hull - 0.5).astype(np.int32), 1)
        return figure.face.mean(0), max(float(np.ptp(figure.face[:, 1])) / 2, 2.0), mask.astype(np.float32)
    centre = figure.points[:11].mean(0)
    radius = max(0.17 * figure.trunk, 2.0)
    cv2.circle(mask, (int(centre[0]), int(centre[1])), max(1, round(0.7 * radius)), 1, -1)
    return centre, radius, mask.astype(np.float32)


def skin_colour(figure: Figure, lab: Floats) -> npt.NDArray[np.float32]:
    """(3,) median CIELAB / 100 of the cheeks, nose and forehead."""
    _, _, inside = face_region(figure)
    chosen = (inside > 0) & (figure.matte > 0.8)
    if figure.face is not None:
        core = np.zeros(inside.shape, np.uint8)
        middle = figure.face.mean(0)
        cv2.fillConvexPoly(core, np.rint(cv2.convexHull(((figure.face - middle) * 0.75 + middle).astype(np.float32))).astype(np.int32), 1)
        chosen &= core > 0
    sample = lab[chosen]
    if len(sample) < 8:
        return np.array([0.62, 0.14, 0.17], np.float32)      # mean of published skin chart colours, when no face is shown
    middle = np.median(sample, 0)
    near = sample[np.linalg.norm(sample - middle, axis=1) < 0.15]
    return (np.median(near, 0) if len(near) else middle).astype(np.float32)


def _colour_planes(figure: Figure, nearer: list[npt.NDArray[np.bool_]], box: tuple[slice, slice], planes: list[Floats]) -> None:
    lab = cv2.cvtColor(figure.pixels.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB) / 100.0
    weight = (figure.matte > 0.6).astype(np.float32) + 1e-3

    def smooth(sigma: float) -> Floats:
        return cv2.GaussianBlur(lab * weight[..., None], (0, 0), sigma) / cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]

    fine, wide = smooth(max(0.6, 0.012 * figure.trunk)), smooth(max(1.0, 0.06 * figure.trunk))
    spread = np.sqrt(np.maximum(cv2.GaussianBlur((lab[..., 0] - wide[..., 0]) ** 2, (0, 0), max(1.0, 0.05 * figure.trunk)), 0))
    skin = skin_colour(figure, lab)
    everywhere, fine, wide, spread = wide, fine[box], wide[box], spread[box]
    planes += [fine[..., k] for k in range(3)] + [wide[..., k] for k in range(3)] + [spread * 5]
    planes += [fine[..., k] - skin[k] for k in range(3)] + [wide[..., k] - skin[k] for k in range(3)]
    planes += [np.array(value, np.float32) for value in skin]
    planes += [_hue_gap(fine, skin), _hue_gap(wide, skin)]
    colours = []
    for number, (left, right, left_shown, right_shown) in enumerate(body_places(figure)):
        pair = [_sample(everywhere, figure.matte, place, shown) for place, shown in ((left, left_shown), (right, right_shown))]
        if number < 5:
            colour, shown = pair[0][0], np.array(pair[0][1], np.float32)
            colours.append(pair[0])
        else:
            side = nearer[_limb_of(number)][..., None]
            colour = np.where(side, pair[0][0], pair[1][0])
            shown = np.where(side[..., 0], pair[0][1], pair[1][1]).astype(np.float32)
            colours.append(max(pair, key=lambda c: c[1]))
        gap = fine - colour
        planes += [np.abs(gap[..., 0]) * shown, np.hypot(gap[..., 1], gap[..., 2]) * shown,
                   _hue_gap(colour, skin) * shown, (colour[..., 0] - skin[0]) * shown, shown]
    for a, b in ((0, 2), (0, 8 + 2), (2, 10), (10, 13), (0, 5), (5, 7), (1, 2)):
        both = float(colours[a][1] and colours[b][1])
        planes += [np.array(np.linalg.norm(colours[a][0] - colours[b][0]) * both, np.float32)]


def _limb_of(place: int) -> int:
    """Index into LIMBS of a place of :func:`body_places`."""
    return (0, 0, 1, 1, 2, 3, 3, 4, 4, 4, 5)[place - 5]


def _hue_gap(colour: Floats, skin: npt.NDArray[np.float32]) -> Floats:
    """Distance in chroma, with lightness at a quarter: shading moves skin along L."""
    return np.sqrt((0.25 * (colour[..., 0] - skin[0])) ** 2 + (colour[..., 1] - skin[1]) ** 2 + (colour[..., 2] - skin[2]) ** 2)


def _sample(smoothed: Floats, matte: Floats, place: npt.NDArray[np.floating], shown: bool) -> tuple[Floats, bool]:
    column, row = int(place[0]), int(place[1])
    if not shown or not (0 <= row < matte.shape[0] and 0 <= column < matte.shape[1]) or matte[row, column] < 0.5:
        return np.zeros(3, np.float32), False
    return smoothed[row, column], True
