# SPDX-License-Identifier: GPL-3.0-or-later
"""Places clicked on a photo in Blender's Image Editor, as pixels of the photo held upright. No ``bpy``.

Blender shows a photo as its file stores it and counts from the lower left corner, 0 to 1. The engine reads it upright, as the camera
noted in the file's EXIF, and counts pixels from the upper left corner.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

Place = tuple[float, float]

HEAD_BYTES = 256 * 1024
"""The EXIF block comes first in a JPEG and has at most 64 kB; other blocks of the same size may stand before it."""
ORIENTATION = 0x0112
"""EXIF tag: how the stored picture is to be turned."""
UPRIGHT, LEFT_SIDE_DOWN, RIGHT_SIDE_DOWN = 1, 6, 8
"""EXIF's numbers for no turn, a quarter turn clockwise and one counter-clockwise; all other turns are their own reverse."""
SIDEWAYS = 5
"""From this number on width and height change places."""


@dataclass(frozen=True)
class Sheet:
    """A photo as the Image Editor shows it.

    Attributes:
        width, height: pixels as stored.
        orientation: EXIF's number, 1 to 8.
    """

    width: int
    height: int
    orientation: int = UPRIGHT

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the photo held upright."""
        return (self.height, self.width) if self.orientation >= SIDEWAYS else (self.width, self.height)

    def pixel(self, view: Place) -> Place | None:
        """A place of the Image Editor's view -> pixels of the photo held upright, None beside it."""
        across, up = view
        if not (0.0 <= across < 1.0 and 0.0 < up <= 1.0):
            return None
        return _turned((across * self.width, (1.0 - up) * self.height), self.width, self.height, self.orientation)

    def view(self, pixel: Place) -> Place:
        """The reverse of :meth:`pixel`."""
        back = {LEFT_SIDE_DOWN: RIGHT_SIDE_DOWN, RIGHT_SIDE_DOWN: LEFT_SIDE_DOWN}.get(self.orientation, self.orientation)
        x, y = _turned(pixel, *self.upright_size, back)
        return x / self.width, 1.0 - y / self.height


def _turned(place: Place, width: int, height: int, orientation: int) -> Place:
    x, y = place
    left, below = width - x, height - y
    return {2: (left, y), 3: (left, below), 4: (x, below), 5: (y, x), 6: (below, x), 7: (below, left), 8: (y, left)}.get(orientation, place)


def orientation_of(file: Path) -> int:
    """EXIF's orientation of a JPEG; 1 where nothing is noted, or the file is of another kind or cannot be read."""
    try:
        with file.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        return _orientation(head)
    except (OSError, struct.error, ValueError):
        return UPRIGHT


def _orientation(head: bytes) -> int:
    if head[:2] != b"\xff\xd8":
        return UPRIGHT
    at = 2
    while head[at:at + 1] == b"\xff":
        kind, length = struct.unpack_from(">BH", head, at + 1)
        block = head[at + 4:at + 2 + length]
        if kind == 0xE1 and block[:6] == b"Exif\0\0":
            return _tag(block[6:])
        if kind == 0xDA:                                 # the picture itself begins
            break
        at += 2 + length
    return UPRIGHT


def _tag(tiff: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return UPRIGHT
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    for entry in range(count):
        tag, _kind, _number, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry)
        if tag == ORIENTATION:
            return int(value) if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
