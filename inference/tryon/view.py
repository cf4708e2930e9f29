# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generating model is shown of the person and of a garment, and where of its picture is believed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..person.pose import opaque_pixels
from ..records import Body, Floats, Garment, Image, Person
from .garment_region import region_to_change
from .on_white import garment_on_white

ROOM = 0.06                 # of the person's height: left free at each side
OVER_GROUND = 0.04          # of the photo's height: wide garments may hang so far beyond the region over the ground
TURNED = 10.0               # degrees from which a garment is shown cut out and upright instead of as its photo shows it


@dataclass(frozen=True)
class View:
    """A rectangle of the photo.

    Attributes:
        left, top, right, bottom: pixels; right and bottom are outside.
    """

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.right - self.left, self.bottom - self.top

    def of(self, image: Image) -> Image:
        """That part of an image of the photo's size."""
        return np.ascontiguousarray(image[self.top:self.bottom, self.left:self.right])

    def into(self, picture: Image, part: Image) -> Image:
        """A copy of the picture with the part, resized, in its place."""
        out = picture.copy()
        method = cv2.INTER_AREA if part.shape[0] >= self.size[1] else cv2.INTER_CUBIC
        out[self.top:self.bottom, self.left:self.right] = cv2.resize(part, self.size, interpolation=method)
        return out


def view_of(person: Person, region: Floats, aspect: float) -> View:
    """The smallest view of the person and the region with some room round them, of an aspect as near to that asked for as the photo allows.

    Args:
        person: the person.
        region: (H, W), positive where the picture may change.
        aspect: width over height.
    """
    height, width = person.matte.shape
    shown = (person.matte > 0.5) | (region > 0)
    if not shown.any():
        return View(0, 0, width, height)
    rows, columns = np.nonzero(shown.any(1))[0], np.nonzero(shown.any(0))[0]
    room = ROOM * (rows[-1] + 1 - rows[0])
    top, bottom = _within(rows[0] - room, rows[-1] + 1 + room, height)
    left, right = _within(columns[0] - room, columns[-1] + 1 + room, width)
    if (right - left) < aspect * (bottom - top):
        left, right = _widened(left, right, aspect * (bottom - top), width)
    else:
        top, bottom = _widened(top, bottom, (right - left) / aspect, height)
    return View(left, top, right, bottom)


def region_over_ground(person: Person, body: Body, garment: Garment) -> Floats:
    """(H, W) 0 or 1: where the picture of a model without a mask is believed for a garment; wide ones may hang over the ground."""
    region = region_to_change(person, body, [garment])
    reach = 2 * max(1, round(OVER_GROUND * person.photo.height)) + 1
    grown = cv2.dilate(region, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return np.where(person.matte < 0.5, grown, region).astype(np.float32)


def garment_photo(garment: Garment) -> Image:
    """(h, w, 3) the garment's photo; one that lies askew in it, or was cut out in the file, is shown upright on white."""
    askew = abs(float(garment.attributes.get("turned_degrees", 0.0))) >= TURNED
    if garment.kind == "worn" or (garment.photo.alpha is None and not askew):
        return opaque_pixels(garment.photo)
    return garment_on_white(garment)


def _within(low: float, high: float, most: int) -> tuple[int, int]:
    return max(0, int(np.floor(low))), min(most, int(np.ceil(high)))


def _widened(low: int, high: int, length: float, most: int) -> tuple[int, int]:
    """The interval widened to both sides to that length, moved or cut where the picture ends."""
    length = min(round(length), most)
    start = min(max(0, round((low + high - length) / 2)), most - length)
    return start, start + length
