# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth that hangs around both legs: each slice between hem and crotch becomes convex where the photo shows no gap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..records import Body, Floats, Label
from .standoff import Silhouette

SKIRT_LIKE = (Label.SKIRT, Label.DRESS, Label.UPPER, Label.OUTER)
"""Labels of cloth that may hang around both legs; trousers do not."""
SURELY_SKIRT = 0.16
"""Share of the stature: cloth that fills the space between the legs so far below the crotch is a skirt unless its label says trousers."""
FILLED = 0.85
"""Share of the picture between the legs that the matte must cover for cloth to hang there; a gap or a crease covers less."""
OWN_GAP_M = 0.02
"""Metres; legs nearer to each other than this touch anyway."""
SMOOTHING_VOXELS = (1.5, 3.0, 1.5)
"""Gaussian over the hulls of the slices, which are cut to whole voxels."""
REACH_M = 0.03
"""Metres above the crotch up to which slices are joined, so that the skirt runs into the hips without a step."""


def close_between_legs(values: Floats, origin: npt.NDArray[np.float64], spacing: float, body: Body, silhouette: Silhouette) -> None:
    """Make the slices of a field convex, in place, where the matte fills the space between two legs that stand apart.

    Args:
        values: (nx, ny, nz) metres, negative inside.
        origin, spacing: of the grid, metres, body frame.
        body: for its legs.
        silhouette: the matte.
    """
    from skimage.morphology import convex_hull_image

    skeleton = body.skeleton
    try:
        legs = [(skeleton.index(f"{side}UpLeg"), skeleton.index(f"{side}Leg"), skeleton.index(f"{side}Foot")) for side in ("Left", "Right")]
    except ValueError:
        return
    heights = origin[1] + spacing * np.arange(values.shape[1])
    top = float(skeleton.heads[legs[0][0], 1]) - 0.06 * body.height_m + REACH_M
    bottom = float(max(skeleton.heads[leg[2], 1] for leg in legs))
    x = origin[0] + spacing * np.arange(values.shape[0])
    z = origin[2] + spacing * np.arange(values.shape[2])
    joined: list[tuple[int, npt.NDArray[np.bool_]]] = []
    votes: list[tuple[float, float]] = []
    for layer in np.nonzero((heights < top) & (heights > bottom))[0][::-1]:
        left, right = (_on_leg(skeleton.heads, leg, heights[layer]) for leg in legs)
        filled, skirt_like, trousers = _between(left, right, heights[layer], silhouette)
        if filled < FILLED:
            break
        votes.append((skirt_like, trousers))
        if np.linalg.norm(left - right) < OWN_GAP_M:
            continue
        pieces, _ = ndimage.label(values[:, layer] < 0)
        wanted = {int(pieces[_cell(x, point[0]), _cell(z, point[1])]) for point in (left, right)} - {0}
        if wanted:
            joined.append((int(layer), convex_hull_image(np.isin(pieces, list(wanted)))))
    length = (len(votes) * spacing - REACH_M) / body.height_m
    if not joined:
        return
    skirt_like, trousers = np.mean(votes, axis=0)
    if trousers > 0.5 or (skirt_like < 0.5 and length < SURELY_SKIRT):
        return
    lowest, highest = joined[-1][0], joined[0][0]
    hulls = np.full((values.shape[0], highest - lowest + 1, values.shape[2]), 0.1, np.float32)
    for layer, hull in joined:
        hulls[:, layer - lowest] = (ndimage.distance_transform_edt(~hull) - ndimage.distance_transform_edt(hull)) * spacing
    hulls = ndimage.gaussian_filter(hulls, SMOOTHING_VOXELS, mode="nearest")
    values[:, lowest:highest + 1] = np.minimum(values[:, lowest:highest + 1], hulls)


def _on_leg(heads: Floats, leg: tuple[int, int, int], height: float) -> npt.NDArray[np.float64]:
    """(x, z) of a leg's axis at a height."""
    hip, knee, ankle = (heads[j].astype(np.float64) for j in leg)
    upper, lower = (hip, knee) if height > knee[1] else (knee, ankle)
    share = float(np.clip((upper[1] - height) / max(upper[1] - lower[1], 1e-6), 0, 1))
    point = upper + (lower - upper) * share
    return point[[0, 2]]


def _between(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64], height: float,
             silhouette: Silhouette) -> tuple[float, float, float]:
    """Shares of the line from leg axis to leg axis that the matte covers, labelled as hanging cloth, and labelled as trousers."""
    share = np.linspace(0.0, 1.0, 25)[:, None]
    across = left * (1 - share) + right * share
    pixels = silhouette.camera.project(np.stack([across[:, 0], np.full(len(across), height), across[:, 1]], 1))
    columns = np.clip(pixels[:, 0].astype(int), 0, silhouette.inside.shape[1] - 1)
    rows = np.clip(pixels[:, 1].astype(int), 0, silhouette.inside.shape[0] - 1)
    labels = silhouette.labels[rows, columns]
    hanging = np.isin(labels, [int(label) for label in SKIRT_LIKE])
    return float(silhouette.inside[rows, columns].mean()), float(hanging.mean()), float((labels == Label.LOWER).mean())


def _cell(axis: npt.NDArray[np.float64], value: float) -> int:
    return int(np.clip(round((value - axis[0]) / (axis[1] - axis[0])), 0, len(axis) - 1))
