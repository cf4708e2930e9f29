# SPDX-License-Identifier: GPL-3.0-or-later
"""The grain of plain cloth, synthesised at its true scale where the photo does not show it.

Weave, knit and nap are told by their covariance alone, so a field of the same spectrum with random phases looks alike, repeats nothing and
has neither folds nor highlights. Source: Galerne, Gousseau and Morel, "Random phase textures: theory and synthesis", 2011. The field lies
on the three planes of space and is blended by the normal, so that it needs no texture coordinates and has no seams.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..records import CLOTHES, Floats, Image, Mask
from .cloth import within
from .projection import pixels_at

DETAIL = 0.0035
"""Standard deviation, as a share of the person's height, below which detail is grain: 6 mm; folds and seams are coarser."""
FOLDS = 0.015
"""The same of what a clean patch has little of."""
PATCH, SMALLEST = 0.03, 12
"""Side of the patches that tell the grain, as a share of the person's height (5 cm), and the fewest pixels that one must have."""
FEWEST, MOST = 3, 15
"""Patches that are needed, and of the cleanest that are compared."""
MEDIAN_OF_POWER = float(np.log(2.0))
"""Median over mean of the power of a random field at one frequency, which is exponentially distributed."""
LIMIT = 30.0
"""Grey levels by which grain departs from the tone at most: more is a button or a buckle."""
TILE = 256
"""Pixels of the photo after which a field repeats itself."""
SHARPNESS = 4
"""Power of the normal by which the planes are blended: mixed fields are flatter than either."""


@dataclass(frozen=True)
class Grain:
    """Grain of the clothes of a person.

    Attributes:
        tiles: (TILE, TILE, 3) each, about zero, periodic.
        of: (H, W) uint8, one more than the tile that the cloth in a pixel has; 0: none.
        pitch: metres a pixel of the tiles.
    """

    tiles: tuple[Floats, ...]
    of: Image
    pitch: float

    def at(self, x: Floats, y: Floats, position: Floats, normal: Floats) -> Floats:
        """(N, 3) grey levels of grain at points.

        Args:
            x, y: (N,) of the points in the photo, pixels.
            position: (N, 3) metres.
            normal: (N, 3).
        """
        out = np.zeros((len(x), 3), np.float32)
        if not self.tiles:
            return out
        kind = pixels_at(self.of, x, y)
        place = np.rint(position / self.pitch).astype(np.int64) % TILE
        share = np.abs(normal).astype(np.float32) ** SHARPNESS
        share /= np.maximum(np.sqrt((share * share).sum(1, keepdims=True)), 1e-6)          # keeps the contrast of what is independent
        for number, tile in enumerate(self.tiles, 1):
            own = kind == number
            at = place[own]
            for plane, (down, along) in enumerate(((1, 2), (0, 2), (1, 0))):
                out[own] += tile[(-at[:, down]) % TILE, at[:, along]] * share[own, plane, None]
        return out


def grain_of(colours: Image, labels: Image, wanted: Image, plain: Mask, telling: Floats, height: float, pitch: float) -> Grain:
    """The grain of each garment, told by its cleanest patches.

    Args:
        colours, labels: (H, W) of the photo.
        wanted: (H, W) what is worn where the grain is asked for.
        plain: (H, W) where that is plain.
        telling: (H, W) how squarely the photo shows a pixel, 0..1.
        height: of the person, pixels.
        pitch: metres a pixel.
    """
    of, tiles = np.zeros(labels.shape, np.uint8), []
    for label in CLOTHES:
        own = plain & (wanted == label)
        if not own.any():
            continue
        field = grain_field(colours, (labels == label) & (telling > 0.5), height)
        if field is not None:
            tiles.append(field)
            of[own] = len(tiles)
    return Grain(tuple(tiles), of, pitch)


def grain_field(colours: Image, own: Mask, height: float) -> Floats | None:
    """(TILE, TILE, 3) a periodic field of the grain that cloth has; None where too little of it is seen.

    Args:
        colours: (H, W, 3).
        own: (H, W) the cloth.
        height: of the person, pixels.
    """
    power = _spectrum(colours, own, height)
    if power is None:
        return None
    turn = np.fft.fft2(np.random.default_rng(0).standard_normal((TILE, TILE)))
    turn /= np.maximum(np.abs(turn), 1e-9)
    field = np.fft.ifft2(np.sqrt(power) * turn[..., None], axes=(0, 1)).real       # the channels share their phases
    return np.asarray(np.clip(field, -LIMIT, LIMIT), np.float32)


def _spectrum(colours: Image, own: Mask, height: float) -> Floats | None:
    """(TILE, TILE, 3) power of the detail that a garment's cleanest patches have in common; None where there are too few."""
    rows, columns = np.nonzero(own)
    side = min(max(SMALLEST, round(PATCH * height)), TILE)
    if not len(rows):
        return None
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    part, inside = colours[box].astype(np.float32), own[box]
    soft = within(part, inside, DETAIL * height)
    folds = np.abs(soft - within(part, inside, FOLDS * height)).sum(2)
    detail = np.clip(part - soft, -LIMIT, LIMIT)
    found = []
    for top in range(0, inside.shape[0] - side + 1, max(1, side // 2)):
        for left in range(0, inside.shape[1] - side + 1, max(1, side // 2)):
            cut = np.s_[top:top + side, left:left + side]
            if inside[cut].all():
                found.append((float(folds[cut].mean()), top, left))
    if len(found) < FEWEST:
        return None
    window = np.hanning(side + 2)[1:-1]
    window = np.outer(window, window)[..., None]
    powers = []
    for _, top, left in sorted(found)[:MOST]:
        patch = detail[top:top + side, left:left + side]
        spot = np.zeros((TILE, TILE, 3))
        spot[:side, :side] = (patch - (patch * window).sum((0, 1)) / window.sum()) * window
        powers.append(np.abs(np.fft.fft2(spot, axes=(0, 1))) ** 2)
    # a seam or a fold is in one of them, the weave in all
    return np.asarray(np.median(powers, axis=0) / MEDIAN_OF_POWER * TILE * TILE / (window * window).sum(), np.float32)
