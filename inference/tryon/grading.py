# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings drawn cloth into the photo's world: its light and shade, the colour of its light, its stray light, its sharpness, its grain."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..records import Floats, Garment, Person
from .figure import Figure
from .fitting import Fitted
from .lens import as_sharp, edge_blur, enlargement, measure_grain, with_grain
from .light import black_of, change_of_light, glare_of, relit
from .shading import cloth_shading

ROOM = 12                   # pixels about a piece into which its edge may be blurred
RESAMPLED = 0.4             # pixels: blur that drawing itself adds
NEAR = 4                    # pixels about the person in which the photo's sharpness is told


class Grading:
    """What the photo does to cloth that is worn in it; made once for a person.

    Args:
        person: with the labels of the photo.
        figure: their fitted body in the photo.
    """

    def __init__(self, person: Person, figure: Figure) -> None:
        self._person, self._figure = person, figure
        near = cv2.dilate((person.matte > 0.5).astype(np.uint8), np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)).astype(bool)
        self._blur = edge_blur(person.photo.pixels, near)
        self._grain = measure_grain(person.photo.pixels)
        self._glare = glare_of(person)
        self._shading: dict[tuple[str, bool], Floats] = {}

    def cloth(self, layer: Floats, garment: Garment, fitted: Sequence[Fitted]) -> Floats:
        """A drawn piece, premultiplied RGBA (H, W, 4), as the photo would show it.

        Args:
            layer: colour 0..255 times alpha, alpha 0..1, in the light of the garment's photo.
            garment: which it is a piece of.
            fitted: all of the garment's pieces.
        """
        rows, columns = np.nonzero(layer[..., 3] > 0)
        if not len(rows):
            return layer
        box = (slice(max(0, int(rows.min()) - ROOM), int(rows.max()) + ROOM + 1),
               slice(max(0, int(columns.min()) - ROOM), int(columns.max()) + ROOM + 1))
        part = layer[box]
        if self._blur is not None:
            own = edge_blur(garment.photo.pixels)
            if own is not None:
                part = as_sharp(part, float(np.hypot(own * enlargement(fitted), RESAMPLED)), self._blur)
        alpha = part[..., 3:]
        colour = part[..., :3] / np.maximum(alpha, 1e-3)
        colour = relit(colour, change_of_light(garment, self._person)) * self._shade(garment)[box][..., None]
        colour = self._glare.over(colour, black_of(garment), box)
        out = np.zeros_like(layer)
        out[box] = np.concatenate([colour.clip(0, 255) * alpha, alpha], 2)
        return out

    def _shade(self, garment: Garment) -> Floats:
        """What the photo's light does to the cloth; none for a worn garment, whose photo shows the form of a body already."""
        if garment.kind == "worn":
            return np.ones(self._person.matte.shape, np.float32)
        hanging = garment.category != "bottom" or bool(garment.attributes.get("skirt"))
        key = garment.category, hanging
        if key not in self._shading:
            self._shading[key] = cloth_shading(self._person, self._figure, *key)
        return self._shading[key]

    def grained(self, colour: Floats, new: Floats) -> Floats:
        """Colour (H, W, 3) with the photo's grain where ``new`` (H, W) 0..1 says that it was painted or drawn."""
        return colour if self._grain is None else with_grain(colour, new, self._grain)
