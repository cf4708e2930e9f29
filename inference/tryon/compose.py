# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays skin, kept pixels and cloth over each other, back to front, in premultiplied colour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..records import Floats
from .figure import Figure
from .shading import contact_shadow


class Stack:
    """A picture of the person alone, built from back to front.

    Attributes:
        colour: (H, W, 3) float32 0..255, premultiplied.
        alpha: (H, W) 0..1.
        new: (H, W) 0..1, how much of what is seen is not the photo's own.
    """

    def __init__(self, figure: Figure) -> None:
        self._figure = figure
        self.colour: Floats = np.zeros((figure.height, figure.width, 3), np.float32)
        self.alpha: Floats = np.zeros((figure.height, figure.width), np.float32)
        self.new: Floats = np.zeros((figure.height, figure.width), np.float32)

    def lay(self, colour: Floats, alpha: Floats, new: bool = False) -> None:
        """Lay a layer of straight colour (H, W, 3) with coverage (H, W) on top; ``new`` if it was painted."""
        self.lay_premultiplied(colour * alpha[..., None], alpha, new)

    def lay_before(self, colour: Floats, alpha: Floats, new: bool = False) -> None:
        """The same for what lies before the clothes: its shadow falls on what is new below; the photo has its own shadows."""
        self.colour = self.colour * (1 - self.new * (1 - contact_shadow(alpha, self._figure)))[..., None]
        self.lay(colour, alpha, new)

    def lay_premultiplied(self, colour: Floats, alpha: Floats, new: bool = False) -> None:
        self.colour = colour + self.colour * (1 - alpha[..., None])
        self.alpha = alpha + self.alpha * (1 - alpha)
        self.new = alpha * new + self.new * (1 - alpha)

    def develop(self, grained: Callable[[Floats, Floats], Floats]) -> None:
        """Give what is new the photo's grain; ``grained`` takes straight colour and ``new``."""
        self.colour = grained(self.straight(), self.new) * self.alpha[..., None]

    def lay_cloth(self, layer: Floats, shade: Floats, joined: Floats | None = None) -> None:
        """Lay a premultiplied RGBA layer of cloth: shaded, and with its shadow on what lies below, except where it is ``joined`` to it."""
        alpha = layer[..., 3]
        if not alpha.any():
            return
        shadow = contact_shadow(alpha, self._figure)
        self.colour = self.colour * (shadow if joined is None else 1 - (1 - shadow) * (1 - joined))[..., None]
        colour = np.minimum(layer[..., :3] * shade[..., None], 255 * alpha[..., None])
        self.lay_premultiplied(colour, alpha, new=True)

    def shade_below(self, alpha: Floats, joined: Floats) -> None:
        """Darken what a layer of this coverage will lie before, at some distance, except where it is ``joined`` to it."""
        self.colour = self.colour * (1 - (1 - contact_shadow(alpha, self._figure)) * (1 - joined))[..., None]

    def straight(self) -> Floats:
        """(H, W, 3) colour without its coverage."""
        return self.colour / np.maximum(self.alpha, 1e-3)[..., None]
