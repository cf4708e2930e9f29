# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a generating model may redraw a person to put garments on: the clothing-agnostic region of the photo.

It covers the old clothes that go and every place the new ones can take on the fitted body, wider than either, so that its outline does not
tell the model what was worn before (Choi et al. 2021, VITON-HD). Head, hands, hair, bag, shoes and clothes that stay are left out of it,
and so is bare skin that neither the old clothes cover nor the new ones reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from ..cielab import to_lab
from ..records import Body, Floats, Garment, Image, Label, Mask, Part, Person
from .evidence import refine_labels
from .figure import ARMS, LEGS, SIDES, Figure, read_figure
from .generated import head
from .morphology import grown
from .removal import REPLACES, cuffs, unlike_skin, waist_side

SLACK_M = 0.05              # cloth of loose tops and trousers hangs up to this far outside the body
OLD_RIM_M = 0.025           # old clothes with their rim, shadow and the labels' error
HEM_SLACK_M = 0.06          # a hem may fall this much lower than measured
WAIST_RISE_M = 0.07         # a waistband may sit this much above the natural waist
HIGHEST_WAIST_M = 0.16      # farther above the natural waist no bottom is worn: labels there are wrong
HIP_M = 0.10                # the shortest top covers the trunk down to this far above the crotch line
COLLAR_M = 0.06             # collars and hoods stand this far above the shoulders
SKIRT_FLARE_M = 0.09        # a skirt hangs up to this far outside the hull of the legs at its hem
BELOW_KNEE_M = 0.14         # what ends at the knee by its name may reach this far below the joint
BEFORE_TRUNK = 0.35         # share of a forearm before the trunk from which the arm counts as folded: it is redrawn with the sleeve
SMOOTH_M = 0.012            # corners of the outline are rounded over this length
ODD_SHARE = 0.5             # of a piece of leg in another colour than skin, from which it is cloth
NEARER = 0.6                # of the distance to the skin's colour: nearer to the bottom's than this, it is the bottom
SOLID = 0.98                # matte of pixels whose colour is the person's own
HAND_RIM_M, HAND_ERROR_M = 0.012, 0.08     # the real hand reaches this far beyond the fitted one; farther away none is believed
MAX_TOP_M = 1.25            # a longer coat than this ends at the ankles anyway
SHORT_SLEEVES = ("none", "short")
SHORT_LEGS = ("short", "knee")
UPPER, LOWER = ("top", "outer", "dress"), ("bottom", "dress")
ALWAYS_KEPT = (Label.HAIR, Label.HANDS, Label.BAG, Label.SHOES)


def region_to_change(person: Person, body: Body, garments: Sequence[Garment]) -> Floats:
    """The region for these garments.

    Args:
        person: the person, with labels.
        body: their fitted body.
        garments: what they are to wear; their categories and lengths decide.

    Returns:
        (H, W) float32, 1 where the picture may change and 0 elsewhere.
    """
    figure = read_figure(body)
    person = replace(person, labels=_labels(person, figure))
    person = replace(person, labels=_without_cuffs(person, figure, garments))
    old = old_clothes(person, figure, garments, rim=0.0)
    region = grown(old, OLD_RIM_M * figure.px_per_m)
    for garment in garments:
        if garment.category in UPPER:
            region |= _upper(person, figure, garment)
        if garment.category in LOWER:
            region |= _lower(person, figure, garment)
    kept = _kept(person, figure, garments)
    sigma = max(1.0, SMOOTH_M * figure.px_per_m)
    smooth: Mask = cv2.GaussianBlur((region & ~kept).astype(np.float32), (0, 0), sigma) > 0.5
    return ((smooth | old) & ~kept).astype(np.float32)


def _without_cuffs(person: Person, figure: Figure, garments: Sequence[Garment]) -> Image:
    """The labels with the cuffs of tops that go, where they were taken for arms, named after the top."""
    tops = old_clothes(person, figure, garments, rim=0.0) & np.isin(person.labels, (Label.UPPER, Label.OUTER, Label.DRESS))
    if not tops.any():
        return person.labels
    kinds = np.bincount(person.labels[tops])
    return np.where(cuffs(person, tops, figure), np.uint8(kinds.argmax()), person.labels).astype(np.uint8)


def _labels(person: Person, figure: Figure) -> Image:
    """The person's labels with the hands that the fitted body knows of: folded arms are often labelled arm to the fingertips."""
    labels = refine_labels(person, figure, waist_side(figure))
    hands = np.isin(figure.part, [int(ARMS[side][2]) for side in SIDES])
    unit = figure.px_per_m
    doubtful = (labels == Label.HANDS) & (person.labels != Label.HANDS) & ~grown(hands, HAND_ERROR_M * unit)
    labels = np.where(doubtful, person.labels, labels)
    skin = np.isin(labels, (Label.ARMS, Label.LEGS))
    labels = np.where(grown(hands, HAND_RIM_M * unit) & skin, np.uint8(Label.HANDS), labels)
    return np.where(_dressed_legs(person, labels), np.uint8(Label.LOWER), labels).astype(np.uint8)


def _dressed_legs(person: Person, labels: Image) -> Mask:
    """Trousers and tights that are labelled leg: pieces in another colour than skin, or nearer to that of the person's bottom."""
    lab = to_lab(person.photo.pixels)
    legs, solid = labels == Label.LEGS, person.matte > SOLID
    skin, bottom = (np.isin(labels, kinds) & solid for kinds in ((Label.FACE, Label.ARMS, Label.HANDS), (Label.LOWER, Label.SKIRT)))
    count, pieces = cv2.connectedComponents(legs.astype(np.uint8))
    odd = unlike_skin(person)
    cloth = np.zeros(labels.shape, bool)
    for number in range(1, count):
        piece = pieces == number
        colour = np.median(lab[piece], 0)
        alike = skin.any() and bottom.any() and (np.linalg.norm(colour - np.median(lab[bottom], 0))
                                                 < NEARER * np.linalg.norm(colour - np.median(lab[skin], 0)))
        if alike or odd[piece].mean() > ODD_SHARE:
            cloth |= piece
    return cloth


def old_clothes(person: Person, figure: Figure, garments: Sequence[Garment], rim: float = OLD_RIM_M) -> Mask:
    """(H, W) the clothes of the photo that the garments take the place of, ``rim`` metres wider."""
    labels = person.labels
    categories = {garment.category for garment in garments}
    gone = {int(label) for category in categories for label in REPLACES[category]}
    mask: Mask = np.isin(labels, list(gone))
    if categories == {"bottom"}:
        mask &= waist_side(figure) > -HIGHEST_WAIST_M * figure.px_per_m
    if "dress" not in categories:                                  # the rest of a dress stays as a skirt or as a top
        below = waist_side(figure)
        if categories & {"top", "outer"}:
            mask |= (labels == Label.DRESS) & (below < HEM_SLACK_M * figure.px_per_m)
        if "bottom" in categories:
            mask |= (labels == Label.DRESS) & (below > -WAIST_RISE_M * figure.px_per_m)
    return grown(mask, rim * figure.px_per_m)


def _upper(person: Person, figure: Figure, garment: Garment) -> Mask:
    """Where a top, jacket or dress can be: trunk down to its hem, arms, and the neck below the chin."""
    unit = figure.px_per_m
    arms = np.isin(figure.part, [int(ARMS[side][k]) for side in SIDES for k in (0, 1)])
    trunk = np.isin(figure.part, [int(Part.TORSO)]) | _legs(figure, (0, 1))
    station = _station(figure)
    if not getattr(garment.request, "tucked", False):
        trunk &= station < _hem(figure, garment)
    else:
        trunk &= waist_side(figure) < HEM_SLACK_M * unit
    above_knee = _hull(trunk & (station > figure.trunk.lengths[1])) if _hem(figure, garment) > figure.trunk.lengths[1] else trunk
    neck = (person.labels == Label.FACE) & ~head(person)
    wide = grown(arms | trunk | above_knee, SLACK_M * unit)
    return wide | grown(neck & (station > -COLLAR_M * unit), 0.01 * unit) | neck


def _lower(person: Person, figure: Figure, garment: Garment) -> Mask:
    """Where trousers or a skirt can be: hips from the waist down, and the legs as far as it reaches; between them too under a skirt."""
    unit, below, station = figure.px_per_m, waist_side(figure), _station(figure)
    mask = ((figure.part == Part.TORSO) & (below > -WAIST_RISE_M * unit)) | _legs(figure, (0, 1))
    end = _lower_end(figure, garment)
    mask &= station < end
    if garment.category == "dress" or garment.attributes.get("skirt") or np.isin(person.labels, (Label.SKIRT, Label.DRESS)).any():
        mask |= _skirt(figure, mask)
    return grown(mask, SLACK_M * unit) & (below > -(WAIST_RISE_M + 0.02) * unit) & (station < end)


def _lower_end(figure: Figure, garment: Garment) -> float:
    """Station along the trunk, pixels, below which nothing of the garment hangs."""
    unit = figure.px_per_m
    if garment.category == "dress":
        return max(_hem(figure, garment), float(figure.trunk.lengths[1]) + SLACK_M * unit) + HEM_SLACK_M * unit
    if garment.attributes.get("leg") in SHORT_LEGS:
        return float(figure.trunk.lengths[2]) + BELOW_KNEE_M * unit
    return float("inf")


def _skirt(figure: Figure, legs: Mask) -> Mask:
    """The hull of hips and legs, flared downwards."""
    hull = _hull(legs)
    rows = np.nonzero(hull.any(1))[0]
    out = hull.copy()
    for row in rows:
        columns = np.nonzero(hull[row])[0]
        flare = round(SKIRT_FLARE_M * figure.px_per_m * (row - rows[0]) / max(1, rows[-1] - rows[0]))
        out[row, max(0, columns[0] - flare):columns[-1] + flare + 1] = True
    return out


def _kept(person: Person, figure: Figure, garments: Sequence[Garment]) -> Mask:
    """What of the person is never redrawn for these garments."""
    labels = person.labels
    categories = {garment.category for garment in garments}
    kept: Mask = np.isin(labels, ALWAYS_KEPT) | (head(person) & np.isin(labels, (Label.FACE, Label.HAIR, Label.ACCESSORY)))
    if not categories & set(UPPER):
        kept |= np.isin(labels, (Label.UPPER, Label.OUTER, Label.ARMS, Label.FACE))
    if not categories & set(LOWER):
        kept |= labels == Label.LEGS
    upper = [garment for garment in garments if garment.category in UPPER]
    if upper and all(garment.attributes.get("sleeve") in SHORT_SLEEVES for garment in upper):
        kept |= _bare_forearms(person, figure)
    lower = [garment for garment in garments if garment.category in LOWER]
    if lower:
        end = max(_lower_end(figure, garment) for garment in lower)
        kept |= (labels == Label.LEGS) & (_station(figure) > end)
    return kept


def _bare_forearms(person: Person, figure: Figure) -> Mask:
    """Forearms that hang free and are bare down to the hand; what is labelled arm without a hand may be a sleeve in skin colour."""
    skin = np.isin(person.labels, (Label.ARMS, Label.HANDS))
    _, pieces = cv2.connectedComponents(skin.astype(np.uint8))
    with_hand = skin & np.isin(pieces, np.unique(pieces[person.labels == Label.HANDS]))
    out = np.zeros(skin.shape, bool)
    for side in SIDES:
        forearm = figure.part == int(ARMS[side][1])
        if np.isfinite(figure.trunk_depth[forearm]).sum() < BEFORE_TRUNK * forearm.sum():
            out |= grown(forearm, HEM_SLACK_M * figure.px_per_m) & with_hand & ~grown(figure.part == int(ARMS[side][0]), 1.0)
    return out


def _hem(figure: Figure, garment: Garment) -> float:
    """Station along the trunk, pixels, down to which a top may reach; from its length over its shoulder width."""
    unit, marks = figure.px_per_m, garment.landmarks
    crotch = float(figure.trunk.lengths[1]) - HIP_M * unit
    if not {"hem_middle", "shoulder_left", "shoulder_right"} <= marks.keys():
        return crotch + HIP_M * unit
    left, right, hem = (np.asarray(marks[name], np.float64) for name in ("shoulder_left", "shoulder_right", "hem_middle"))
    ratio = (hem[1] - (left[1] + right[1]) / 2) / max(float(np.linalg.norm(left - right)), 1e-6)
    shoulders = float(np.linalg.norm(figure.space["LeftArm"] - figure.space["RightArm"])) * 1.15
    length = min(ratio * shoulders, MAX_TOP_M)
    return max(crotch, (length + HEM_SLACK_M) * unit)


def _station(figure: Figure) -> Floats:
    """(H, W) distance in pixels along the trunk's axis below the base of the neck."""
    start, hips = figure.trunk.points[0], figure.trunk.points[1]
    down = (hips - start) / (np.linalg.norm(hips - start) + 1e-6)
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    return ((columns + 0.5 - start[0]) * down[0] + (rows + 0.5 - start[1]) * down[1]).astype(np.float32)


def _legs(figure: Figure, pieces: tuple[int, ...]) -> Mask:
    mask: Mask = np.isin(figure.part, [int(LEGS[side][k]) for side in SIDES for k in pieces])
    return mask


def _hull(mask: Mask) -> Mask:
    points = cv2.findNonZero(mask.astype(np.uint8))
    out = np.zeros(mask.shape, np.uint8)
    if points is not None:
        cv2.fillConvexPoly(out, cv2.convexHull(points), 1)
    return out.astype(bool)
