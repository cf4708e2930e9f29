# SPDX-License-Identifier: GPL-3.0-or-later
"""Arms whose outline is evened along their length: a matte is ragged where a sleeve looks like what is behind it.

On either side of the arm's bones the outline is a distance for each centimetre from shoulder to wrist. A bump or a bite over a few
centimetres, which its neighbours do not share, is taken for the matte's mistake; what lasts longer, such as a puffed sleeve or the end of a
wide cuff, is the sleeve's.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..records import Body, Label, Person

CHAINS = (("LeftArm", "LeftForeArm", "LeftHand"), ("RightArm", "RightForeArm", "RightHand"))
"""Bones at whose heads the parts of an arm begin and end."""
STEP_M = 0.01
"""Metres along the arm and across it between samples of the outline."""
FAR_M = 0.14
"""Metres from the bone beyond which the outline is that of something else, which the arm is joined to in the picture."""
SHOULDER = 0.25
"""Share of the arm's length from its shoulder that stays: there the outline is the shoulder's and the armpit's."""
WINDOW = 17
"""Samples of the running median: what is shorter than half of that is smoothed away, eight centimetres."""
ROUNDING = 1.5
"""Samples, of the Gaussian after it."""
GIVE_M = 0.003
"""Metres that folds may stand out or in."""
LEAST = 0.5
"""Share of a window in which the outline must be seen."""

Floats = npt.NDArray[np.float64]


def with_even_sleeves(person: Person, body: Body) -> Person:
    """The person with matte and labels evened along the outline of both arms.

    Args:
        person: matte and labels at the photo's size.
        body: skeleton and camera.
    """
    matte, labels = person.matte.copy(), person.labels.copy()
    names = body.skeleton.names
    for chain in CHAINS:
        if all(f"mixamorig:{name}" in names for name in chain):
            joints = body.camera.project(body.skeleton.heads[[body.skeleton.index(name) for name in chain]].astype(np.float64))
            _even(matte, labels, joints[:, :2], STEP_M * body.camera.focal / float(joints[1, 2]))
    return replace(person, matte=matte, labels=labels)


def _even(matte: npt.NDArray[np.float32], labels: npt.NDArray[np.uint8], joints: Floats, step: float) -> None:
    """Even, in place, the outline of one arm with these (3, 2) joints in pixels; ``step`` is one sample in pixels."""
    reach = FAR_M / STEP_M * step
    low = np.maximum(np.floor(joints.min(0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(joints.max(0) + reach), [matte.shape[1], matte.shape[0]]).astype(int)
    if (high - low < 2).any() or step < 1:
        return
    window = slice(low[1], high[1]), slice(low[0], high[0])
    own, names = matte[window], labels[window]
    along, across = _arm_coordinates(np.indices(own.shape)[::-1].reshape(2, -1).T + low + 0.5, joints)
    along, across = (values.reshape(own.shape) / step for values in (along, across))
    length = np.linalg.norm(np.diff(joints, axis=0), axis=1).sum() / step
    samples = np.arange(int(np.ceil(SHOULDER * length)), int(length))
    if len(samples) < WINDOW // 2:
        return
    inside, bag = own > 0.5, names == Label.BAG
    for side in (-1, 1):
        outline = _outline(inside, bag, np.round(along).astype(int), side * across, samples)
        wanted = _evened(outline)
        index = np.clip(np.round(along).astype(int) - samples[0], 0, len(samples) - 1)
        target, seen = wanted[index], outline[index]
        beside = (side * across > 0) & (along >= samples[0]) & (along < samples[-1]) & np.isfinite(target)
        changed = beside & (side * across > np.minimum(seen, target) - 1 / step) & (side * across < np.maximum(seen, target) + 1 / step)
        changed &= np.abs(seen - target) * STEP_M > 1e-4
        if not changed.any():
            continue
        filled = np.clip(0.5 + (target - side * across) * step, 0, 1)
        nearest = ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True)
        grown = changed & (filled > 0.5) & ~inside
        names[grown] = names[tuple(nearest)][grown]
        own[changed] = filled[changed]


def _arm_coordinates(points: Floats, joints: Floats) -> tuple[Floats, Floats]:
    """(N, 2) pixels -> (N,) pixels along the nearest of the two bones, from the shoulder to the wrist, and signed pixels beside it."""
    along, across, best, begun = np.zeros(len(points)), np.zeros(len(points)), np.full(len(points), np.inf), 0.0
    for start, end in pairwise(joints):
        bone = end - start
        length = max(float(np.linalg.norm(bone)), 1e-6)
        bone = bone / length
        offset = points - start
        here = offset @ bone
        held = np.clip(here, 0, length)
        distance = np.hypot(offset[:, 0] - held * bone[0], offset[:, 1] - held * bone[1])
        side = np.where(offset[:, 0] * bone[1] - offset[:, 1] * bone[0] >= 0, 1, -1)
        nearer = distance < best
        along[nearer] = begun + held[nearer]
        across[nearer], best[nearer] = side[nearer] * distance[nearer], distance[nearer]
        begun += length
    return along, across


def _outline(inside: npt.NDArray[np.bool_], bag: npt.NDArray[np.bool_], along: npt.NDArray[np.int64], beside: Floats,
             samples: npt.NDArray[np.int64]) -> Floats:
    """(S,) samples from the bone to where the matte first ends on the side where ``beside`` is positive; nan where it does not nearby, or
    where a bag lies before its end.
    """
    width = int(FAR_M / STEP_M)
    fine = 4
    near = (beside >= 0) & (beside < width) & (along >= samples[0]) & (along < samples[-1])
    row, column = along[near] - samples[0], (beside[near] * fine).astype(int)
    total = np.zeros((len(samples), width * fine))
    full, bags = np.zeros_like(total), np.zeros_like(total)
    np.add.at(total, (row, column), 1)
    np.add.at(full, (row, column), inside[near])
    np.add.at(bags, (row, column), bag[near])
    share = np.where(total > 0, full / np.maximum(total, 1), np.nan)
    known = np.isfinite(share)
    ends = known & (share < 0.5)
    first = ends.argmax(1)
    carried = np.cumsum(bags, 1)[np.arange(len(samples)), first] > 0
    return np.where(ends.any(1) & (first > 0) & ~carried, first / fine, np.nan)


def _evened(outline: Floats) -> Floats:
    """(S,) distances of the outline -> the same without short bumps and bites; nan where too little is seen around."""
    half = WINDOW // 2
    padded = np.pad(outline, half, mode="reflect") if len(outline) > half else np.pad(outline, half, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    seen = np.isfinite(windows).mean(1)
    usual = np.full(len(outline), np.nan)
    enough = (seen >= LEAST) & np.isfinite(outline)
    usual[enough] = np.nanmedian(windows[enough], 1)
    known = np.isfinite(usual).astype(float)
    smooth = ndimage.gaussian_filter1d(np.nan_to_num(usual) * known, ROUNDING, mode="nearest")
    smooth /= np.maximum(ndimage.gaussian_filter1d(known, ROUNDING, mode="nearest"), 1e-9)
    give = GIVE_M / STEP_M
    return np.where(known > 0, np.clip(outline, smooth - give, smooth + give), np.nan)
