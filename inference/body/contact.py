# SPDX-License-Identifier: GPL-3.0-or-later
"""Arms lie on the trunk, not in it: a one-sided residual for elbows, forearms and hands that sink into the torso; hands at the hips or
held at trunk and face seldom float far before or behind it: another that draws them to pockets, hips, thighs, straps and lapels.

The torso is a stack of ellipses measured on the mean body, carried by the chest bone.
"""

from __future__ import annotations

import numpy as np

from ..records import Part
from .hands import Hold
from .kinematics import Points
from .model import BodyModel, Doubles

LEVELS = 16
ARM_RADIUS = 0.022        # of forearm and hand, share of the stature
SOFTNESS = 0.006          # depth of sinking in that costs one standard deviation, share of the stature
HANDS = (2, 3, 6, 7)      # of the arm points: wrists and knuckles
HIP_REACH = 0.05          # how far under the trunk's lowest level, and twice as far over it, hip height reaches, share of the stature
BESIDE = 1.3              # a hand farther aside, in half breadths of the trunk with an arm's thickness, is held away and touches nothing
FLOAT_SIGMA = 0.05        # how far before or behind the trunk hands at hip height are, share of the stature
HELD_SIGMA, HIDDEN_SIGMA = 0.03, 0.02     # the same for hands held at the trunk, at the face, and for those out of sight
CARRIER = "Spine1"
POINTS = ("elbow", "wrist")


class Trunk:
    """The torso's ellipses and the arm points held outside them."""

    def __init__(self, model: BodyModel, held: tuple[Hold, Hold] = (Hold(), Hold())) -> None:
        self.bone = model.bone(CARRIER)
        self.centre = model.heads[self.bone]
        torso = model.template[(model.parts == Part.TORSO) & model.skin]
        low, high = model.heads[model.bone("LeftUpLeg")][1] - 0.03, model.heads[model.bone("LeftArm")][1]
        self.levels = np.linspace(low, high, LEVELS)
        reach = (high - low) / LEVELS
        ellipses = []
        for y in self.levels:
            ring = torso[np.abs(torso[:, 1] - y) < reach]
            ring = ring[np.abs(ring[:, 0]) < 0.105]           # without the shoulders' caps
            half = np.quantile(np.abs(ring[:, 0]), 0.98)
            back, front = np.quantile(ring[:, 2], [0.01, 0.99])
            ellipses.append((half, (front - back) / 2, (front + back) / 2))
        self.ellipses = np.array(ellipses)                    # half width, half depth, middle z
        self.arms = arm_points(model)
        self.near = np.repeat([hold.near for hold in held], len(HANDS) // 2)
        self.hold_sigma = np.repeat([HIDDEN_SIGMA if hold.hidden else HELD_SIGMA for hold in held], len(HANDS) // 2)

    def residuals(self, position: Doubles, by_body: Doubles, chest: Doubles, chest_head: Doubles) -> tuple[Doubles, Doubles]:
        """Residuals in standard deviations and their derivatives: N of sinking in, then those of floating hands.

        Args:
            position: (N, 3) posed arm points, as :func:`arm_points` orders them; fewer than all know of no hands.
            by_body: (N, 3, M) their derivatives.
            chest: (3, 3) global rotation of the carrying bone.
            chest_head: (3,) its posed head.
        """
        local = (position - chest_head) @ chest + self.centre
        half, depth, middle = (np.interp(local[:, 1], self.levels, self.ellipses[:, k]) for k in range(3))
        half, depth = half + ARM_RADIUS, depth + ARM_RADIUS
        x, z = local[:, 0] / half, (local[:, 2] - middle) / depth
        radius = np.maximum(np.hypot(x, z), 0.05)
        inside = (radius < 1) & (local[:, 1] > self.levels[0]) & (local[:, 1] < self.levels[-1])
        scale = np.minimum(half, depth) / SOFTNESS
        slope = np.stack([x / half, np.zeros_like(x), z / depth], 1) / radius[:, None]            # of the radius, in chest axes
        residual = np.where(inside, (1 - radius) * scale, 0.0)
        row = np.where(inside, -scale, 0.0)[:, None] * np.einsum("na,nam->nm", slope @ chest.T, by_body)
        if len(position) < len(self.arms.rest):
            return residual, row
        hands = np.array(HANDS)
        aside = local[hands, 2] - middle[hands]
        beyond = np.maximum(np.abs(aside) - depth[hands], 0.0)
        low = (local[hands, 1] > self.levels[0] - HIP_REACH) & (local[hands, 1] < self.levels[0] + 2 * HIP_REACH)
        low &= np.abs(local[hands, 0]) < BESIDE * half[hands]
        weight = np.where((low | self.near) & (beyond > 0), np.sign(aside), 0.0) / np.where(self.near, self.hold_sigma, FLOAT_SIGMA)
        drawn = weight[:, None] * np.einsum("a,nam->nm", chest[:, 2], by_body[hands])
        return np.concatenate([residual, np.abs(weight) * beyond]), np.concatenate([row, drawn])


def arm_points(model: BodyModel) -> Points:
    """Elbow, middle of the forearm, wrist and knuckles of both arms."""
    groups = []
    for side, bone in (("left", "Left"), ("right", "Right")):
        elbow, wrist = (model.landmark_points((f"{side}_{name}",)) for name in POINTS)
        groups += [elbow, _middle(elbow, wrist), wrist, model.landmark_points((f"bone:{bone}HandMiddle1",))]
    out = groups[0]
    for group in groups[1:]:
        out = out.joined(group)
    return out


def _middle(one: Points, two: Points) -> Points:
    return Points((one.rest + two.rest) / 2, (one.basis + two.basis) / 2, (one.weights + two.weights) / 2)
