# SPDX-License-Identifier: GPL-3.0-or-later
"""People for the tests: the project's samples where they exist, else the shared photos; tests skip where there are neither."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dressform.inference.photo import read_photo
from dressform.inference.records import Photo

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def photo_of() -> Callable[..., Photo]:
    """Makes a photo from pixels and, if given, alpha."""
    def make(pixels: np.ndarray, alpha: np.ndarray | None = None) -> Photo:
        return Photo(np.ascontiguousarray(pixels), alpha, Path("made.png"), "0" * 64)

    return make


@pytest.fixture(scope="session")
def standing() -> Photo:
    """A photo of one person, head to feet, from the front."""
    found = sorted((ROOT / "samples" / "persons").glob("*.jpg")) + sorted((ROOT / "samples" / "persons").glob("*.png"))
    if not found:
        found = [SHARED / "bench" / "data" / "dev" / "dev01" / "photo.jpg"]
    if not found[0].exists():
        pytest.skip("neither samples/persons nor the shared benchmark is there")
    return read_photo(found[0])


@pytest.fixture(scope="session")
def bench_cases() -> list[Path]:
    cases = sorted((SHARED / "bench" / "data" / "dev").glob("dev0*"))
    if not cases:
        pytest.skip("the shared benchmark is not there")
    return cases
