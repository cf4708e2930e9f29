# SPDX-License-Identifier: GPL-3.0-or-later
"""The TripoSR backend with tiny random weights in the published layout: a whole look, and all that can go wrong."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")

from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, Cancelled, InputError
from dressform.inference.progress import silent
from dressform.inference.reconstruct import reconstruct_surface
from dressform.inference.reconstruct.triposr import prepared
from tiny_triposr import CONFIG, OPTIONS, write_triposr


@pytest.fixture
def model(tmp_path, monkeypatch):
    folder = tmp_path / "models" / "triposr"
    write_triposr(folder)
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path / "models"))
    return folder


def reconstruct(wearer, mannequin, progress=silent, **options):
    return reconstruct_surface(wearer, mannequin, 6000, "triposr", progress, Settings(OPTIONS | options, device="cpu"))


@pytest.mark.slow
def test_the_surface_is_closed_bound_and_coloured(model, wearer, mannequin):
    heard = []
    surface = reconstruct(wearer, mannequin, lambda progress: heard.append(progress.message))
    edges = np.sort(np.concatenate([surface.faces[:, [0, 1]], surface.faces[:, [1, 2]], surface.faces[:, [2, 0]]]), 1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    assert surface.colours.shape == surface.vertices.shape
    assert surface.colours.std() > 0
    assert (mannequin.parts[surface.body_vertex] == surface.parts).all()
    order = ["Loading TripoSR", "Running TripoSR", "Finding TripoSR's surface", "Placing the mesh on the body", "Closing the mesh"]
    assert [message for message in dict.fromkeys(heard) if message in order] == order
    assert any("thousand points" in message for message in heard)
    assert min(heard.count("Placing the mesh on the body"), heard.count("Closing the mesh")) > 5      # it can be stopped in between


@pytest.mark.parametrize("word", ["Running", "points", "Placing"])
def test_it_can_be_stopped_between_its_steps(model, wearer, mannequin, word):
    def stop(progress):
        if word in progress.message:
            raise Cancelled

    with pytest.raises(Cancelled):
        reconstruct(wearer, mannequin, stop)


def test_missing_weights_name_the_command_that_gets_them(wearer, mannequin):
    with pytest.raises(BackendError, match="dressform models pull triposr") as refused:
        reconstruct(wearer, mannequin)
    assert refused.value.code == "model_missing"


def test_a_damaged_model_is_named(model, wearer, mannequin):
    (model / "config.yaml").write_text(CONFIG.replace("num_layers: 1", "num_layers: 2"))
    with pytest.raises(BackendError, match="not a TripoSR model"):
        reconstruct(wearer, mannequin)


def test_a_picture_without_anything_solid_is_said_so(model, wearer, mannequin):
    with pytest.raises(BackendError, match="saw nothing solid"):
        reconstruct(wearer, mannequin, threshold=1e6)


@pytest.mark.parametrize(("name", "value"), [("mc_resolution", 4), ("mc_resolution", 5000), ("threshold", -1.0), ("chunk_size", 0),
                                             ("foreground_ratio", 2.0), ("padding", -1), ("mc_resolution", "fine")])
def test_options_out_of_range_are_refused(model, wearer, mannequin, name, value):
    with pytest.raises(InputError, match=name):
        reconstruct(wearer, mannequin, **{name: value})


@pytest.mark.parametrize("ratio", [0.85, 0.5])
def test_the_person_fills_the_share_of_the_square_that_is_asked_for(wearer, ratio):
    picture = prepared(wearer, Settings({"foreground_ratio": ratio}))
    person = (picture != 127).any(2)
    rows = np.nonzero(person.any(1))[0]
    assert picture.shape[0] == picture.shape[1]
    assert np.ptp(rows) / len(picture) == pytest.approx(ratio, abs=0.02)


def test_padding_does_not_change_the_framing(wearer):
    assert np.array_equal(prepared(wearer, Settings({"padding": 0})), prepared(wearer, Settings({"padding": 40})))


@pytest.mark.slow
def test_a_whole_look_from_the_command_line(model, repository, tmp_path, capfd):
    from dressform.inference.cli import main

    options = [word for name, value in OPTIONS.items() for word in ("--option", f"triposr.{name}={json.dumps(value)}")]
    status = main(["look", str(repository / "samples" / "persons" / "anna.jpg"), "--out", str(tmp_path / "look"),
                   "--reconstruction", "triposr", "--tryon", "none", "--texture", "512", "--faces", "6000", "--height", "1.7",
                   "--device", "cpu", *options])
    assert status == 0, capfd.readouterr().err
    report = json.loads((tmp_path / "look" / "look.json").read_text())
    assert report["backends"]["reconstruct"] == "triposr"
    assert any("TripoSR" in licence["name"] for licence in report["licences"])
    assert os.path.getsize(tmp_path / "look" / "look.glb") > 50_000
