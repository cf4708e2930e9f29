# SPDX-License-Identifier: GPL-3.0-or-later
"""Where sleeves end: what of an arm is bare, however its outline lies beside the photo's.

A fitted arm never lies quite where the photo's does, and hangs before a skirt or a shirt: at its rim and on its hidden side the photo's
pixels are the clothes beside it. But sleeves cover an arm from the shoulder down to one line; beyond it there is skin all round. The
line is where seen cloth above and seen skin below it are told apart with the fewest errors.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..records import ARM_PARTS, CLOTHES, Body, Label, Mask, Part, Surface

MARGIN_M = 0.02
"""Metres below the line that still may be cloth: hems hang lower on one side."""
FEWEST_SEEN = 30
"""Vertices of an arm on skin or cloth from which its line is told."""
SKIN_WEIGHT = 2.0
"""What skin above the line counts against cloth below it: beside a bare arm there often is cloth, about a sleeve hardly ever skin."""
LEAST_BARE = 0.45
"""Share of skin that the photo must show below the line; a sleeve that is mistaken for skin in places keeps its cloth."""


def bare_arms(surface: Surface, body: Body, labels: npt.NDArray[np.integer], seen: Mask) -> Mask:
    """(V,) the vertices of arms and hands below their sleeves.

    Args:
        labels: (V,) what the photo shows at each vertex.
        seen: (V,) whether the photo shows the vertex itself.
    """
    out = np.zeros(len(surface.vertices), bool)
    skin, cloth = np.isin(labels, (Label.ARMS, Label.HANDS)), np.isin(labels, CLOTHES)
    for parts in ARM_PARTS.values():
        own = np.isin(surface.parts, parts)
        told = own & seen & (skin | cloth)
        if told.sum() < FEWEST_SEEN:
            continue
        along = _along(surface, body, own, parts[-1])
        line = sleeve_end(along[told], skin[told])
        below = told & (along > line)
        if below.any() and skin[below].mean() >= LEAST_BARE:
            out |= own & (along > line + (MARGIN_M if line > -np.inf else 0.0))
    return out


def sleeve_end(along: npt.NDArray[np.floating], skin: Mask) -> float:
    """Place on an arm above which points are best taken for cloth and below which for skin; minus infinity without a sleeve.

    Args:
        along: (N,) metres from the shoulder downwards.
        skin: (N,) whether a point is skin.
    """
    order = np.argsort(along, kind="stable")
    cloth_above = np.concatenate([[0], np.cumsum(~skin[order])])
    skin_below = skin.sum() - np.concatenate([[0], np.cumsum(skin[order])])
    count = int(np.argmax(cloth_above + SKIN_WEIGHT * skin_below))   # of points above the line
    return float(along[order[count - 1]]) if count else -np.inf


def _along(surface: Surface, body: Body, own: Mask, hand: Part) -> npt.NDArray[np.float64]:
    """(V,) metres down the stretched arm of the rest pose; -inf off the arm."""
    rest = body.rest_vertices[surface.body_vertex].astype(np.float64)
    middle = rest[own].mean(0)
    axis = np.linalg.svd(rest[own] - middle, full_matrices=False)[2][0]
    place = (rest - middle) @ axis
    fingers = own & (surface.parts == hand)
    upward = place[fingers].mean() < 0 if fingers.any() else axis[1] > 0
    return np.where(own, -place if upward else place, -np.inf)
