# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cut-out garment is: its upright, its category, the landmarks and attributes of its cut."""

from __future__ import annotations

import cv2
import numpy as np

from ..errors import InputError
from ..progress import Progress, ProgressCallback, silent
from ..records import Body, Floats, Garment, Image, Mask, Photo
from ..request import GarmentRequest
from .category import classify, lightness, opens_in_front
from .creases import open_creases
from .cutout import without_clips
from .landmarks import bottom_landmarks, sleeves_folded, top_landmarks
from .masks import GarmentMask
from .neckline import SURE, find_neckline
from .outline import WORKING_HEIGHT, outline_of
from .rim import clean_rim
from .upright import turn, upright_angle
from .wearer import Points, Wearer, read_wearer, seen_through, wearer_joints
from .worn import cut_limbs


def understood(photo: Photo, request: GarmentRequest, cut: GarmentMask, progress: ProgressCallback = silent) -> Garment:
    """Put a cut-out upright, categorise and mark it; arguments and result as of :func:`..garment.analyse_garment`.

    Raises:
        InputError: ``folded_sleeves`` if a top cannot be read because its sleeves lie on it.
    """
    alpha, asked, worn, warnings = cut.alpha, cut.category, cut.worn, cut.warnings
    progress(Progress("garment", 1, 3, "Reading its cut"))
    wearer = read_wearer(photo) if worn else None
    angle = 0.0 if worn else upright_angle(alpha, photo.pixels)
    pixels = _crop(np.dstack([turn(photo.pixels, angle), (turn(alpha, angle) * 255).clip(0, 255).round().astype(np.uint8)]))
    scale = min(1.0, WORKING_HEIGHT / pixels.shape[0])
    size = (max(8, round(pixels.shape[1] * scale)), max(8, round(pixels.shape[0] * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    outline = outline_of(without_clips(np.pad(small[..., 3] > 127, 2)))
    colours = np.pad(small[..., :3], ((2, 2), (2, 2), (0, 0)))
    kind = classify(outline, colours, pixels)
    category = kind.category if asked == "auto" else asked
    if asked == "auto" and kind.confidence < 0.55:
        warnings += (f"{photo.path.name} was taken for a {category}; name its category if that is wrong.",)
    opened = outline if worn else open_creases(outline, colours, category)
    pixels = _slit(pixels, outline.mask & ~opened.mask)
    outline = opened
    if category == "bottom":
        marks, attributes = bottom_landmarks(outline)
    else:
        marks, attributes = top_landmarks(outline, None if wearer is None else _joints(wearer, alpha, scale))
        if category != "dress" and not worn and sleeves_folded(marks, attributes):
            raise InputError("folded_sleeves", f"The sleeves of the garment in {photo.path.name} lie folded on its body.",
                             "Lay them out to its sides and photograph it again.")
        closes = opens_in_front(outline, colours)
        neck = find_neckline(outline, colours, marks, bool(attributes["collar"]), closes)
        marks.update(neck_front=neck.front, collar_left=neck.left, collar_right=neck.right)
        if neck.edge > SURE and not attributes["collar"] and not worn:
            marks.update(neck_left=neck.left, neck_right=neck.right)
        attributes["neckline"] = neck.name
        attributes["closure"] = "front" if closes else "none"
    attributes["lightness"] = round(lightness(outline, colours), 1)
    attributes["turned_degrees"] = angle
    if worn:
        attributes["cut"] = cut_limbs(alpha > 0.5)
    progress(Progress("garment", 2, 3, f"A {category}"))
    factor = pixels.shape[0] / small.shape[0]
    landmarks = {name: ((x - 2 + 0.5) * factor, (y - 2 + 0.5) * factor) for name, (x, y) in marks.items()}
    return Garment(photo, clean_rim(pixels), category, "worn" if worn else "flat", landmarks, attributes, request, warnings,
                   None if wearer is None else _body(wearer, alpha, pixels))


def _slit(pixels: Image, cut: Mask) -> Image:
    """RGBA with the cut creases (at working size, two pixels of margin) made transparent."""
    if not cut.any():
        return pixels
    full = cv2.resize(cut[2:-2, 2:-2].astype(np.uint8), (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_NEAREST)
    out = pixels.copy()
    out[..., 3][full > 0] = 0
    return out


def _joints(wearer: Wearer, alpha: Floats, scale: float) -> Points | None:
    """The wearer's joints in the outline of the photo's crop."""
    joints = wearer_joints(wearer)
    rows, columns = _box((alpha * 255).clip(0, 255).round())
    return None if joints is None else {name: ((x - columns.start) * scale - 0.5 + 2, (y - rows.start) * scale - 0.5 + 2)
                                        for name, (x, y) in joints.items()}


def _body(wearer: Wearer, alpha: Floats, pixels: Image) -> Body:
    """The wearer's body as the photo's crop shows it."""
    rows, columns = _box((alpha * 255).clip(0, 255).round())
    return seen_through(wearer.body, columns.start, rows.start, pixels.shape[1], pixels.shape[0])


def _crop(pixels: Image) -> Image:
    """RGBA cropped to its coverage with a small margin."""
    return pixels[_box(pixels[..., 3])].copy()


def _box(alpha: Floats | Image, margin: float = 0.02) -> tuple[slice, slice]:
    """Rows and columns of what is covered, coverage 0..255, with a small margin."""
    rows, columns = np.nonzero((alpha > 12).any(1))[0], np.nonzero((alpha > 12).any(0))[0]
    pad = max(4, round(margin * max(len(rows), len(columns))))
    return slice(max(0, rows[0] - pad), rows[-1] + 1 + pad), slice(max(0, columns[0] - pad), columns[-1] + 1 + pad)
