# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hands are held at the trunk or the face, and which are hidden in pockets: an arm's depth told by a photo without any network.

Seen from the front, a forearm that ends over the trunk may lie on it or point at the camera. Hands there hold lapels, straps and each
other, or rest in pockets: they are near the trunk, and the elbow goes back as far as that asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..person.pose import L_HIP, L_SHOULDER, NOSE, R_HIP, R_SHOULDER
from ..records import Image, Label, Person
from .kinematics import Doubles

VISIBLE = 0.3             # below this visibility a landmark is a guess and the prior speaks instead
TRUNK = 0.29              # shoulder joints to hip joints, share of the stature
HIGHEST = 1.15            # how far over the hips hands at collars are, in trunk lengths; higher ones are lifted, or at the face
FACE = 0.4                # from the nose to a hand that touches face, hair or glasses, in trunk lengths
RADIUS = 0.035            # of a hand, share of the stature
SHOWN = 0.2               # least share of a hand's disc that shows skin where a hand is in sight; hands in sight show 0.15 to 0.85
BENT = 22.0               # degrees that an elbow is bent from which its hand may be held at the trunk; hanging hands are lower than that
SIDES = 0.2               # how far beside the line from hip to shoulder the trunk with its clothes reaches, in trunk lengths
BELOW_HIPS = 0.25         # how far under the hip joints hands in pockets are, in trunk lengths
CARRIED_WITHIN, CARRIED = 0.2, 0.05       # radius in trunk lengths in which a hand's bag is seen, and the least share of the disc
SKIN = (Label.HANDS, Label.ARMS, Label.FACE)
ARMS = ((11, 13, 15, 17, 19), (12, 14, 16, 18, 20))       # shoulder to wrist, little finger, index; left, right


@dataclass(frozen=True)
class Hold:
    """How a hand is held.

    Attributes:
        near: a bent arm ends over the trunk or at the face, or out of sight there.
        hidden: it is out of sight at hip height: in a pocket, mostly.
        carries: a bag is at it.
    """

    near: bool = False
    hidden: bool = False
    carries: bool = False

    @property
    def closed(self) -> bool:
        """Whether its fingers are round something."""
        return self.near or self.carries

    @property
    def vague(self) -> bool:
        """Whether its landmarks tell little of where it points: those of a hand that is seen open would."""
        return self.hidden or self.carries


def holds(person: Person) -> tuple[Hold, Hold]:
    """How the left hand and the right one are held."""
    pose = person.pose
    points, world = pose.points.astype(np.float64), pose.world.astype(np.float64)
    if pose.visibility[[L_SHOULDER, R_SHOULDER, L_HIP, R_HIP]].min() < VISIBLE:
        return Hold(), Hold()
    hips, shoulders = points[[L_HIP, R_HIP]].mean(0), points[[L_SHOULDER, R_SHOULDER]].mean(0)
    length = max(float(np.linalg.norm(shoulders - hips)), 1.0)
    breadth = float(np.abs(points[L_SHOULDER] - points[R_SHOULDER])[0]) / 2
    out = []
    for arm in ARMS:
        if pose.visibility[list(arm[:3])].min() < VISIBLE:
            out.append(Hold())
            continue
        hand = points[list(arm[2:])].mean(0)
        high = float((hips - hand)[1]) / length
        middle = hips + (shoulders - hips) * high
        over = abs(float((hand - middle)[0])) < breadth + SIDES * length and -BELOW_HIPS < high < HIGHEST
        over |= float(np.linalg.norm(hand - points[NOSE])) < FACE * length
        over &= _bend(world[list(arm[:3])]) > BENT
        hidden = over and bool(points[arm[2], 1] > points[arm[1], 1]) and \
            _share(person.labels, hand, RADIUS / TRUNK * length, SKIN) < SHOWN
        carries = _share(person.labels, hand, CARRIED_WITHIN * length, (Label.BAG,)) > CARRIED
        out.append(Hold(hidden or (over and high > 0), hidden, carries))
    return out[0], out[1]


def _bend(joints: Doubles) -> float:
    """Degrees that the elbow of (3, 3) shoulder, elbow and wrist is bent."""
    upper, lower = np.diff(joints, axis=0)
    cosine = upper @ lower / max(float(np.linalg.norm(upper) * np.linalg.norm(lower)), 1e-9)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _share(labels: Image, centre: Doubles, radius: float, codes: tuple[Label, ...]) -> float:
    """Share of a disc of pixels that shows what is labelled so."""
    rows, columns = np.ogrid[:labels.shape[0], :labels.shape[1]]
    disc = np.hypot(columns - centre[0], rows - centre[1]) < radius
    return float(np.isin(labels[disc], codes).sum() / max(np.pi * radius**2, 1.0))
