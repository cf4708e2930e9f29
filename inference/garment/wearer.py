# SPDX-License-Identifier: GPL-3.0-or-later
"""Who wears the garment in its photo; their joints tell the cut where an outline cannot: arms hang against the trunk.

Coordinates are pixels of the outline's mask; left and right are the wearer's: left lies at greater x.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from ..cache import remembered
from ..cielab import to_lab
from ..coordinates import Array
from ..errors import DressformError
from ..records import Body, Image, Label, Mask, Person, Photo, Pose
from .outline import Notch, Outline
from .torso import with_head

Points = dict[str, tuple[float, float]]

JOINTS = {"joint_left": 11, "joint_right": 12, "elbow_left": 13, "elbow_right": 14, "wrist_left": 15, "wrist_right": 16,
          "hip_left": 23, "hip_right": 24}   # of the 33 landmarks
LEAST_BREADTH = 0.5         # of the trunk's length: shoulders that look narrower are turned away, and their joints hide each other
ARMPIT_DROP = 0.29          # of the joints' distance: how far a sleeve's armpit lies under the shoulder joint (0.105 m of 0.36 m)
ARMPIT_INSET = 0.07         # of the joints' distance: how far it lies inside the joint
TIP = 0.05                  # of the joints' distance: how far outside the joint the shoulder seam ends
NOTCH_NEAR = 0.12           # of the joints' distance: a notch of the outline this near to that place is the armpit
BARE_ARM = 0.30             # of the upper arm: cloth that ends higher covers the shoulder only
ARM_NEAR, OVER_WRIST = 0.22, 1.2    # of the joints' distance from the arm's line, and of the forearm: what lies there is the arm's
SEEN_SHOULDERS, UPRIGHT_TRUNK = 0.8, 0.2   # visibility, and share of the photo's height from shoulders to hips, of a torso that is one
END_STEP = 0.01             # of the arm between two looks for cloth
HEAD_MARGIN = 0.02          # of the photo's height: a face nearer to the upper border than this is cut off or guessed
HEAD_POINTS = 11            # of the 33 landmarks: those of the head come first
FEWEST = 200                # pixels from which a colour is known
VERY_COLOUR, UNLIKE_SKIN = 6.0, 2.5    # CIELAB units that two parts of one cloth differ by at most, and how many times that skin is away
HOLE = 0.06                 # of the arm: what is missing of cloth no farther than this is a hole in its mask


@dataclass(frozen=True)
class Wearer:
    """Who wears the garment, as the photo shows them.

    Attributes:
        person: landmarks, matte and labels, told with the fitted body; of the head only if the photo shows it.
        body: the fitted body; its camera is the photo's.
    """

    person: Person
    body: Body

    def labels(self) -> Image:
        """(H, W) codes of :class:`..records.Label`, background beyond the person."""
        return np.where(self.person.matte > 0.5, self.person.labels, int(Label.BACKGROUND)).astype(np.uint8)


def pose_in(photo: Photo) -> Pose | None:
    """Landmarks of the one person in a garment's photo; None without one. Found once a photo."""
    from ..person.pose import estimate_pose

    def find() -> Pose | None:
        try:
            return estimate_pose(photo)
        except DressformError:
            return None

    return remembered(("pose in garment photo", photo.sha256), find)


def read_wearer(photo: Photo) -> Wearer | None:
    """Who wears the garment: a whole person, or a torso whose head the photo cuts off; None if nobody is made out. Read once a photo."""
    return remembered(("wearer", photo.sha256), lambda: _read(photo))


def stands(wearer: Wearer | None) -> bool:
    """Whether the wearer's trunk is upright and seen: networks that are shown a head find shoulders in trousers too, but not above hips."""
    if wearer is None:
        return False
    pose = wearer.person.pose
    trunk = pose.points[[23, 24]].mean(0) - pose.points[[11, 12]].mean(0)
    seen = pose.visibility[[11, 12]].min() > SEEN_SHOULDERS
    return bool(seen and trunk[1] > abs(trunk[0]) and trunk[1] > UPRIGHT_TRUNK * wearer.person.photo.height)


def _read(photo: Photo) -> Wearer | None:
    from ..body import fit_body
    from ..person import person_in_pose, with_body
    from ..person.pose import unchecked_pose

    pose = pose_in(photo)
    shown, added = photo, 0
    if pose is None or not (_head_seen(pose, photo) or pose.face is not None):
        shown, added = with_head(photo)
        pose = unchecked_pose(shown.pixels)
        if pose is None:
            return None
    try:
        person = person_in_pose(shown, pose)
        body = fit_body(person)
    except DressformError:
        return None
    person = with_body(person, body)
    person = replace(person, labels=with_sleeves(person.photo.pixels, person.labels))
    if not added:
        return Wearer(person, body)
    return Wearer(_below(person, photo, added), seen_through(body, 0, added, photo.width, photo.height))


def with_sleeves(pixels: Image, labels: Image) -> Image:
    """(H, W) labels in which what is called a bare arm is a sleeve where it has the very colour of the top and not that of the face."""
    lab = to_lab(pixels)
    tops = [label for label in (Label.UPPER, Label.OUTER) if (labels == label).sum() >= FEWEST]
    face = labels == Label.FACE
    if not tops or face.sum() < FEWEST:
        return labels
    cloth, skin = np.stack([np.median(lab[labels == label], 0) for label in tops]), np.median(lab[face], 0)
    out = labels.copy()
    count, parts = cv2.connectedComponents((labels == Label.ARMS).astype(np.uint8))
    for part in range(1, count):
        limb = parts == part
        if limb.sum() < FEWEST:
            continue
        colour = np.median(lab[limb], 0)
        away = np.linalg.norm(cloth - colour, axis=1)
        if away.min() < VERY_COLOUR and np.linalg.norm(skin - colour) > UNLIKE_SKIN * VERY_COLOUR:
            out[limb] = int(tops[int(np.argmin(away))])
    return out


def _head_seen(pose: Pose, photo: Photo) -> bool:
    return bool(pose.points[:11, 1].min() >= HEAD_MARGIN * photo.height and pose.visibility[0] >= 0.5)


def _below(person: Person, photo: Photo, added: int) -> Person:
    """The person without the rows that were added above the photo, and without a head."""
    visibility = person.pose.visibility.copy()
    visibility[:HEAD_POINTS] = 0
    pose = replace(person.pose, points=(person.pose.points - [0, added]).astype(np.float32), visibility=visibility, face=None)
    return replace(person, photo=photo, pose=pose, matte=person.matte[added:], labels=person.labels[added:],
                   foreground=person.foreground[added:])


def seen_through(body: Body, left: int, top: int, width: int, height: int) -> Body:
    """The body, seen by a camera that shows only a rectangle of its photo."""
    x, y = body.camera.centre
    return replace(body, camera=replace(body.camera, width=width, height=height, centre=(x - left, y - top)))


def wearer_joints(wearer: Wearer) -> Points | None:
    """Joints of who wears the garment, in the photo's pixels: those that are seen, and where the fitted body has its elbows else.

    None unless they are seen from the front with both shoulders.
    """
    from ..person.pose import VISIBLE

    pose, body = wearer.person.pose, wearer.body
    seen = {name: (float(pose.points[k, 0]), float(pose.points[k, 1])) for name, k in JOINTS.items() if pose.visibility[k] >= VISIBLE}
    if not {"joint_left", "joint_right"} <= set(seen):
        return None
    shoulders, hips = pose.points[11:13, :2], pose.points[23:25, :2]
    length = float(np.linalg.norm(shoulders.mean(0) - hips.mean(0)))
    if shoulders[0, 0] - shoulders[1, 0] <= LEAST_BREADTH * length:
        return None
    for side in ("left", "right"):
        bone = body.skeleton.heads[body.skeleton.index(f"{side.capitalize()}ForeArm")]
        x, y, _ = body.camera.project(bone[None])[0]
        seen.setdefault(f"elbow_{side}", (float(x), float(y)))
    return seen


def breadth(joints: Points) -> float:
    """Distance of the shoulder joints."""
    return float(np.hypot(*np.subtract(joints["joint_left"], joints["joint_right"])))


def shoulder_tips(joints: Points) -> dict[str, float]:
    """x of the shoulder seams' outer ends."""
    out = TIP * breadth(joints)
    return {"left": joints["joint_left"][0] + out, "right": joints["joint_right"][0] - out}


def armpits(outline: Outline, joints: Points, notches: dict[str, Notch]) -> tuple[Points, Points]:
    """Armpits by side, and where arm and trunk part company below them, if the outline shows it."""
    size = breadth(joints)
    pits, partings = {}, {}
    for side, sign in (("left", 1), ("right", -1)):
        x, y = joints[f"joint_{side}"]
        place = np.array([x - sign * ARMPIT_INSET * size, y + ARMPIT_DROP * size])
        if side in notches:
            notch = outline.contour[notches[side].index].astype(np.float64)
            if np.hypot(*(notch - place)) < NOTCH_NEAR * size or notch[1] < place[1]:
                place = notch
            else:
                partings[side] = (float(notch[0]), float(notch[1]))
        pits[side] = (float(place[0]), float(place[1]))
    return pits, partings


def arm_line(joints: Points, side: str) -> Array:
    """(n, 2) shoulder joint, elbow and, if seen, wrist."""
    return np.array([joints[f"{name}_{side}"] for name in ("joint", "elbow", "wrist") if f"{name}_{side}" in joints], np.float64)


def at_arm(point: Array, joints: Points, side: str) -> bool:
    """Whether a point of the outline belongs to the arm rather than to the trunk."""
    line = arm_line(joints, side)
    nearest = np.inf
    for start, end in pairwise(line):
        way = end - start
        share = float(np.clip((point - start) @ way / max(float(way @ way), 1e-6), 0, OVER_WRIST))
        nearest = min(nearest, float(np.hypot(*(point - start - share * way))))
    return nearest < ARM_NEAR * breadth(joints)


def sleeve_end(mask: Mask, joints: Points, side: str) -> Array | None:
    """Where the sleeve's cloth ends on the arm's line, (x, y); None of sleeveless garments."""
    line = arm_line(joints, side)
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    run = np.concatenate([[0.0], np.cumsum(steps)])
    stations = np.arange(0, 1 + END_STEP, END_STEP) * run[-1]
    points = np.stack([np.interp(stations, run, line[:, k]) for k in (0, 1)], 1)
    columns, rows = np.floor(points).astype(int).T
    inside = (columns >= 0) & (rows >= 0) & (columns < mask.shape[1]) & (rows < mask.shape[0])
    cloth = np.zeros(len(points), bool)
    cloth[inside] = mask[rows[inside], columns[inside]]
    found = np.nonzero(cloth)[0]
    if not len(found):
        return None
    gaps = np.nonzero(np.diff(found) * END_STEP > HOLE)[0]
    last = int(found[gaps[0]] if len(gaps) else found[-1])
    return points[last] if stations[last] > BARE_ARM * steps[0] else None
