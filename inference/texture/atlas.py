# SPDX-License-Identifier: GPL-3.0-or-later
"""The UV atlas: the surface cut into charts, laid flat, sized and packed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..records import Body, Floats, Ints, Part, Surface
from .charts import cut_into_charts, lining
from .growing import grow
from .packing import pack
from .unwrap import lay_flat

PRINT_SCALE = {Part.HEAD: 1.5, Part.TORSO: 1.15}
"""Linear texel density by part, relative to the limbs: eyes go to faces and to what is printed on chests."""

LINING_SCALE = 0.4
"""Of the inside of skirts, which nobody sees."""


@dataclass(frozen=True)
class Atlas:
    """A surface split along its chart borders.

    Attributes:
        faces: (F, 3) into the split vertices, same order as the surface's.
        source: (V',) surface vertex of each split vertex.
        uv: (V', 2) 0..1, origin at the bottom left.
        chart: (F,) chart of each face.
    """

    faces: Ints
    source: Ints
    uv: Floats
    chart: Ints

    @property
    def charts(self) -> int:
        return int(self.chart.max()) + 1

    def texels(self, size: int) -> npt.NDArray[np.float64]:
        """(V', 2) image coordinates of the split vertices in a texture of that size (y down)."""
        return np.stack([self.uv[:, 0], 1.0 - self.uv[:, 1]], 1).astype(np.float64) * size


def build_atlas(surface: Surface, body: Body) -> Atlas:
    """Cut, flatten, size, pack and grow into the gaps; deterministic."""
    flat = lay_flat(surface.vertices, surface.faces, cut_into_charts(surface, body))
    scale = np.ones(int(flat.chart.max()) + 1)
    inside = lining(surface, body)[surface.faces].all(1)
    for chart in range(len(scale)):
        if inside[flat.chart == chart].mean() > 0.5:
            scale[chart] = LINING_SCALE
            continue
        parts = np.bincount(surface.parts[surface.faces[flat.chart == chart]].ravel(), minlength=len(Part))
        scale[chart] = PRINT_SCALE.get(Part(int(parts.argmax())), 1.0)
    uv = grow(pack(flat.uv * scale[flat.vertex_chart, None], flat.faces, flat.chart), flat.faces, flat.chart)
    return Atlas(flat.faces, flat.source, uv.astype(np.float32), flat.chart)
