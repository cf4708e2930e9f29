# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotations: exponential and logarithm undo each other, derivatives agree with differences."""

import numpy as np
import pytest
from dressform.inference.body.kinematics import exponential, left_jacobian_inverse, logarithm, smallest_turn
from dressform.inference.body.model import load_body_model

STEP = 1e-6


@pytest.fixture(scope="module")
def bent():
    """A random shape in a random pose, and some vertices of it."""
    model, random = load_body_model(), np.random.default_rng(3)
    return (model, model.chain(), model.vertex_points(np.arange(0, len(model.template), 97)), random.normal(0, 1, model.components),
            exponential(random.normal(0, 0.3, (len(model.names), 3))))


def test_logarithm_undoes_exponential():
    vectors = np.random.default_rng(1).normal(0, 0.8, (50, 3))
    assert np.allclose(logarithm(exponential(vectors)), vectors, atol=1e-9)


def test_left_jacobian_inverse_is_the_derivative_of_the_logarithm():
    vector, step = np.array([[0.4, -0.9, 0.3]]), np.array([[0.0, STEP, 0.0]])
    change = (logarithm(exponential(step) @ exponential(vector)) - vector) / STEP
    assert np.allclose(change[0], left_jacobian_inverse(vector)[0] @ [0, 1, 0], atol=1e-5)


@pytest.mark.parametrize("target", [[0, -2, 0], [0, 0, 1], [1, 2, -3], [0, -1, 0], [0, 1, 0]])
def test_smallest_turn_brings_one_direction_to_the_other(target):
    source = np.array([0.0, 1.0, 0.0])
    turned = smallest_turn(source, np.array(target, float)) @ source
    assert np.allclose(turned, np.array(target) / np.linalg.norm(target), atol=1e-9)


def test_points_do_not_move_in_the_rest_pose(bent):
    model, chain, points, shape, _ = bent
    position, *_ = chain.pose(points, shape, np.tile(np.eye(3), (len(model.names), 1, 1)))
    assert np.allclose(position, points.rest + np.tensordot(shape, points.basis, 1))


def test_posed_points_agree_with_skinning_of_the_whole_mesh(bent):
    model, chain, points, shape, local = bent
    vertices, heads, _ = model.rest(shape)
    whole, _ = model.skinned(vertices, heads, chain.global_rotations(local))
    position, *_ = chain.pose(points, shape, local)
    assert np.allclose(position, whole[::97], atol=1e-6)


def test_shape_derivatives_are_those_of_finite_differences(bent):
    _, chain, points, shape, local = bent
    position, by_shape, _ = chain.pose(points, shape, local, np.array([0]))
    moved = shape.copy()
    moved[5] += STEP
    assert np.allclose((chain.pose(points, moved, local)[0] - position) / STEP, by_shape[:, :, 5], atol=1e-6)


@pytest.mark.parametrize("bone", ["Hips", "Spine1", "LeftArm", "RightForeArm", "LeftUpLeg", "Head"])
def test_rotation_derivatives_are_those_of_finite_differences(bent, bone):
    model, chain, points, shape, local = bent
    j = model.bone(bone)
    position, _, by_rotation = chain.pose(points, shape, local, np.array([j]))
    for axis in range(3):
        moved = local.copy()
        moved[j] = exponential(STEP * np.eye(3)[axis:axis + 1])[0] @ local[j]
        assert np.allclose((chain.pose(points, shape, moved)[0] - position) / STEP, by_rotation[:, :, 0, axis], atol=1e-5)
