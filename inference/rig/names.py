# SPDX-License-Identifier: GPL-3.0-or-later
"""Bone names of other worlds for the same skeleton.

``mixamo``: mixamorig:…; ``rigify``: Blender's human metarig, sides as .L and .R; ``unreal``: the Unreal Engine mannequin, which most
game tools read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..records import Skeleton

_CENTRE: Mapping[str, tuple[str, str]] = {
    "Hips": ("spine", "pelvis"), "Spine": ("spine.001", "spine_01"), "Spine1": ("spine.002", "spine_02"),
    "Spine2": ("spine.003", "spine_03"), "Neck": ("spine.004", "neck_01"), "Head": ("spine.006", "head"),
}
_LIMBS: Mapping[str, tuple[str, str]] = {
    "Shoulder": ("shoulder", "clavicle"), "Arm": ("upper_arm", "upperarm"), "ForeArm": ("forearm", "lowerarm"), "Hand": ("hand", "hand"),
    "UpLeg": ("thigh", "thigh"), "Leg": ("shin", "calf"), "Foot": ("foot", "foot"), "ToeBase": ("toe", "ball"),
}
_FINGERS: Mapping[str, tuple[str, str]] = {
    "Thumb": ("thumb", "thumb"), "Index": ("f_index", "index"), "Middle": ("f_middle", "middle"), "Ring": ("f_ring", "ring"),
    "Pinky": ("f_pinky", "pinky"),
}


def bone_names(naming: str) -> dict[str, str]:
    """Mixamo name without prefix -> name.

    Raises:
        KeyError: there is no such naming.
    """
    if naming == "mixamo":
        return {name: f"mixamorig:{name}" for name in bone_names("rigify")}
    column = {"rigify": 0, "unreal": 1}[naming]
    out = {name: names[column] for name, names in _CENTRE.items()}
    for side, endings in (("Left", (".L", "_l")), ("Right", (".R", "_r"))):
        out |= {f"{side}{name}": names[column] + endings[column] for name, names in _LIMBS.items()}
        for finger, names in _FINGERS.items():
            for joint in (1, 2, 3):
                number = f".0{joint}" if column == 0 else f"_0{joint}"
                out[f"{side}Hand{finger}{joint}"] = names[column] + number + endings[column]
    return out


def renamed(skeleton: Skeleton, naming: str) -> Skeleton:
    """The skeleton with the bone names of a naming; a bone that it does not know keeps its own."""
    names = bone_names(naming)
    return replace(skeleton, names=tuple(names.get(name.partition(":")[2] or name, name) for name in skeleton.names))
