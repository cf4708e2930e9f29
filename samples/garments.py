# SPDX-License-Identifier: GPL-3.0-or-later
"""The garments of the sample photos, by name."""

from __future__ import annotations

from collections.abc import Callable

from .bottoms import dress, jeans, skirt
from .tops import Picture, hoodie, shirt, tee

GARMENTS: dict[str, Callable[[float], Picture]] = {"tee": tee, "shirt": shirt, "hoodie": hoodie, "jeans": jeans, "skirt": skirt,
                                                   "dress": dress}
"""Name of the sample -> the function that draws it at a scale: photo (h, w, 3) and mask (h, w)."""
