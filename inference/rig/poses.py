# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses of the skeleton, said by where its limbs point, and a bound mesh moved into one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..body.kinematics import exponential, smallest_turn
from ..records import Floats, Skeleton, Skin, TexturedMesh
from .frames import Frames, bound_frames, local_frames, rest_frames, unit

Vector = tuple[float, float, float]
DOWN_IN_A = np.radians(45.0)
"""Angle of an A-pose's arms below level; what most body scans and game characters use."""
STANCE_WIDTH = 0.08
"""Sideways share of a leg's direction in a calm stance: feet somewhat apart, as in Mixamo's T-pose."""


@dataclass(frozen=True)
class Pose:
    """One pose.

    Attributes:
        directions: bone (Mixamo name without prefix) -> where it points, body frame; bones that are not named keep their rest-pose angle to
            their parent.
        turns: bone -> rotation vector in radians, body frame, on top of its parent's; for hips, spine and head.
        grounded: the lower foot stands on y = 0; else the hips stay where they are.
    """

    directions: Mapping[str, Vector]
    turns: Mapping[str, Vector]
    grounded: bool = True


def arms_out(below_level: float) -> Pose:
    """Upright, arms straight and sideways, some angle in radians below level: 0 is the T-pose."""
    directions: dict[str, Vector] = {}
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        arm = (sign * float(np.cos(below_level)), -float(np.sin(below_level)), 0.0)
        leg = (sign * STANCE_WIDTH, -1.0, 0.0)
        directions |= {f"{side}Arm": arm, f"{side}ForeArm": arm, f"{side}Hand": arm, f"{side}UpLeg": leg, f"{side}Leg": leg}
    return Pose(directions, {})


POSES: Mapping[str, Pose] = {"t": arms_out(0.0), "a": arms_out(DOWN_IN_A)}
"""By the name a request uses."""


def posed_frames(skeleton: Skeleton, pose: Pose) -> Frames:
    """(J, 4, 4) bone frames of a pose; bones keep the lengths they are bound with.

    Args:
        skeleton: as bound.
        pose: where its bones point.
    """
    return poses_frames(skeleton, [pose])[0]


def poses_frames(skeleton: Skeleton, poses: Sequence[Pose]) -> Frames:
    """(P, J, 4, 4) of several poses; what does not change from pose to pose is worked out once."""
    rest, bound = rest_frames(skeleton), bound_frames(skeleton)
    places = local_frames(bound, skeleton.parents)[:, :3, 3]
    out = np.tile(np.eye(4), (len(poses), len(bound), 1, 1))
    for frames, pose in zip(out, poses, strict=True):
        frames[:, :3, :3] = bone_rotations(skeleton, pose) @ rest[:, :3, :3]
        for bone, parent in enumerate(skeleton.parents):
            frames[bone, :3, 3] = places[bone] if parent < 0 else frames[parent, :3, :3] @ places[bone] + frames[parent, :3, 3]
        if pose.grounded:
            frames[:, 1, 3] -= lowest_sole(skeleton, bound, frames)
    return out


def bone_rotations(skeleton: Skeleton, pose: Pose) -> npt.NDArray[np.float64]:
    """(J, 3, 3) rotations from the rest pose, body frame."""
    along = unit((skeleton.rest_tails - skeleton.rest_heads).astype(np.float64))
    out = np.tile(np.eye(3), (len(along), 1, 1))
    for bone, (name, parent) in enumerate(zip(skeleton.names, skeleton.parents, strict=True)):
        short = name.partition(":")[2] or name
        if parent >= 0:
            out[bone] = out[parent]
        if (turn := pose.turns.get(short)) is not None:
            out[bone] = exponential(np.array([turn], np.float64))[0] @ out[bone]
        if (wanted := pose.directions.get(short)) is not None:
            out[bone] = smallest_turn(out[bone] @ along[bone], np.array(wanted, np.float64)) @ out[bone]
    return out


def lowest_sole(skeleton: Skeleton, bound: Frames, frames: Frames) -> float:
    """By how much the lower foot stands above the ground it is bound on, metres; ankles and toes tell."""
    feet = [number for number, name in enumerate(skeleton.names) if name.endswith(("Foot", "ToeBase"))]
    if not feet:
        return 0.0
    rest = skeleton.rest_heads[feet, 1] - skeleton.rest_heads[feet, 1].min()
    ground = float((bound[feet, 1, 3] - rest).min())
    return float((frames[feet, 1, 3] - rest).min()) - ground


def move_into(mesh: TexturedMesh, skin: Skin, pose: Pose) -> tuple[TexturedMesh, Skin]:
    """Mesh and bones moved into a pose, which becomes the pose they are bound in (linear blend skinning)."""
    skeleton = skin.skeleton
    frames = posed_frames(skeleton, pose)
    change = frames @ np.linalg.inv(bound_frames(skeleton))
    lengths = np.linalg.norm(skeleton.tails - skeleton.heads, axis=1)
    moved = replace(skeleton, heads=frames[:, :3, 3].astype(np.float32),
                    tails=(frames[:, :3, 3] + frames[:, :3, 1] * lengths[:, None]).astype(np.float32),
                    rotations=bone_rotations(skeleton, pose).astype(np.float32))
    vertices, normals = skinned(mesh.vertices, mesh.normals, skin, change)
    return replace(mesh, vertices=vertices, normals=normals), replace(skin, skeleton=moved)


def skinned(vertices: Floats, normals: Floats, skin: Skin, change: Frames) -> tuple[Floats, Floats]:
    """Vertices and normals after each bone has moved by its (4, 4) of ``change``."""
    blended = np.einsum("vk,vkij->vij", skin.weights.astype(np.float64), change[skin.joints])
    moved = np.einsum("vij,vj->vi", blended[:, :3, :3], vertices) + blended[:, :3, 3]
    turned = unit(np.einsum("vij,vj->vi", blended[:, :3, :3], normals))
    return moved.astype(np.float32), turned.astype(np.float32)
