# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the seam where a sleeve lies against the body, or a leg against the other leg, along the crease between them."""

from __future__ import annotations

import cv2
import numpy as np

from ..cielab import to_lab
from ..records import Floats, Image, Mask
from .notches import armpit_notches, crotch_notch, crotch_tip
from .outline import Outline, outline_of

ARMPIT_HEIGHT = 0.40        # of a garment's height: where the crease of a sleeve ends when nothing else tells
LOWEST_ARMPIT = 0.55        # of the height: a notch below this is the open end of a gap that is closed further up
CROTCH_HEIGHT = 0.34        # of trousers' height
KNEE_LENGTH_CROTCH = 0.45   # of shorts' height
SIDE_BY_SIDE = 1.75         # height over width from which a bottom without any notch is legs that touch; skirts are wider
GAP_PROBE = 60              # of the height: the ground's colour is read this near to a notch
SHADE = 0.4                 # of a difference in lightness that counts: a wall lies in shade between legs
GROUND_SHARE = 0.85         # a pixel so much nearer to the ground's colour than to the garment's is ground
NARROW_NOTCH = 30.0         # degrees a notch at the lower edge turns at least


def open_creases(outline: Outline, pixels: Image, category: str) -> Outline:
    """The outline with hidden creases cut open; unchanged where none is hidden."""
    if category == "bottom":
        return _open_legs(outline, pixels)
    found = armpit_notches(outline)
    heights = {side: (outline.contour[notch.index][1] - outline.top) / outline.height for side, notch in found.items()}
    high = [height for height in heights.values() if height <= LOWEST_ARMPIT]
    target = int(outline.top + (high[0] if high else ARMPIT_HEIGHT) * outline.height)
    mask = outline.mask.copy()
    for side in ("left", "right"):
        if heights.get(side, 1.0) <= LOWEST_ARMPIT:
            continue
        start = _cuff_notch(outline, side)
        if start is not None:
            _cut(mask, pixels, start, target)
    return outline if (mask == outline.mask).all() else outline_of(mask)


def _cuff_notch(outline: Outline, side: str) -> tuple[int, int] | None:
    """The notch between a cuff and the hem, when the sleeve touches the body above it: (x, y)."""
    sign = 1 if side == "left" else -1
    span = np.ptp(outline.contour[:, 0])
    best = None
    for notch in outline.notches():
        x, y = outline.contour[notch.index]
        offset = sign * (x - outline.axis) / span
        if notch.turn > NARROW_NOTCH and 0.14 < offset < 0.48 and y > outline.top + LOWEST_ARMPIT * outline.height \
                and notch.opening[1] > 0.3 and (best is None or y < best[1]):
            best = int(x), int(y)
    return best


def _open_legs(outline: Outline, pixels: Image) -> Outline:
    if crotch_tip(outline) is not None:
        return outline
    crotch = crotch_notch(outline)
    slim = outline.height / max(1.0, float(np.ptp(outline.contour[:, 0])))
    widths = outline.mask.sum(1)[int(outline.top):int(outline.bottom) + 1]
    narrowing = widths[int(0.93 * len(widths)):].mean() < 1.02 * widths[int(0.08 * len(widths)):int(0.2 * len(widths)) + 1].mean()
    height = CROTCH_HEIGHT if slim > 1.4 else KNEE_LENGTH_CROTCH
    target = int(outline.top + height * outline.height)
    if crotch is not None:
        x, y = outline.contour[crotch]
        if y <= outline.top + (height + 0.1) * outline.height:
            return outline
        start = (int(x), int(y))
    elif slim > SIDE_BY_SIDE and narrowing:                        # two legs folded onto each other or side by side
        bottom = np.nonzero(outline.mask[:, int(outline.axis)])[0].max()
        start = (int(outline.axis), int(bottom))
    else:
        return outline
    mask = outline.mask.copy()
    _clear_gap(mask, pixels, start)
    _cut(mask, pixels, start, target)
    return outline_of(mask)


def _clear_gap(mask: Mask, pixels: Image, start: tuple[int, int]) -> None:
    """Takes out what joins the notch at ``start`` and is rather of the ground's colour than of the garment's: shaded wall between legs."""
    lab = to_lab(cv2.GaussianBlur(pixels, (0, 0), 1.0)) * np.array([SHADE, 1, 1], np.float32)
    reach = max(4, mask.shape[0] // GAP_PROBE)
    column, row = start
    window = np.s_[row:row + 2 * reach, max(0, column - reach):column + reach + 1]
    ground = ~mask[window]
    if ground.sum() < reach:
        return
    to_ground = np.linalg.norm(lab - np.median(lab[window][ground], 0), axis=2)
    to_cloth = np.linalg.norm(lab - np.median(lab[mask], 0), axis=2)
    gap = mask & (to_ground < GROUND_SHARE * to_cloth)
    gap[row + reach:] = False
    gap[:, :max(0, column - 4 * reach)] = False
    gap[:, column + 4 * reach:] = False
    _, parts = cv2.connectedComponents(gap.astype(np.uint8))
    near = parts[max(0, row - 2 * reach):row + reach, max(0, column - reach):column + reach + 1]
    mask[np.isin(parts, np.unique(near[near > 0]))] = False


def _cut(mask: Mask, pixels: Image, start: tuple[int, int], top: int) -> None:
    """Cuts a two-pixel slit upwards from ``start`` along the darkest, most edge-like path to row ``top``."""
    grey = cv2.GaussianBlur(pixels, (0, 0), 1.0).astype(np.float32).mean(2)
    valley = cv2.GaussianBlur(grey, (0, 0), 5) - grey              # positive in a crease
    cost = np.exp(-valley / 6.0) + 0.02
    column, row = start
    if row - top < 4:
        return
    path = _cheapest(cost, mask, column, row, top)
    for y, x in path:
        mask[y, max(0, x - 1):x + 1] = False
    mask[row:, max(0, column - 1):column + 1] = False


def _cheapest(cost: Floats, mask: Mask, column: int, row: int, top: int) -> list[tuple[int, int]]:
    """Dynamic programming upwards, one row a step, at most one column aside; [(y, x)] from below."""
    width = cost.shape[1]
    total = np.full(width, np.inf, np.float32)
    total[column] = 0
    moves = []
    for y in range(row - 1, top - 1, -1):
        shifted = np.stack([np.r_[np.inf, total[:-1]] + 0.15, total, np.r_[total[1:], np.inf] + 0.15])
        step = shifted.argmin(0)
        total = shifted.min(0) + np.where(mask[y], cost[y], 0.5)
        moves.append(step)
    x = int(np.argmin(total))
    path = []
    for y, step in zip(range(top, row), moves[::-1], strict=True):
        path.append((y, x))
        x += int(step[x]) - 1
    return path[::-1]
