# SPDX-License-Identifier: GPL-3.0-or-later
"""The turntable command: pictures, video, contact sheet, and its words when something is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import LIMIT_S, ROOT, environment
from figure_glb import figure


def command(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``python -m dressform.batch.turntable`` with small defaults."""
    small = ["--percent", "8", "--samples", "2", "--frames", "4"]
    return subprocess.run([sys.executable, "-m", "dressform.batch.turntable", *small, *map(str, arguments), "--out", str(folder / "out")],
                          env=environment(folder), cwd=folder, capture_output=True, text=True, timeout=LIMIT_S)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Path:
    """The output folder of a portrait turntable of a red figure, by Cycles."""
    folder = tmp_path_factory.mktemp("Türntable with spaces")
    (folder / "look.glb").write_bytes(figure((190, 50, 40)))
    done = command(folder, folder / "look.glb", "--preset", "portrait", "--contact-sheet")
    assert done.returncode == 0, done.stderr
    assert "frame 4/4" in done.stderr
    return folder / "out"


def frames(out: Path) -> list[np.ndarray]:
    return [cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_UNCHANGED) for file in sorted((out / "frames").glob("*.png"))]


def test_there_is_a_picture_for_each_frame_at_an_even_size(rendered):
    pictures = frames(rendered)
    assert [picture.shape for picture in pictures] == [(108, 86, 3)] * 4


def test_the_backdrop_is_light_and_the_figure_keeps_its_colour(rendered):
    for picture in frames(rendered):
        height, width = picture.shape[:2]
        corner = picture[:10, :10].reshape(-1, 3).mean(axis=0)
        middle = picture[height // 2 - 5:height // 2 + 5, width // 2 - 5:width // 2 + 5].reshape(-1, 3).mean(axis=0)
        assert 200 < corner.min() <= corner.max() < 254
        assert middle == pytest.approx((40, 50, 190), abs=14)


def test_the_figure_turns(rendered):
    # A box of 0.5 x 0.3 m is narrower from the side: frames 1 and 3 show its front and back, 2 and 4 its sides.
    widths = [int((picture[..., 2].astype(int) - picture[..., 0] > 60).any(axis=0).sum()) for picture in frames(rendered)]
    assert widths[0] > widths[1] * 1.2
    assert widths[2] > widths[3] * 1.2


def test_the_video_has_each_frame_once(rendered):
    video = cv2.VideoCapture(str(rendered / "turntable.mp4"))
    pictures = []
    while (read := video.read())[0]:
        pictures.append(read[1])
    assert len(pictures) == 4
    assert video.get(cv2.CAP_PROP_FPS) == 24
    for picture, frame in zip(pictures, frames(rendered), strict=True):
        assert np.abs(picture.astype(int) - frame).mean() < 6


def test_the_contact_sheet_shows_the_frames(rendered):
    sheet = cv2.imread(str(rendered / "contact_sheet.png")) if str(rendered).isascii() else \
        cv2.imdecode(np.fromfile(rendered / "contact_sheet.png", np.uint8), cv2.IMREAD_COLOR)
    first = frames(rendered)[0]
    gap, (height, width) = 8, first.shape[:2]
    assert sheet.shape[:2] == (height + 2 * gap, 4 * (width + gap) + gap)
    assert np.abs(sheet[gap:gap + height, gap:gap + width].astype(int) - first).max() <= 2


def test_transparent_pictures_have_the_shadow_but_no_backdrop(tmp_path):
    (tmp_path / "look.glb").write_bytes(figure())
    done = command(tmp_path, tmp_path / "look.glb", "--transparent", "--no-video", "--frames", "2")
    assert done.returncode == 0, done.stderr
    picture = frames(tmp_path / "out")[0]
    alpha = picture[..., 3]
    assert alpha[:5].mean() < 5
    assert alpha[alpha.shape[0] // 2, alpha.shape[1] // 2] == 255
    assert ((alpha > 20) & (alpha < 230))[-12:].any()
    assert not (tmp_path / "out" / "turntable.mp4").exists()


@pytest.mark.parametrize(("file", "content", "words"), [
    ("missing.glb", None, "There is no look at"),
    ("broken.glb", b"glTF\x02\0\0\0rubbish", "cannot be read as glTF"),
])
def test_a_look_that_cannot_be_used_is_one_sentence_and_a_status(tmp_path, file, content, words):
    if content is not None:
        (tmp_path / file).write_bytes(content)
    done = command(tmp_path, tmp_path / file)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert words in last
    assert file in last
    assert "Traceback" not in done.stderr


def test_numbers_out_of_range_are_refused_before_anything_is_made(tmp_path):
    done = subprocess.run([sys.executable, "-m", "dressform.batch.turntable", "look.glb", "--out", "out", "--frames", "1"], cwd=tmp_path,
                          env=environment(tmp_path), capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 1
    assert "1 is not a possible number of frames" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_file_runs_outside_its_package_as_blender_runs_it(tmp_path):
    done = subprocess.run([sys.executable, str(ROOT / "batch" / "turntable.py"), "--help"], cwd=tmp_path, env=environment(tmp_path),
                          capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    assert "--preset" in done.stdout
