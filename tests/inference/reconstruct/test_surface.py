# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface has the matte's silhouette, the body's depth, and is one closed mesh."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from dressform.inference.errors import BackendError
from dressform.inference.raster import rasterise
from dressform.inference.reconstruct import reconstruct_surface
from dressform.inference.records import Framing, Label
from scipy import ndimage


def silhouette(surface, camera):
    projected = camera.project(surface.vertices)
    return rasterise(projected[:, :2], surface.faces, camera.width, camera.height, projected[:, 2]).mask


def agreement(a, b):
    return (a & b).sum() / (a | b).sum()


def test_a_surface_is_closed_outward_and_of_the_size_asked_for(figure, wearing):
    surface = reconstruct_surface(wearing(), figure, faces=6_000)
    mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume > 0
    assert mesh.body_count == 1
    assert 5_000 <= len(surface.faces) <= 6_000


def test_a_loose_garment_is_round_and_fills_the_matte(figure, wearing, camera):
    person = wearing(lambda shape: ndimage.binary_dilation(shape, iterations=12))
    surface = reconstruct_surface(person, figure, faces=10_000)
    drawn = silhouette(surface, camera)
    assert agreement(drawn, person.matte > 0.5) > 0.97
    assert not (drawn & ~ndimage.binary_dilation(person.matte > 0.5, iterations=4)).any()
    waist = np.abs(surface.vertices[:, 1] - 1.15) < 0.03
    depth, width = np.ptp(surface.vertices[waist, 2]), np.ptp(surface.vertices[waist, 0])
    assert width == pytest.approx(0.28 + 2 * 12 * 3.0 / 768, abs=0.02)
    assert depth == pytest.approx(width, rel=0.12)


def skirt(shape):
    out = shape.copy()
    for row in np.arange(260, 400):
        columns = np.nonzero(shape[row])[0]
        out[row, columns.min() - 8:columns.max() + 9] = True
    return out


def test_a_skirt_goes_round_both_legs_and_is_hollow(figure, wearing):
    surface = reconstruct_surface(wearing(skirt), figure, faces=10_000)
    mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
    assert mesh.is_watertight
    section = mesh.section(plane_origin=[0, 0.45, 0], plane_normal=[0, 1, 0])
    outer = max(section.discrete, key=lambda curve: np.ptp(curve[:, 0]))
    assert np.ptp(outer[:, 0]) == pytest.approx(0.3 + 16 * 3.0 / 768, abs=0.015)
    assert outer[:, 0].min() < -0.15
    assert outer[:, 0].max() > 0.15
    assert not mesh.contains([[0.0, 0.4, 0.0]])[0]
    assert mesh.contains([[0.09, 0.4, 0.0], [-0.09, 0.4, 0.0]]).all()
    assert len(mesh.section(plane_origin=[0, 0.12, 0], plane_normal=[0, 1, 0]).discrete) == 2


def test_the_lining_of_a_skirt_moves_with_its_outside(figure, wearing):
    surface = reconstruct_surface(wearing(skirt), figure, faces=10_000)
    x, y, _ = surface.vertices.T
    around = (y > 0.32) & (y < 0.5) & (x > 0.13)
    assert (figure.vertices[surface.body_vertex[around], 0] > 0).all()


def test_cloth_between_the_legs_of_trousers_is_no_skirt(figure, wearing):
    def low_crotch(shape):
        out = shape.copy()
        for row in np.arange(260, 330):
            columns = np.nonzero(shape[row])[0]
            out[row, columns.min():columns.max() + 1] = True
        return out

    surface = reconstruct_surface(wearing(low_crotch, label=Label.LOWER), figure, faces=10_000)
    mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
    assert len(mesh.section(plane_origin=[0, 0.45, 0], plane_normal=[0, 1, 0]).discrete) == 2


def test_a_stray_island_of_the_matte_makes_no_floating_piece(figure, wearing):
    def with_island(shape):
        out = shape.copy()
        out[60:70, 20:30] = True
        return out

    surface = reconstruct_surface(wearing(with_island), figure, faces=6_000)
    assert trimesh.Trimesh(surface.vertices, surface.faces, process=False).body_count == 1
    assert np.ptp(surface.vertices[:, 0]) < 0.5


def test_a_half_body_is_cut_flat_where_the_photo_ends(figure, wearing, camera):
    import dataclasses

    cropped = dataclasses.replace(camera, height=300)
    person = wearing(framing=Framing.HALF)
    person = dataclasses.replace(person, matte=person.matte[:300], labels=person.labels[:300])
    surface = reconstruct_surface(person, dataclasses.replace(figure, camera=cropped), faces=6_000)
    assert surface.cut is not None
    assert surface.vertices[:, 1].min() == pytest.approx(surface.cut, abs=0.004)
    bottom = surface.vertices[:, 1] < surface.cut + 0.004
    assert np.ptp(surface.vertices[bottom, 0]) > 0.15
    assert trimesh.Trimesh(surface.vertices, surface.faces, process=False).is_watertight


def test_a_leg_fitted_beside_its_silhouette_is_moved_under_it(figure, wearing, moved, camera):
    person = wearing()
    surface = reconstruct_surface(person, moved(0.02), faces=6_000)
    shin = (np.abs(surface.vertices[:, 1] - 0.3) < 0.02) & (surface.vertices[:, 0] > 0)
    assert surface.vertices[shin, 0].mean() == pytest.approx(0.09, abs=0.006)
    assert agreement(silhouette(surface, camera), person.matte > 0.5) > 0.95


def test_an_unknown_backend_is_refused_in_words(figure, wearing):
    with pytest.raises(BackendError, match="no reconstruction backend called clay"):
        reconstruct_surface(wearing(), figure, backend="clay")
