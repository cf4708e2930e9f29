# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips that every look brings along: the photo's pose, A- and T-pose to start from, and a walk that proves the rig."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..records import Floats, Skeleton
from .frames import Frames, bound_frames, local_frames
from .gait import STRIDE_S, walk
from .poses import POSES, posed_frames, poses_frames


@dataclass(frozen=True)
class Clip:
    """An animation of the skeleton.

    Attributes:
        name: what a person reads.
        times: (K,) seconds.
        rotations: (K, J, 4) of each bone relative to its parent, quaternions x, y, z, w.
        place: (K, 3) of the root bone, metres.
    """

    name: str
    times: Floats
    rotations: Floats
    place: Floats


def clips_of(skeleton: Skeleton, legs: bool = True) -> tuple[Clip, ...]:
    """The clips of a skeleton.

    Args:
        skeleton: as bound, with Mixamo names.
        legs: the look has legs; without them it does not walk.
    """
    clips = [clip("Photo", [bound_frames(skeleton)], skeleton)]
    clips += [clip(f"{name.upper()}-pose", [posed_frames(skeleton, pose)], skeleton) for name, pose in POSES.items()]
    if legs:
        stride = poses_frames(skeleton, walk())
        clips.append(clip("Walk", [*stride, stride[0]], skeleton, STRIDE_S))
    return tuple(clips)


def clip(name: str, poses: Sequence[Frames], skeleton: Skeleton, seconds: float = 0.0) -> Clip:
    """Frames of poses, evenly spaced over the seconds, as a clip."""
    from scipy.spatial.transform import Rotation

    local = np.stack([local_frames(frames, skeleton.parents) for frames in poses])
    rotations = Rotation.from_matrix(local[..., :3, :3].reshape(-1, 3, 3)).as_quat().reshape(len(poses), -1, 4)
    for k in range(1, len(rotations)):                               # the short way round between neighbouring keys
        rotations[k] *= np.where((rotations[k] * rotations[k - 1]).sum(-1, keepdims=True) < 0, -1.0, 1.0)
    times = np.linspace(0, seconds, len(poses)).astype(np.float32)
    return Clip(name, times, rotations.astype(np.float32), local[:, 0, :3, 3].astype(np.float32))
