# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole look whose person is cut out and labelled by published networks, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("rembg.sessions", reason="rembg is not installed: make setup-models")

from dark_seeking import IMAGENET, write_rembg
from dressform.inference import cli
from dressform.inference.photo import read_photo
from dressform.inference.records import Label
from dressform.inference.report import PALETTE
from PIL import Image
from tiny_schp import write_schp

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


@pytest.mark.slow
def test_published_networks_cut_out_and_label_the_person_of_a_look(tmp_path, monkeypatch, capfd):
    models = tmp_path / "models"
    monkeypatch.setenv("DRESSFORM_MODELS", str(models))
    write_rembg(models / "rembg-u2net-human-seg", "u2net_human_seg", 320, IMAGENET)
    write_schp(models / "schp-lip")
    truth = (cv2.imread(str(SAMPLES / "truth" / "mei.png"), cv2.IMREAD_UNCHANGED) > 0).reshape(1024, 768, -1).any(-1)
    pixels = read_photo(SAMPLES / "persons" / "mei.jpg").pixels
    person = tmp_path / "person.png"
    Image.fromarray(np.where(truth[..., None], (pixels * 0.6).astype(np.uint8), np.uint8(255))).save(person)
    out = tmp_path / "look"
    status = cli.main(["look", str(person), "--out", str(out), "--matting", "rembg-u2net-human-seg", "--parser", "schp-lip",
                       "--device", "cpu", "--accept-licence", "--texture", "512", "--faces", "6000", "--height", "1.6", "--keep-stages"])
    assert status == 0, capfd.readouterr().err
    alpha = np.asarray(Image.open(out / "person.png"))[..., 3] > 127
    assert (alpha & truth).sum() / (alpha | truth).sum() > 0.97
    labels = np.asarray(Image.open(out / "stages" / "labels.png"))
    assert (labels == PALETTE[Label.DRESS]).all(-1)[truth & alpha].mean() > 0.6
    report = json.loads((out / "look.json").read_text("utf-8"))
    assert {row["model"] for row in report["licences"] if "model" in row} == {"rembg-u2net-human-seg", "schp-lip"}
    assert any("SCHP" in terms for terms in report["conditions"])
