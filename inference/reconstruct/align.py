# SPDX-License-Identifier: GPL-3.0-or-later
"""Limbs of the fitted body moved sideways under the matte.

A landmark is off by a centimetre or two where cloth hides the joint. If the body's left contour lies outside the matte and its right
one inside by as much, the limb is in the wrong place; if both lie inside, cloth stands off. This solves for both per bone, and
applies the first.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..coordinates import Array
from ..normals import vertex_normals
from ..records import Body, Ints
from .standoff import Silhouette, contour_steps, seen

ROUNDS = 2
SHIFT_SIGMA_M = 0.015
"""Metres; how far a limb of a good fit may be out of place (joint error of the fit)."""
BEND_SIGMA_M = 0.01
"""Metres; how much more than its parent."""
GROWTH_SIGMA_M = 0.03
"""Metres; usual standoff of everyday clothes."""
NOISE_M = 0.004
"""Metres; a pixel of the working silhouette."""


def align_limbs(body: Body, silhouette: Silhouette) -> Body:
    """The body with every limb shifted parallel to the image so that its two contours agree with the matte; depth stays.

    Returns:
        The body with vertices and skeleton moved; at most a few centimetres.
    """
    for _ in range(ROUNDS):
        shift = _bone_shifts(body, silhouette)
        skeleton = body.skeleton
        parents = np.where(skeleton.parents < 0, 0, skeleton.parents)
        head_shift = 0.5 * (shift + shift[parents])
        body = dataclasses.replace(
            body, vertices=(body.vertices + body.weights @ shift).astype(np.float32),
            skeleton=dataclasses.replace(skeleton, heads=(skeleton.heads + head_shift).astype(np.float32),
                                         tails=(skeleton.tails + _tail_shift(head_shift, shift, skeleton.parents)).astype(np.float32)))
    return body


def _tail_shift(head_shift: Array, shift: Array, parents: Ints) -> Array:
    """A bone's tail goes with the head of its first child, else with the bone."""
    out = shift.copy()
    for child in range(len(parents) - 1, -1, -1):
        if parents[child] >= 0:
            out[parents[child]] = head_shift[child]
    return out


def _bone_shifts(body: Body, silhouette: Silhouette) -> Array:
    """(J, 3) metres, body frame, parallel to the image plane."""
    coverage = seen(body.vertices, body.faces, silhouette.camera)
    step, weight = contour_steps(body.vertices, body.faces, coverage, silhouette)
    hit = np.nonzero(weight > 0)[0]
    rotation = silhouette.camera.world_to_camera[:3, :3]
    normals = vertex_normals(body.vertices, body.faces)[hit] @ rotation.T
    in_image = normals[:, :2] / np.maximum(np.linalg.norm(normals[:, :2], axis=1, keepdims=True), 1e-6)
    share = body.weights[hit].astype(np.float64)
    bones = share.shape[1]
    certainty = np.sqrt(np.minimum(weight[hit], 1.0)) / NOISE_M
    # a gap that is filled by a skirt or by hair says nothing of where the limb is: large steps count less (Cauchy)
    certainty /= np.sqrt(1 + (step[hit] / GROWTH_SIGMA_M) ** 2)
    rows = np.concatenate([share * in_image[:, :1], share * in_image[:, 1:], share], 1) * certainty[:, None]
    values = step[hit] * certainty
    joined = [j for j in range(bones) if body.skeleton.parents[j] >= 0]
    bend = np.zeros((2 * len(joined), 3 * bones))
    for k, j in enumerate(joined):
        for axis in range(2):
            bend[2 * k + axis, axis * bones + j] = 1 / BEND_SIGMA_M
            bend[2 * k + axis, axis * bones + body.skeleton.parents[j]] = -1 / BEND_SIGMA_M
    ridge = np.diag(np.concatenate([np.full(2 * bones, 1 / SHIFT_SIGMA_M), np.full(bones, 1 / GROWTH_SIGMA_M)]))
    system = np.concatenate([rows, bend, ridge])
    wanted = np.concatenate([values, np.zeros(len(bend) + len(ridge))])
    solution = np.linalg.solve(system.T @ system, system.T @ wanted)
    planar = np.stack([solution[:bones], solution[bones:2 * bones], np.zeros(bones)], 1)
    return planar @ rotation
