# SPDX-License-Identifier: GPL-3.0-or-later
"""How matt each place of the atlas is, by what the surface is made of there."""

from __future__ import annotations

import cv2
import numpy as np

from ..nearest import nearest_known
from ..raster import rasterise
from ..records import Image, Label, Surface
from .atlas import Atlas

ROUGHNESS: dict[Label, float] = {
    Label.HAIR: 0.5, Label.FACE: 0.55, Label.ARMS: 0.6, Label.HANDS: 0.6, Label.LEGS: 0.6, Label.UPPER: 0.85, Label.OUTER: 0.8,
    Label.LOWER: 0.85, Label.SKIRT: 0.85, Label.DRESS: 0.85, Label.SHOES: 0.5, Label.BAG: 0.55, Label.ACCESSORY: 0.5,
}
"""glTF roughness by label: cloth 0.8 to 0.9, skin 0.5 to 0.6, leather about 0.5, as measured-material tables for this BRDF give them
(physicallybased.info; Burley 2012). The photo's own highlights stay in the base colour, so nothing is shinier."""
ELSEWHERE = 0.8
SHARE_OF_SIZE = 4
"""The map is that much smaller than the base colour: it has no detail."""


def bake_roughness(surface: Surface, atlas: Atlas, size: int) -> Image | None:
    """(R, R) uint8, 255 is matt; None if the surface does not say what it is made of."""
    if surface.cover is None:
        return None
    table = np.full(len(Label), ELSEWHERE, np.float32)
    for label, value in ROUGHNESS.items():
        table[label] = value
    edge = size // SHARE_OF_SIZE
    coverage = rasterise(atlas.texels(edge), atlas.faces, edge, edge)
    values = coverage.interpolate(atlas.faces, table[surface.cover][atlas.source][:, None])[..., 0]
    rows, columns = nearest_known(coverage.mask)
    soft = cv2.GaussianBlur(values[rows, columns], (0, 0), 1.0)
    return (np.clip(soft, 0, 1) * 255 + 0.5).astype(np.uint8)
