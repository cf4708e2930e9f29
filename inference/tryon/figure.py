# SPDX-License-Identifier: GPL-3.0-or-later
"""The fitted body as a tailor sees it in the photo: axes, outlines at stations along them, and what hides what.

Positions along an axis are pixels; lengths that belong to the body are metres and become pixels by ``px_per_m``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..coordinates import Array
from ..normals import vertex_normals
from ..raster import rasterise
from ..records import ARM_PARTS, LEG_PARTS, Body, Label, Part, Person

SIDES = ("left", "right")
ARMS, LEGS = ARM_PARTS, LEG_PARTS
TRUNK = (Part.TORSO, Part.LEFT_UPPER_LEG, Part.RIGHT_UPPER_LEG, Part.LEFT_LOWER_LEG, Part.RIGHT_LOWER_LEG)

SHOULDERED = (Label.UPPER, Label.OUTER, Label.DRESS, Label.ARMS)
BESIDE_NECK = 0.55          # of the shoulders' half width: farther in, collars and the neck itself rise over the shoulders
ARM_TOLERANCE_M = 0.03      # the same for the outside of an arm in its sleeve
SHOULDER_TOLERANCE_M = 0.035    # a fitted body's shoulders lie within this of the real ones; what is higher is padding


@dataclass(frozen=True)
class Axis:
    """A bent line in the picture with the outline of a part of the body about it.

    Attributes:
        points: (n, 2) of the line, image pixels.
        along, aside: of the part's vertices, pixels: how far along the line, how far to its left-hand side (the wearer's left for
            the trunk; the body's outside for limbs).
        metres: (n,) length in space up to each point of the line.
        sign: +1 or -1; turns the line's right-hand normal to the side that counts as positive.
    """

    points: Array
    along: Array
    aside: Array
    metres: Array
    sign: float

    @property
    def lengths(self) -> Array:
        """(n,) length in the picture up to each point."""
        return _lengths(self.points)

    def at(self, station: npt.ArrayLike) -> Array:
        """Points of the line; it goes on straight beyond its ends."""
        station, lengths = np.asarray(station, np.float64), self.lengths
        inside = np.stack([np.interp(station, lengths, self.points[:, k]) for k in (0, 1)], -1)
        first, last = _unit(self.points[1] - self.points[0]), _unit(self.points[-1] - self.points[-2])
        before, after = np.minimum(station, 0)[..., None], np.maximum(station - lengths[-1], 0)[..., None]
        return inside + before * first + after * last

    def normal(self, station: npt.ArrayLike, smooth: float) -> Array:
        """Unit vectors to the positive side, turning over ``smooth`` pixels at a bend."""
        station = np.asarray(station, np.float64)
        tangent = self.at(station + smooth) - self.at(station - smooth)
        normal = np.stack([-tangent[..., 1], tangent[..., 0]], -1) * self.sign
        return normal / (np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-6)

    def station_of(self, point: Array) -> float:
        """Station of the foot of a point on the line of the first segment, pixels."""
        return float((point - self.points[0]) @ _unit(self.points[1] - self.points[0]))

    def aside_of(self, point: Array) -> float:
        """Distance of a point from the line of the first segment, positive to the positive side, pixels."""
        down = _unit(self.points[1] - self.points[0])
        return float((point - self.points[0]) @ np.array([-down[1], down[0]]) * self.sign)

    def station_of_metres(self, metres: npt.ArrayLike) -> Array:
        """Where a length along the limb in space ends in the picture, foreshortening included."""
        metres = np.asarray(metres, np.float64)
        scale = self.lengths[-1] / max(float(self.metres[-1]), 1e-6)
        return np.interp(metres, self.metres, self.lengths) + np.maximum(metres - self.metres[-1], 0) * scale

    def extent(self, stations: npt.ArrayLike, positive: bool, reach: float) -> Array:
        """How far the part reaches to one side at each station, pixels; gaps are bridged."""
        stations = np.asarray(stations, np.float64)
        out = np.full(stations.shape, np.nan)
        order = np.argsort(self.along)
        along, aside = self.along[order], self.aside[order]
        for index, station in enumerate(stations):
            low, high = np.searchsorted(along, [station - reach, station + reach])
            if high > low:
                out[index] = aside[low:high].max() if positive else -aside[low:high].min()
        known = ~np.isnan(out)
        return np.interp(stations, stations[known], out[known]) if known.any() else np.zeros_like(stations)


@dataclass(frozen=True)
class Figure:
    """What try-on needs of a fitted body.

    Attributes:
        width, height: of the photo.
        px_per_m: image pixels a metre at the hips.
        joints: bone name (without prefix) -> (2,) image position of its head.
        space: the same in the body frame, metres.
        trunk: axis from the base of the neck down to the ankles, outline of torso and legs.
        arms, legs: axes from shoulder to wrist and hip to ankle, by side.
        part: (H, W) int16 code of :class:`Part` of the nearest surface, -1 outside the body.
        normals: (H, W, 3) float32 in camera axes, 0 outside.
        depth: (H, W) metres, infinite outside.
        trunk_depth: the same without arms and hands.
        pixels, parts: (V, 2) and (V,) of the body's vertices.
        shoulder_line: (n, 2) distance to the wearer's left of the trunk's axis and station of the shoulders' contour in the photo, pixels.
    """

    width: int
    height: int
    px_per_m: float
    joints: dict[str, Array]
    space: dict[str, Array]
    trunk: Axis
    arms: dict[str, Axis]
    legs: dict[str, Axis]
    part: npt.NDArray[np.int16]
    normals: Array
    depth: Array
    trunk_depth: Array
    pixels: Array
    parts: npt.NDArray[np.uint8]
    shoulder_line: Array | None = None

    def top_of_shoulder(self, aside: float) -> float:
        """Station of the shoulders' upper contour at a distance to the wearer's left of the trunk axis, pixels.

        That of the body, or the one seen in the photo where it is known and near to the body's.
        """
        body = self._top_of_body(aside)
        if self.shoulder_line is None:
            return body
        near = np.abs(self.shoulder_line[:, 0] - aside) < 0.008 * self.px_per_m
        if not near.any():
            return body
        reach = SHOULDER_TOLERANCE_M * self.px_per_m
        return float(np.clip(np.median(self.shoulder_line[near, 1]), body - reach, body + reach))

    def seen_in(self, person: Person) -> Figure:
        """The same figure with the line of the shoulders and the outside of the arms as the photo shows them, where nothing hides them."""
        start = self.trunk.points[0]
        down = _unit(self.trunk.points[1] - start)
        across = np.array([-down[1], down[0]]) * self.trunk.sign
        shoulders = [abs(self.trunk.aside_of(self.joints[name])) for name in ("LeftArm", "RightArm")]
        near = np.isin(person.labels, SHOULDERED) & (person.matte > 0.5)
        rows, columns = np.nonzero(near)
        offset = np.stack([columns + 0.5, rows + 0.5], 1) - start
        along, lateral = offset @ down, offset @ across
        chosen = (np.abs(lateral) < 1.2 * max(shoulders)) & (np.abs(lateral) > BESIDE_NECK * max(shoulders))
        chosen &= np.abs(along) < 0.25 * self.px_per_m
        if not chosen.any():
            return self
        bins = np.round(lateral[chosen]).astype(int)
        order = np.lexsort((along[chosen], bins))
        first = order[np.unique(bins[order], return_index=True)[1]]
        picked = np.nonzero(chosen)[0][first]
        above = np.stack([columns[picked], rows[picked]], 1) - np.round(down * max(3.0, 0.008 * self.px_per_m)).astype(int)
        inside = (above >= 0).all(1) & (above[:, 0] < self.width) & (above[:, 1] < self.height)
        label = person.labels[above[:, 1].clip(0, self.height - 1), above[:, 0].clip(0, self.width - 1)]
        free = inside & (label == Label.BACKGROUND)
        arms = {side: _with_outline(axis, near, self.px_per_m) for side, axis in self.arms.items()}
        return replace(self, shoulder_line=np.stack([lateral[picked], along[picked]], 1)[free], arms=arms)

    def _top_of_body(self, aside: float) -> float:
        chosen = np.isin(self.parts, (Part.TORSO, Part.LEFT_UPPER_ARM, Part.RIGHT_UPPER_ARM))
        start = self.trunk.points[0]
        down = _unit(self.trunk.points[1] - start)
        across = np.array([-down[1], down[0]]) * self.trunk.sign
        offset = self.pixels[chosen] - start
        along, lateral = offset @ down, offset @ across
        near = np.abs(lateral - aside) < 0.012 * self.px_per_m
        return float(along[near].min()) if near.any() else 0.0


def read_figure(body: Body) -> Figure:
    """Measure a fitted body in its photo."""
    camera = body.camera
    projected = camera.project(body.vertices)
    pixels, depth = projected[:, :2], projected[:, 2]
    skeleton = body.skeleton
    names = [name.split(":")[-1] for name in skeleton.names]
    heads = camera.project(skeleton.heads)[:, :2]
    joints = {name: heads[i] for i, name in enumerate(names)}
    space = {name: np.asarray(skeleton.heads[i], np.float64) for i, name in enumerate(names)}
    hips = (space["LeftUpLeg"] + space["RightUpLeg"]) / 2
    px_per_m = camera.focal / float(camera.to_camera(hips[None])[0, 2])

    every = rasterise(pixels, body.faces, camera.width, camera.height, depth)
    part = np.full((camera.height, camera.width), -1, np.int16)
    part[every.mask] = body.parts[body.faces[every.face[every.mask], 0]]
    normals = every.interpolate(body.faces, vertex_normals(body.vertices, body.faces) @ camera.world_to_camera[:3, :3].T)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True) + 1e-6
    arm_codes = [int(code) for side in SIDES for code in ARMS[side]]
    arm_faces = np.isin(body.parts[body.faces], arm_codes).any(1)
    trunk_only = rasterise(pixels, body.faces[~arm_faces], camera.width, camera.height, depth)

    facing = np.sign(joints["LeftArm"][0] - joints["RightArm"][0]) or 1.0
    middle = {"hips": (joints["LeftUpLeg"] + joints["RightUpLeg"]) / 2, "knees": (joints["LeftLeg"] + joints["RightLeg"]) / 2,
              "ankles": (joints["LeftFoot"] + joints["RightFoot"]) / 2}
    line = np.stack([joints["Neck"], middle["hips"], middle["knees"], middle["ankles"]])
    below = [(space["LeftLeg"] + space["RightLeg"]) / 2, (space["LeftFoot"] + space["RightFoot"]) / 2]
    trunk = _axis(line, _metres([space["Neck"], hips, *below]), pixels[np.isin(body.parts, TRUNK)], -facing)
    arms, legs = {}, {}
    for side in SIDES:
        bone = side.capitalize()
        outside = -facing if side == "left" else facing
        arm, leg = pixels[np.isin(body.parts, ARMS[side])], pixels[np.isin(body.parts, LEGS[side][:2])]
        arms[side] = _limb(joints, space, [f"{bone}Arm", f"{bone}ForeArm", f"{bone}Hand"], arm, outside)
        legs[side] = _limb(joints, space, [f"{bone}UpLeg", f"{bone}Leg", f"{bone}Foot"], leg, outside)
    return Figure(camera.width, camera.height, px_per_m, joints, space, trunk, arms, legs, part, normals.astype(np.float32),
                  every.depth, trunk_only.depth, pixels, body.parts)


def _with_outline(axis: Axis, clothed: npt.NDArray[np.bool_], unit: float) -> Axis:
    """The axis of an arm that reaches as far outwards as the photo shows the arm in its sleeve, within the tolerance of the fit."""
    height, width = clothed.shape
    stations = np.arange(0, axis.lengths[-1], max(1.0, 0.006 * unit))
    body = axis.extent(stations, True, 0.015 * unit)
    steps = np.arange(0, float(body.max()) + ARM_TOLERANCE_M * unit + 2, 0.5)
    points = axis.at(stations)[:, None] + axis.normal(stations, 0.05 * unit)[:, None] * steps[None, :, None]
    columns, rows = np.floor(points[..., 0]).astype(int), np.floor(points[..., 1]).astype(int)
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    on = clothed[rows.clip(0, height - 1), columns.clip(0, width - 1)] & inside
    reach = np.where(on.all(1), np.inf, steps[np.argmin(on, 1)])
    known = on[:, 0] & (reach < body + ARM_TOLERANCE_M * unit)
    return replace(axis, along=np.concatenate([axis.along, stations[known]]), aside=np.concatenate([axis.aside, reach[known]]))


def _limb(joints: dict[str, Array], space: dict[str, Array], names: list[str], pixels: Array, sign: float) -> Axis:
    return _axis(np.stack([joints[name] for name in names]), _metres([space[name] for name in names]), pixels, sign)


def _axis(line: Array, metres: Array, pixels: Array, sign: float) -> Axis:
    """Axis with each vertex placed on its nearest segment; the end segments count as endless."""
    lengths = _lengths(line)
    best = np.full(len(pixels), np.inf)
    along, aside = np.zeros(len(pixels)), np.zeros(len(pixels))
    for index in range(len(line) - 1):
        direction = _unit(line[index + 1] - line[index])
        normal = np.array([-direction[1], direction[0]]) * sign
        offset = pixels - line[index]
        span = lengths[index + 1] - lengths[index]
        low = -np.inf if index == 0 else 0.0
        high = np.inf if index == len(line) - 2 else span
        t = offset @ direction
        beyond = np.abs(t - np.clip(t, low, high))
        distance = np.hypot(offset @ normal, beyond)
        nearer = distance < best
        best[nearer] = distance[nearer]
        along[nearer] = lengths[index] + np.clip(t, low, high)[nearer]
        aside[nearer] = (offset @ normal)[nearer]
    return Axis(line.astype(np.float64), along, aside, metres, float(sign))


def _metres(points: list[Array]) -> Array:
    return _lengths(np.stack(points))


def _lengths(points: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])


def _unit(vector: Array) -> Array:
    return vector / (np.linalg.norm(vector) + 1e-9)
