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
from .charts import REGIONS, region_of_part
from .infill import DETAIL_SHARE, mirror_in, paint_hole, paint_strands
from .projection import SURE_MATTE, View

HEAD, TORSO = 0, 1
HAIRY_SHARE = 0.06
"""Hair pixels over head pixels below which the back of the head is bald."""
NAPE = 0.72
"""Height of the hairline at the nape, as a share of the face from the crown down to the chin (drawing manuals put it at the
mouth)."""
COVERED = 0.4
"""Share of a torso's row in cloth from which the back is taken to be covered there; straps cover less."""
SKIN_REACH = 0.03
"""Standard deviation of the nape's tone, as a share of the person's height."""
HAIRLINE = 0.006
"""Softness of the hairline at the nape, as a share of the person's height."""
HANGING_SHARE = 0.12
"""Share of the hair below the nape from which it counts as long and hides the neck at the back."""
OUTER_SHARE = 0.15
"""Share of the torso above which a jacket covers the whole back."""
TRUNK = (1, 6, 8)
"""Regions over which a front's fastening runs: torso and both legs."""
FASTENING = 0.2
"""Half the width of what fastens in front, as a share of the torso's width: a lapel's reach."""
OPENING = 0.42
"""An open jacket's opening is looked for within this distance of the middle, as a share of the torso's width."""
LAPEL = 0.06
"""Width of the turned and shaded edge of an opening, as a share of the torso's width."""
FLANK_ROWS = 7
"""Rows over which the mirrored width is kept even, so that neighbouring rows mirror alike."""
FLY = 0.3
"""How far below the torso a fly reaches, as a share of the torso's height."""
BORDER_SHARE = 0.025
"""Of the person's height; the border between two limbs is uncertain by that much."""
FLANK = 0.3
"""Distance from the middle, as a share of the torso's width, beyond which a garment shows what its back is made of."""
FEWEST_FLANK, FEWEST_SOURCE = 200, 30
"""Pixels below which a colour statistic, or a source of texture, is not to be trusted."""
RARE = 0.004
"""Share of the flanks in and about a colour below which that colour is not the garment's own."""
PRINT_RIM = 0.03
"""Width, as a share of the person's height, by which a found print is widened: its own dark lines may be the garment's colour."""
PLAIN = np.array([8.0, 2.0, 2.0])
"""CIELAB units (8 bit): mean deviation from the local median below which cloth is plain. Measured on flanks: plain tops 4-7, gingham 17,
stripes 55 in lightness."""
CALM = 0.85
"""Share of a flank that tells whether it is plain; the rest may be seams, a print's end, an arm's outline."""
GRAIN = 5.0
"""Grey levels of detail that a plain back keeps: weave, not folds, which would repeat."""
PLAIN_FLANK = 0.38
"""Distance from the middle, as a share of the torso's width, beyond which a plain top's colour is taken."""
HEM_SHARE = 0.004
"""Of the person's height; a garment's outline against another is uncertain by that much."""
SMOOTH_SHARE = 0.005
"""Of the person's height: teeth of a border narrower than that are the parsing's."""
STRANGE = 2.0
"""Times the typical deviation beyond which hair is taken for something else."""
TYPICAL_SPREADS, TYPICAL_FLOOR = 2.5, 6.0
"""Median absolute deviations, and CIELAB units (8 bit), about the median that count as typical."""
NO_DONOR = (Label.BAG, Label.ACCESSORY)
"""Labels that are worn in front only, as far as one can know."""


@dataclass(frozen=True)
class Backside:
    """The back in the photo's frame (not mirrored: each pixel is what its ray meets last).

    Attributes:
        colours: (H, W, 3) float32 0..255, valid everywhere.
        labels: (H, W) uint8 codes of :class:`.records.Label`.
        kept: (H, W) bool, where the back is the photo's own pixel.
    """

    colours: Floats
    labels: Image
    kept: Mask


def paint_backside(person: Person, surface: Surface, view: View, colours: Image) -> Backside:
    """Paint the back from the front.

    Args:
        colours: (H, W, 3) the person's clean colours.
    """
    front, back = _regions(surface, view)
    labels = _spread_labels(person)
    rows, columns = np.nonzero((back >= 0) | (person.matte > 0.5))
    if not len(rows):
        return Backside(colours.astype(np.float32), labels, np.zeros(labels.shape, bool))
    # everything happens within the person; shares of the height below are shares of this box's height
    box = (slice(max(rows.min() - 2, 0), rows.max() + 3), slice(max(columns.min() - 2, 0), columns.max() + 3))
    painted, wanted, kept = _paint(colours[box], labels[box], person.matte[box], front[box], back[box])
    whole, all_labels, all_kept = colours.astype(np.float32), labels.copy(), np.zeros(labels.shape, bool)
    whole[box], all_labels[box], all_kept[box] = painted, wanted, kept
    return Backside(whole, all_labels, all_kept)


def _paint(colours: Image, labels: Image, matte: Floats, front: npt.NDArray[np.int8],
           back: npt.NDArray[np.int8]) -> tuple[Floats, Image, Mask]:
    """(colours, labels, kept) of the back."""
    wanted = _back_labels(labels, front, back)
    inside = back >= 0
    kept = inside & (wanted == labels) & (matte > 0.5) & ~np.isin(labels, NO_DONOR) & _same_limb(labels, front, back)
    kept &= ~((back == HEAD) & (labels == Label.FACE))               # no feature of the face shows from behind
    painted = colours.astype(np.float32)
    band, left, right = _front_fastening(labels, wanted, back)
    kept &= ~band & ~_front_prints(colours, labels, back) & ~_beside_other_cloth(labels)
    plain = _plain_middle(colours, labels, back)
    kept &= ~plain
    band &= ~plain
    kept &= ~_strange_hair(colours, labels, matte)
    flanks = kept & np.isin(labels, CLOTHES) & np.isin(back, TRUNK)
    painted, mirrored = mirror_in(painted, band, flanks, left, right, _flanks(flanks, left, right))
    kept |= mirrored
    for label in np.unique(wanted[inside]):
        hole = inside & ~kept & (wanted == label)
        if not hole.any():
            continue
        source = _sources(int(label), labels, front, matte, kept & ~mirrored, colours)
        if label == Label.FACE:
            painted[hole] = _skin_tone(colours, source)[hole]
            continue
        source &= ~hole
        if label in CLOTHES:
            source |= mirrored & (wanted == label)
        source = source if source.any() else kept
        if source.any() and label == Label.HAIR:
            painted[hole] = paint_strands(painted, hole, source)[hole]
        elif source.any():
            if label in CLOTHES and plain[labels == label].any():
                source &= _typical(colours, source)
            smooth = hole & plain
            rough = hole & ~plain
            if smooth.any():
                painted[smooth] = paint_hole(painted, smooth, source, GRAIN)[smooth]
            if rough.any():
                painted[rough] = paint_hole(painted, rough, source)[rough]
    return _soften_hairline(painted, wanted, back), wanted, kept & ~mirrored


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


def _front_prints(colours: Image, labels: Image, back: npt.NDArray[np.int8]) -> Mask:
    """Clothed torso in colours that its flanks do not have: prints, badges, shirts in an opening."""
    torso = (back == TORSO) & np.isin(labels, CLOTHES)
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB)
    bins = (lab[..., 0] // 16).astype(np.int64) * 1024 + (lab[..., 1] // 8) * 32 + lab[..., 2] // 8
    middle, width = _middle_of_rows(torso) if torso.any() else (np.zeros(len(labels)), 1.0)
    flank = np.abs(np.arange(labels.shape[1])[None] - middle[:, None]) > FLANK * width
    out = np.zeros_like(torso)
    for label in CLOTHES:
        own = torso & (labels == label)
        side = own & flank
        if side.sum() < FEWEST_FLANK:
            continue
        share = np.bincount(bins[side], minlength=16 * 1024).reshape(16, 32, 32).astype(np.float32)
        share = ndimage.uniform_filter(share, 3, mode="constant") * 27 / side.sum()
        out |= own & ~flank & (share.ravel()[bins] < RARE)
    # a print is a patch, not a grain of the weave
    out = cv2.morphologyEx(out.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    size = max(7, round(PRINT_RIM * len(labels)) | 1)
    return (cv2.dilate(out, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))) > 0) & torso


def _plain_middle(colours: Image, labels: Image, back: npt.NDArray[np.int8]) -> Mask:
    """The middle of plain tops, and what on their flanks is not their colour: without a pattern to continue, all of it may be a print,
    a drawstring or a pocket, and the flanks tell the back as well."""
    out = np.zeros(labels.shape, bool)
    torso = back == TORSO
    if not torso.any():
        return out
    middle, width = _middle_of_rows(torso)
    flank = np.abs(np.arange(labels.shape[1])[None] - middle[:, None]) > PLAIN_FLANK * width
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB)
    size = 2 * max(1, round(DETAIL_SHARE * len(labels))) + 1
    detail = np.abs(lab.astype(np.float32) - cv2.medianBlur(lab, size))
    for label in (Label.UPPER, Label.OUTER, Label.DRESS):
        own = np.isin(back, TRUNK) & (labels == label)
        side = own & torso & flank & ~_beside_other_cloth(labels)
        if side.sum() < FEWEST_FLANK:
            continue
        calm = np.sort(detail[side], axis=0)[:round(CALM * side.sum())]
        if (calm.mean(0) > PLAIN).any():
            continue
        out |= own & ~(side & _typical(colours, side))
    return out


def _beside_other_cloth(labels: Image) -> Mask:
    """Where a garment borders on something else: its hem is nowhere told to the pixel, and would be ragged."""
    size = 2 * max(1, round(HEM_SHARE * len(labels))) + 1
    kernel = np.ones((size, size), np.uint8)
    return np.isin(labels, CLOTHES) & (cv2.dilate(labels, kernel) != cv2.erode(labels, kernel))


def _strange_hair(colours: Image, labels: Image, matte: Floats) -> Mask:
    """Pixels called hair that are far from the hair's colour: skin, background or a parting."""
    hair = labels == Label.HAIR
    return hair & ~_typical(colours, hair & (matte > SURE_MATTE), STRANGE)


def _front_fastening(labels: Image, wanted: Image, back: npt.NDArray[np.int8]) -> tuple[Mask, Floats, Floats]:
    """The middle of the clothed front: plackets, zips, ties, lapels and flies, which a back does not have.

    Returns:
        The band, and the columns of its left and right edge in each row.
    """
    torso = back == TORSO
    if not torso.any():
        nothing = np.zeros(len(back), np.float32)
        return np.zeros(back.shape, bool), nothing, nothing
    trunk = np.isin(back, TRUNK) & np.isin(wanted, CLOTHES)
    low, high = np.nonzero(torso)[0].min(), np.nonzero(torso)[0].max()
    middle, width = _middle_of_rows(torso)
    column = np.arange(back.shape[1])[None, :]
    row = np.arange(back.shape[0])[:, None]
    offset = column - middle[:, None]
    opening = torso & (wanted == Label.OUTER) & (labels != Label.OUTER) & (np.abs(offset) < OPENING * width)
    margin = LAPEL * width
    edges = []
    for side in (-1, 1):
        reach = np.where(opening, side * offset, 0).max(1)
        reach = ndimage.maximum_filter1d(reach + margin * (reach > 0), max(3, round(2 * margin)))
        reach = np.maximum(cv2.GaussianBlur(reach.astype(np.float32)[:, None], (0, 0), max(margin / 2, 1.0))[:, 0], FASTENING * width)
        edges.append((middle + side * reach).astype(np.float32))
    left, right = edges
    band = trunk & (column > left[:, None]) & (column < right[:, None]) & (row < high + FLY * (high - low))
    return band, left, right


def _flanks(source: Mask, left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """(H,) each: columns of unbroken source left of the left edge and right of the right edge, even from row to row."""
    width = source.shape[1]
    column = np.arange(width)[None]
    out = []
    for edge, beyond in ((left, column < left[:, None]), (right, column > right[:, None])):
        breaks = beyond & ~source
        distance = np.where(breaks, np.abs(column - edge[:, None]), width).min(1)
        distance = np.minimum(distance, beyond.sum(1))
        calm = ndimage.minimum_filter1d(distance, FLANK_ROWS)
        calm = np.minimum(ndimage.uniform_filter1d(calm.astype(np.float32), FLANK_ROWS), distance)
        out.append(calm.astype(np.float32))
    return out[0], out[1]


def _middle_of_rows(mask: Mask) -> tuple[Floats, float]:
    """(middle column of each row, smoothed and continued above and below; typical width in pixels)."""
    rows = np.nonzero(mask.any(1))[0]
    column = np.arange(mask.shape[1])
    count = mask[rows].sum(1)
    middle = np.interp(np.arange(len(mask)), rows, (mask[rows] * column).sum(1) / count)
    reach = max(len(rows) / 8, 1.0)
    return cv2.GaussianBlur(middle.astype(np.float32)[:, None], (0, 0), reach)[:, 0], float(np.median(count))


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


def _with_smooth_borders(labels: Image, inside: Mask) -> Image:
    """Labels with their ragged borders smoothed: each pixel takes the label that prevails about it."""
    best, out = np.zeros(labels.shape, np.float32), labels.copy()
    for label in np.unique(labels[inside]):
        share = cv2.GaussianBlur((inside & (labels == label)).astype(np.float32), (0, 0), max(SMOOTH_SHARE * len(labels), 0.5))
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
    """Jackets close over the back; necklines rise to the collar."""
    torso = back == TORSO
    if not torso.any():
        return
    outer = torso & (wanted == Label.OUTER)
    if outer.sum() > OUTER_SHARE * torso.sum():
        rows, columns = nearest_known(outer)
        under = torso & np.isin(wanted, (Label.UPPER, Label.DRESS)) & (np.arange(len(wanted))[:, None] < np.nonzero(outer)[0].max())
        wanted[under] = labels[rows[under], columns[under]]
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
        typical = same & _typical(colours, same)
        return typical if typical.sum() >= FEWEST_SOURCE else same
    return same


def _typical(colours: Image, mask: Mask, times: float = 1.0) -> Mask:
    """Pixels near the median colour of a mask; what a label has caught of its neighbours is not."""
    if not mask.any():
        return mask
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).astype(np.float32)
    median = np.median(lab[mask], axis=0)
    spread = np.median(np.abs(lab[mask] - median), axis=0)
    return (np.abs(lab - median) < times * (TYPICAL_SPREADS * spread + TYPICAL_FLOOR)).all(2)
