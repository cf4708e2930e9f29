# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair is a cap as thick as the photo shows it, bare where the face is, and hangs down only where it is seen to hang."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dressform.inference.reconstruct.hair import Hair, hair_volume
from dressform.inference.reconstruct.hair_cap import Cap
from dressform.inference.reconstruct.standoff import silhouette_of
from dressform.inference.records import Label, Part
from scipy import ndimage

METRES = 3.0 / 768                                          # of a pixel at the figure


@pytest.fixture
def wears_hair(figure, wearing):
    """The hair of a figure whose head begins at 1.35 m and whose photo is labelled by a function of heights and columns."""
    names = (*figure.skeleton.names, "mixamorig:Neck")
    skeleton = figure.skeleton
    neck = np.array([[0.0, 1.32, 0.0]], np.float32)
    skeleton = dataclasses.replace(
        skeleton, names=names, parents=np.append(skeleton.parents, 1).astype(np.int32), heads=np.concatenate([skeleton.heads, neck]),
        tails=np.concatenate([skeleton.tails, neck + np.float32([[0, 0.08, 0]])]))
    parts = np.where(figure.vertices[:, 1] > 1.35, Part.HEAD, figure.parts).astype(np.uint8)
    body = dataclasses.replace(figure, parts=parts, skeleton=skeleton)

    def hair(label, grown=8, also=lambda height, columns: height > 9):
        def matte(shape):
            rows, columns = np.indices(shape.shape)
            grown_up = ndimage.binary_dilation(shape, iterations=grown) & (rows < 110)
            return shape | grown_up | also(0.85 - (rows + 0.5 - 256) * METRES, columns)

        person = wearing(matte)
        rows, columns = np.indices(person.labels.shape)
        labels = np.where(person.labels > 0, label(0.85 - (rows + 0.5 - 256) * METRES, columns), 0).astype(np.uint8)
        return hair_volume(body, silhouette_of(dataclasses.replace(person, labels=labels), body.camera))

    return hair


def test_a_head_without_hair_has_none(wears_hair):
    assert wears_hair(lambda height, _: np.where(height > 1.35, Label.FACE, Label.UPPER)) is None


def test_a_cap_is_as_thick_as_its_outline_and_bare_at_the_face(wears_hair):
    cap = wears_hair(lambda height, _: np.where(height > 1.52, Label.HAIR, np.where(height > 1.35, Label.FACE, Label.UPPER)))
    assert isinstance(cap, Cap)
    crown, face, behind = np.array([[0.0, 1.59 + 8 * METRES, 0.0]]), np.array([[0.0, 1.46, 0.14]]), np.array([[0.0, 1.5, -0.145]])
    assert cap.distance(crown)[0] == pytest.approx(0.0, abs=0.008)
    assert cap.distance(face)[0] > 0.005
    assert cap.distance(behind)[0] < 0


def test_long_hair_hangs_behind_and_leaves_the_neck_free(wears_hair, camera):
    def long(height, columns):
        beside = abs(columns - 192) * METRES > 0.09
        return np.where((height > 1.5) | ((height > 1.25) & beside), Label.HAIR, np.where(height > 1.35, Label.FACE, Label.UPPER))

    hair = wears_hair(long)
    assert isinstance(hair, Hair)
    assert hair.distance(np.array([[0.0, 1.4, -0.12]]))[0] < 0
    assert hair.distance(np.array([[0.0, 1.3, 0.145]]))[0] > 0
    low, high = hair.bounds
    assert low[1] < 1.28
    assert high[0] - low[0] < 0.28 + 2 * 8 * METRES + 0.04


def test_a_beard_does_not_hang(wears_hair):
    def bearded(height, columns):
        beard = (height < 1.44) & (height > 1.38) & (abs(columns - 192) * METRES < 0.05)
        return np.where((height > 1.52) | beard, Label.HAIR, np.where(height > 1.35, Label.FACE, Label.UPPER))

    assert isinstance(wears_hair(bearded), Cap)


def test_hair_behind_a_short_cut_becomes_thinner_towards_the_nape(wears_hair):
    def cut(height, _):
        return np.where(height > 1.42, Label.HAIR, np.where(height > 1.35, Label.FACE, Label.UPPER))

    full, thin = wears_hair(cut, grown=14), wears_hair(cut, grown=4)
    assert isinstance(full, Cap)
    fuller = (full.radius - thin.radius)[:, 36]                     # from the crown down the back; the skull is the same
    ears, nape = 12, 16
    assert fuller[ears] > 0.02
    assert fuller[nape] < 0.6 * fuller[ears]


def test_a_lock_on_one_side_is_thin_and_leaves_the_other_side_alone(wears_hair):
    def blown(height, columns):
        return (height > 1.36) & (height < 1.46) & (abs((columns - 192) * METRES) < 0.26) & (columns > 192)

    def long(height, columns):
        beside = abs(columns - 192) * METRES > 0.09
        return np.where((height > 1.5) | ((height > 1.3) & beside), Label.HAIR, np.where(height > 1.35, Label.FACE, Label.UPPER))

    hair = wears_hair(long, also=blown)
    assert isinstance(hair, Hair)
    lock, before, behind, other = np.array([[0.2, 1.41, 0.0], [0.2, 1.41, 0.06], [0.2, 1.41, -0.06], [-0.2, 1.41, 0.0]])[:, None]
    assert hair.distance(lock)[0] < 0
    assert hair.distance(before)[0] > 0.01
    assert hair.distance(behind)[0] > 0.01
    assert hair.distance(other)[0] > 0.02


def test_a_hat_is_as_deep_as_it_is_wide_and_glasses_are_no_hat(wears_hair):
    def hatted(height, _):
        return np.where(height > 1.5, Label.ACCESSORY, np.where(height > 1.35, Label.FACE, Label.UPPER))

    def spectacled(height, columns):
        glasses = (abs(height - 1.46) < 0.02) & (abs(columns - 192) * METRES < 0.08)
        return np.where(glasses, Label.ACCESSORY, np.where(height > 1.35, Label.FACE, Label.UPPER))

    hat = wears_hair(hatted, grown=16)
    assert isinstance(hat, Cap)
    beside, behind = hat.distance(np.array([[0.17, 1.56, 0.0], [0.0, 1.56, -0.17]]))
    assert abs(beside - behind) < 0.015
    assert wears_hair(spectacled) is None
