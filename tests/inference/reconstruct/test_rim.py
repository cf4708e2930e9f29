# SPDX-License-Identifier: GPL-3.0-or-later
"""The outline of the finished mesh is the matte's, without what a matte cannot know."""

from __future__ import annotations

import numpy as np
from dressform.inference.raster import rasterise
from dressform.inference.reconstruct.rim import MOST_HANDS_M, MOST_M, onto_rim
from dressform.inference.records import Part
from scipy import ndimage


def outline(points, faces, camera):
    projected = camera.project(points)
    return rasterise(projected[:, :2], faces, camera.width, camera.height, projected[:, 2]).mask


def agreement(a, b):
    return (a & b).sum() / (a | b).sum()


def test_a_mesh_grows_to_a_matte_that_is_two_pixels_wider(figure, wearing, camera):
    person = wearing(lambda shape: ndimage.binary_dilation(shape, iterations=2))
    before = agreement(outline(figure.vertices, figure.faces, camera), person.matte > 0.5)
    moved = onto_rim(figure.vertices, figure.faces, figure.parts, person, camera, None)
    assert before < 0.95
    assert agreement(outline(moved, figure.faces, camera), person.matte > 0.5) > 0.98
    assert np.linalg.norm(moved - figure.vertices, axis=1).max() <= MOST_M + 1e-6


def test_hands_keep_their_shape_under_a_blunt_matte(figure, wearing, camera):
    person = wearing(lambda shape: ndimage.binary_dilation(shape, iterations=4))
    hands = np.full(len(figure.vertices), Part.LEFT_HAND, np.uint8)
    moved = onto_rim(figure.vertices, figure.faces, hands, person, camera, None)
    assert np.linalg.norm(moved - figure.vertices, axis=1).max() <= MOST_HANDS_M + 1e-6


def test_what_lies_below_a_cut_pulls_nothing_down(figure, wearing, camera):
    above = figure.vertices[:, 1] > 0.9
    faces = figure.faces[above[figure.faces].all(1)]
    moved = onto_rim(figure.vertices, faces, figure.parts, wearing(), camera, 0.9)
    edge = above & (figure.vertices[:, 1] < 0.93)
    assert np.abs(moved[edge, 1] - figure.vertices[edge, 1]).max() < 0.004
