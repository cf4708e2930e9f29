# SPDX-License-Identifier: GPL-3.0-or-later
"""People drawn to learn from stand as people do: on the floor, and over the foot that bears them."""

import importlib
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.body.model import load_body_model
from dressform.inference.records import Part

pytest.importorskip("mediapipe", reason="mediapipe is not installed: make setup-models")
SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
MODEL = load_body_model()
PEOPLE = 8


def stand(kind: str, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, np.ndarray]]:
    """Joints of several people who stand in a way, with the lowest points of their feet as ``LeftSole`` and ``RightSole``."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    drawn_people = importlib.import_module("drawn_people")
    monkeypatch.setattr(drawn_people, "LEGS", {kind: 1.0})
    random, out = np.random.default_rng(3), []
    for _ in range(PEOPLE):
        body, vertices = drawn_people.frame(MODEL, np.zeros(MODEL.components))
        local, _arms = drawn_people.posture(body, random)
        posed, heads = MODEL.skinned(vertices, body.heads, MODEL.chain().global_rotations(local))
        joints = {name.split(":")[1]: place for name, place in zip(MODEL.names, heads, strict=True)}
        for side, part in (("Left", Part.LEFT_FOOT), ("Right", Part.RIGHT_FOOT)):
            foot = posed[MODEL.parts == part]
            joints[f"{side}Sole"] = foot[foot[:, 1].argmin()]
        out.append(joints)
    return out


@pytest.mark.parametrize(("relaxed", "bearing", "sign"), [("Left", "Right", -1), ("Right", "Left", 1)])
def test_who_relaxes_a_leg_stands_over_the_other_with_a_lower_hip(relaxed: str, bearing: str, sign: int, monkeypatch: pytest.MonkeyPatch):
    for joints in stand(f"{relaxed.lower()} relaxed", monkeypatch):
        middle = (joints["LeftUpLeg"] + joints["RightUpLeg"] - joints["LeftFoot"] - joints["RightFoot"])[0] / 2
        assert sign * middle > -0.01
        assert joints[f"{relaxed}UpLeg"][1] < joints[f"{bearing}UpLeg"][1] + 0.006
        knee = [joints[f"{side}UpLeg"][2] + joints[f"{side}Foot"][2] - 2 * joints[f"{side}Leg"][2] for side in (relaxed, bearing)]
        assert knee[0] < knee[1]                              # the relaxed knee is farther forward of hip and ankle


@pytest.mark.parametrize("kind", ["both", "left relaxed", "right relaxed"])
def test_both_feet_stand_on_the_floor(kind: str, monkeypatch: pytest.MonkeyPatch):
    apart = [abs(joints["LeftSole"][1] - joints["RightSole"][1]) for joints in stand(kind, monkeypatch)]
    assert np.mean(apart) < 0.01                              # of the stature: 1.7 cm
    assert max(apart) < 0.025


def test_knees_of_both_legs_are_nearly_straight_when_both_bear(monkeypatch: pytest.MonkeyPatch):
    for joints in stand("both", monkeypatch):
        for side in ("Left", "Right"):
            thigh, shin = joints[f"{side}Leg"] - joints[f"{side}UpLeg"], joints[f"{side}Foot"] - joints[f"{side}Leg"]
            cosine = thigh @ shin / np.linalg.norm(thigh) / np.linalg.norm(shin)
            assert np.degrees(np.arccos(np.clip(cosine, -1, 1))) < 15
