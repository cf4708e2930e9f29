# SPDX-License-Identifier: GPL-3.0-or-later
"""The colour of one person's skin, learnt from their face, and what in the photo has it.

Shade scales linear light. In CIELAB a scaled colour keeps a / (L + 16) and b / (L + 16) (its cube roots scale alike), so that skin in light
and shade lies on one line through (L = -16, a = b = 0); only gloss is paler. Cloth of any lightness is told by its distance from that line.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..cielab import to_lab
from ..records import Floats, Image, Label, Mask

FOOT = 16.0                 # of CIELAB's lightness: black lies this far below L = 0 on the lines of constant reflectance
FEWEST = 150                # pixels of a face from which its colour is taken
LIGHTER, DARKER = 42.0, 28.0    # L units about the face's within which skin of the same person lies, in sun and in shade
GLOSS = 1.15                # lighter than this many times the face, skin gains no more colour
FULLER = 0.5                # weight of more colour of the same hue: folds of skin light each other, and limbs are less glossy than faces
CLIPPED = 75.0              # lightness above which photos lose colour towards white
WIDEST, SHARE = 11.0, 0.62  # a b units from the line within which skin lies, and the same as a share of its colourfulness
PALEST = 0.3                # of their colour that even the lightest keep: skin is not white
AKIN = 15.0                 # degrees of hue that coloured light turns skin by
NARROWEST = 4.0             # a b units: noise of dark pixels
SOLID = 0.95                # matte of pixels whose colour is the person's own


@dataclass(frozen=True)
class Complexion:
    """A person's skin.

    Attributes:
        lab: (3,) CIELAB of the face.
    """

    lab: npt.NDArray[np.float64]

    def distance(self, lab: Floats) -> Floats:
        """(...) a b units of CIELAB colours (..., 3) from this skin in any light."""
        scale = self._colour_at(lab[..., 0])
        hue = self.lab[1:] / max(self.colourfulness, 1e-6)
        a, b = lab[..., 1] - self.lab[1] * scale, lab[..., 2] - self.lab[2] * scale
        fuller, aside = a * hue[0] + b * hue[1], a * hue[1] - b * hue[0]
        away: Floats = np.hypot(np.where(fuller > 0, FULLER * fuller, fuller), aside).astype(np.float32)
        return away

    def _colour_at(self, lightness: Floats) -> Floats:
        """Times the face's colour that this skin has where it is so light."""
        scale = np.minimum((lightness + FOOT) / (self.lab[0] + FOOT), GLOSS)
        full: Floats = (scale * np.minimum(_room(lightness) / max(float(_room(self.lab[0])), 0.1), 1)).astype(np.float32)
        return full

    @property
    def colourfulness(self) -> float:
        """Distance of the face's colour from grey, a b units."""
        return float(np.hypot(self.lab[1], self.lab[2]))

    @property
    def tolerance(self) -> float:
        """Up to which :meth:`distance` a colour can be skin."""
        return min(WIDEST, SHARE * self.colourfulness)

    def akin(self, lab: Floats) -> Mask:
        """(...) whether CIELAB colours (..., 3) have this skin's hue and some of its colour, as it has in light of another colour too."""
        hue = np.arctan2(lab[..., 2], lab[..., 1]) - np.arctan2(self.lab[2], self.lab[1])
        turned = np.abs((np.degrees(hue) + 180) % 360 - 180)
        mask: Mask = (turned < AKIN) & (np.hypot(lab[..., 1], lab[..., 2]) > SHARE * self.colourfulness / 2) | self.like(lab)
        return mask

    def like(self, lab: Floats) -> Mask:
        """(...) whether CIELAB colours (..., 3) can be this skin."""
        light = lab[..., 0] - self.lab[0]
        tolerance = np.clip(SHARE * self.colourfulness * self._colour_at(lab[..., 0]), NARROWEST, WIDEST)
        mask: Mask = (self.distance(lab) < tolerance) & (light < LIGHTER) & (light > -DARKER)
        return mask


def _room(lightness: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Share of their colour that light pixels keep: white has none."""
    return np.clip((100 - np.asarray(lightness, np.float64)) / (100 - CLIPPED), PALEST, 1)


def complexion_of(pixels: Image, labels: Image, matte: Floats) -> Complexion | None:
    """The skin of the person whose face is labelled in ``pixels`` (H, W, 3); None where too little of it is seen.

    The median twice: the second leaves out what is far from the first (lips, brows, glasses, a collar called neck).
    """
    face = (labels == Label.FACE) & (matte > SOLID)
    inner = cv2.erode(face.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    face = inner if inner.sum() >= FEWEST else face
    if face.sum() < FEWEST:
        return None
    colours = to_lab(pixels[face][None])[0].astype(np.float64)
    away = np.linalg.norm(colours - np.median(colours, 0), axis=1)
    return Complexion(np.median(colours[away <= np.median(away)], 0))
