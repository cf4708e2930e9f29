# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair: a cap around the skull, and what hangs down from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..records import Body, Floats, Label, Part
from .hair_cap import Cap, cap_of
from .hair_curtain import BLEND_M, HANGS_M, LONGEST_M, Curtain, curtain_of
from .hats import hat_worn
from .standoff import Silhouette

LEAST_PIXELS = 40
"""Hair pixels at working size below which the head counts as bald or covered."""


@dataclass(frozen=True)
class Hair:
    """A cap and the curtain that hangs from it, run into each other without a crease."""

    cap: Cap
    curtain: Curtain

    @property
    def bounds(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Lowest and highest corner, metres."""
        first, second = self.cap.bounds, self.curtain.bounds
        return np.minimum(first[0], second[0]) - BLEND_M / 4, np.maximum(first[1], second[1]) + BLEND_M / 4

    def distance(self, points: npt.NDArray[np.float64]) -> Floats:
        """(N, 3) -> (N,) about the signed distance in metres, negative inside; at most ``hair_cap.OUTSIDE_M``."""
        first, second = self.cap.distance(points), self.curtain.distance(points)
        near = np.maximum(BLEND_M - np.abs(first - second), 0) / BLEND_M
        out: Floats = (np.minimum(first, second) - near**2 * BLEND_M / 4).astype(np.float32)
        return out


def hair_volume(body: Body, silhouette: Silhouette) -> Cap | Hair | None:
    """The volume of the hair: None for a bald or covered head, a cap for short hair, a cap and a curtain for hair that hangs."""
    skeleton = body.skeleton
    names = skeleton.names
    head = body.vertices[body.parts == Part.HEAD].astype(np.float64)
    if not len(head) or "mixamorig:Head" not in names or "mixamorig:Neck" not in names:
        return None
    neck = skeleton.heads[skeleton.index("Neck")].astype(np.float64)
    top = float(head[:, 1].max())
    upper = head[head[:, 1] > top - 0.075 * body.height_m]
    centre = (upper.max(0) + upper.min(0)) / 2
    centre[1] = top - 0.06 * body.height_m
    hair, hat = _main_mass(silhouette, body, neck), hat_worn(silhouette, centre)
    if hair.sum() < LEAST_PIXELS and not hat.any():
        return None
    cap = cap_of(centre, head, hair, hat, silhouette)
    if not hair.any():
        return cap
    curtain = curtain_of(cap, body, neck, hair, silhouette)
    if curtain is None:
        return cap
    hangs_behind = curtain.ends < centre[1] - HANGS_M
    return Hair(cap_of(centre, head, hair, hat, silhouette, even=True, tapers=not hangs_behind), curtain)


def _main_mass(silhouette: Silhouette, body: Body, neck: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """(h, w) pixels of hair on and below the head, without specks."""
    hair = (silhouette.labels == Label.HAIR) & silhouette.inside
    floor = silhouette.camera.project(neck[None] - [[0, LONGEST_M * body.height_m / 1.7, 0]])[0, 1]
    hair[int(max(floor, 0)):] = False
    pieces, count = ndimage.label(hair, np.ones((3, 3)))
    if count == 0:
        return hair
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    kept: npt.NDArray[np.bool_] = (sizes >= 0.1 * sizes.max())[pieces] & hair      # strands beside the main mass belong to it
    return kept
