# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the front of a jacket or shirt: the trunk is split down its middle and the two fronts hang apart."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ..coordinates import Array
from ..records import Floats, Garment, Image, Label, Mask, Part, Person
from .figure import Figure
from .fitting import Fitted
from .ladder import Ladder

LAPEL = 0.26                # of the garment's length: down to here the fronts fold back from the neck, and the lining is not shown
CHEST_M, HEM_M = 0.062, 0.088    # how far each front's edge hangs from the middle, at the chest and at the hem
WIDEST = 0.58               # of half the trunk's width: more cloth than this is never drawn aside
BENEATH_M = 0.15            # to each side of the middle: how much of a closed old jacket is worn on as the layer beneath
INNER_SHARE = 0.04          # of the trunk: with less of a top in sight, the old jacket counts as the top


def opens(garment: Garment) -> bool:
    """Whether the garment is to be worn open and can be: it closes in front and lies flat in its photo."""
    return _asked(garment) and garment.kind == "flat" and (garment.category == "outer" or (
        garment.category == "top" and garment.attributes.get("closure") == "front"))


def opening_doubts(garments: list[Garment]) -> tuple[str, ...]:
    """Warnings about garments that were to be worn open and are not."""
    return tuple(f"{garment.photo.path.name} is worn as its photo shows it: it could not be opened in front, {_why_not(garment)}"
                 for garment in garments if _asked(garment) and not opens(garment))


def _why_not(garment: Garment) -> str:
    if garment.kind == "worn":
        return "because it is photographed on a person."
    return "because no front closure was found on it. If it has one, choose the outer layer as its category."


def _asked(garment: Garment) -> bool:
    return bool(getattr(garment.request, "open_front", False))


def open_fronts(pieces: list[Fitted], unit: float) -> list[Fitted]:
    """The pieces with the trunk as two fronts, hanging apart.

    Args:
        pieces: fitted pieces of a top; the fronts keep the name ``trunk``.
        unit: pixels a metre.
    """
    out: list[Fitted] = []
    for piece in pieces:
        out += [_front(piece, side, unit) for side in ("left", "right")] if piece.piece.name == "trunk" else [piece]
    return out


def _front(trunk: Fitted, side: str, unit: float) -> Fitted:
    source, target = trunk.piece.ladder, trunk.target
    neck = source.sections["shoulder"]
    middle = [(ladder.left + ladder.right) / 2 for ladder in (source, target)]
    half = [np.linalg.norm(ladder.left - ladder.right, axis=1) / 2 for ladder in (source, target)]
    run = _run(middle[1], neck)
    lapel = 1 - np.clip(run / LAPEL, 0, 1) ** 2
    edge_source = half[0][neck] * lapel
    hang = np.interp(run, [0, LAPEL, 1], [half[1][neck], max(CHEST_M * unit, 0.7 * half[1][neck]), HEM_M * unit])
    edge_target = np.minimum(hang, np.where(run < LAPEL, 1.0, WIDEST) * half[1])
    inner_source = _inner(source, side, middle[0], edge_source / np.maximum(half[0], 1e-6))
    inner_target = _inner(target, side, middle[1], edge_target / np.maximum(half[1], 1e-6))
    pixels = _cut(trunk.piece.pixels, inner_source[neck:], side)
    ladders = [Ladder(ladder.left, inner, ladder.sections) if side == "left" else Ladder(inner, ladder.right, ladder.sections)
               for ladder, inner in ((source, inner_source), (target, inner_target))]
    return Fitted(replace(trunk.piece, pixels=pixels, ladder=ladders[0]), ladders[1])


def _run(middle: Array, neck: int) -> Array:
    """Share of the way from the neck to the hem at every rung; 0 above the neck."""
    length = np.concatenate([[0.0], np.cumsum(np.maximum(np.linalg.norm(np.diff(middle, axis=0), axis=1), 1e-6))])
    return np.clip((length - length[neck]) / max(length[-1] - length[neck], 1e-6), 0, 1)


def _inner(ladder: Ladder, side: str, middle: Array, share: Array) -> Array:
    edge = ladder.left if side == "left" else ladder.right
    return middle + (edge - middle) * np.clip(share, 0, 0.98)[:, None]


def _cut(pixels: Image, inner: Array, side: str) -> Image:
    """The garment on one side of its front edge; soft along the cut, clear of the other front and the lining."""
    height, width = pixels.shape[:2]
    far = width + 2 if side == "left" else -2                     # the wearer's left is on the right of an upright picture
    border = np.concatenate([[[far, inner[0, 1]]], inner, [[inner[-1, 0], height + 2], [far, height + 2]]])
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.round((border - 0.5) * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    out = pixels.copy()
    out[..., 3] = (out[..., 3].astype(np.uint16) * mask // 255).astype(np.uint8)
    return out


def worn_beneath(person: Person, figure: Figure) -> Mask:
    """Where an old jacket, shown without a top under it, is worn on beneath an open garment, (H, W)."""
    outer, upper = person.labels == Label.OUTER, person.labels == Label.UPPER
    if upper.sum() > INNER_SHARE * max(int((outer | upper).sum()), 1):
        return np.zeros(outer.shape, bool)
    trunk = figure.trunk
    down = trunk.points[1] - trunk.points[0]
    down = down / (np.linalg.norm(down) + 1e-6)
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    aside = (columns - trunk.points[0][0]) * -down[1] + (rows - trunk.points[0][1]) * down[0]
    return outer & (np.abs(aside) < BENEATH_M * figure.px_per_m)


def wider_beneath(person: Person, figure: Figure, removed: Mask) -> tuple[Floats, Mask]:
    """The top beneath, continued sideways under where the old jacket was: colour (H, W, 3) and where it is, (H, W).

    Every row is mirrored at the edges of what is in sight, so that stripes run on.
    """
    photo = person.foreground.astype(np.float32)
    inner = cv2.erode(((person.labels == Label.UPPER) & ~removed & (person.matte > 0.9)).astype(np.uint8), np.ones((3, 5), np.uint8))
    where = np.zeros(removed.shape, bool)
    wanted = removed & (figure.part == Part.TORSO)
    reach = round(BENEATH_M * figure.px_per_m)
    for row in np.nonzero(inner.any(1) & wanted.any(1))[0]:
        seen = np.nonzero(inner[row])[0]
        columns = np.nonzero(wanted[row])[0]
        first, last = int(seen.min()), int(seen.max())
        columns = columns[((columns < first) & (columns >= first - min(reach, last - first)))
                          | ((columns > last) & (columns <= last + min(reach, last - first)))]
        photo[row, columns] = photo[row, np.where(columns < first, 2 * first - columns, 2 * last - columns)]
        where[row, columns] = True
    return photo, where
