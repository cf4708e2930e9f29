# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test may count on: few computing threads, an engine state folder of its own, and one look of the samples."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "2")              # before NumPy is imported: more threads than cores only wait
sys.path.insert(0, str(Path(__file__).resolve().parent / "tiny_models"))    # the published models, with weights of a few kilobytes


@pytest.fixture(autouse=True, scope="session")
def _state_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test finds or disturbs an engine that the user runs, or the models on this machine."""
    os.environ["DRESSFORM_STATE_DIR"] = str(tmp_path_factory.mktemp("state"))
    os.environ["DRESSFORM_MODELS"] = str(tmp_path_factory.mktemp("models"))
    os.environ["HF_HOME"] = str(tmp_path_factory.mktemp("hub"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared(repository: Path) -> Path:
    """The folder of photos and ground truth beside the checkout; the test is skipped where it is absent."""
    folder = repository.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the photos and the ground truth beside the checkout (../shared) are not on this machine")
    return folder


@pytest.fixture(scope="session")
def sample_look(repository: Path, tmp_path_factory: pytest.TempPathFactory):
    """The look of a sample person in a sample garment, made once for all tests that read one."""
    from dressform.inference.pipeline import make_look
    from dressform.inference.request import GarmentRequest, LookRequest

    person = sorted((repository / "samples" / "persons").glob("*.jpg"))[0]
    garment = sorted((repository / "samples" / "garments").glob("*.jpg"))[0]
    request = LookRequest(person, (GarmentRequest(garment),), height_m=1.7, texture_size=1024, faces=20_000, keep_stages=True)
    return make_look(request, tmp_path_factory.mktemp("sample") / "look")
