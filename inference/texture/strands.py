# SPDX-License-Identifier: GPL-3.0-or-later
"""Strands of hair over a head, told in space: they part at the crown, run down over the skull and hang from there.

A back that is painted as a picture and seen from the side shows its upright strands as rings about the ear. Here each point's place along
and across the strands is told by where it is round the head's axis and how far down.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..records import Floats, Image, Label, Part, Surface
from .projection import View
from .skull import Skull

AROUND, STEP_M = 1024, 0.0015
"""Columns of the pattern round the head (half a millimetre each on a skull), and metres of a row along the strands."""
ABOVE_M, BELOW_M = 0.3, 1.2
"""Metres of the pattern above and below the skull's widest level."""
CROWN = 0.35
"""How far behind the middle the hair parts, as a share of the skull's radius: the usual place of the whorl."""
STRAND, LOCK, WAVE = (2.0, 14.0), (9.0, 30.0), (60.0, 40.0)
"""Standard deviations across (columns) and along (rows) of strands, of locks and of the waves in both; 1 mm x 2 cm, 5 mm x 4.5 cm."""
LOCKS, WAVES = 0.8, 8.0
"""Contrast of locks against that of strands, and columns by which waves shift both."""
SHORT, SHORT_FALL, LONG_FALL = 0.3, 0.75, 1.1
"""Length of short hair's strands against long hair's, and how far down hair reaches in front, as a share of the way from the crown to the
chin, at which it is short and long."""
CONTRAST, LIMIT = 0.8, 0.13
"""Contrast of the strands against the photo's own hair, and its bound."""
FINE = 0.011
"""Of the person's height: standard deviation that parts the photo's strands from the hair's tone."""
FEWEST = 100
"""Pixels of hair from which strands are told."""


@dataclass(frozen=True)
class Strands:
    """The strands of one head.

    Attributes:
        skull: that they grow on.
        pattern: (rows, AROUND + 1) relative lightness; the last column repeats the first.
    """

    skull: Skull
    pattern: Floats

    def at(self, points: Floats) -> Floats:
        """Factors of lightness about 1.

        Args:
            points: (R, N, 3) metres, in rows that OpenCV takes (fewer than 32,768).
        """
        angle, out, high = self.skull.place(points, CROWN)
        column = (angle / (2 * np.pi) + 0.5) * AROUND
        row = (np.minimum(out, self.skull.radius) - high + ABOVE_M) / STEP_M
        found = cv2.remap(self.pattern, column.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR,
                          borderMode=cv2.BORDER_REPLICATE)
        # where all strands meet they would be drawn as a star
        return np.asarray(1 + found * np.minimum(2 * out / self.skull.radius, 1), np.float32)


def strands_of(skull: Skull, surface: Surface, colours: Image, labels: Image, view: View) -> Strands | None:
    """The strands of a person's hair, as long and as strong as the photo's; None where it shows none.

    Args:
        colours, labels: (H, W) of the photo.
    """
    hair, head = labels == Label.HAIR, surface.parts == Part.HEAD
    if hair.sum() < FEWEST or not head.any():
        return None
    rows = view.points[head, 1]
    fall = (float(np.percentile(np.nonzero(hair)[0], 97)) - rows.min()) / max(float(np.ptp(rows)), 1.0)
    length = float(np.interp(fall, (SHORT_FALL, LONG_FALL), (SHORT, 1.0)))
    person = float(np.ptp(view.points[:, 1]))
    return Strands(skull, min(CONTRAST * _contrast(colours, hair, FINE * person), LIMIT) * _pattern(length))


def _contrast(colours: Image, hair: npt.NDArray[np.bool_], reach: float) -> float:
    """Usual deviation of the hair's lightness from its tone, relative."""
    y, x = np.nonzero(hair)
    box = (slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1))
    part, own = colours[box].astype(np.float32), hair[box]
    detail = np.abs(part - cv2.GaussianBlur(part, (0, 0), reach))[own].mean(1)
    return float(np.median(detail) / max(float(np.median(part[own].mean(1))), 1.0))


def _pattern(length: float) -> Floats:
    """(rows, AROUND + 1) strands and locks of unit deviation, waving; the same for everybody."""
    rows = round((ABOVE_M + BELOW_M) / STEP_M)
    generator = np.random.default_rng(0)

    def noise(across: float, along: float) -> Floats:
        white = generator.standard_normal((rows, AROUND)).astype(np.float32)
        wide = cv2.copyMakeBorder(white, 0, 0, AROUND // 2, AROUND // 2, cv2.BORDER_WRAP)
        soft = cv2.GaussianBlur(wide, (0, 0), sigmaX=across, sigmaY=along)[:, AROUND // 2:AROUND // 2 + AROUND]
        return np.asarray(soft / soft.std(), np.float32)

    both = noise(STRAND[0], STRAND[1] * length) + LOCKS * noise(LOCK[0], LOCK[1] * length)
    row, column = np.mgrid[:rows, :AROUND + 1].astype(np.float32)
    shift = WAVES * noise(WAVE[0], WAVE[1])
    column = (column + np.concatenate([shift, shift[:, :1]], 1)) % AROUND
    waved = cv2.remap(np.concatenate([both, both[:, :1]], 1), column, row, cv2.INTER_LINEAR)
    return np.asarray(waved / np.std(waved), np.float32)
