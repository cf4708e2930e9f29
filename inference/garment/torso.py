# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos of worn garments that end at the wearer's neck: a drawn head makes the networks see a person.

Networks that find people look for a face first. On photos of torsos they guess wildly, as they find one in a collar; with a head drawn
above the neck they find the joints and tell cloth from skin as on whole people. What is drawn is cut off again from all that they say.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ..cielab import to_lab
from ..coordinates import Array
from ..records import Image, Mask, Photo
from .cutout import segment, working_copy
from .ground import ground_distance
from .outline import mirror_axis

GROUND_BESIDE, GROUND_ROWS = 0.30, 0.16   # shares of width (from the middle) and height where a torso photo shows its ground
HEAD_ZONE = 0.10            # of the height: the neck, and hair, of a cut-off head lie in the top of the photo
NECK_ROWS = 0.04            # of the height: where the colour of the neck is read
NECK_CORE = 0.05            # of the width, from the figure's axis: there too
NECK_REACH = 0.16           # of the width, from the figure's axis: where the neck is
SHOULDER_ROWS = (0.15, 0.35)    # of the height: where the figure's breadth tells the size of the head
HEAD_SHARE = 0.5            # a head's height, of the breadth of shoulders and upper arms (0.23 m of 0.46 m)
HEAD_RANGE = (0.14, 0.34)   # of the photo's height
ROOM = 1.35                 # height of what is added above the photo, of the head's
SKIN = (176, 136, 116)      # colour of the head where no neck is seen
HAIR, EYES, LIPS = (40, 32, 28), (40, 30, 30), (150, 84, 80)


def figure_of_torso(small: Image) -> Mask:
    """The wearer of a torso photo: the ground is known beside the neck, where neither arms nor hips reach."""
    height, width = small.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    beside = (np.abs(columns / width - 0.5) > GROUND_BESIDE) & (rows < GROUND_ROWS * height)
    rim = (rows < 0.04 * height) | (columns < 0.06 * width) | (columns > 0.94 * width)
    mask = segment(small, ground_distance(small, beside & rim))
    mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    holes = 1 - mask
    count, parts, stats, _ = cv2.connectedComponentsWithStats(holes, connectivity=4)
    edge = set(np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])).tolist())
    for part in range(1, count):
        if part not in edge and stats[part, cv2.CC_STAT_AREA] < 0.02 * mask.size and (mask[parts == part] == 0).all():
            mask[parts == part] = 1
    return largest(mask)


def is_torso(photo: Photo) -> bool:
    """Whether a torso runs out of the photo's top with its neck, and out of its bottom."""
    small = working_copy(photo)
    height, width = small.shape[:2]
    figure = figure_of_torso(small)
    through = figure[-2].mean() > 0.15 and figure[1].mean() > 0.03 and not figure[:round(0.1 * height), [1, width - 2]].any()
    if not through or figure.mean() < 0.25:
        return False
    rows, columns = np.mgrid[:height, :width]
    neck = (rows < NECK_ROWS * height) & (np.abs(columns - mirror_axis(figure)) < 0.12 * width)
    return bool((_neck_skin(small, figure) & neck).sum() > 0.15 * (figure & neck).sum())


def with_head(photo: Photo) -> tuple[Photo, int]:
    """The photo with a head drawn above it, and how many rows were added at its top."""
    small = working_copy(photo)
    factor = photo.height / small.shape[0]
    figure = figure_of_torso(small)
    height, width = figure.shape
    skin = _neck_skin(small, figure)
    axis = mirror_axis(figure) if figure.any() else width / 2
    neck = figure[:round(HEAD_ZONE * height)] & (np.abs(np.arange(width) - axis) < NECK_REACH * width)[None]
    own = neck & skin[:len(neck)]
    own[round(NECK_ROWS * height):] = False                        # farther down and out, cloth of the colour of skin may lie
    inner = own & (np.abs(np.arange(width) - axis) < NECK_CORE * width)
    seen = np.nonzero((own if own.any() else neck).any(0))[0]
    centre = float(np.median(seen)) if len(seen) else axis
    tone = inner if inner.any() else own
    colour = np.median(small[:len(neck)][tone], 0) if tone.any() else np.array(SKIN, np.float64)
    band = figure[round(SHOULDER_ROWS[0] * height):round(SHOULDER_ROWS[1] * height)]
    breadth = float(np.quantile(band.sum(1), 0.75)) if band.any() else 0.5 * width
    size = float(np.clip(HEAD_SHARE * breadth, HEAD_RANGE[0] * height, HEAD_RANGE[1] * height)) * factor
    added = round(ROOM * size)
    ground = np.repeat(_row_of_ground(photo.pixels, figure[:round(HEAD_ZONE * height)]), added, 0)
    picture = np.ascontiguousarray(np.concatenate([ground, photo.pixels]))
    _draw_head(picture, (centre + 0.5) * factor, added, size, colour)
    return replace(photo, pixels=picture, alpha=None, sha256=f"{photo.sha256} with a head"), added


def largest(mask: Mask) -> Mask:
    """The largest connected piece of a mask."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return np.zeros(mask.shape, bool)
    return np.asarray(parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


def _neck_skin(small: Image, figure: Mask) -> Mask:
    """What has the colour of skin in the zone of the neck."""
    lab = to_lab(small)
    height, width = figure.shape
    rows, columns = np.mgrid[:height, :width]
    zone = figure & (rows < HEAD_ZONE * height) & (np.abs(columns - mirror_axis(figure)) < NECK_REACH * width)
    found: Mask = zone & (lab[..., 1] > 4) & (lab[..., 2] > 5) & (lab[..., 2] < 45) & (lab[..., 1] < 40) & (lab[..., 0] > 18)
    return found


def _row_of_ground(pixels: Image, figure: Mask) -> Image:
    """(1, W, 3) the ground's colour at the top of the photo, bridged where the figure is."""
    width = pixels.shape[1]
    covered = cv2.resize(figure.any(0).astype(np.uint8)[None], (width, 1), interpolation=cv2.INTER_NEAREST)[0] > 0
    free = np.nonzero(~covered)[0]
    row = np.median(pixels[:max(3, pixels.shape[0] // 100)].astype(np.float64), 0)
    if not len(free):
        free = np.array([0, width - 1])
    return np.stack([np.interp(np.arange(width), free, row[free, k]) for k in range(3)], 1).round().astype(np.uint8)[None]


def _draw_head(picture: Image, x: float, bottom: int, size: float, colour: Array) -> None:
    """A face with hair that looks at the camera; ``bottom`` is the row at which its neck meets the photo."""
    skin = tuple(int(v) for v in colour)
    shaded = tuple(int(0.85 * v) for v in colour)

    def place(right: float, up: float) -> tuple[int, int]:
        return round(x + right * size), round(bottom - up * size)

    def radii(across: float, down: float) -> tuple[int, int]:
        return max(1, round(across * size)), max(1, round(down * size))

    cv2.rectangle(picture, place(-0.22, 0.12), place(0.22, -0.01), skin, -1)
    cv2.ellipse(picture, place(0, 0.48), radii(0.36, 0.5), 0, 0, 360, skin, -1)
    cv2.ellipse(picture, place(0, 0.67), radii(0.38, 0.36), 0, 180, 360, HAIR, -1)
    for side in (-1, 1):
        cv2.ellipse(picture, place(side * 0.135, 0.52), radii(0.058, 0.03), 0, 0, 360, EYES, -1)
    cv2.ellipse(picture, place(0, 0.375), radii(0.042, 0.075), 0, 0, 360, shaded, -1)
    cv2.ellipse(picture, place(0, 0.25), radii(0.105, 0.03), 0, 0, 360, LIPS, -1)
