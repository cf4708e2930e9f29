# SPDX-License-Identifier: GPL-3.0-or-later
"""The person seen from behind, painted into the photo's own frame.

A ray through a photo pixel leaves the person at the back. What the clothes look like there is best told by the very pixel it went
in through: same garment, same height, same outline. So the back starts as the photo, and what only a front has is painted over
with what a back has: hair over the face, the garment's own cloth over collars' openings, bags, hands and shirts under open jackets.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..nearest import nearest_known
from ..records import CLOTHES, SKIN, Floats, Image, Label, Mask, Part, Person, Surface
from . import hats
from .charts import LIMB_OF_REGION, REGIONS, region_of_part
from .frontal import (
    FEWEST_SOURCE,
    FLANK,
    HEAD,
    TORSO,
    TRUNK,
    beside_other_cloth,
    beyond,
    flank_widths,
    front_fastening,
    front_prints,
    middle_of_rows,
    typical,
)
from .grain import Grain, grain_of
from .hair import hair_tone, meeting_front, strange_hair
from .infill import paint_hole, with_even_tone
from .mirroring import mirror_in
from .plain import TELLING, Shown, plain_back
from .projection import View, smoothstep

HAIRY_SHARE = 0.06
"""Hair pixels over head pixels below which the back of the head is bald."""
NAPE = 0.85
"""Height of the hairline at the nape, as a share of the face from the crown down to the chin: a little below the mouth (drawing manuals put
it at the mouth, scanned short-haired people have it between there and the chin)."""
COVERED = 0.4
"""Share of a torso's row in cloth from which the back is taken to be covered there; straps cover less."""
SKIN_REACH = 0.03
"""Standard deviation of the nape's tone, as a share of the person's height."""
HAIRLINE = 0.006
"""Softness of the hairline at the nape, as a share of the person's height."""
TINTED_HAIR, COLLAR = 0.006, 0.045
"""Of the person's height: how far skin shines through the hair at the forehead, and how far a front's collar reaches from the neck."""
CLEARLY = 0.5
"""Share of its distance to the cloth's colour within which a pixel far from the neck must be to the skin's."""
WEAVE = 0.008
"""Of the person's height: standard deviation over which a pattern's colours are averaged when they are held against skin."""
HANGING_SHARE = 0.12
"""Share of the hair below the nape from which it counts as long and hides the neck at the back."""
OUTER_SHARE = 0.15
"""Share of the torso above which a jacket covers the whole back."""
FLANK_SHARE = 0.12
"""Share of either flank of the torso that a jacket must cover to go round the back: a scarf hangs on one side or in the middle."""
HEM_REACH = 0.25
"""Share of a row in a jacket's front from which its back reaches down there."""
UNDER_A_JACKET = (Label.UPPER, Label.DRESS, Label.LOWER, Label.SKIRT, Label.LEGS)
BORDER_SHARE = 0.025
"""Of the person's height; the border between two limbs is uncertain by that much."""
FEATHER = 0.012
"""Of the person's height: the rim of a mirrored band over which the photo passes into it."""
SMOOTH = (0.012, 0.006)
"""Of the person's height, across and down: teeth of a border narrower than that are the parsing's; hems run level rather than steep."""
NO_DONOR = (Label.BAG, Label.ACCESSORY)
"""Labels that are worn in front only, as far as one can know."""

@dataclass(frozen=True)
class Backside:
    """The back in the photo's frame (not mirrored: each pixel is what its ray meets last).

    Attributes:
        colours: (H, W, 3) float32 0..255, valid everywhere.
        labels: (H, W) uint8 codes of :class:`.records.Label`.
        kept: (H, W) bool, where the back is the photo's own pixel.
        plain: (H, W) bool, where the back is a broad tone without detail, told beyond the outline too.
        grain: of the plain cloth.
    """

    colours: Floats
    labels: Image
    kept: Mask
    plain: Mask
    grain: Grain


def paint_backside(person: Person, surface: Surface, view: View, colours: Image, limbs: tuple[int, ...],
                   patterns: frozenset[int]) -> Backside:
    """Paint the back from the front.

    Args:
        colours: (H, W, 3) the person's clean colours.
        limbs: of :data:`.charts.LIMB_OF_REGION` that are wanted; the others stay as in the photo.
        patterns: labels of the clothes that have a pattern (:func:`.cloth.patterned_clothes`).
    """
    front, back = _regions(surface, view)
    labels = _spread_labels(person)
    worn = hats.worn_on_top(labels, front)
    hat = worn if hats.is_hat(worn, colours, labels, front) else None
    shown = colours
    if hat is None:
        labels = np.where(worn, np.uint8(Label.HAIR), labels)         # hair taken for a hat
    else:
        colours, labels = hats.without_hat(colours, labels, hat)
    rows, columns = np.nonzero((back >= 0) | (person.matte > 0.5))
    if not len(rows):
        nothing = np.zeros(labels.shape, bool)
        return Backside(colours.astype(np.float32), labels, nothing, nothing, Grain((), labels, 1.0))
    # everything happens within the person; shares of the height below are shares of this box's height
    box = (slice(max(rows.min() - 2, 0), rows.max() + 3), slice(max(columns.min() - 2, 0), columns.max() + 3))
    facing = view.front.interpolate(surface.faces, view.facing[:, None])[..., 0]
    telling = person.matte[box] * smoothstep(*TELLING, facing[box])
    painted, wanted, kept, plain = _paint(colours[box], labels[box], telling, person.matte[box], front[box], back[box],
                                          np.flatnonzero(np.isin(LIMB_OF_REGION, limbs)), patterns)
    whole, all_labels, all_kept = colours.astype(np.float32), labels.copy(), np.zeros(labels.shape, bool)
    whole[box], all_labels[box], all_kept[box] = painted, wanted, kept
    all_plain, clear = np.zeros(labels.shape, bool), np.zeros(labels.shape, np.float32)
    all_plain[box], clear[box] = plain, telling
    pitch = float(np.median(view.points[:, 2])) / view.camera.focal
    grain = grain_of(colours, labels, all_labels, all_plain, clear, float(len(plain)), pitch)
    if hat is not None:
        zone = hats.behind(hat, back)
        whole = hats.with_hat(whole, shown, hat, zone)
        all_labels[zone], all_kept[zone], all_plain[zone] = Label.ACCESSORY, False, False
    return Backside(whole, all_labels, all_kept, all_plain, grain)


def _paint(colours: Image, labels: Image, telling: Floats, matte: Floats, front: npt.NDArray[np.int8],
           back: npt.NDArray[np.int8], regions: npt.NDArray[np.int64], patterns: frozenset[int]) -> tuple[Floats, Image, Mask, Mask]:
    """(colours, labels, kept, plain) of the back, painted in these regions."""
    wanted = _back_labels(labels, front, back)
    inside = np.isin(back, regions)
    doubtful = beside_other_cloth(labels) | _beside_face(labels) | _skin_in_cloth(colours, labels)
    painted, plain = plain_back(Shown(colours, labels, front, telling, doubtful), wanted, back, regions, patterns)
    kept = ~plain & (back >= 0) & (wanted == labels) & (matte > 0.5) & ~np.isin(labels, NO_DONOR) & _same_limb(labels, front, back)
    # no feature of the face shows from behind, nor the sheen of the hair above it
    kept &= ~((back == HEAD) & np.isin(labels, (Label.FACE, Label.HAIR)))
    band, left, right = front_fastening(labels, wanted, back)
    band &= ~plain
    kept &= ~band & ~front_prints(colours, labels, back, patterns) & ~doubtful
    kept &= ~strange_hair(colours, labels, matte)
    flanks = kept & np.isin(labels, CLOTHES) & np.isin(back, TRUNK)
    painted, mirrored = mirror_in(painted, band, flanks, left, right, flank_widths(flanks, left, right), labels, wanted)
    painted = with_even_tone(painted, mirrored, flanks)
    near = cv2.distanceTransform((~kept).astype(np.uint8), cv2.DIST_L2, 3)[mirrored, None] / (FEATHER * len(labels))
    painted[mirrored] += (colours[mirrored] - painted[mirrored]) * np.maximum(1 - near, 0) ** 2
    kept |= mirrored
    for label in np.unique(wanted[inside]):
        hole = inside & ~kept & ~plain & (wanted == label)
        if not hole.any():
            continue
        source = _sources(int(label), labels, front, matte, kept & ~mirrored, colours)
        if label == Label.FACE:
            painted[hole] = _skin_tone(colours, source)[hole]
            continue
        if label != Label.HAIR:                                      # painted hair takes its tone from the hair that it replaces
            source &= ~hole
        if label in CLOTHES:
            source |= mirrored & (wanted == label)
        source = source if source.any() else kept
        if source.any() and label == Label.HAIR:
            painted[hole] = hair_tone(painted, hole, source)[hole]
            painted = meeting_front(painted, colours, labels, hole, (front >= 0) | (back >= 0))
        elif source.any():
            painted[hole] = paint_hole(painted, hole, source, None if label in CLOTHES else hole)[hole]
    painted = _soften_hairline(painted, wanted, back)
    if inside.any():                                                 # limbs reach a little beyond what is seen of them
        nearest = nearest_known(inside)
        painted, wanted, plain = painted[nearest], wanted[nearest], plain[nearest]
    return painted, wanted, kept & ~mirrored, plain


def _beside_face(labels: Image) -> Mask:
    """Hair that the forehead tints, and the collar about the neck: at the back neither has a face to go round."""
    out = np.zeros(labels.shape, bool)
    away = cv2.distanceTransform((labels != Label.FACE).astype(np.uint8), cv2.DIST_L2, 3)
    for worn, share in (((Label.HAIR,), TINTED_HAIR), ((Label.UPPER, Label.OUTER, Label.DRESS), COLLAR)):
        out |= (away <= max(1, round(share * len(labels)))) & np.isin(labels, worn)
    return out


def _skin_in_cloth(colours: Image, labels: Image) -> Mask:
    """Pixels called cloth that have rather the skin's colour: necklines are not told to the pixel, and a front may have openings."""
    face = labels == Label.FACE
    out = np.zeros(labels.shape, bool)
    if not face.any():
        return out
    near = cv2.distanceTransform((~face).astype(np.uint8), cv2.DIST_L2, 3) < 2 * COLLAR * len(labels)
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).astype(np.float32)
    skin = np.median(lab[face], axis=0)
    lab = cv2.GaussianBlur(lab, (0, 0), max(WEAVE * len(labels), 0.5))
    for label in CLOTHES:
        own = labels == label
        if own.any():
            cloth = np.median(lab[own], axis=0)
            share = np.where(near[own], 1.0, CLEARLY)
            out[own] = np.abs(lab[own] - skin).sum(1) < share * np.abs(lab[own] - cloth).sum(1)
    return out


def _skin_tone(colours: Image, source: Mask) -> Floats:
    """(H, W, 3) the broad tone of the skin about each pixel: a nape has no features."""
    reach = SKIN_REACH * len(colours)
    share = cv2.GaussianBlur(source.astype(np.float32), (0, 0), reach)
    tone = cv2.GaussianBlur(np.where(source[..., None], colours, 0).astype(np.float32), (0, 0), reach)
    middle = np.median(colours[source], axis=0).astype(np.float32) if source.any() else np.full(3, 128, np.float32)
    return (tone + 1e-3 * middle) / (share + 1e-3)[..., None]


def _soften_hairline(painted: Floats, wanted: Image, back: npt.NDArray[np.int8]) -> Floats:
    """Hair does not end at the nape in a line."""
    hair = ((back == HEAD) & (wanted == Label.HAIR)).astype(np.float32)
    skin = (np.isin(back, (HEAD, TORSO)) & (wanted == Label.FACE)).astype(np.float32)
    reach = HAIRLINE * len(wanted)
    border = 4 * cv2.GaussianBlur(hair, (0, 0), reach) * cv2.GaussianBlur(skin, (0, 0), reach)
    if border.max() <= 0:
        return painted
    return painted + (cv2.GaussianBlur(painted, (0, 0), reach) - painted) * np.minimum(2 * border, 1)[..., None] * (hair + skin)[..., None]


def _same_limb(labels: Image, front: npt.NDArray[np.int8], back: npt.NDArray[np.int8]) -> Mask:
    """Where front and back belong to one limb, or to one piece of clothing hard by a border between two."""
    same = _one_limb(front, back)
    size = max(3, round(BORDER_SHARE * len(labels)) | 1)
    near = cv2.dilate(same.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))) > 0
    return same | (near & np.isin(labels, CLOTHES))


def _one_limb(front: npt.NDArray[np.int8], back: npt.NDArray[np.int8]) -> Mask:
    """Torso and legs count as one: where they part in front is not where they part at the back, and a hem heeds neither."""
    return ((front == back) & (back >= 0)) | (np.isin(front, TRUNK) & np.isin(back, TRUNK))


def _regions(surface: Surface, view: View) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    """(front, back) region of :data:`.charts.REGIONS` in each pixel, -1 outside."""
    face_region = region_of_part()[surface.parts[surface.faces]].max(1).astype(np.int8)
    out = []
    for coverage in (view.front, view.back):
        region = np.full(coverage.face.shape, -1, np.int8)
        region[coverage.mask] = face_region[coverage.face[coverage.mask]]
        out.append(region)
    return out[0], out[1]


def _spread_labels(person: Person) -> Image:
    """Labels carried over the rim, so that a surface a pixel wider than the matte has them too."""
    known = (person.labels != Label.BACKGROUND) & (person.matte > 0.5)
    if not known.any():
        return person.labels
    rows, columns = nearest_known(known)
    return person.labels[rows, columns]


def _back_labels(labels: Image, front: npt.NDArray[np.int8], back: npt.NDArray[np.int8]) -> Image:
    """What each pixel shows from behind."""
    wanted = labels.copy()
    donor = _one_limb(front, back) & ~np.isin(labels, NO_DONOR)
    for region in range(len(REGIONS)):
        own = back == region
        if not own.any():
            continue
        usable = own & donor & _plausible(labels, region)
        missing = own & ~usable
        if REGIONS[region][1][0] in (Part.LEFT_HAND, Part.RIGHT_HAND) and not usable.any():
            wanted[missing] = Label.HANDS
        if usable.any() and missing.any():
            rows, columns = nearest_known(usable)
            wanted[missing] = labels[rows[missing], columns[missing]]
    _cover_torso(wanted, labels, back)
    _cover_head(wanted, labels, back)
    return _with_smooth_borders(wanted, back >= 0)


def _on_both_sides(outer: Mask, torso: Mask) -> bool:
    """Whether a jacket is seen on either flank of the torso."""
    flank = torso & beyond(torso, FLANK)
    left = np.arange(torso.shape[1])[None] < middle_of_rows(torso)[0][:, None]
    return all((outer & side).sum() > FLANK_SHARE * side.sum() for side in (flank & left, flank & ~left))


def _with_smooth_borders(labels: Image, inside: Mask) -> Image:
    """Labels with their ragged borders smoothed: each pixel takes the label that prevails about it."""
    best, out = np.zeros(labels.shape, np.float32), labels.copy()
    for label in np.unique(labels[inside]):
        share = cv2.GaussianBlur((inside & (labels == label)).astype(np.float32), (0, 0), sigmaX=max(SMOOTH[0] * len(labels), 0.5),
                                 sigmaY=max(SMOOTH[1] * len(labels), 0.5))
        stronger = inside & (share > best)
        out[stronger], best = label, np.maximum(best, share)
    return out


def _plausible(labels: Image, region: int) -> Mask:
    """Where the label can belong to the region's back."""
    parts = REGIONS[region][1]
    if region == HEAD:
        return np.isin(labels, (Label.HAIR, Label.FACE, Label.ACCESSORY))
    if region == TORSO:
        return np.isin(labels, (*CLOTHES, Label.FACE, Label.HAIR, Label.ARMS))
    if parts[0] in (Part.LEFT_HAND, Part.RIGHT_HAND):
        return np.isin(labels, (Label.HANDS, Label.ARMS, Label.UPPER, Label.OUTER))
    if parts[0] in (Part.LEFT_FOOT, Part.RIGHT_FOOT):
        return np.isin(labels, (Label.SHOES, Label.LEGS, Label.LOWER, Label.DRESS, Label.SKIRT))
    if parts[0] in (Part.LEFT_UPPER_LEG, Part.RIGHT_UPPER_LEG):
        return np.isin(labels, (*CLOTHES, Label.LEGS, Label.SHOES))
    return np.isin(labels, (*CLOTHES, Label.ARMS, Label.HANDS))


def _cover_torso(wanted: Image, labels: Image, back: npt.NDArray[np.int8]) -> None:
    """Jackets close over the back down to one hem; necklines rise to the collar."""
    torso = back == TORSO
    if not torso.any():
        return
    trunk = np.isin(back, TRUNK)
    outer = trunk & (wanted == Label.OUTER)
    if (outer & torso).sum() > OUTER_SHARE * torso.sum():
        row, hem = np.arange(len(wanted))[:, None], -1               # a scarf, or a jacket over one shoulder, hangs in front
        if _on_both_sides(outer & torso, torso):
            reaching = np.nonzero(outer.sum(1) > HEM_REACH * np.maximum(trunk.sum(1), 1))[0]
            hem = int(reaching.max()) if len(reaching) else -1
            rows, columns = nearest_known(outer)
            under = trunk & np.isin(wanted, UNDER_A_JACKET) & (row <= hem)
            wanted[under] = labels[rows[under], columns[under]]
        others = trunk & np.isin(wanted, UNDER_A_JACKET) & (row > hem)
        left_over = trunk & (wanted == Label.OUTER) & (row > hem)
        if left_over.any() and others.any():
            rows, columns = nearest_known(others)
            wanted[left_over] = wanted[rows[left_over], columns[left_over]]
    cloth = torso & np.isin(wanted, (Label.UPPER, Label.OUTER, Label.DRESS))
    count = torso.sum(1)
    covered = np.nonzero((cloth.sum(1) > COVERED * count) & (count > 0))[0]
    if not len(covered):
        return
    row = np.arange(len(wanted))[:, None]
    open_front = torso & np.isin(wanted, (Label.FACE, Label.ARMS)) & (row >= covered.min()) & (row <= covered.max())
    rows, columns = nearest_known(cloth)
    wanted[open_front] = wanted[rows[open_front], columns[open_front]]


def _cover_head(wanted: Image, labels: Image, back: npt.NDArray[np.int8]) -> None:
    """Hair down to the nape, and between locks that hang lower; skin if there is no hair to speak of."""
    head = back == HEAD
    hair = _largest_piece(labels == Label.HAIR)
    face = labels == Label.FACE
    seen = hair & (back >= 0)
    if not head.any() or seen.sum() < HAIRY_SHARE * head.sum():
        return
    rows = np.nonzero(head & (hair | face))[0]
    top, bottom = rows.min(), _chin(face, head)
    nape = top + NAPE * (bottom - top)
    row = np.arange(len(wanted))[:, None]
    wanted[head & (row <= nape)] = Label.HAIR
    wanted[head & (row > nape) & (wanted == Label.HAIR) & ~hair] = Label.FACE
    hanging = seen & (row > nape)
    if hanging.sum() < HANGING_SHARE * seen.sum():
        return
    for y in range(int(nape), int(np.nonzero(seen)[0].max()) + 1):
        columns = np.nonzero(seen[y])[0]
        if len(columns) < 2 or columns[-1] - columns[0] <= len(columns):
            continue
        middle = (np.nonzero(head[y])[0].mean() if head[y].any() else (columns[0] + columns[-1]) / 2)
        if columns[0] < middle < columns[-1]:
            span = slice(columns[0], columns[-1] + 1)
            wanted[y, span][back[y, span] >= 0] = Label.HAIR


def _largest_piece(mask: Mask) -> Mask:
    """The largest connected piece of a mask: specks called hair are not."""
    numbered, count = ndimage.label(mask)
    return mask if count < 2 else numbered == 1 + np.argmax(np.bincount(numbered.ravel())[1:])


def _chin(face: Mask, head: Mask) -> int:
    """Row of the chin: where the face, having been wide, has narrowed to the neck, or the end of the head."""
    rows = np.nonzero((face & head).any(1))[0]
    return int(rows.max()) if len(rows) else int(np.nonzero(head)[0].max())


def _sources(label: int, labels: Image, front: npt.NDArray[np.int8], matte: Floats, kept: Mask, colours: Image) -> Mask:
    """Photo pixels that show the label cleanly."""
    same = (labels == label) & (matte > 0.9) & (front >= 0)
    if label == Label.FACE:
        neck = same & (front != HEAD)                                # not the lips
        same = neck if neck.sum() >= FEWEST_SOURCE else same
    elif label in (Label.HANDS, Label.ARMS) and same.sum() < FEWEST_SOURCE:
        same = np.isin(labels, SKIN) & (matte > 0.9) & (front >= 0)
    inner = cv2.erode(same.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    same = inner if inner.sum() >= FEWEST_SOURCE else same
    if label in CLOTHES:
        plain = same & kept
        return plain if plain.sum() >= FEWEST_SOURCE else same
    if label in (Label.HAIR, Label.FACE):
        usual = same & typical(colours, same)
        return usual if usual.sum() >= FEWEST_SOURCE else same
    return same


