# SPDX-License-Identifier: GPL-3.0-or-later
"""SCHP's classes become ours, and its network looks once at each person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")

import torch
from dressform.inference import cache, pipeline
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError
from dressform.inference.models.store import accept_licence
from dressform.inference.networks.schp import Schp, SchpConfig
from dressform.inference.person import PersonBackends, schp, with_body
from dressform.inference.person.figure import figure_of
from dressform.inference.person.limb_ends import feet_share, hands_share
from dressform.inference.person.parser import CLASSES
from dressform.inference.person.pose import L_KNEE, L_SHOULDER, estimate_pose
from dressform.inference.photo import read_photo
from dressform.inference.records import Label
from dressform.inference.request import LookRequest
from safetensors.torch import save_file

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
TINY = {"blocks": (1, 1, 1, 1), "stem": 4, "context": 6, "branch": 5, "detail": 3}
CPU = Settings(device="cpu")


@pytest.fixture(scope="module")
def figure():
    photo = read_photo(SAMPLES / "persons" / "anna.jpg")
    pose = estimate_pose(photo)
    return figure_of(photo.pixels, pose, np.ones((photo.height, photo.width), np.float32), 512)[0]


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    return tmp_path


def _write(models, name, classes, sees):
    """A tiny parser in the published file that sees one class everywhere."""
    state = Schp(SchpConfig(classes=len(classes), **TINY)).state_dict()
    state["fushion.4.weight"] = torch.zeros_like(state["fushion.4.weight"])
    state["fushion.4.bias"] = torch.full((len(classes),), -8.0)
    state["fushion.4.bias"][classes.index(sees)] = 8.0
    (models / name).mkdir()
    save_file(state, models / name / "model.safetensors")
    accept_licence(name)


@pytest.mark.parametrize(("name", "classes", "backend"), [("schp-lip", schp.LIP, schp.lip), ("schp-atr", schp.ATR, schp.atr)])
def test_every_class_of_theirs_has_a_meaning(models, figure, name, classes, backend):
    for word in classes[1:]:
        assert word in schp.MEANING
    _write(models, name, classes, "dress")
    answer = backend(figure, CPU)
    assert answer.shape == (*figure.matte.shape, len(CLASSES))
    assert (answer.argmax(-1) == CLASSES.index(Label.DRESS)).all()
    assert np.allclose(answer.sum(-1), 1.0, atol=1e-4)


def test_arms_end_in_hands_and_legs_in_feet(figure):
    names = ("background", "left-arm", "left-leg")
    arm, leg = ("left-arm", Label.ARMS, Label.HANDS, 15, 19, 13), ("left-leg", Label.LEGS, Label.SHOES, 27, 31, 25)
    for word, whole, end, joint, beyond, before in (arm, leg):
        theirs = np.zeros((3, *figure.matte.shape), np.float32)
        theirs[names.index(word)] = 1.0
        ours = schp.as_our_classes(theirs, names, figure)

        def at(mark, ours=ours, joint=joint):
            x, y = figure.points[joint] + 0.8 * (figure.points[mark] - figure.points[joint])
            return CLASSES[int(ours[int(y), int(x)].argmax())]

        assert at(beyond) is end
        assert at(before) is whole


def test_what_is_not_near_a_wrist_or_an_ankle_keeps_its_class(figure):
    for mark in (L_SHOULDER, L_KNEE):
        x, y = (int(v) for v in figure.points[mark])
        assert hands_share(figure)[y, x] < 0.01
        assert feet_share(figure)[y, x] < 0.01


def test_background_alone_gives_no_answer(figure):
    theirs = np.zeros((2, *figure.matte.shape), np.float32)
    theirs[0] = 1.0
    assert not schp.as_our_classes(theirs, ("background", "dress"), figure).any()


def test_the_picture_is_shown_blue_first(monkeypatch, models, figure):
    seen = []
    _write(models, "schp-lip", schp.LIP, "dress")
    real = schp.network_input
    monkeypatch.setattr(schp, "network_input", lambda pixels, edge: seen.append((pixels.copy(), edge)) or real(pixels, edge))
    schp.lip(figure, CPU)
    assert np.array_equal(seen[0][0], figure.pixels[..., ::-1])
    assert seen[0][1] == 473


def test_the_licence_is_asked_and_the_missing_file_named(models, figure):
    with pytest.raises(BackendError) as failure:
        schp.atr(figure, CPU)
    assert failure.value.code == "model_missing"
    assert "dressform models pull schp-atr" in failure.value.hint


def test_a_look_uses_the_chosen_parser_and_its_network_looks_once(models, monkeypatch):
    _write(models, "schp-lip", schp.LIP, "pants")
    looks = []
    real = schp.network_input
    monkeypatch.setattr(schp, "network_input", lambda *given: looks.append(1) or real(*given))
    cache.forget()
    path = SAMPLES / "persons" / "anna.jpg"
    request = LookRequest(path, parser="schp-lip", device="cpu")
    person = pipeline.find_person(request, read_photo(path))
    inside = person.matte > 0.5
    assert (person.labels[inside] == Label.LOWER).mean() > 0.9
    again = with_body(person, None, PersonBackends.of(request))
    assert np.array_equal(again.labels, person.labels)
    assert len(looks) == 1
    cache.forget()
