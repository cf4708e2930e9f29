# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages say what is there: pictures drawn from the source, links that lead somewhere, commands that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "benchmarks" / "RESULTS.md",
         ROOT / "samples" / "README.md"]


def test_the_pictures_of_the_architecture_are_those_of_the_source():
    answer = subprocess.run([sys.executable, str(ROOT / "scripts" / "draw_architecture.py"), "--check"], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_within_the_repository_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_make_targets_that_pages_name_exist(page):
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE))
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_options_of_dressform_look_that_pages_name_exist(page):
    command = [sys.executable, "-m", "dressform.inference.cli", "look", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for written in re.findall(r"dressform look [^`\n]*(?:\\\n[^`\n]*)*", page.read_text("utf-8")):
        for option in re.findall(r"(?<=\s)--[a-z-]+", written.partition("#")[0]):
            assert option in text, f"{page.name}: {option}"
