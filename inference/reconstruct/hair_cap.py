# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair around a skull: its radius in every direction from its middle, and a thickness.

The photo tells the thickness at the outline, where the face is bare, and where hair lies in front; between and behind it runs on
smoothly, and short hair tapers to the nape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from ..records import Floats
from .hats import rounded
from .standoff import Silhouette

POLAR, AZIMUTH = 25, 48
"""Directions from up to down and around; 7.5 degrees are 1.3 cm on a head."""
KERNEL = 40.0
"""Concentration of the mean of the skull's vertices per direction; about 9 degrees, so that ears and nose vanish."""
LEAST_M, MOST_M = 0.006, 0.16
"""Metres; thickness of a crop, and of hair that stands out."""
UNDER_M = 0.015
"""Metres by which the cap dips under bare skin, so that it ends in a hairline and not in a ledge."""
EYES = (0.6, 0.08)
"""Cosine to the line of sight above which, and height below which, a direction is that of the eyes: dark glasses run into a hat's shade."""
NAPE = -0.62
"""Height of a direction (its y) below which the back of a head is neck."""
BESIDE = 0.35
"""Height below which the outline belongs to hanging hair, not to the cap: -0.35 is about the mouth."""
OUTLINE_WEIGHT, BARE_WEIGHT, BEHIND_WEIGHT, HAIR_WEIGHT = 10.0, 3.0, 0.2, 0.05
"""Relative to the stiffness between neighbouring directions."""
BACK_GAIN, MOST_BEHIND_M = 1.3, 0.08
"""Hair behind the head is somewhat thicker than at the flatter of its sides (six heads of known shape), at most so many metres."""
ABOVE_EARS = (-0.05, 0.7)
"""Heights of the directions whose outline says how thick hair is: below them curls and locks stand away, above them is the crown."""
STANDS_M = 0.02
"""Metres by which a side of the cap from which hair hangs may be thicker than the other: what stands away farther is a lock."""
TAPERS = 0.0
"""Height of a direction, about the ears', below which the hair behind becomes thinner towards the nape."""
OUTSIDE_M = 0.1


@dataclass(frozen=True)
class Cap:
    """Hair around a skull.

    Attributes:
        centre: (3,) metres, body frame.
        radius: (POLAR, AZIMUTH) metres; rows from up (+y) to down, columns around from +x over +z.
    """

    centre: npt.NDArray[np.float64]
    radius: Floats

    @property
    def bounds(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Lowest and highest corner, metres."""
        points = self.centre + directions() * self.radius.reshape(-1, 1)
        return points.min(0), points.max(0)

    def distance(self, points: npt.NDArray[np.float64]) -> Floats:
        """(N, 3) -> (N,) about the signed distance in metres, negative inside; at most ``OUTSIDE_M``."""
        out = np.full(len(points), OUTSIDE_M, np.float32)
        offset = points - self.centre
        reach = float(self.radius.max()) + 0.06
        near = (np.abs(offset) < reach).all(1)
        offset = offset[near]
        length = np.maximum(np.linalg.norm(offset, axis=1), 1e-9)
        row = np.arccos(np.clip(offset[:, 1] / length, -1, 1)) / np.pi * (POLAR - 1)
        column = np.arctan2(offset[:, 2], offset[:, 0]) / (2 * np.pi) * AZIMUTH % AZIMUTH + 2
        wrapped = np.concatenate([self.radius[:, -2:], self.radius, self.radius[:, :3]], 1)
        radius = ndimage.map_coordinates(wrapped, [row, column], order=1, mode="nearest")
        out[near] = np.minimum(length - radius, OUTSIDE_M)
        return out


def directions() -> npt.NDArray[np.float64]:
    """(POLAR * AZIMUTH, 3) unit vectors of the cap's grid."""
    polar = np.pi * np.arange(POLAR) / (POLAR - 1)
    around = 2 * np.pi * np.arange(AZIMUTH) / AZIMUTH
    p, a = np.meshgrid(polar, around, indexing="ij")
    return np.stack([np.sin(p) * np.cos(a), np.cos(p), np.sin(p) * np.sin(a)], -1).reshape(-1, 3)


def cap_of(centre: npt.NDArray[np.float64], head: npt.NDArray[np.float64], hair: npt.NDArray[np.bool_], hat: npt.NDArray[np.bool_],
         silhouette: Silhouette, even: bool = False, tapers: bool = True) -> Cap:
    """The cap of a head whose hair covers the pixels ``hair``; alike on both sides if ``even``, thin at the nape if it ``tapers``."""
    direction = directions()
    offset = head - centre
    length = np.linalg.norm(offset, axis=1)
    weight = np.exp(KERNEL * (direction @ (offset / np.maximum(length, 1e-9)[:, None]).T - 1))
    skull = (weight @ length) / np.maximum(weight.sum(1), 1e-12)
    camera = silhouette.camera
    to_camera = camera.position - centre
    facing = direction @ (to_camera / np.linalg.norm(to_camera))
    pixels = camera.project(centre + direction * (skull + LEAST_M)[:, None])
    rows = np.clip(pixels[:, 1].astype(int), 0, hair.shape[0] - 1)
    columns = np.clip(pixels[:, 0].astype(int), 0, hair.shape[1] - 1)
    covered = hair | hat
    target, stiffness = np.full(len(direction), LEAST_M), np.full(len(direction), HAIR_WEIGHT)
    shaded = (facing > EYES[0]) & (direction[:, 1] < EYES[1]) & ~hair[rows, columns]
    bare = ((facing > 0.2) & (~covered[rows, columns] | shaded)) | (direction[:, 1] < NAPE)
    target[bare], stiffness[bare] = -UNDER_M, BARE_WEIGHT
    rim = (np.abs(facing) <= 0.25) & (direction[:, 1] > -BESIDE)
    for k in np.nonzero(rim)[0]:
        outline = _outline(centre, direction[k], float(skull[k]), covered, silhouette)
        target[k], stiffness[k] = (-UNDER_M, BARE_WEIGHT) if outline is None else (outline, OUTLINE_WEIGHT)
    # behind, where nothing is seen, hair is about as thick as at the sides, and ends at the nape
    sides = (stiffness == OUTLINE_WEIGHT) & (direction[:, 1] > ABOVE_EARS[0]) & (direction[:, 1] < ABOVE_EARS[1])
    left = direction[:, 0] > 0
    thick = [float(np.median(target[own])) for own in (sides & left, sides & ~left) if own.any()]
    behind = (facing < -BESIDE) & ~bare
    if even and thick:
        standing = (stiffness == OUTLINE_WEIGHT) & (direction[:, 1] < ABOVE_EARS[1])
        target[standing] = np.minimum(target[standing], min(thick) + STANDS_M)
    rise = np.clip((direction[behind, 1] - NAPE) / (TAPERS - NAPE), 0, 1) if tapers else np.ones(int(behind.sum()))
    full = float(np.clip(BACK_GAIN * min(thick), LEAST_M, MOST_BEHIND_M)) if thick else LEAST_M
    target[behind] = LEAST_M + (full - LEAST_M) * rise * rise * (3 - 2 * rise)
    stiffness[behind] = BEHIND_WEIGHT
    shape, seen_hat = (POLAR, AZIMUTH), hat[rows, columns] & ~shaded
    target, made = rounded(target.reshape(shape), (stiffness == OUTLINE_WEIGHT).reshape(shape), seen_hat.reshape(shape),
                           facing.reshape(shape))
    stiffness[made] = BEHIND_WEIGHT
    brim = made & (facing > 0)
    target[brim], stiffness[brim] = _over_hat(centre, direction[brim], skull[brim], target[brim], hat, silhouette), BARE_WEIGHT
    system = _sphere_laplacian() + sparse.diags(stiffness)
    thickness = spsolve(system.tocsc(), stiffness * target)
    thickness = np.where(bare, np.minimum(thickness, 0.0), np.maximum(thickness, np.where(stiffness < BARE_WEIGHT, LEAST_M, -UNDER_M)))
    radius = (skull + np.minimum(thickness, MOST_M)).reshape(POLAR, AZIMUTH)
    radius[[0, -1]] = radius[[0, -1]].mean(1, keepdims=True)
    smooth = ndimage.gaussian_filter(radius, 0.7, mode=("nearest", "wrap"))
    return Cap(centre, smooth.astype(np.float32))


def _over_hat(centre: npt.NDArray[np.float64], direction: npt.NDArray[np.float64], skull: npt.NDArray[np.float64],
              thickness: npt.NDArray[np.float64], hat: npt.NDArray[np.bool_], silhouette: Silhouette) -> npt.NDArray[np.float64]:
    """(N,) the most of a hat's ``thickness`` in front that the camera sees where the photo shows the hat: it hides no face."""
    out = np.full(len(direction), LEAST_M)
    below = direction - np.array([0.0, 1.5 * np.pi / (POLAR - 1), 0.0])         # it ends between two rows of directions, and is smoothed
    for share in np.linspace(0.1, 0.9, 9):
        pixels = silhouette.camera.project(centre + below * (skull + share * thickness)[:, None])
        rows = np.clip(pixels[:, 1].astype(int), 0, hat.shape[0] - 1)
        columns = np.clip(pixels[:, 0].astype(int), 0, hat.shape[1] - 1)
        out = np.where(hat[rows, columns], np.maximum(out, share * thickness), out)
    return out


def _outline(centre: npt.NDArray[np.float64], direction: npt.NDArray[np.float64], skull: float, covered: npt.NDArray[np.bool_],
             silhouette: Silhouette) -> float | None:
    """Metres by which hair stands off the skull at the outline of the head in a direction, or None if there is no hair."""
    reach = np.arange(0.75 * skull, skull + MOST_M, 0.002)
    pixels = silhouette.camera.project(centre + reach[:, None] * direction)
    rows = np.clip(pixels[:, 1].astype(int), 0, covered.shape[0] - 1)
    columns = np.clip(pixels[:, 0].astype(int), 0, covered.shape[1] - 1)
    inside = silhouette.inside[rows, columns]
    end = len(inside) if inside.all() else int(np.argmin(inside))
    hair = covered[rows[:end], columns[:end]]
    if not hair.any() or end - int(np.nonzero(hair)[0].max()) > 4:
        return None
    return float(reach[end - 1] + 0.001 - skull)


def _sphere_laplacian() -> sparse.csr_matrix:
    """(D, D) Laplacian of the directions; steps around count more towards the poles, where they are short."""
    index = np.arange(POLAR * AZIMUTH).reshape(POLAR, AZIMUTH)
    sine = np.maximum(np.sin(np.pi * np.arange(POLAR) / (POLAR - 1)), 0.1)
    down = (index[:-1].ravel(), index[1:].ravel(), np.repeat((sine[:-1] + sine[1:]) / 2, AZIMUTH))
    around = (index.ravel(), np.roll(index, -1, 1).ravel(), np.repeat(1 / sine, AZIMUTH))
    i, j, w = (np.concatenate(parts) for parts in zip(down, around, strict=True))
    adjacency = sparse.coo_matrix((w, (i, j)), shape=(index.size, index.size))
    adjacency = adjacency + adjacency.T
    return (sparse.diags(np.asarray(adjacency.sum(1)).ravel()) - adjacency).tocsr()
