# SPDX-License-Identifier: GPL-3.0-or-later
"""The sitters: who is in the sample photos, what they wear, how they stand and where the camera is."""

from __future__ import annotations

from .fabric import Fabric
from .portrait import Piece, Sitter
from .skin import Complexion
from .studio import View
from .tailor import Cut

Pose = dict[str, list[tuple[str, float]]]

FINGERS = ("Index", "Middle", "Ring", "Pinky")


def standing(arms: float, *, stance: float = 7.0, curl: float = 5.0, elbow: float = 8.0) -> Pose:
    """A relaxed stand.

    Args:
        arms: degrees the upper arms come down from the rest pose's 45.
        stance: degrees each leg comes in.
        curl: degrees each finger joint is bent.
        elbow: degrees the forearms come forward.
    """
    pose: Pose = {"LeftArm": [("z", -arms)], "RightArm": [("z", arms)], "LeftUpLeg": [("z", -stance)],
                  "RightUpLeg": [("z", stance)],
                  "LeftFoot": [("z", stance)], "RightFoot": [("z", -stance)], "LeftForeArm": [("x", -elbow)],
                  "RightForeArm": [("x", -elbow)]}
    for finger in FINGERS:
        for joint in (1, 2, 3):
            pose[f"LeftHand{finger}{joint}"] = [("z", -curl)]
            pose[f"RightHand{finger}{joint}"] = [("z", curl)]
    return pose


def hand_on_hip(pose: Pose) -> Pose:
    """The person's right hand set on the hip."""
    return pose | {"RightArm": [("y", -16)], "RightForeArm": [("z", 66), ("y", 50)], "RightHand": [("z", -4), ("x", -40)]}


def walking(pose: Pose, stride: float) -> Pose:
    """A slow step: the left leg ``stride`` degrees forward, the arms against it."""
    return pose | {"LeftUpLeg": [*pose["LeftUpLeg"], ("x", -stride)], "RightUpLeg": [*pose["RightUpLeg"], ("x", 0.5 * stride)],
                   "RightLeg": [("x", 0.35 * stride)], "LeftFoot": [*pose["LeftFoot"], ("x", stride)],
                   "RightFoot": [*pose["RightFoot"], ("x", -0.2 * stride)],
                   "LeftArm": [*pose["LeftArm"], ("x", 0.6 * stride)], "RightArm": [*pose["RightArm"], ("x", -0.6 * stride)]}


DENIM = Fabric((0.035, 0.065, 0.150), "denim")
DARK_DENIM = Fabric((0.014, 0.021, 0.042), "denim")
CHINO = Fabric((0.30, 0.21, 0.125), "woven")

JEANS = Cut("bottom", leg=0.955, hem=0.105, ease=(0.007, 0.024), grow=0.07)
SLIM = Cut("bottom", leg=0.955, hem=0.11, ease=(0.005, 0.014), grow=0.06)
TEE = Cut("top", sleeve=0.36, hem=-0.005, grow=0.07)
FITTED_TEE = Cut("top", sleeve=0.30, hem=0.02, neck=(0.075, 0.095, 0.012), ease=(0.007, 0.016), sleeve_ease=(0.006, 0.012),
                 grow=0.06)
SWEATER = Cut("top", sleeve=0.97, hem=-0.01, ease=(0.016, 0.018), sleeve_ease=(0.012, 0.010), grow=0.05)
SKIRT = Cut("skirt", hem=0.13, skirt=(0.52, 0.16), grow=0.02)

SITTERS = {
    "anna": Sitter(
        phenotype={"gender": 1.0, "age": 0.62, "african": 0.0, "asian": 0.1, "caucasian": 0.9, "muscle": 0.5, "weight": 0.42,
                   "height": 0.5, "proportions": 0.8, "cupsize": 0.3},
        pose=standing(30, stance=5), smile=0.35,
        complexion=Complexion((0.58, 0.34, 0.235), (0.54, 0.20, 0.145), (0.40, 0.12, 0.10), (0.16, 0.10, 0.05), 0.74, 0.35),
        haircut="long", brows=0.85,
        pieces=(Piece("Jeans", JEANS, DENIM, 30, 0.9), Piece("Tee", FITTED_TEE, Fabric((0.74, 0.73, 0.69), rib=0.014))),
        shoes=((0.70, 0.69, 0.66), (0.78, 0.77, 0.74)),
        view=View((0.10, 1.12, 3.95), (0.0, 0.83, 0.0), 70, (768, 1024))),
    "marcus": Sitter(
        phenotype={"gender": 0.0, "age": 0.64, "african": 1.0, "asian": 0.0, "caucasian": 0.0, "muscle": 0.62, "weight": 0.47,
                   "height": 0.55, "proportions": 0.8},
        pose=standing(31, stance=5), smile=0.30,
        complexion=Complexion((0.155, 0.072, 0.040), (0.16, 0.05, 0.03), (0.15, 0.055, 0.045), (0.05, 0.022, 0.010), 0.97, 0.2),
        haircut="buzz", brows=1.3, stubble=0.35,
        pieces=(Piece("Chinos", JEANS, CHINO, 22, 0.5), Piece("Tee", TEE, Fabric((0.05, 0.085, 0.15), rib=0.018))),
        shoes=((0.05, 0.05, 0.055), (0.75, 0.74, 0.72)), paper=(0.50, 0.46, 0.41), exposure=0.15,
        view=View((-0.12, 1.15, 4.60), (0.0, 0.93, 0.0), 70, (768, 1024))),
    "mei": Sitter(
        phenotype={"gender": 1.0, "age": 0.61, "african": 0.0, "asian": 1.0, "caucasian": 0.0, "muscle": 0.48, "weight": 0.44,
                   "height": 0.48, "proportions": 0.8, "cupsize": 0.25},
        pose=standing(31), smile=0.45,
        complexion=Complexion((0.58, 0.36, 0.235), (0.52, 0.22, 0.15), (0.40, 0.12, 0.10), (0.045, 0.024, 0.012), 0.97, 0.2),
        haircut="knot", brows=0.85,
        pieces=(Piece("Jeans", SLIM, DARK_DENIM, 30, 0.9), Piece("Sweater", SWEATER, Fabric((0.40, 0.115, 0.045), "knit",
            rib=0.026), 14, 2.5)),
        shoes=((0.70, 0.69, 0.66), (0.78, 0.77, 0.74)), backdrop="room",
        view=View((0.12, 1.38, 2.12), (0.0, 1.235, 0.0), 70, (768, 1024), 2.4)),
    "jonas": Sitter(
        phenotype={"gender": 0.0, "age": 0.66, "african": 0.0, "asian": 0.0, "caucasian": 1.0, "muscle": 0.55, "weight": 0.5,
                   "height": 0.52, "proportions": 0.8},
        pose=hand_on_hip(standing(34, stance=6)), smile=0.25,
        complexion=Complexion((0.56, 0.33, 0.235), (0.53, 0.19, 0.14), (0.38, 0.15, 0.125), (0.09, 0.15, 0.19), 0.80, 0.3),
        haircut="crop", brows=1.35, stubble=0.5,
        pieces=(Piece("Jeans", SLIM, DARK_DENIM, 30, 0.9), Piece("Sweater", SWEATER, Fabric((0.20, 0.21, 0.215), "knit", rib=0.022),
                                                                 14, 2.0)),
        shoes=((0.13, 0.065, 0.03), (0.12, 0.10, 0.08)), backdrop="street",
        view=View((0.15, 1.25, 5.20), (0.0, 0.93, 0.0), 80, (768, 1024), 2.0)),
    "zola": Sitter(
        phenotype={"gender": 1.0, "age": 0.62, "african": 0.75, "asian": 0.0, "caucasian": 0.25, "muscle": 0.52, "weight": 0.56,
                   "height": 0.52, "proportions": 0.75, "cupsize": 0.35},
        pose=walking(standing(32, stance=7), 9), smile=0.45,
        complexion=Complexion((0.27, 0.135, 0.078), (0.26, 0.085, 0.055), (0.24, 0.075, 0.065), (0.05, 0.024, 0.010), 0.96, 0.3),
        haircut="curls", brows=0.9,
        pieces=(Piece("Top", FITTED_TEE, Fabric((0.62, 0.42, 0.07), rib=0.012)),
                Piece("Skirt", SKIRT, Fabric((0.05, 0.10, 0.085), "woven"), 15, 0.25)),
        shoes=((0.70, 0.68, 0.64), (0.74, 0.72, 0.68)), paper=(0.47, 0.36, 0.29), exposure=0.1,
        view=View((0.0, 1.15, 4.35), (0.0, 0.88, 0.0), 70, (768, 1024))),
}
"""Name of the sample -> the photo."""
