# SPDX-License-Identifier: GPL-3.0-or-later
"""PoseNet's decoding: heat maps, short-range offsets and displacements between joints become people.

Papandreou et al., "PersonLab", ECCV 2018: candidates are local maxima of all heat maps, best first; from each, the skeleton's edges are
followed in both directions; a candidate near the same joint of a person already found is part of that person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .openpose import COCO_NAMES

JOINTS = len(COCO_NAMES)
"""The 17 points of COCO, in its order."""
EDGES = ((0, 1), (1, 3), (0, 2), (2, 4), (0, 5), (5, 7), (7, 9), (5, 11), (11, 13), (13, 15), (0, 6), (6, 8), (8, 10), (6, 12), (12, 14),
         (14, 16))
"""(parent, child) in the order of the network's displacements."""

Array = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Heads:
    """The network's outputs for one picture, on a grid of (h, w) cells.

    Attributes:
        scores: (h, w, 17) 0..1, after the sigmoid.
        offsets: (h, w, 34) pixels from the cell to the joint: 17 y, then 17 x.
        forward: (h, w, 32) pixels from parent to child: 16 y, then 16 x.
        backward: (h, w, 32) from child to parent.
        stride: pixels a cell, 8, 16 or 32.
    """

    scores: Array
    offsets: Array
    forward: Array
    backward: Array
    stride: int


@dataclass(frozen=True)
class FoundPose:
    """One person.

    Attributes:
        score: 0..1, mean of the joints' scores that no better person owns.
        joint_scores: (17,) 0..1.
        joints: (17, 2) x and y in pixels of the network's input.
    """

    score: float
    joint_scores: Array
    joints: Array


def decode_single(heads: Heads) -> FoundPose:
    """The pose of a picture that shows one person: each joint at the highest score of its map."""
    flat = heads.scores.reshape(-1, JOINTS).argmax(0)
    cells = np.stack(np.unravel_index(flat, heads.scores.shape[:2]), 1)
    joints = np.stack([_refined(heads, joint, cell) for joint, cell in enumerate(cells)])
    scores = heads.scores[cells[:, 0], cells[:, 1], np.arange(JOINTS)].astype(np.float64)
    return FoundPose(float(scores.mean()), scores, joints[:, ::-1].copy())


def decode_multiple(heads: Heads, most: int = 10, threshold: float = 0.5, radius: float = 20.0, min_score: float = 0.5) -> list[FoundPose]:
    """The people of a picture, in the order in which they were found.

    Args:
        heads: the network's outputs.
        most: people at most.
        threshold: score from which a local maximum starts a person.
        radius: pixels within which two joints of a kind are one.
        min_score: people below it are dropped, and do not count towards ``most``; 0 keeps all.
    """
    found: list[FoundPose] = []
    for joint, row, column in _candidates(heads.scores, threshold):
        if len(found) >= most:
            break
        start = _refined(heads, joint, np.array([row, column]))[::-1]
        if any(_near(pose.joints[joint], start, radius) for pose in found):
            continue
        scores, joints = _followed(heads, joint, row, column)
        own = [not any(_near(pose.joints[k], joints[k], radius) for pose in found) for k in range(JOINTS)]
        score = float(scores[own].sum() / JOINTS)
        if min_score == 0.0 or score >= min_score:
            found.append(FoundPose(score, scores, joints))
    return found


def _candidates(scores: Array, threshold: float) -> list[tuple[int, int, int]]:
    """(joint, row, column) of every local maximum of a map, highest first; equal ones by joint, row and column."""
    height, width = scores.shape[:2]
    padded = np.pad(scores, ((1, 1), (1, 1), (0, 0)))
    highest = np.max([padded[dy:dy + height, dx:dx + width] for dy in range(3) for dx in range(3)], axis=0)
    joint, row, column = np.nonzero(((scores >= threshold) & (scores == highest)).transpose(2, 0, 1))
    order = np.argsort(-scores[row, column, joint], kind="stable")
    return [(int(joint[k]), int(row[k]), int(column[k])) for k in order]


def _followed(heads: Heads, joint: int, row: int, column: int) -> tuple[Array, Array]:
    """Scores (17,) and places (17, 2) of the person that has this joint in this cell."""
    scores, places = np.zeros(JOINTS), np.zeros((JOINTS, 2))
    scores[joint], places[joint] = heads.scores[row, column, joint], _refined(heads, joint, np.array([row, column]))
    steps = [(edge, child, parent, heads.backward) for edge, (parent, child) in reversed(list(enumerate(EDGES)))]
    steps += [(edge, parent, child, heads.forward) for edge, (parent, child) in enumerate(EDGES)]
    for edge, source, target, displacements in steps:
        if scores[source] > 0.0 and scores[target] == 0.0:
            cell = _cell(heads, places[source])
            moved = places[source] + displacements[cell[0], cell[1], [edge, edge + len(EDGES)]]
            cell = _cell(heads, moved)
            scores[target], places[target] = heads.scores[cell[0], cell[1], target], _refined(heads, target, cell)
    return scores, places[:, ::-1].copy()


def _cell(heads: Heads, place: Array) -> npt.NDArray[np.int64]:
    """Row and column of the cell that holds a place (y, x); halves go to the even cell."""
    return np.clip(np.round(place / heads.stride), 0, np.array(heads.scores.shape[:2]) - 1).astype(np.int64)


def _refined(heads: Heads, joint: int, cell: npt.NDArray[np.integer]) -> Array:
    """(y, x) pixels of a joint that a cell's offset points to."""
    return np.asarray(cell * heads.stride + heads.offsets[cell[0], cell[1], [joint, joint + JOINTS]], np.float64)


def _near(a: Array, b: Array, radius: float) -> bool:
    return bool(((a - b) ** 2).sum() <= radius**2)
