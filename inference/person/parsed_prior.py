# SPDX-License-Identifier: GPL-3.0-or-later
"""A second opinion on where the person is: that of the clothes parser, which learned where clothes end on street photos.

MediaPipe's networks take a shadow, a dark car beside a dark coat and the street between two trouser legs for the person; the parser, which
is not told what they say, makes other mistakes. It has seen few hands away from the body: there it takes nothing away. Joined, on 40 street
photos held out from its training (bags left out), the matte's mean IoU is 0.962 against 0.956, and of the gaps between limbs 23 % are
filled against 26 %; on the benchmark's six the IoU is 0.989 against 0.986.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..records import Floats, Image, Pose
from .figure import figure_of, pose_within
from .limb_ends import hands_share
from .parser import bounds, person_share

EDGE = 400
"""Pixels of the long edge of the person's part of the photo; the parser sees a little less."""
ROOM = 0.06
"""Of the longer side of the person's box, around it: what the prior left out can come in."""
PRIOR_WEIGHT, PARSER_WEIGHT = 0.7, 1.0
"""On the log odds of the two. Less of the prior fills fewer gaps and loses more of hands and shoes."""
SUREST = 0.98
"""Bound of the probabilities that are joined."""


def with_parser(pixels: Image, pose: Pose, prior: Floats) -> Floats:
    """(H, W) 0..1 probability that a pixel shows the person.

    Args:
        pixels: (H, W, 3) RGB.
        pose: of the person.
        prior: (H, W) 0..1, that of :func:`.prior.person_prior`.
    """
    rows, columns = bounds(prior > 0.5)
    if rows.stop <= rows.start:
        return prior
    room = round(ROOM * max(rows.stop - rows.start, columns.stop - columns.start))
    rows = slice(max(rows.start - room, 0), min(rows.stop + room, prior.shape[0]))
    columns = slice(max(columns.start - room, 0), min(columns.stop + room, prior.shape[1]))
    cover = prior[rows, columns]
    figure, _ = figure_of(pixels[rows, columns], pose_within(pose, rows, columns), cover, EDGE)
    share = cv2.resize(person_share(figure), cover.shape[::-1], interpolation=cv2.INTER_LINEAR)
    share = np.maximum(share, cover * cv2.resize(hands_share(figure), cover.shape[::-1], interpolation=cv2.INTER_LINEAR))
    odds = PRIOR_WEIGHT * _log_odds(cover) + PARSER_WEIGHT * _log_odds(share)
    joined = prior.copy()
    joined[rows, columns] = 1.0 / (1.0 + np.exp(-odds))
    return joined


def _log_odds(probability: Floats) -> Floats:
    bounded = np.clip(probability, 1 - SUREST, SUREST)
    odds: Floats = np.log(bounded / (1 - bounded))
    return odds
