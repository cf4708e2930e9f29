# SPDX-License-Identifier: GPL-3.0-or-later
"""Skin weights are normalised, few, smooth on loose cloth, and alike on both sides of a chart border."""

from __future__ import annotations

import numpy as np
from dressform.inference.reconstruct import reconstruct_surface
from dressform.inference.records import TexturedMesh
from dressform.inference.rig import bind_surface
from dressform.inference.rig.weights import strongest, surface_weights
from scipy import ndimage


def test_the_strongest_bones_are_kept_and_sum_to_one():
    weights = np.array([[0.4, 0.3, 0.15, 0.1, 0.05], [0, 0, 1, 0, 0]], np.float32)
    joints, kept = strongest(weights)
    assert joints[0].tolist() == [0, 1, 2, 3]
    assert np.allclose(kept.sum(1), 1)
    assert kept[0, 0] > 0.4
    assert joints[1, 0] == 2
    assert kept[1].tolist() == [1, 0, 0, 0]


def test_a_leg_follows_its_own_bone(figure, wearing):
    surface = reconstruct_surface(wearing(), figure, faces=6_000)
    weights = surface_weights(surface, figure)
    left_shin = (surface.vertices[:, 1] < 0.4) & (surface.vertices[:, 0] > 0.02)
    assert weights[left_shin, 3].min() > 0.9
    assert np.allclose(weights.sum(1), 1, atol=1e-4)


def test_a_skirt_between_the_legs_follows_both(figure, wearing):
    def skirt(shape):
        out = shape.copy()
        for row in range(260, 400):
            columns = np.nonzero(shape[row])[0]
            out[row, columns.min() - 12:columns.max() + 13] = True
        return ndimage.binary_fill_holes(out)

    surface = reconstruct_surface(wearing(skirt), figure, faces=8_000)
    weights = surface_weights(surface, figure)
    edges = surface.faces[:, :2]
    jump = np.abs(weights[edges[:, 0]] - weights[edges[:, 1]]).max(1)
    hem = np.abs(surface.vertices[edges[:, 0], 1] - 0.45) < 0.15
    assert jump[hem].max() < 0.5


def test_split_vertices_move_together(figure, wearing):
    surface = reconstruct_surface(wearing(), figure, faces=6_000)
    source = np.concatenate([np.arange(len(surface.vertices)), np.arange(50)]).astype(np.int32)
    mesh = TexturedMesh(surface.vertices[source], surface.normals[source], surface.faces, np.zeros((len(source), 2), np.float32), source,
                        np.zeros((8, 8, 3), np.uint8), 2)
    skin = bind_surface(surface, mesh, figure)
    assert np.array_equal(skin.weights[:50], skin.weights[len(surface.vertices):])
    assert skin.joints.shape == (len(source), 4)
