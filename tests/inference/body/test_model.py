# SPDX-License-Identifier: GPL-3.0-or-later
"""The body model: a closed skin in metres whose landmarks lie where their names say."""

import numpy as np
import trimesh
from dressform.inference.body.landmarks import LANDMARKS, face_points
from dressform.inference.body.model import load_body_model, load_face_landmarks
from dressform.inference.records import Part


def test_bones_are_mixamo_with_parents_before_children():
    model = load_body_model()
    assert model.names[0] == "mixamorig:Hips"
    assert model.parents[0] == -1
    assert all(0 <= p < j for j, p in enumerate(model.parents) if j)


def test_the_skin_is_one_closed_outward_surface():
    model = load_body_model()
    faces = model.faces[model.skin[model.faces].all(1)]
    mesh = trimesh.Trimesh(model.template, faces, process=False)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume > 0


def test_tongue_and_cavities_are_not_outer_surface():
    model = load_body_model()
    loose = ~model.skin[model.faces].all(1)
    tongue = loose & (np.abs(model.template[model.faces, 0]).max(1) < 0.01)
    assert tongue.any()
    assert not model.outer[tongue].any()
    hidden = model.faces[~loose & ~model.outer]
    assert (model.parts[hidden] == Part.HEAD).mean() > 0.8


def test_weights_are_at_most_four_and_sum_to_one():
    weights = load_body_model().dense_weights()
    assert np.allclose(weights.sum(1), 1, atol=1e-5)
    assert ((weights > 0).sum(1) <= 4).all()


def test_the_body_faces_plus_z_with_its_left_at_plus_x():
    model = load_body_model()
    place = dict(zip(model.landmark_names, model.landmarks, strict=True))
    assert place["nose"][2] > place["left_ear"][2] + 0.03
    assert place["left_shoulder"][0] > 0.05 > -0.05 > place["right_shoulder"][0]
    assert model.heads[model.bone("LeftArm")][0] > 0 > model.heads[model.bone("RightArm")][0]


def test_every_part_is_present_on_its_own_side():
    model = load_body_model()
    assert set(model.parts) == set(Part)
    assert model.template[model.parts == Part.LEFT_HAND, 0].min() > 0 > model.template[model.parts == Part.RIGHT_HAND, 0].max()


def test_random_shapes_have_stature_one_and_human_proportions():
    model, random = load_body_model(), np.random.default_rng(5)
    for _ in range(20):
        shape = random.normal(0, 1, model.components)
        vertices, heads, _ = model.rest(shape)
        assert 0.985 < np.ptp(vertices[:, 1]) < 1.005        # legs apart cost half a percent
        leg = np.linalg.norm(heads[model.bone("LeftUpLeg")] - heads[model.bone("LeftFoot")])
        assert 0.43 < leg < 0.54


def test_shapes_are_mirror_symmetric():
    model = load_body_model()
    shape = np.random.default_rng(2).normal(0, 1, model.components)
    _, heads, _ = model.rest(shape)
    left, right = heads[model.bone("LeftForeArm")], heads[model.bone("RightForeArm")]
    assert np.allclose(left, right * [-1, 1, 1], atol=4e-3)


def test_thighs_start_at_the_centres_of_the_hip_joints():
    model = load_body_model()
    left, right = (model.heads[model.bone(f"{side}UpLeg")] for side in ("Left", "Right"))
    assert np.abs((left + right) / 2).max() < 1e-4                    # the origin of every shape
    assert 0.08 < (left - right)[0] < 0.115                          # 14 to 19 cm of 1.70 m between the femoral heads
    trunk = model.template[(model.parts == Part.TORSO) & (np.abs(model.template[:, 1]) < 0.01)]
    assert 0.4 < -trunk[:, 2].min() / np.ptp(trunk[:, 2]) < 0.65       # half way between buttocks and belly


def test_women_and_men_differ_at_shoulders_and_hips_as_they_do():
    model = load_body_model()

    def ratio(shape):
        heads = model.rest(shape)[1]
        arms, legs = (heads[model.bone(f"Left{name}")] - heads[model.bone(f"Right{name}")] for name in ("Arm", "UpLeg"))
        return np.linalg.norm(arms) / np.linalg.norm(legs)

    assert ratio(-model.gender / 2) > ratio(model.gender / 2)


def test_every_pose_landmark_has_a_place_and_sides_mirror():
    model = load_body_model()
    points = model.landmark_points(tuple(lm.point for lm in LANDMARKS))
    index = {lm.index: k for k, lm in enumerate(LANDMARKS)}
    assert len(points.rest) == len(LANDMARKS)
    assert points.rest[index[11], 0] > 0 > points.rest[index[12], 0]
    assert np.allclose(points.weights.sum(1), 1, atol=1e-3)


def test_face_mesh_points_lie_on_the_face():
    model = load_body_model()
    vertex, _ = load_face_landmarks()
    chosen, vertices = face_points(model)
    assert len(set(chosen.tolist())) == len(chosen)
    assert (model.parts[vertices] == Part.HEAD).all()
    left_eye, right_eye, chin, brow = (model.template[vertex[i]] for i in (263, 33, 152, 10))
    assert left_eye[0] > 0 > right_eye[0]
    assert chin[1] < left_eye[1] < brow[1]
