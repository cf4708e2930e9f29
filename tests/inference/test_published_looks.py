# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole looks with published models from the command line: those backends whose own tests do not make one."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from dressform.inference.cli import main
from dressform.inference.person.schp import ATR
from dressform.inference.photo import read_photo
from PIL import Image

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")
pytest.importorskip("rembg.sessions", reason="rembg is not installed: make setup-models")

from dark_seeking import CENTRED, u2net_state, write_rembg
from onnx_writer import write_dwpose
from safetensors.torch import save_file
from tiny_editing import write_flux2_klein
from tiny_hr_viton import write_hr_viton
from tiny_idm_vton import write_idm_vton
from tiny_segformer import write_segformer
from tiny_viton_hd import write_viton_hd

pytestmark = pytest.mark.slow
SAMPLES = Path(__file__).resolve().parents[2] / "samples"
TRYONS = {"idm-vton": ("idm-vton", {"num_inference_steps": 2, "width": 192, "height": 256}), "hr-viton": ("hr-viton", {}),
          "viton-hd": ("viton-hd", {}), "flux2-klein": ("flux2-klein-4b", {"num_inference_steps": 2, "area": 96 * 128})}
"""Try-on backend -> its model, and the smallest options that it takes."""
SMALL = (384, 512)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_idm_vton(folder / "idm-vton")
    write_hr_viton(folder / "hr-viton")
    write_viton_hd(folder / "viton-hd")
    write_flux2_klein(folder / "flux2-klein-4b")
    write_rembg(folder / "rembg-isnet-general-use", "isnet-general-use", 1024, CENTRED)
    write_segformer(folder / "segformer-clothes", len(ATR), ATR.index("upper-clothes"))
    write_dwpose(folder / "dwpose", [], np.tile(np.eye(3), (45, 1))[:133])
    (folder / "u2net-cloth").mkdir()
    save_file(u2net_state(classes=4, dark_class=1), folder / "u2net-cloth" / "model.safetensors")
    return folder


@pytest.fixture
def use_models(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRESSFORM_MODELS", str(models))


def dark_on_white(kind: str, name: str, to: Path, size: tuple[int, int]) -> Path:
    """A sample that tiny networks can tell from its ground."""
    pixels = read_photo(SAMPLES / kind / f"{name}.jpg").pixels
    truth = (cv2.imread(str(SAMPLES / "truth" / f"{name}.png"), cv2.IMREAD_UNCHANGED) > 0).reshape(*pixels.shape[:2], -1).any(-1)
    Image.fromarray(np.where(truth[..., None], (pixels * 0.6).astype(np.uint8), np.uint8(255))).resize(size).save(to)
    return to


def look(person: Path, garment: Path, out: Path, *wishes: str) -> dict:
    """What look.json says of a look that the command made."""
    status = main(["look", str(person), "-g", str(garment), "--out", str(out), "--height", "1.7", "--texture", "512", "--faces", "5000",
                   "--device", "cpu", "--quiet", *wishes])
    assert status == 0
    assert (out / "look.glb").read_bytes()[:4] == b"glTF"
    return json.loads((out / "look.json").read_text("utf-8"))


@pytest.mark.parametrize("backend", TRYONS)
@pytest.mark.usefixtures("use_models")
def test_the_command_makes_a_look_and_names_the_licence(backend: str, tmp_path: Path) -> None:
    model, options = TRYONS[backend]
    Image.open(SAMPLES / "persons" / "anna.jpg").resize(SMALL, Image.Resampling.LANCZOS).save(tmp_path / "anna.png")
    said = look(tmp_path / "anna.png", SAMPLES / "garments" / "tee.jpg", tmp_path / "look", "--tryon", backend, "--accept-licence",
                *(f"--option={backend}.{name}={value}" for name, value in options.items()))
    assert model in {row.get("model") for row in said["licences"]}
    before, after = (np.asarray(Image.open(path).convert("RGB")).astype(int)
                     for path in (tmp_path / "anna.png", tmp_path / "look" / "tryon.png"))
    assert 0.02 < (np.abs(before - after).max(2) > 24).mean() < 0.4


@pytest.mark.usefixtures("use_models")
def test_the_command_reads_person_and_garment_with_published_networks(tmp_path: Path) -> None:
    person = dark_on_white("persons", "mei", tmp_path / "person.png", SMALL)
    garment = dark_on_white("garments", "tee", tmp_path / "tee.png", (450, 500))
    said = look(person, garment, tmp_path / "look", "--matting", "rembg-isnet-general-use", "--parser", "segformer-clothes",
                "--pose", "dwpose", "--garment-mask", "u2net-cloth", "--accept-licence")
    used = {row["model"]: row["used_for"] for row in said["licences"] if "model" in row}
    assert used == {"rembg-isnet-general-use": ["person"], "segformer-clothes": ["person"], "dwpose": ["person"],
                    "u2net-cloth": ["garment"]}
    assert said["garments"][0]["category"] == "top"
    assert any("DWPose" in warning for warning in said["warnings"])          # whose points, here by chance, were not the person's
