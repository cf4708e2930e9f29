# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface knows what it is made of, also on the side the photo does not show."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dressform.inference.normals import vertex_normals
from dressform.inference.reconstruct import reconstruct_surface
from dressform.inference.reconstruct.cover import cover_of
from dressform.inference.reconstruct.standoff import silhouette_of
from dressform.inference.records import Label, Part


@pytest.fixture
def covered(figure, wearing):
    """Covers a figure whose photo is labelled by a function of (rows, columns)."""

    def cover(paint, body=figure):
        person = wearing()
        rows, columns = np.indices(person.labels.shape)
        labels = np.where(person.labels > 0, paint(rows, columns), 0).astype(np.uint8)
        silhouette = silhouette_of(dataclasses.replace(person, labels=labels), body.camera)
        return cover_of(body.vertices, body.faces, vertex_normals(body.vertices, body.faces), body.parts, body, silhouette)

    return cover


def test_a_hem_goes_round_the_body_at_one_height(figure, covered, camera):
    hem = 256 + 768 * (0.85 - 1.1) / 3.0                       # the row at which a point 1.1 m high is drawn
    cover = covered(lambda rows, _: np.where(rows < hem, Label.UPPER, Label.LOWER))
    trunk = figure.parts == Part.TORSO
    behind = trunk & (figure.vertices[:, 2] < -0.05)
    assert behind.sum() > 100
    assert (cover[behind & (figure.vertices[:, 1] > 1.14)] == Label.UPPER).all()
    assert (cover[behind & (figure.vertices[:, 1] < 1.06)] == Label.LOWER).all()


def test_every_vertex_is_made_of_something(covered):
    assert (covered(lambda rows, _: np.where(rows < 100, Label.UPPER, Label.BACKGROUND)) > 0).all()


def test_a_bag_in_front_does_not_reach_the_back(figure, covered):
    cover = covered(lambda rows, columns: np.where((abs(rows - 190) < 25) & (abs(columns - 192) < 20), Label.BAG, Label.UPPER))
    x, y, z = figure.vertices.T
    assert (cover[(z > 0.1) & (abs(y - 1.1) < 0.04) & (abs(x) < 0.03)] == Label.BAG).all()
    assert (cover[z < 0] != Label.BAG).all()


def test_the_back_of_a_head_is_hair_and_its_front_stays_a_face(figure, covered):
    head = figure.vertices[:, 1] > 1.4
    with_head = dataclasses.replace(figure, parts=np.where(head, Part.HEAD, figure.parts).astype(np.uint8))
    crown = 256 + 768 * (0.85 - 1.53) / 3.0
    cover = covered(lambda rows, _: np.where(rows < crown, Label.HAIR, np.where(rows < 120, Label.FACE, Label.UPPER)), with_head)
    height, depth = figure.vertices[:, 1], figure.vertices[:, 2]
    assert (cover[(height > 1.50) & (depth < -0.06)] == Label.HAIR).all()
    assert (cover[(height > 1.44) & (height < 1.49) & (depth > 0.1)] == Label.FACE).all()


def test_a_label_on_the_wrong_limb_is_not_believed(figure, covered):
    cover = covered(lambda rows, _: np.where(rows > 300, Label.HANDS, Label.UPPER))
    assert Label.HANDS not in cover


def test_the_surface_of_a_look_tells_its_cover(figure, wearing):
    surface = reconstruct_surface(wearing(), figure, faces=6_000)
    assert surface.cover is not None
    assert surface.cover.dtype == np.uint8
    assert surface.cover.shape == (len(surface.vertices),)
    assert (surface.cover == Label.UPPER).mean() > 0.95
