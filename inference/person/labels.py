# SPDX-License-Identifier: GPL-3.0-or-later
"""What each pixel of the person shows: hair, skin, clothes, shoes.

The parser's probabilities, at a working size, are corrected by colour models of its own answers, voted on by garment, laid along the
photo's edges at full size, and cleaned of islands and of sleeves and trousers taken for skin.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Body, Floats, Image, Label, Photo, Pose
from .body_hints import allowed_by_body
from .clothed_limbs import without_clothed_limbs
from .colour_grid import ColourGrid
from .figure import Figure, figure_of, pose_within, trunk_length
from .garment_kinds import settle_kinds
from .parser import CLASSES, bounds, class_probabilities
from .pose import opaque_pixels
from .skin_parts import with_hands_before_trunk
from .waistline import with_waist_by_colour

PARSER_EDGE = 400
"""Pixels of the long edge of the person's part of the photo when it is parsed."""
PUBLISHED_EDGE = 512
"""The same for published parsers, which were trained on squares of 473 and 512 pixels."""
EDGE_SIZE = 800
"""Pixels of the long edge at which labels are laid along the photo's edges; above it they are enlarged."""
CELL_SHARE = 0.45
"""Edge of a colour cell in trunk lengths."""
COLOUR_TRUST = 1.0
"""Weight of the colours' log odds against the parser's. On photos held out from its training, IoU rises up to about one and falls from
two."""
LIVE_SHARE = 0.004
"""A class whose probability sums to less than this share of the person is left out of the colour models."""
ISLAND_SHARE = 0.0015
"""Islands below this share of the person's area take the label around them."""


class Parser(Protocol):
    """A backend that judges the pixels of a person."""

    def __call__(self, figure: Figure) -> Floats:
        """(h, w, 13) probabilities in the order of :data:`.parser.CLASSES`."""
        ...


def label_pixels(photo: Photo, pose: Pose, matte: Floats, body: Body | None = None, parser: Parser = class_probabilities,
                 edge: int = PARSER_EDGE) -> Image:
    """What each pixel shows.

    Args:
        photo, pose, matte: of the person.
        body: the fitted body; with it labels that its parts rule out (hands at the knee) are not given.
        parser: the backend.
        edge: pixels of the long edge of the person's part of the photo that the parser sees.

    Returns:
        (H, W) uint8 codes of :class:`..records.Label`; background where the matte is below one half.
    """
    pixels = opaque_pixels(photo)
    rows, columns = _padded(bounds(matte > 0.5), matte.shape)
    if rows.stop <= rows.start:
        return np.zeros(matte.shape, np.uint8)
    part = pose_within(pose, rows, columns)
    crop, cover = pixels[rows, columns], matte[rows, columns]
    figure, _ = figure_of(crop, part, cover, edge)
    belief = parser(figure)
    if body is not None:
        belief = belief * allowed_by_body(body, photo, (rows, columns), belief.shape[:2])
        belief /= np.maximum(belief.sum(-1, keepdims=True), 1e-6)
    belief = with_waist_by_colour(figure, settle_kinds(figure, _by_colour(figure, belief)))
    codes = with_hands_before_trunk(_along_edges(crop, cover, belief), part)
    codes = without_clothed_limbs(crop, _without_islands(codes, cover), cover, trunk_length(part.points))
    codes = _without_islands(codes, cover)
    result = np.zeros(matte.shape, np.uint8)
    result[rows, columns] = codes
    return result


def _padded(box: tuple[slice, slice], shape: tuple[int, ...], margin: int = 8) -> tuple[slice, slice]:
    rows, columns = box
    return (slice(max(rows.start - margin, 0), min(rows.stop + margin, shape[0])),
            slice(max(columns.start - margin, 0), min(columns.stop + margin, shape[1])))


def _by_colour(figure: Figure, belief: Floats) -> Floats:
    """Multiply by how often each class has the pixel's colour near by."""
    grid = ColourGrid(figure.pixels, max(3.0, CELL_SHARE * figure.trunk))
    total = max(float(belief.sum()), 1e-6)
    counts = np.full(belief.shape, 1e-3, np.float32)
    for k in range(belief.shape[2]):
        if belief[..., k].sum() > LIVE_SHARE * total:
            counts[..., k] += grid.count(belief[..., k] ** 2)
    counts /= counts.sum(-1, keepdims=True)
    refined = belief * (counts + 0.01) ** COLOUR_TRUST
    return refined / np.maximum(refined.sum(-1, keepdims=True), 1e-9)


def _along_edges(pixels: Image, matte: Floats, belief: Floats) -> Image:
    """Enlarge the probabilities with the photo as guide; (H, W) codes, background below half a matte."""
    height, width = matte.shape
    scale = min(1.0, EDGE_SIZE / max(height, width))
    shape = (max(1, round(width * scale)), max(1, round(height * scale)))
    guide = cv2.resize(pixels, shape, interpolation=cv2.INTER_AREA)
    live = [k for k in range(belief.shape[2]) if belief[..., k].max() > 0.3]
    radius = max(2, round(shape[1] / belief.shape[1] * 1.5))
    filtered = cv2.ximgproc.createGuidedFilter(guide, radius, 2e-4 * 255 ** 2)
    best = np.full(shape[::-1], -1.0, np.float32)
    codes = np.zeros(shape[::-1], np.uint8)
    known = (belief.sum(-1) > 0.5).astype(np.float32)
    share = cv2.GaussianBlur(known, (0, 0), 1.5) + 1e-4
    for k in live:
        # pixels at the rim that the parser did not judge take their neighbours' answer
        filled = np.where(known > 0, belief[..., k], cv2.GaussianBlur(belief[..., k] * known, (0, 0), 1.5) / share)
        plane = filtered.filter(cv2.resize(filled, shape, interpolation=cv2.INTER_LINEAR))
        won = plane > best
        best[won], codes[won] = plane[won], CLASSES[k]
    if scale < 1:
        codes = cv2.resize(codes, (width, height), interpolation=cv2.INTER_NEAREST)
        codes = cv2.medianBlur(codes, 3)
    codes[matte < 0.5] = Label.BACKGROUND
    return codes


def _without_islands(codes: Image, matte: Floats) -> Image:
    """Small connected pieces of one label take the label that surrounds them most."""
    area = max(1, int((matte > 0.5).sum()))
    result = codes.copy()
    small = np.zeros(codes.shape, bool)
    for code in np.unique(codes):
        if code == Label.BACKGROUND:
            continue
        count, piece, stats, _ = cv2.connectedComponentsWithStats((codes == code).astype(np.uint8), connectivity=8)
        for k in range(1, count):
            if stats[k, cv2.CC_STAT_AREA] < ISLAND_SHARE * area:
                small |= piece == k
    solid = (codes > 0) & ~small
    if small.any() and solid.any():
        nearest = _nearest_source(solid)
        result[small] = codes.ravel()[nearest[small]]
    return result


def _nearest_source(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """(H, W) flat index of the nearest pixel of the mask."""
    from scipy.ndimage import distance_transform_edt

    row, column = distance_transform_edt(~mask, return_distances=False, return_indices=True)
    return row.astype(np.int64) * mask.shape[1] + column
