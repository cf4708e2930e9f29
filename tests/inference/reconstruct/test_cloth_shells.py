# SPDX-License-Identifier: GPL-3.0-or-later
"""Trousers end in hems, skirts flow out of the waist, and shirts span the hollows of the trunk."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import trimesh
from dressform.inference.normals import vertex_normals
from dressform.inference.reconstruct import reconstruct_surface
from dressform.inference.reconstruct.hem import hanging_hems
from dressform.inference.reconstruct.shoes import shoes_worn
from dressform.inference.reconstruct.silhouette import outer_shell
from dressform.inference.reconstruct.skirt import DIRECTIONS, hanging_cloth
from dressform.inference.reconstruct.standoff import silhouette_of, standoff
from dressform.inference.reconstruct.trouser_legs import creased, ends_of_trousers
from dressform.inference.reconstruct.trunk_cloth import cloth_of_trunk, hem_of_top
from dressform.inference.records import Label, Part
from scipy.spatial import ConvexHull

HEM = 0.16
"""Metres; height of the trousers' hem."""
HALF_WIDTH = 0.105
"""Metres; half the width of a trouser leg there."""


@pytest.fixture(scope="module")
def shell(mannequin):
    kept, faces = outer_shell(mannequin)
    return dataclasses.replace(mannequin, vertices=mannequin.vertices[kept], rest_vertices=mannequin.rest_vertices[kept], faces=faces,
                               parts=mannequin.parts[kept], weights=mannequin.weights[kept], outer=None)


@pytest.fixture(scope="module")
def ankles(mannequin):
    return [float(mannequin.skeleton.heads[mannequin.skeleton.index(f"{side}Foot"), 0]) for side in ("Left", "Right")]


def boxed(mannequin, wearer, boxes, label):
    """The wearer with upright boxes (x from, x to, y from, y to) of cloth in the photo."""
    camera, matte, labels = mannequin.camera, wearer.matte.copy(), wearer.labels.copy()
    for left, right, low, high in boxes:
        corners = camera.project(np.array([[left, high, 0.0], [right, low, 0.0]]))
        (x0, y0), (x1, y1) = np.sort(corners[:, :2].round().astype(int), axis=0)
        matte[y0:y1, x0:x1], labels[y0:y1, x0:x1] = 1.0, label
    return dataclasses.replace(wearer, matte=matte, labels=labels)


@pytest.fixture(scope="module")
def in_trousers(mannequin, wearer, ankles):
    crotch = 0.75
    person = boxed(mannequin, wearer, [(x - HALF_WIDTH, x + HALF_WIDTH, HEM, crotch) for x in ankles], Label.LOWER)
    below = round(float(mannequin.camera.project(np.array([[0.0, HEM, 0.0]]))[0, 1]))
    labels = person.labels.copy()
    labels[below:][labels[below:] > 0] = Label.SHOES
    return dataclasses.replace(person, labels=labels)


@pytest.fixture(scope="module")
def trousers(mannequin, in_trousers):
    return reconstruct_surface(in_trousers, mannequin, faces=20_000)


def widths(surface, height):
    section = trimesh.Trimesh(surface.vertices, surface.faces, process=False).section(plane_origin=[0, height, 0], plane_normal=[0, 1, 0])
    return sorted((float(np.ptp(curve[:, 0])) for curve in section.discrete), reverse=True)


def test_trousers_keep_their_width_down_to_a_hem_and_the_foot_its_own(trousers):
    assert trimesh.Trimesh(trousers.vertices, trousers.faces, process=False).is_watertight
    assert widths(trousers, HEM + 0.05)[0] == pytest.approx(2 * HALF_WIDTH, abs=0.025)
    assert max(widths(trousers, HEM - 0.04)) < 1.4 * HALF_WIDTH


def test_wide_trousers_are_hollow_at_the_hem(mannequin, shell, in_trousers, trousers):
    mesh = trimesh.Trimesh(trousers.vertices, trousers.faces, process=False)
    tubes = ends_of_trousers(shell, silhouette_of(in_trousers, mannequin.camera))
    assert [leg.side for leg in tubes] == [0, 1]
    for tube, side, _ in tubes:
        axis = mannequin.skeleton.heads[mannequin.skeleton.index(f"{('Left', 'Right')[side]}Foot")]
        outward = (1 - 2 * side) * np.linspace(0.0, HALF_WIDTH + 0.02, 60)
        inside = mesh.contains(np.array([[axis[0] + x, tube.low + 0.015, axis[2]] for x in outward]))
        assert np.abs(np.diff(inside.astype(int))).sum() >= 3       # ankle, air, cloth, air


def test_the_cloth_of_a_trouser_leg_moves_with_the_shin(trousers):
    y = trousers.vertices[:, 1]
    hem = (y > HEM) & (y < HEM + 0.05)
    assert hem.sum() > 100
    assert not np.isin(trousers.parts[hem], [int(Part.LEFT_FOOT), int(Part.RIGHT_FOOT)]).any()


def test_a_skirt_whose_upper_edges_are_hidden_widens_from_the_waist_without_a_ledge(mannequin, wearer, shell):
    person = boxed(mannequin, wearer, [(-0.3, 0.3, 0.45, 0.95)], Label.SKIRT)
    labels = person.labels.copy()
    hands = [mannequin.camera.project(np.array([[0.0, y, 0.0]]))[0, 1] for y in (1.0, 0.7)]
    rows, middle = slice(int(hands[0]), int(hands[1])), labels.shape[1] // 2
    labels[rows, :middle - 40][labels[rows, :middle - 40] > 0] = Label.HANDS
    labels[rows, middle + 40:][labels[rows, middle + 40:] > 0] = Label.HANDS
    silhouette = silhouette_of(dataclasses.replace(person, labels=labels), mannequin.camera)
    hem, = hanging_hems(shell, silhouette)
    skirt = hanging_cloth(shell, np.zeros(len(shell.vertices), np.float32), hem, silhouette)
    reach = skirt.support[:, 0]
    assert reach[10] == pytest.approx(0.3, abs=0.03)
    assert np.abs(np.diff(reach)).max() < 0.012                     # of 6 mm of height: nowhere a ledge
    assert reach[-10] < 0.22


def test_cloth_of_the_trunk_is_convex_and_spans_the_back(shell, wearer):
    silhouette = silhouette_of(wearer, shell.camera)
    cloth, = cloth_of_trunk(shell, np.zeros(len(shell.vertices), np.float32), silhouette)
    y = shell.vertices[:, 1]
    trunk = shell.vertices[(shell.parts == Part.TORSO) & (y > cloth.low + 0.12) & (y < cloth.high - 0.12)]
    outer = cloth.outline(trunk.astype(np.float64))[0]
    assert outer.max() < 0.006
    groove = trunk[(np.abs(trunk[:, 0]) < 0.01) & (trunk[:, 2] < np.median(trunk[:, 2]))]
    assert cloth.outline(groove.astype(np.float64))[0].min() < -0.004
    assert cloth.support.shape[1] == DIRECTIONS


def test_a_bare_trunk_is_its_skin(shell, wearer):
    bare = dataclasses.replace(wearer, labels=np.where(wearer.labels > 0, np.uint8(Label.ARMS), np.uint8(0)))
    assert cloth_of_trunk(shell, np.zeros(len(shell.vertices), np.float32), silhouette_of(bare, shell.camera)) == []


def in_two_pieces(wearer, camera, height):
    """The wearer in a top down to a height, and trousers below it."""
    row = round(float(camera.project(np.array([[0.0, height, 0.1]]))[0, 1]))
    below = np.arange(len(wearer.labels))[:, None] >= row
    labels = np.where(wearer.labels > 0, np.where(below, np.uint8(Label.LOWER), np.uint8(Label.UPPER)), np.uint8(0))
    return dataclasses.replace(wearer, labels=labels)


@pytest.fixture(scope="module")
def hips(shell):
    return float(shell.skeleton.heads[shell.skeleton.index("LeftUpLeg"), 1])


def test_a_top_that_ends_at_the_hips_hangs_over_trousers_and_one_that_ends_at_the_waist_is_tucked_in(shell, wearer, hips):
    flat = np.zeros(len(shell.vertices), np.float32)
    over, tucked = (hem_of_top(shell, flat, silhouette_of(in_two_pieces(wearer, shell.camera, hips + above), shell.camera))
                    for above in (0.0, 0.12))
    assert over == pytest.approx(hips, abs=0.01)
    assert tucked is None


def test_a_top_over_trousers_ends_in_an_edge(shell, mannequin, wearer, hips):
    surface = reconstruct_surface(in_two_pieces(wearer, shell.camera, hips - 0.02), mannequin, faces=20_000)
    mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
    fronts = [max(float(curve[np.abs(curve[:, 0]) < 0.02, 2].max()) for curve in section.discrete if (np.abs(curve[:, 0]) < 0.02).any())
              for section in (mesh.section(plane_origin=[0, hips - 0.02 + step, 0], plane_normal=[0, 1, 0]) for step in (0.02, -0.02))]
    assert fronts[0] - fronts[1] > 0.006
    assert mesh.is_watertight


def test_legs_that_touch_come_apart_below_the_crotch(mannequin, wearer, hips, ankles):
    person = boxed(mannequin, in_two_pieces(wearer, mannequin.camera, hips + 0.12), [(min(ankles), max(ankles), 0.1, 0.7)], Label.LOWER)
    surface = reconstruct_surface(person, mannequin, faces=20_000)
    mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
    for height in (0.4, 0.55):
        legs = mesh.section(plane_origin=[0, height, 0], plane_normal=[0, 1, 0]).discrete
        assert len(legs) == 2
        assert mesh.is_watertight


def test_a_bag_beside_a_leg_does_not_swell_it(mannequin, wearer, shell):
    bag = boxed(mannequin, wearer, [(-0.45, -0.12, 0.3, 0.6)], Label.BAG)
    with_it, without = (standoff(shell, silhouette_of(person, shell.camera)) for person in (bag, wearer))
    thigh = np.isin(shell.parts, (Part.RIGHT_UPPER_LEG, Part.RIGHT_LOWER_LEG))
    assert np.abs(with_it - without)[thigh].max() < 0.01


def test_shoes_show_no_toes_and_stand_on_a_flat_sole(mannequin, in_trousers, trousers, shell):
    worn = shoes_worn(shell, np.zeros(len(shell.vertices), np.float32), silhouette_of(in_trousers, mannequin.camera))
    assert len(worn) == 2
    for shoe in worn:
        middle = (shoe.bounds[0] + shoe.bounds[1]) / 2
        section = trimesh.Trimesh(trousers.vertices, trousers.faces, process=False).section(
            plane_origin=[0, shoe.low + 0.015, 0], plane_normal=[0, 1, 0])
        near = [curve[:, [0, 2]] for curve in section.discrete if abs(curve[:, 0].mean() - middle[0]) < 0.05]
        assert len(near) == 1
        x, z = near[0].T
        assert abs(np.sum(x[:-1] * z[1:] - x[1:] * z[:-1])) / 2 > 0.97 * ConvexHull(near[0]).volume


def test_wide_legs_have_creases_before_and_behind_and_narrow_ones_none(shell, in_trousers, mannequin):
    tubes = ends_of_trousers(shell, silhouette_of(in_trousers, mannequin.camera))
    assert all(leg.crease > 0.01 for leg in tubes)
    flat = np.zeros(len(shell.vertices), np.float32)
    added = creased(flat, shell, tubes)
    forward = np.abs(vertex_normals(shell.vertices, shell.faces)[:, 2])
    shins = np.isin(shell.parts, (Part.LEFT_LOWER_LEG, Part.RIGHT_LOWER_LEG))
    assert added[shins & (forward > 0.99)].min() > 0.01
    assert added[forward < 0.5].max() < 0.001
    assert not creased(flat, shell, [leg._replace(crease=0.0) for leg in tubes]).any()


def test_what_lies_beside_one_foot_does_not_lengthen_and_widen_its_trouser_leg(mannequin, in_trousers, shell, ankles):
    left = max(ankles)
    beside = boxed(mannequin, in_trousers, [(left - 0.05, left + HALF_WIDTH + 0.06, 0.02, 0.4)], Label.LOWER)
    tubes = ends_of_trousers(shell, silhouette_of(beside, mannequin.camera))
    assert tubes[0].tube.low == pytest.approx(tubes[1].tube.low, abs=0.03)
    reach = [float(leg.tube.support[5, 0] + leg.tube.support[5, DIRECTIONS // 2]) for leg in tubes]
    assert reach[0] == pytest.approx(reach[1], abs=0.06)


def test_a_knee_seen_through_torn_trousers_does_not_end_them(mannequin, in_trousers, shell):
    labels = in_trousers.labels.copy()
    rows = mannequin.camera.project(np.array([[0.0, y, 0.0] for y in (0.52, 0.45)]))[:, 1].astype(int)
    torn = labels[rows[0]:rows[1]]
    torn[torn > 0] = Label.LEGS
    tubes = ends_of_trousers(shell, silhouette_of(dataclasses.replace(in_trousers, labels=labels), mannequin.camera))
    assert [leg.tube.low for leg in tubes] == pytest.approx([HEM, HEM], abs=0.04)
