# SPDX-License-Identifier: GPL-3.0-or-later
"""Two edges and rungs between them: what a piece of cloth is in its photo, and where it goes on the person."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..coordinates import Array

SHARE_OF_RUN = 4            # the way a ladder runs is told from so much of it to both sides


@dataclass(frozen=True)
class Ladder:
    """Two edges with the same number of points; (n, 2) pixels each. ``sections`` name -> index of its first rung."""

    left: Array
    right: Array
    sections: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.left)

    def breadths(self) -> Array:
        """(n,) width at every rung, across the way the ladder runs there: rungs of sleeves and legs lie aslant where these are cut on."""
        middle, rung = (self.left + self.right) / 2, self.left - self.right
        reach = max(1, len(self) // SHARE_OF_RUN)
        station = np.arange(len(self))
        ahead = middle[np.minimum(station + reach, len(self) - 1)] - middle[np.maximum(station - reach, 0)]
        length = np.linalg.norm(ahead, axis=1)
        across = np.abs(rung[:, 0] * ahead[:, 1] - rung[:, 1] * ahead[:, 0]) / np.maximum(length, 1e-6)
        return np.where(length > 1e-3, across, np.linalg.norm(rung, axis=1))

    def folded_back(self, length: float) -> Ladder:
        """The ladder made longer, pixels, by going back the way it came: cloth beyond the photo's border is mirrored."""
        left, right = self.left, self.right
        step = 1
        while _run(left, right)[-1] < length and step < 4:
            left, right = (np.concatenate([edge, edge[-2::-1][:len(self) - 1]]) for edge in (left, right))
            step += 1
        count = int(np.searchsorted(_run(left, right), length)) + 1
        return Ladder(left[:max(count, 3)], right[:max(count, 3)], dict(self.sections))


def _run(left: Array, right: Array) -> Array:
    middle = (left + right) / 2
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(middle, axis=0), axis=1))])
