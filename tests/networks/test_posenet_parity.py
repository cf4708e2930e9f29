# SPDX-License-Identifier: GPL-3.0-or-later
"""PoseNet's heads become the people that the published decoder finds."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

from dressform.inference.person.posenet import EDGES, JOINTS, Heads, decode_multiple, decode_single
from parity_fixture import recording, seeds

STRIDES = {"case0": 16, "case1": 8, "case2": 16}
SETTINGS = {"default": {}, "min_pose_0p15_radius12": {"most": 4, "radius": 12.0, "min_score": 0.15}}
PIXELS, SCORE = 1e-3, 1e-6


def _heads(recorded, case):
    given = {name: recorded.inputs[f"{case}.{name}"].numpy() for name in ("scores", "offsets", "displacement_fwd", "displacement_bwd")}
    return Heads(given["scores"], given["offsets"], given["displacement_fwd"], given["displacement_bwd"], STRIDES[case])


@pytest.mark.parametrize("seed", seeds("posenet_multi_decode"))
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("case", STRIDES)
def test_the_published_people_are_found(seed, setting, case):
    recorded = recording("posenet_multi_decode", seed)
    found = decode_multiple(_heads(recorded, case), **SETTINGS[setting])
    expected = {name: recorded.outputs[f"{case}.{setting}.{name}"].numpy() for name in ("pose_scores", "keypoint_scores", "keypoint_yx")}
    assert len(found) == int((expected["pose_scores"] > 0).sum())
    for k, pose in enumerate(found):
        assert pose.score == pytest.approx(float(expected["pose_scores"][k]), abs=SCORE)
        assert np.abs(pose.joint_scores - expected["keypoint_scores"][k]).max() <= SCORE
        assert np.abs(pose.joints[:, ::-1] - expected["keypoint_yx"][k]).max() <= PIXELS


def _planted(joints, stride=16, shape=(13, 11)):
    """Heads that point to the joints exactly."""
    rows, columns = np.mgrid[:shape[0], :shape[1]] * stride
    scores = np.zeros((*shape, JOINTS), np.float32)
    offsets = np.zeros((*shape, 2 * JOINTS), np.float32)
    forward, backward = (np.zeros((*shape, 2 * len(EDGES)), np.float32) for _ in range(2))
    for k, (x, y) in enumerate(joints):
        scores[round(y / stride), round(x / stride), k] = 0.9
        offsets[..., k], offsets[..., k + JOINTS] = y - rows, x - columns
    for edge, (parent, child) in enumerate(EDGES):
        (x0, y0), (x1, y1) = joints[parent], joints[child]
        for maps, sign in ((forward, 1), (backward, -1)):
            maps[..., edge], maps[..., edge + len(EDGES)] = sign * (y1 - y0), sign * (x1 - x0)
    return Heads(scores, offsets, forward, backward, stride)


def test_a_planted_person_is_found_whole_from_any_joint():
    joints = np.random.default_rng(3).uniform(20, 140, (JOINTS, 2))
    heads = _planted(joints)
    for found in (decode_single(heads), *decode_multiple(heads)):
        assert np.abs(found.joints - joints).max() < PIXELS
        assert found.score == pytest.approx(0.9)
    assert len(decode_multiple(heads)) == 1


def test_nobody_is_found_in_empty_maps():
    heads = _planted(np.full((JOINTS, 2), 50.0))
    empty = Heads(np.zeros_like(heads.scores), heads.offsets, heads.forward, heads.backward, heads.stride)
    assert decode_multiple(empty) == []
