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

from ..records import CLOTHES, Floats, Image, Label, Part, Person, Surface
from .charts import REGIONS, region_of_part
from .projection import View, nearest_known

HEAD, TORSO = 0, 1
HAIRY_SHARE = 0.06
"""Hair pixels over head pixels below which the back of the head is bald."""
NAPE = 0.72
"""Height of the hairline at the nape, as a share of the face from the crown down to the chin (drawing manuals put it at the
mouth)."""
OUTER_SHARE = 0.15
"""Share of the torso above which a jacket covers the whole back."""
REFLECTIONS = 6
"""Times a texture may be reflected into a hole."""
DETAIL_SHARE = 0.02
"""Standard deviation that parts a texture's detail from its tone, as a share of the photo's height: wider than a stripe."""
TRUNK = (1, 6, 8)
"""Regions over which a front's fastening runs: torso and both legs."""
FASTENING = 0.2
"""Half the width of what fastens in front, as a share of the torso's width: a lapel's reach."""
FLY = 0.3
"""How far below the torso a fly reaches, as a share of the torso's height."""
NO_DONOR = (Label.BAG, Label.ACCESSORY)
"""Labels that are worn in front only, as far as one can know."""

Mask = npt.NDArray[np.bool_]


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
    wanted = _back_labels(labels, front, back)
    kept = (wanted == labels) & (front == back) & (person.matte > 0.5)
    kept &= ~np.isin(labels, NO_DONOR)
    kept &= ~((back == HEAD) & (labels == Label.FACE))               # no feature of the face shows from behind
    kept &= ~_front_fastening(wanted, back, view)
    painted = colours.astype(np.float32)
    inside = back >= 0
    for label in np.unique(wanted[inside & ~kept]):
        hole = inside & ~kept & (wanted == label)
        source = _sources(int(label), labels, front, person, wanted, kept)
        if source.sum() < 30:
            source = kept & (back >= 0)
        if not source.any():
            continue
        fill = paint_hole(painted, hole, source)
        painted[hole] = fill[hole]
    return Backside(painted, wanted, kept)


def _regions(surface: Surface, view: View) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    """(front, back) region of :data:`.charts.REGIONS` in each pixel, -1 outside."""
    face_region = region_of_part()[surface.parts[surface.faces]].max(1).astype(np.int8)
    out = []
    for coverage in (view.front, view.back):
        region = np.full(coverage.face.shape, -1, np.int8)
        region[coverage.mask] = face_region[coverage.face[coverage.mask]]
        out.append(region)
    return out[0], out[1]


def _front_fastening(wanted: Image, back: npt.NDArray[np.int8], view: View) -> Mask:
    """The middle of the clothed front: plackets, zips, ties, lapels and flies, which a back does not have."""
    trunk = np.isin(back, TRUNK) & np.isin(wanted, CLOTHES)
    torso = back == TORSO
    if not torso.any():
        return np.zeros(back.shape, bool)
    low, high = np.nonzero(torso)[0].min(), np.nonzero(torso)[0].max()
    middle, width = _middle_of_rows(torso)
    column = np.arange(back.shape[1])[None, :]
    row = np.arange(back.shape[0])[:, None]
    end = high + FLY * (high - low)
    return trunk & (np.abs(column - middle[:, None]) < FASTENING * width) & (row < end)


def _middle_of_rows(mask: Mask) -> tuple[Floats, float]:
    """(middle column of each row, smoothed and continued above and below; typical width in pixels)."""
    rows = np.nonzero(mask.any(1))[0]
    column = np.arange(mask.shape[1])
    count = mask[rows].sum(1)
    middle = np.interp(np.arange(len(mask)), rows, (mask[rows] * column).sum(1) / count)
    reach = max(len(rows) / 8, 1.0)
    return cv2.GaussianBlur(middle.astype(np.float32)[:, None], (0, 0), reach)[:, 0], float(np.median(count))


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
    donor = (front == back) & (back >= 0) & ~np.isin(labels, NO_DONOR)
    for region in range(len(REGIONS)):
        own = back == region
        if not own.any():
            continue
        usable = own & donor & _plausible(labels, region)
        missing = own & ~usable
        if usable.any() and missing.any():
            rows, columns = nearest_known(usable)
            wanted[missing] = labels[rows[missing], columns[missing]]
    _cover_torso(wanted, labels, back)
    _cover_head(wanted, labels, back)
    return wanted


def _plausible(labels: Image, region: int) -> Mask:
    """Where the label can belong to the region's back."""
    parts = REGIONS[region][1]
    if region == HEAD:
        return np.isin(labels, (Label.HAIR, Label.FACE, Label.ACCESSORY))
    if region == TORSO:
        return np.isin(labels, (*CLOTHES, Label.FACE, Label.HAIR, Label.ARMS))
    if parts[0] in (Part.LEFT_HAND, Part.RIGHT_HAND):
        return np.isin(labels, (Label.HANDS, Label.ARMS, *CLOTHES))
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
    if not cloth.any():
        return
    collar = np.percentile(np.nonzero(cloth)[0], 0.5)
    open_front = torso & (wanted == Label.FACE) & (np.arange(len(wanted))[:, None] > collar)
    rows, columns = nearest_known(cloth)
    wanted[open_front] = wanted[rows[open_front], columns[open_front]]


def _cover_head(wanted: Image, labels: Image, back: npt.NDArray[np.int8]) -> None:
    """Hair down to the nape, and between locks that hang lower; skin if there is no hair to speak of."""
    head = back == HEAD
    hair = labels == Label.HAIR
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
    for y in range(int(nape), int(np.nonzero(seen)[0].max()) + 1):
        columns = np.nonzero(seen[y])[0]
        if len(columns) < 2 or columns[-1] - columns[0] <= len(columns):
            continue
        middle = (np.nonzero(head[y])[0].mean() if head[y].any() else (columns[0] + columns[-1]) / 2)
        if columns[0] < middle < columns[-1]:
            span = slice(columns[0], columns[-1] + 1)
            wanted[y, span][back[y, span] >= 0] = Label.HAIR


def _chin(face: Mask, head: Mask) -> int:
    """Row of the chin: where the face, having been wide, has narrowed to the neck, or the end of the head."""
    rows = np.nonzero((face & head).any(1))[0]
    return int(rows.max()) if len(rows) else int(np.nonzero(head)[0].max())


def _sources(label: int, labels: Image, front: npt.NDArray[np.int8], person: Person, wanted: Image, kept: Mask) -> Mask:
    """Photo pixels that show the label cleanly."""
    same = (labels == label) & (person.matte > 0.9)
    if label == Label.FACE:
        same &= front != HEAD                                       # the neck, not the lips
        if same.sum() < 30:
            same = (labels == label) & (person.matte > 0.9)
    inner = cv2.erode(same.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if label in CLOTHES:
        plain = inner & kept
        inner = plain if plain.sum() >= 30 else inner
    return inner if inner.sum() >= 30 else same


def paint_hole(image: Floats, hole: Mask, source: Mask) -> Floats:
    """Fill a hole with the tone of the nearest sources, smooth, and with their detail, reflected inwards.

    Args:
        image: (H, W, 3).
        hole: where to fill.
        source: where the image may be copied from.

    Returns:
        (H, W, 3) the image with the hole filled; the rest is unchanged.
    """
    rows, columns = np.nonzero(hole | source)
    margin = 2
    box = (slice(max(rows.min() - margin, 0), rows.max() + margin + 1), slice(max(columns.min() - margin, 0), columns.max() + margin + 1))
    part, gap, known = image[box], hole[box], source[box] & ~hole[box]
    tone = smooth_fill(part, known)
    reach = DETAIL_SHARE * len(image)
    weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), reach)[..., None]
    local = cv2.GaussianBlur(np.where(known[..., None], part, 0).astype(np.float32), (0, 0), reach) / np.maximum(weight, 1e-3)
    detail = np.where(known[..., None], part - local, 0).astype(np.float32)
    detail = _reflect_into(detail, known, gap)
    out = image.copy()
    out[box] = np.where(gap[..., None], np.clip(tone + detail, 0, 255), part)
    return out


def _reflect_into(detail: Floats, known: Mask, gap: Mask) -> Floats:
    """Continue a texture into a gap by point reflection at its edge, again and again."""
    out, have = detail.copy(), known.copy()
    height, width = have.shape
    y, x = np.nonzero(gap)
    for _ in range(REFLECTIONS):
        if not len(y):
            break
        rows, columns = nearest_known(have)
        my, mx = 2 * rows[y, x] - y, 2 * columns[y, x] - x
        inside = (my >= 0) & (my < height) & (mx >= 0) & (mx < width)
        good = inside.copy()
        good[inside] = have[my[inside], mx[inside]]
        out[y[good], x[good]] = out[my[good], mx[good]]
        have[y[good], x[good]] = True
        y, x = y[~good], x[~good]
    return out


def smooth_fill(image: Floats, known: Mask) -> Floats:
    """Pull-push interpolation: known pixels keep their tone, the rest takes a smooth blend of what is nearest.

    Source: Gortler, Grzeszczuk, Szeliski and Cohen, "The lumigraph", 1996.
    """
    values, weight = np.where(known[..., None], image, 0).astype(np.float32), known.astype(np.float32)
    levels = []
    while min(values.shape[:2]) > 1:
        levels.append((values, weight))
        size = ((values.shape[1] + 1) // 2, (values.shape[0] + 1) // 2)
        coarse = cv2.resize(values * weight[..., None], size, interpolation=cv2.INTER_AREA)
        share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
        values = coarse / np.maximum(share, 1e-6)[..., None]
        weight = np.minimum(share * 4, 1.0)
    out = values
    for fine, share in reversed(levels):
        up = cv2.resize(out, (fine.shape[1], fine.shape[0]), interpolation=cv2.INTER_LINEAR)
        if up.ndim == 2:
            up = up[..., None]
        out = fine * share[..., None] + up * (1 - share[..., None])
    return out
