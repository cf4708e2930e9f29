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


def standing(arms: float, *, stance: float = 4.0, curl: float = 16.0, elbow: float = 6.0) -> Pose:
    """A relaxed stand.

    Args:
        arms: degrees the upper arms come down from the rest pose's 45.
        stance: degrees each leg comes in.
        curl: degrees each finger joint is bent.
        elbow: degrees the forearms come forward.
    """
    pose: Pose = {"LeftArm": [("z", -arms)], "RightArm": [("z", arms)], "LeftUpLeg": [("z", -stance)], "RightUpLeg": [("z", stance)],
                  "LeftFoot": [("z", stance)], "RightFoot": [("z", -stance)], "LeftForeArm": [("x", -elbow)], "RightForeArm": [("x", -elbow)]}
    for finger in FINGERS:
        for joint in (1, 2, 3):
            pose[f"LeftHand{finger}{joint}"] = [("z", -curl)]
            pose[f"RightHand{finger}{joint}"] = [("z", curl)]
    return pose


DENIM = Fabric((0.030, 0.055, 0.125), "denim")
DARK_DENIM = Fabric((0.012, 0.018, 0.036), "denim")
CHINO = Fabric((0.28, 0.20, 0.12), "woven")

JEANS = Cut("bottom", leg=0.985, hem=0.105, ease=(0.007, 0.024), grow=0.05)
SLIM = Cut("bottom", leg=0.96, hem=0.11, ease=(0.005, 0.012), grow=0.04)
TEE = Cut("top", sleeve=0.36, hem=-0.005, grow=0.07)
FITTED_TEE = Cut("top", sleeve=0.30, hem=0.02, neck=(0.075, 0.095, 0.012), ease=(0.007, 0.016), sleeve_ease=(0.006, 0.012), grow=0.05)
SWEATER = Cut("top", sleeve=0.98, hem=-0.03, ease=(0.016, 0.026), sleeve_ease=(0.014, 0.014), grow=0.09)

SITTERS = {
    "anna": Sitter(
        phenotype={"gender": 1.0, "age": 0.62, "african": 0.0, "asian": 0.1, "caucasian": 0.9, "muscle": 0.5, "weight": 0.42,
                   "height": 0.5, "proportions": 0.8, "cupsize": 0.42},
        pose=standing(31), smile=0.35,
        complexion=Complexion((0.60, 0.36, 0.255), (0.56, 0.21, 0.155), (0.42, 0.13, 0.11), (0.16, 0.10, 0.05), 0.72, 0.35),
        haircut="long",
        pieces=(Piece("Jeans", JEANS, DENIM, 30, 1.2), Piece("Tee", FITTED_TEE, Fabric((0.74, 0.73, 0.69), rib=0.014))),
        shoes=((0.70, 0.69, 0.66), (0.78, 0.77, 0.74)),
        view=View((0.10, 1.12, 3.85), (0.0, 0.83, 0.0), 70, (768, 1024))),
    "marcus": Sitter(
        phenotype={"gender": 0.0, "age": 0.64, "african": 1.0, "asian": 0.0, "caucasian": 0.0, "muscle": 0.62, "weight": 0.47,
                   "height": 0.55, "proportions": 0.8},
        pose=standing(29, stance=3), smile=0.30,
        complexion=Complexion((0.155, 0.072, 0.040), (0.16, 0.05, 0.03), (0.15, 0.055, 0.045), (0.05, 0.022, 0.010), 0.97, 0.2),
        haircut="buzz", brows=1.3, stubble=0.35,
        pieces=(Piece("Chinos", JEANS, CHINO, 22, 0.6), Piece("Tee", TEE, Fabric((0.045, 0.075, 0.13), rib=0.018))),
        shoes=((0.06, 0.06, 0.065), (0.75, 0.74, 0.72)), paper=(0.50, 0.47, 0.43), exposure=0.25,
        view=View((-0.12, 1.15, 4.15), (0.0, 0.89, 0.0), 70, (768, 1024))),
}
