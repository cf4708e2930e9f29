# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the person's old clothes has to go, and which of the person's pixels stay before the new ones."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..cielab import to_lab
from ..person.complexion import complexion_of
from ..records import Floats, Garment, Image, Label, Mask, Part, Person
from .backdrop import pull_push
from .figure import ARMS, SIDES, Figure
from .fitting import Fitted
from .morphology import closed, grown
from .opening import opens

REPLACES = {
    "top": (Label.UPPER, Label.OUTER),
    "outer": (Label.OUTER,),
    "bottom": (Label.LOWER, Label.SKIRT),
    "dress": (Label.UPPER, Label.OUTER, Label.LOWER, Label.SKIRT, Label.DRESS),
}
"""Old clothes that a new garment of a category takes the place of."""
RIM = 0.004                 # of the photo's height: by which removed clothes reach over their label's edge, where colours mix
SLEEVE_REACH = 1.7          # bare skin within this many widths of a sleeve or leg goes under it
ARMHOLE_REACH = 2.6         # the same for the upper arm, which goes on under the trunk's cloth
ARM_TOLERANCE_M = 0.06      # width of the tolerance about the fitted arms
PIECE_SHARE = 0.35          # of a connected piece of bare arm must lie there, then all of it is arm
SKIN_CHROMA, SKIN_LIGHTNESS = 24.0, 42.0   # Lab distances (a + b, L) from the person's median skin beyond which a pixel is cloth
FRAYED_M = 0.03             # off-colour arm pixels farther from the clothes taken off than this are the arm's own
COLLAR_CHROMA, COLLAR_LIGHTER, COLLAR_DARKER = 17.0, 22.0, 52.0   # Lab distances from the median of the face that tell a collar
SEAM_M = 0.004              # cloth and its edge reach this far over the neck beside its label: else they stay as a thread around it
HEM_RIM_M = 0.010           # the same for hems over the trousers beneath
NECKWEAR_M2 = 0.003         # of the smallest tie or scarf that goes with the old top
LINING_M = 0.03             # so near to removed clothes what is labelled leg and not of its colour is theirs
BARE_SHARE = 0.6            # of what is labelled leg has the colour of skin: bare legs
PALE = 0.45                 # of the face's colourfulness: white and grey collars of shirts under a sweater
COLLAR_M = 0.04             # a collar labelled neck lies within this of the top's own label
UNDER_SLEEVE_M = 0.10       # half the width of the strip about an arm in which bare skin goes under a sleeve
WAISTBAND = 1.0             # percent of the bottom's pixels on the trunk that may lie above its waistband
CHIN = 0.55                 # of the way from mouth to shoulder line: below is neck


@dataclass(frozen=True)
class Regions:
    """Masks over the photo, (H, W).

    Attributes:
        removed: old clothes (and skin that goes under new cloth) that must not be seen any more.
        head: hair and face, always in front.
        arms: bare arms and hands that the photo shows, before the trunk.
        extra: bags and other things carried, always in front.
        sleeved: the strips about new sleeves, in which no skin comes to light.
        bottoms_stay: whether the person keeps the trousers or skirt of the photo.
        before: bare forearms and hands that lie before new sleeves too; None where nobody looked for them.
        unpainted: where the fitted body has an arm of which the photo shows all there is to see, so that none is painted; the same.
    """

    removed: Mask
    head: Mask
    arms: Mask
    extra: Mask
    sleeved: Mask
    bottoms_stay: bool
    before: Mask | None = None
    unpainted: Mask | None = None


def find_regions(person: Person, garments: list[Garment], fitted: list[list[Fitted]], figure: Figure) -> Regions:
    """Which pixels the garments displace, and which stay in front of them."""
    labels = person.labels
    gone = {label for garment in garments for label in REPLACES["outer" if opens(garment) else garment.category]}
    removed = np.isin(labels, [int(label) for label in gone])
    waist = waist_side(figure)
    if any(g.category == "top" and not opens(g) for g in garments) and Label.DRESS not in gone:
        removed |= (labels == Label.DRESS) & (waist < 0)           # the rest of a dress is worn as a skirt
    if any(g.category == "bottom" for g in garments) and Label.DRESS not in gone:
        removed |= (labels == Label.DRESS) & (waist >= 0)
    below_chin = _neck(person, figure)
    for garment, pieces in zip(garments, fitted, strict=True):
        if garment.category == "outer" and not opens(garment):
            removed |= (labels == Label.UPPER) & ~_in_sight(pieces, figure)
    if (gone & {Label.UPPER, Label.OUTER}) and not gone & {Label.LOWER, Label.SKIRT}:
        over = removed & np.isin(labels, (Label.UPPER, Label.OUTER)) & (waist > 0)
        removed |= grown(over, HEM_RIM_M * figure.px_per_m) & np.isin(labels, (Label.LOWER, Label.SKIRT))
    head = np.isin(labels, (Label.HAIR,)) | ((labels == Label.FACE) & ~below_chin)
    if gone & {Label.UPPER, Label.OUTER, Label.DRESS}:
        removed |= _collars(person, below_chin, removed, figure.px_per_m)
        removed |= neckwear(labels, removed, below_chin & (waist < 0) & ~_near_arms(figure), figure.px_per_m)
        removed |= grown(removed, SEAM_M * figure.px_per_m) & below_chin & (labels == Label.FACE)
    skin = np.isin(labels, (Label.ARMS, Label.HANDS))
    limbs = _grown_arms(skin, _near_arms(figure))
    removed |= cuffs(person, removed, figure)
    if gone & {Label.UPPER, Label.OUTER, Label.DRESS}:
        removed |= (labels == Label.ARMS) & ~limbs                 # bare waists and what hangs beside the body
    arms = skin & (limbs | (labels == Label.HANDS))
    sleeved = np.zeros(labels.shape, bool)
    for pieces in fitted:
        for piece in pieces:
            if piece.piece.name.startswith("sleeve"):
                upper = figure.part == int(ARMS[piece.piece.name.split("_")[1]][0])
                armhole = beside(piece, labels.shape, ARMHOLE_REACH) & upper
                removed |= (labels == Label.ARMS) & armhole        # wedges of shoulder between sleeve and trunk
                sleeved |= beside(piece, labels.shape) | armhole
                under = _under_sleeve(piece, figure)
                removed |= (labels == Label.ARMS) & under
                sleeved |= under
            for limb, label in (("sleeve", Label.ARMS), ("leg", Label.LEGS)):
                if piece.piece.name.startswith(limb):
                    removed |= (labels == label) & beside(piece, labels.shape)
    removed |= _cloth_beside_legs(person, removed, figure.px_per_m)
    reach = 2 * max(2, round(RIM * figure.height)) + 1
    rim = cv2.dilate(removed.astype(np.uint8), np.ones((reach, reach), np.uint8)).astype(bool)
    removed |= rim & ((person.matte < 0.97) | (labels == Label.BACKGROUND))
    extra = np.isin(labels, (Label.BAG,))
    return Regions(removed & ~head & ~extra, head, arms & ~removed, extra, sleeved, Label.LOWER not in gone)


def neckwear(labels: Image, tops: Mask, where: Mask, unit: float) -> Mask:
    """Scarves, ties and fur collars that lie on the tops taken off, between chin and waist; thin chains on the skin stay."""
    worn = (labels == Label.ACCESSORY) & where
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(worn.astype(np.uint8))
    beside = np.bincount(pieces[grown(tops, 2.0)], minlength=count) > 0
    chosen = beside & (stats[:, cv2.CC_STAT_AREA] > NECKWEAR_M2 * unit ** 2)
    chosen[0] = False
    mask: Mask = chosen[pieces]
    return mask


def _cloth_beside_legs(person: Person, removed: Mask, unit: float) -> Mask:
    """Edges and linings of removed clothes that are labelled leg: what beside them has not the colour of bare legs."""
    legs = person.labels == Label.LEGS
    complexion = complexion_of(person.photo.pixels, person.labels, person.matte)
    if complexion is None or not legs.any():
        return np.zeros(legs.shape, bool)
    skin = complexion.like(to_lab(cv2.GaussianBlur(person.photo.pixels, (0, 0), 1.0)))
    if skin[legs].mean() < BARE_SHARE:
        return np.zeros(legs.shape, bool)                          # tights, which stay
    return legs & ~skin & grown(removed, LINING_M * unit)


def _in_sight(pieces: list[Fitted], figure: Figure) -> Mask:
    """(H, W) where a closed jacket lets see the top beneath: in its neck opening and under its hem."""
    trunk = figure.trunk
    down = (trunk.points[1] - trunk.points[0]) / np.linalg.norm(trunk.points[1] - trunk.points[0])
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    x, y = columns + 0.5 - trunk.points[0][0], rows + 0.5 - trunk.points[0][1]
    along, aside = x * down[0] + y * down[1], (x * -down[1] + y * down[0]) * trunk.sign
    out = np.zeros(figure.part.shape, bool)
    for ladder in (piece.target for piece in pieces if piece.piece.name == "trunk"):
        neck = ladder.sections["shoulder"]
        hem = min(trunk.station_of(edge[-1]) for edge in (ladder.left, ladder.right))
        low, high = sorted(trunk.aside_of(edge[neck]) for edge in (ladder.left, ladder.right))
        out |= ((aside > low) & (aside < high)) | (along > hem - 2)
    return out


def _under_sleeve(fitted: Fitted, figure: Figure) -> Mask:
    """(H, W) about the arm as far as its new sleeve reaches: what is bare there goes under the cloth, wherever the sleeve hangs exactly."""
    side = fitted.piece.name.split("_")[1]
    axis, unit = figure.arms[side], figure.px_per_m
    ladder = fitted.target
    line = ((ladder.left + ladder.right) / 2)[:max(cloth_rungs(fitted), 5)]
    end = line[-1]
    mask = np.zeros(figure.part.shape, np.uint8)
    cv2.polylines(mask, [np.round(line).astype(np.int32)], False, 1, max(3, round(2 * UNDER_SLEEVE_M * unit)))
    along = line[-1] - line[-min(4, len(line))]
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    elbow = axis.points[1]
    short = float((end - elbow) @ (axis.points[2] - elbow)) <= 0   # a forearm before a short sleeve stays bare
    beyond = (columns - end[0]) * along[0] + (rows - end[1]) * along[1] >= 0
    beyond &= np.hypot(columns - end[0], rows - end[1]) < 2 * UNDER_SLEEVE_M * unit
    lowers = [int(ARMS[other][1]) for other in SIDES]
    return mask.astype(bool) & ~beyond & ~(short & np.isin(figure.part, lowers))


def _collars(person: Person, below_chin: Mask, tops: Mask, unit: float) -> Mask:
    """Pixels below the chin, beside the old top, that have not the colour of the face: its collar, labelled neck.

    A neck lies in the chin's shade, so that darker counts for less than another hue.
    """
    lab = cv2.GaussianBlur(to_lab(person.photo.pixels), (0, 0), 1.0)
    sample = (person.labels == Label.FACE) & ~below_chin & (person.matte > 0.95)
    neck = (person.labels == Label.FACE) & below_chin
    if sample.sum() < 200 or not neck.any():
        return np.zeros(neck.shape, bool)
    offset = lab - np.median(lab[sample], 0)
    odd = (np.hypot(offset[..., 1], offset[..., 2]) > COLLAR_CHROMA) | (offset[..., 0] > COLLAR_LIGHTER) | (offset[..., 0] < -COLLAR_DARKER)
    if tops.sum() < 200:
        return np.zeros(neck.shape, bool)
    pale = np.hypot(lab[..., 1], lab[..., 2]) < PALE * np.linalg.norm(np.median(lab[sample], 0)[1:])
    pale &= offset[..., 0] > -COLLAR_LIGHTER / 2
    own = np.linalg.norm(lab - np.median(lab[tops], 0), axis=2) < np.linalg.norm(offset, axis=2)
    odd &= own | pale                                              # a shaded neck, a beard stay
    reach = max(1, round(COLLAR_M * unit))
    near = grown(tops, reach)
    odd = cv2.morphologyEx((odd & neck & near).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    odd = closed(odd.astype(bool), COLLAR_M / 4 * unit).astype(np.uint8)   # its checks and seams
    _, patches = cv2.connectedComponents(odd | tops.astype(np.uint8))
    odd &= np.isin(patches, np.unique(patches[tops]))
    return cv2.dilate(odd, np.ones((3, 3), np.uint8)).astype(bool) & neck


def _grown_arms(skin: Mask, near: Mask) -> Mask:
    """``near`` with every piece of labelled arm of which it holds a good part: crossed arms are hard to fit, but one piece."""
    out = near.copy()
    count, pieces = cv2.connectedComponents(skin.astype(np.uint8))
    inside, total = (np.bincount(pieces.ravel(), weights=mask.ravel(), minlength=count) for mask in (near & skin, skin))
    return out | (skin & (inside > PIECE_SHARE * np.maximum(total, 1))[pieces])


def _near_arms(figure: Figure) -> Mask:
    """Where the body's arms and hands are, with some tolerance for the fit."""
    codes = [int(code) for side in SIDES for code in ARMS[side]]
    return grown(np.isin(figure.part, codes), max(1.0, ARM_TOLERANCE_M * figure.px_per_m / 2))


def cuffs(person: Person, removed: Mask, figure: Figure) -> Mask:
    """(H, W) cuffs and frayed hems of the clothes in ``removed`` whose pixels are labelled arm or hand."""
    skin = np.isin(person.labels, (Label.ARMS, Label.HANDS))
    return _cuffs(skin & unlike_skin(person), person, removed, figure)


def _cuffs(odd: Mask, person: Person, removed: Mask, figure: Figure) -> Mask:
    """Those patches of odd colour on arms that hang together with a top taken off; bracelets and shadows on the arms stay.

    On forearms any odd colour will do, for ribs and stripes of cuffs; on upper arms it has to be nearer to the top's than to skin.
    """
    tops = removed & np.isin(person.labels, (Label.UPPER, Label.OUTER, Label.DRESS))
    inner = cv2.erode((tops & (person.matte > 0.95)).astype(np.uint8), np.ones((5, 5), np.uint8))
    sample = np.isin(person.labels, (Label.FACE, Label.ARMS, Label.HANDS)) & (person.matte > 0.98)
    if not inner.any() or not sample.any():
        return np.zeros(odd.shape, bool)
    reach = 2 * max(2, round(FRAYED_M * figure.px_per_m)) + 1
    near = grown(tops, reach // 2)
    cloth = to_lab(pull_push(person.photo.pixels.astype(np.float32), inner.astype(np.float32)))
    lab = to_lab(person.photo.pixels)
    like = near & (np.linalg.norm(lab - cloth, axis=2) < np.linalg.norm(lab - np.median(lab[sample], 0), axis=2))
    lower = np.isin(figure.part, [int(ARMS[side][1]) for side in SIDES]).astype(np.uint8)
    lower = cv2.dilate(lower, np.ones((reach, reach), np.uint8)).astype(bool)
    _, patches = cv2.connectedComponents((odd & lower).astype(np.uint8))
    touching = np.unique(patches[near & odd & lower])
    return odd & (like | ((patches > 0) & np.isin(patches, touching)))


def unlike_skin(person: Person) -> Mask:
    """Pixels of arms and hands whose colour is not that of the person's skin, in patches."""
    lab = to_lab(person.photo.pixels)
    sample = np.isin(person.labels, (Label.FACE, Label.HANDS)) & (person.matte > 0.98)
    if sample.sum() < 100:
        return np.zeros(person.labels.shape, bool)
    median = np.median(lab[sample], 0)
    offset = np.abs(lab - median)
    odd = ((offset[..., 1] + offset[..., 2] > SKIN_CHROMA) | (offset[..., 0] > SKIN_LIGHTNESS)).astype(np.uint8)
    odd = cv2.morphologyEx(odd, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    reach = 2 * max(1, round(0.003 * person.photo.height)) + 1
    return cv2.dilate(odd, np.ones((reach, reach), np.uint8)).astype(bool)


def waist_side(figure: Figure) -> Floats:
    """(H, W) signed distance in pixels below the natural waist, along the trunk's axis."""
    trunk = figure.trunk
    hips = trunk.points[1]
    down = (hips - trunk.points[0]) / np.linalg.norm(hips - trunk.points[0])
    waist = hips - down * 0.12 * figure.px_per_m
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    return ((columns + 0.5 - waist[0]) * down[0] + (rows + 0.5 - waist[1]) * down[1]).astype(np.float32)


def old_waist(person: Person, figure: Figure) -> float | None:
    """Metres above the hip joints, along the trunk's axis, of the waistband that the photo shows; None where a top hides it."""
    trunk, unit = figure.trunk, figure.px_per_m
    start, hips = trunk.points[0], trunk.points[1]
    down = (hips - start) / np.linalg.norm(hips - start)
    rows, columns = np.nonzero(np.isin(person.labels, (Label.LOWER, Label.SKIRT)) & (person.matte > 0.9) & (figure.part == Part.TORSO))
    if len(rows) < 100:
        return None
    offset = np.stack([columns + 0.5 - hips[0], rows + 0.5 - hips[1]], 1)
    height = float(-np.percentile(offset @ down, WAISTBAND)) / unit
    level = hips - down * (height + 0.03) * unit                   # what is just above: skin, or the top that hides it
    x, y = round(float(level[0])), round(float(level[1]))
    if not (0 <= y < figure.height and 0 <= x < figure.width) or person.labels[y, x] not in (Label.FACE, Label.ARMS):
        return None
    return height


def _neck(person: Person, figure: Figure) -> Mask:
    """Below the chin: the face's outline where a face was found, else between mouth and shoulders."""
    height, width = person.labels.shape
    points = person.pose.points
    mouth = (points[9] + points[10]) / 2
    shoulders = (points[11] + points[12]) / 2
    if person.pose.face is not None:
        face = person.pose.face
        down = shoulders - mouth
        down = down / (np.linalg.norm(down) + 1e-6)
        chin = face[np.argmax(face @ down)]
        rim = 0.004 * height
        level = chin + down * rim
        oval = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(oval, cv2.convexHull(np.round(face).astype(np.int32)), 1)
        jaw = _beyond(mouth, down, width, height) & ~grown(oval > 0, rim)      # the neck goes up beside it
        return jaw | _beyond(level, down, width, height)
    down = (shoulders - mouth) / (np.linalg.norm(shoulders - mouth) + 1e-6)
    return _beyond(mouth + CHIN * (shoulders - mouth), down, width, height)


def _beyond(place: Floats, direction: Floats, width: int, height: int) -> Mask:
    """(H, W) what lies beyond a place in a direction."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    mask: Mask = (columns - place[0]) * direction[0] + (rows - place[1]) * direction[1] > 0
    return mask


def beside(fitted: Fitted, shape: tuple[int, ...], reach: float = SLEEVE_REACH) -> Mask:
    """What lies beside a limb's piece, up to ``reach`` times its width, and not beyond its end."""
    inner, outer = (widened(fitted, shape, share) for share in (1.0, reach))
    ladder = fitted.target
    middle = (ladder.left + ladder.right) / 2
    along = middle[-1] - middle[-min(4, len(middle))]
    end = min(float(ladder.left[-1] @ along), float(ladder.right[-1] @ along))
    rows, columns = np.mgrid[:shape[0], :shape[1]].astype(np.float32)
    return outer & ~inner & (columns * along[0] + rows * along[1] < end)


def widened(fitted: Fitted, shape: tuple[int, ...], reach: float = SLEEVE_REACH) -> Mask:
    """The strip of a limb's piece, ``reach`` times as wide."""
    ladder = fitted.target
    middle = (ladder.left + ladder.right) / 2
    left, right = (middle + reach * (edge - middle) for edge in (ladder.left, ladder.right))
    mask = np.zeros(shape, np.uint8)
    for k in range(cloth_rungs(fitted) - 1):
        quad = np.stack([left[k], left[k + 1], right[k + 1], right[k]])
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(quad).astype(np.int32)), 1)
    return mask.astype(bool)


def cloth_rungs(fitted: Fitted) -> int:
    """Up to which rung there is cloth between the edges; a ladder may run on beyond a slanted or flared hem."""
    source, alpha = fitted.piece.ladder, fitted.piece.pixels[..., 3]
    shares = np.linspace(0.25, 0.75, 7)
    points = source.left[:, None] + (source.right - source.left)[:, None] * shares[None, :, None]
    columns, rows = (np.clip(points[..., k].astype(int), 0, alpha.shape[1 - k] - 1) for k in (0, 1))
    filled = np.nonzero(alpha[rows, columns].mean(1) > 127)[0]
    return int(filled.max()) + 1 if len(filled) else 0
