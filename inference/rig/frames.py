# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of bones (origin at the head, y axis along the bone: Blender's convention), in the rest pose and as bound."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..records import Skeleton

Frames = npt.NDArray[np.float64]


def rest_frames(skeleton: Skeleton) -> Frames:
    """(J, 4, 4) in the model's rest pose, body frame."""
    heads = skeleton.rest_heads.astype(np.float64)
    along = (skeleton.rest_tails - skeleton.rest_heads).astype(np.float64)
    frames = np.tile(np.eye(4), (len(heads), 1, 1))
    for bone, direction in enumerate(along):
        y = unit(direction if np.linalg.norm(direction) > 1e-6 else np.array([0.0, 1.0, 0.0]))
        side = np.array([0.0, 0.0, 1.0]) if abs(y[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
        x = unit(np.cross(y, side))
        frames[bone, :3, :3] = np.stack([x, y, np.cross(x, y)], 1)
        frames[bone, :3, 3] = heads[bone]
    return frames


def bound_frames(skeleton: Skeleton) -> Frames:
    """(J, 4, 4) in the pose that the mesh is bound in, body frame; y lies exactly on each bone."""
    rest = rest_frames(skeleton)
    heads, along = skeleton.heads.astype(np.float64), (skeleton.tails - skeleton.heads).astype(np.float64)
    frames = np.tile(np.eye(4), (len(heads), 1, 1))
    for bone in range(len(heads)):
        turned = skeleton.rotations[bone].astype(np.float64) @ rest[bone, :3, :3]
        if np.linalg.norm(along[bone]) > 1e-6:
            y = unit(along[bone])
            x = unit(turned[:, 0] - y * (turned[:, 0] @ y))
            turned = np.stack([x, y, np.cross(x, y)], 1)
        frames[bone, :3, :3], frames[bone, :3, 3] = turned, heads[bone]
    return frames


def local_frames(frames: Frames, parents: npt.NDArray[np.integer]) -> Frames:
    """(J, 4, 4) of global frames relative to those of the parents."""
    return np.stack([frame if parent < 0 else np.linalg.inv(frames[parent]) @ frame for frame, parent in zip(frames, parents, strict=True)])


def unit(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Vectors of length one along the last axis."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
