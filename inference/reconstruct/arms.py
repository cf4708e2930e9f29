# SPDX-License-Identifier: GPL-3.0-or-later
"""Arms set free of what they touch, so that a lifted arm takes neither the shirt nor the skirt with it.

A hanging arm and the trunk beside it, both in cloth, fill one volume. It is cut by a thin slot that runs around the arm: outside its
sleeve, and half-way between the bare arm and the rest of the bare body where the two clothes meet or the bodies overlap. The shoulder
stays whole: near its joint the slot is open only below, in the armpit, and ends at the skin. A skirt that an arm reaches into is dented
by it, not pierced.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..records import ARM_PARTS, Body, Floats, Ints, Part
from .field import DOUBTFUL_M, FAR_M, DistanceToBody, Grid, beyond_hem, check_depths
from .skirt import SHELL_M, Skirt
from .standoff import Silhouette

SLOT_M = 0.012
"""Metres; width of the slot, two voxels: the narrowest that marching cubes keep open everywhere."""
SLOT_ROUNDS = 2
"""The same in samples of the field."""
REACH_M = 0.08
"""Metres from the bare arm within which it may touch something: its sleeve and the slot."""
SHOULDER = 0.085
"""Share of the stature around the shoulder joint, down to the armpit, where the slot stays outside the skin."""
DEEPENS = 1.0
"""Metres per metre beyond that by which the slot may go deeper below the skin: arms overlap the trunk in a fit by some centimetres."""
SKIN_M = 0.008
"""Metres outside the skin at which the slot ends in the armpit."""
ARMPIT = 0.065
"""Share of the stature below the shoulder joint where the slot begins; a seam around the shoulder would show."""


@dataclasses.dataclass(frozen=True)
class FreeArm:
    """One arm and the rest of the body.

    Attributes:
        parts: of the body.
        own, rest: distances to the bare arm with its two offsets, and to all other skin.
        joint: (3,) of the shoulder, metres.
        whole_m: metres around it that stay whole.
        armpit: height y in metres, above which they do so also outside the skin.
        low, high: (3,) box around the arm in which it may touch something.
        meshes: vertices and faces of the arm, and of the rest.
    """

    parts: tuple[Part, ...]
    own: DistanceToBody
    rest: DistanceToBody
    joint: npt.NDArray[np.float64]
    whole_m: float
    armpit: float
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    meshes: tuple[tuple[Floats, Ints], tuple[Floats, Ints]]

    def side(self, points: npt.NDArray[np.float64], silhouette: Silhouette) -> tuple[Floats, Floats]:
        """(N, 3) near the arm -> (N,) metres beyond the arm's side of space, negative on it, and (N,) metres above the skin."""
        beyond, skin = np.full(len(points), FAR_M, np.float32), np.full(len(points), FAR_M, np.float32)
        near = np.nonzero(((points > self.low) & (points < self.high)).all(1))[0]
        arm, offsets, parts = self.own(points[near], REACH_M)
        close = arm < REACH_M
        near, arm, offsets, parts = near[close], arm[close], offsets[close], parts[close]
        check_depths(arm, points[near], *self.meshes[0], DOUBTFUL_M)
        sleeve = arm - np.where(beyond_hem(points[near], parts, silhouette), offsets[:, 1], offsets[:, 0])
        beyond[near], skin[near] = sleeve, arm
        close = sleeve < SLOT_M
        near, arm, sleeve = near[close], arm[close], sleeve[close]
        rest, _, _ = self.rest(points[near], FAR_M)
        check_depths(rest, points[near], *self.meshes[1], DOUBTFUL_M)
        beyond[near] = np.maximum(sleeve, (arm - rest) / 2)
        skin[near] = np.minimum(arm, rest)
        return beyond, skin


def free_arms(body: Body, offset: Floats, bare_offset: Floats) -> list[FreeArm]:
    """The arms of a body that has them.

    Args:
        body: the outer shell.
        offset, bare_offset: (V,) metres, as :func:`.field.dressed_field` takes them.
    """
    both = np.stack([offset, bare_offset], 1)
    out = []
    for side, parts in ARM_PARTS.items():
        name = side.capitalize()
        mine = np.isin(body.parts, [int(part) for part in parts])
        if f"mixamorig:{name}Arm" not in body.skeleton.names or not mine.any() or mine.all():
            continue
        meshes, distances = [], []
        for chosen in (mine, ~mine):
            faces = body.faces[chosen[body.faces].all(1)]
            used, renumbered = np.unique(faces, return_inverse=True)
            faces = renumbered.reshape(-1, 3).astype(np.int32)
            meshes.append((body.vertices[used], faces))
            distances.append(DistanceToBody(body.vertices[used], faces, both[used], body.parts[used]))
        box = body.vertices[mine].astype(np.float64)
        joint = body.skeleton.heads[body.skeleton.index(f"{name}Arm")].astype(np.float64)
        out.append(FreeArm(parts, distances[0], distances[1], joint, SHOULDER * body.height_m, float(joint[1]) - ARMPIT * body.height_m,
                           box.min(0) - REACH_M, box.max(0) + REACH_M, (meshes[0], meshes[1])))
    return out


def set_free(grid: Grid, arms: Sequence[FreeArm], silhouette: Silhouette,
             skirt: Skirt | None = None) -> tuple[Grid, npt.NDArray[np.int8]]:
    """The field with the slots cut around the arms.

    Args:
        grid: the field of the dressed person.
        arms: of :func:`free_arms`.
        silhouette: labels of the photo.
        skirt: a hanging shell in the field; behind the slot it gets a wall of its own thickness.

    Returns:
        The field, and for each of its samples the number of the arm whose side of space it lies on, -1 for the rest of the person.
    """
    values, owner = grid.values.copy(), np.full(grid.values.shape, -1, np.int8)
    for number, arm in enumerate(arms):
        first = np.clip(np.floor((arm.low - grid.origin) / grid.spacing).astype(int), 0, np.array(values.shape))
        last = np.clip(np.ceil((arm.high - grid.origin) / grid.spacing).astype(int) + 1, 0, np.array(values.shape))
        where = tuple(slice(*ends) for ends in zip(first, last, strict=True))
        box, owners = values[where], owner[where]
        within = np.zeros(box.shape, bool)
        if skirt is not None:
            lattice = np.argwhere(np.ones(box.shape, bool))
            within = (skirt.filled(grid.origin + (lattice + first) * grid.spacing) < 0).reshape(box.shape)
        key = np.nonzero((box < SLOT_M) | within)
        points = grid.origin + (np.stack(key, 1) + first) * grid.spacing
        beyond, skin = arm.side(points, silhouette)
        slot = SLOT_M / 2 - np.abs(beyond - SLOT_M / 2)
        from_joint = np.linalg.norm(points - arm.joint, axis=1) - arm.whole_m
        # where the sleeve ends its side of space does so in a step, which no sample need lie in: there the slot is laid around it
        mine = np.zeros(box.shape, bool)
        mine[key] = (beyond < 0) & (owners[key] < 0)
        slot = np.where(_around(mine, SLOT_ROUNDS)[key] & (beyond > 0), np.maximum(slot, grid.spacing / 2), slot)
        deep = DEEPENS * np.maximum(from_joint, 0)
        if skirt is not None:
            box[key] = np.minimum(box[key], np.maximum(skirt.filled(points), beyond - SLOT_M - SHELL_M))
        box[key] = np.maximum(box[key], np.minimum(slot, np.minimum(skin - SKIN_M, arm.armpit - points[:, 1]) + deep))
        owners[mine] = number
        half = np.zeros(box.shape, bool)
        half[key] = _around(mine, SLOT_ROUNDS // 2)[key] & (from_joint > 0)
        owners[half & (owners < 0)] = number
    return Grid(values, grid.origin, grid.spacing), owner


def _around(inside: npt.NDArray[np.bool_], rounds: int) -> npt.NDArray[np.bool_]:
    """What lies within so many samples of a region."""
    found: npt.NDArray[np.bool_] = ndimage.binary_dilation(inside, ndimage.generate_binary_structure(3, 2), iterations=rounds)
    return found


def arm_of(points: Floats, grid: Grid, owner: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """(N,) number of the arm whose surface a point of the mesh belongs to, -1 for the rest of the person."""
    index = np.round((points - grid.origin) / grid.spacing).astype(int)
    index = np.clip(index, 0, np.array(owner.shape) - 1)
    found: npt.NDArray[np.int64] = owner[tuple(index.T)].astype(np.int64)
    return found
