# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a whole outfit from a photo of somebody who wears it: the top, and what is seen of the trousers or skirt below it.

Such photos often end at the hips or thighs. What is there of the bottom is kept as a strip of cloth; fitting goes on with it
(:mod:`.strip`) as far as the garment reaches on a body.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..cielab import to_lab
from ..errors import InputError
from ..records import Body, Floats, Garment, Image, Label, Mask

LEAST_ROWS = 0.035          # of the photo's height: a strip of the bottom lower than this tells nothing
LEAST_WIDTH = 0.35          # of the top's width at its hem: what is narrower is no bottom
BAND = 0.05                 # of the photo's height: cloth is compared over this much above and below a hem
ALIKE = 9.0                 # Lab distance below which both sides of a hem are one cloth
GAP = 0.02                  # of the strip's width: ground between the legs at least this wide parts them
MIDDLE = 0.16               # of the strip's width: the gap between the legs lies this near to the middle
PIECE = 0.2                 # of the largest piece: smaller ones beside it are no second leg
FLARED = 1.22               # a skirt gets wider downwards by at least this factor in what a photo shows
SURELY = 0.75               # of the labels of trousers and skirts: more of one kind is that
LONG = 0.85                 # of the way from crotch to ankle: trousers that end lower are long
CROTCH_DROP_M = 0.085       # the crotch of trousers under the hip joints
HIDDEN_SHARE = 0.10         # of the photo's height: trousers shown for more than this would show where the legs part


@dataclass(frozen=True)
class Below:
    """What a photo shows under a top's hem.

    Attributes:
        alpha: (H, W) 0..1 of the photo.
        parted: whether the two legs are told apart.
        skirt: whether it is a skirt rather than trousers.
        whole: whether it ends in the photo rather than at its border.
    """

    alpha: Floats
    parted: bool
    skirt: bool
    whole: bool


def whole_outfit(garment: Garment) -> list[Garment]:
    """The garment, and what else its photo shows of the outfit, from the skin outwards.

    Args:
        garment: analysed; only a worn one of the category ``auto`` is more than itself.

    Returns:
        ``[garment]``; or a bottom and the top; or the garment down to the photo's border, where it goes on over what was taken for its hem.
    """
    from ..garment.wearer import read_wearer
    from ..garment.worn import cut_out_of

    if garment.kind != "worn" or garment.category not in ("top", "outer") or getattr(garment.request, "category", "auto") != "auto" \
            or getattr(garment.request, "points", ()):
        return [garment]
    photo = garment.photo
    wearer = read_wearer(photo)
    if wearer is None:
        return [garment]
    labels, matte = wearer.person.labels, wearer.person.matte
    try:
        top = cut_out_of(photo, labels, matte, garment.category)[0]
        below = _below(top, cut_out_of(photo, labels, matte, "dress")[0] * (1 - top)) \
            or _below(top, cut_out_of(photo, labels, matte, "bottom")[0])
    except InputError:
        return [garment]
    if below is None:
        return [garment]
    below = replace(below, skirt=_is_skirt(below, labels))
    if not below.parted and not below.whole and _one_cloth(garment.photo.pixels, top, below.alpha):
        return [_longer(garment, np.maximum(top, below.alpha))]
    return [_bottom(garment, below, wearer.body), garment]


def _below(top: Floats, rest: Floats) -> Below | None:
    """The strip below the top's hem; None where there is too little of it."""
    height = top.shape[0]
    rows = np.nonzero((top > 0.5).any(1))[0]
    mask = rest > 0.5
    hem_columns = np.nonzero((top > 0.5).any(0) & mask.any(0))[0]
    if not len(hem_columns):
        return None
    mask[:round(rows[0] + 0.5 * np.ptp(rows))] = False
    reach = round(0.25 * len(hem_columns))
    mask[:, :max(0, hem_columns[0] - reach)] = False
    mask[:, hem_columns[-1] + reach:] = False
    mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA]
    mask = np.isin(parts, 1 + np.nonzero(areas > PIECE * areas.max())[0])
    lines = np.nonzero(mask.any(1))[0]
    wide = mask.any(0).sum()
    if len(lines) < LEAST_ROWS * height or wide < LEAST_WIDTH * len(hem_columns):
        return None
    widths = np.array([np.ptp(np.nonzero(mask[row])[0]) for row in lines if mask[row].any()], float)
    parted = parting(mask) is not None
    flared = widths[-3:].mean() > FLARED * widths[:max(3, len(widths) // 8)].mean()
    whole = lines[-1] < height - 3
    skirt = not parted and (flared or (len(lines) > HIDDEN_SHARE * height and whole))
    return Below(rest * cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)), parted, bool(skirt), bool(whole))


def _is_skirt(below: Below, labels: Image) -> bool:
    """Whether the strip is a skirt: as its labels say, and where they call one thing nearly as often as the other, as its shape says."""
    inside = labels[below.alpha > 0.5]
    trousers, skirts = (float(np.isin(inside, kinds).mean()) for kinds in ((Label.LOWER,), (Label.SKIRT, Label.DRESS)))
    if max(trousers, skirts) < SURELY * (trousers + skirts):
        return below.skirt
    return skirts > trousers and not below.parted


def crotch_of(body: Body) -> tuple[float, float]:
    """(x, y) photo pixels of where the legs of a body part, its trousers' crotch."""
    camera = body.camera
    hips = np.mean([body.skeleton.heads[body.skeleton.index(name)] for name in ("LeftUpLeg", "RightUpLeg")], 0)
    x, y, depth = camera.project(hips[None])[0]
    return float(x), float(y + CROTCH_DROP_M * camera.focal / depth)


def parting(mask: Mask) -> tuple[int, float] | None:
    """Row and x from which ground shows between the legs, down to the strip's end; None if they are not parted."""
    lines = np.nonzero(mask.any(1))[0]
    columns = np.nonzero(mask.any(0))[0]
    axis, width = float(columns[0] + columns[-1]) / 2, float(np.ptp(columns)) + 1
    first, middles = None, []
    for row in lines[::-1][max(1, len(lines) // 50):]:
        gap = _gap(mask[row], axis, width)
        if gap is None:
            break
        first = int(row)
        middles.append((gap[0] + gap[1]) / 2)
    return None if first is None else (first, float(np.median(middles)))


def _gap(row: Mask, axis: float, width: float) -> tuple[int, int] | None:
    """First and last column of the ground between the legs in one row."""
    filled = np.nonzero(row)[0]
    if len(filled) < 2:
        return None
    steps = np.diff(filled)
    widest = int(np.argmax(steps))
    low, high = int(filled[widest]) + 1, int(filled[widest + 1]) - 1
    return (low, high) if high - low + 1 >= GAP * width and abs((low + high) / 2 - axis) < MIDDLE * width else None


def _one_cloth(pixels: Image, top: Floats, below: Floats) -> bool:
    """Whether the cloth on both sides of what was taken for a hem is the same."""
    lab = to_lab(pixels)
    rows = np.nonzero((below > 0.5).any(1))[0]
    reach = round(BAND * pixels.shape[0])
    hem = rows[0]
    above, under = top > 0.9, below > 0.9
    above[:max(0, hem - reach)] = False
    under[hem + reach:] = False
    columns = (below > 0.5).any(0)
    above[:, ~columns] = False
    if min(above.sum(), under.sum()) < 50:
        return False
    return bool(np.linalg.norm(np.median(lab[above], 0) - np.median(lab[under], 0)) < ALIKE)


def _longer(garment: Garment, alpha: Floats) -> Garment:
    """The garment cut out again with its lower part."""
    from ..garment.analysis import understood
    from ..garment.masks import GarmentMask

    return understood(garment.photo, garment.request, GarmentMask(alpha, garment.category, True, garment.warnings))


def _bottom(garment: Garment, below: Below, wearer: Body) -> Garment:
    """The strip as a garment of its own.

    Its attribute ``strip`` says that fitting cuts it to the body, ``whole`` that it is seen down to its hem; the landmark ``crotch`` of
    trousers is where their wearer's legs part, if that is seen.
    """
    from ..garment.rim import clean_rim

    rows, columns = np.nonzero((below.alpha > 0.5).any(1))[0], np.nonzero((below.alpha > 0.5).any(0))[0]
    box = np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    pixels = np.dstack([garment.photo.pixels[box], (below.alpha[box] * 255).round().astype(np.uint8)])
    x, y = crotch_of(wearer)
    seen = not below.skirt and rows[0] < y < rows[-1] and columns[0] < x < columns[-1]
    ankle = float(wearer.camera.project(wearer.skeleton.heads[[wearer.skeleton.index("LeftFoot")]])[0, 1])
    long = not below.whole or rows[-1] - y > LONG * (ankle - y)
    attributes = {"skirt": below.skirt, "leg": "long" if long else "short", "strip": True, "whole": below.whole and (seen or below.skirt)}
    marks = {"crotch": (x - columns[0], y - rows[0])} if seen else {}
    return replace(garment, pixels=clean_rim(pixels), category="bottom", landmarks=marks, attributes=attributes, warnings=(), wearer=None)
