# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's web page: self-contained, and nothing but its own script may run in it."""

import base64
import dataclasses
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import pytest
from dressform.inference.request import Category, GarmentRequest, PhotoKind
from dressform.server.page import ASSETS, SCRIPTS, load_page


def test_the_policy_allows_exactly_the_pages_own_script_and_style() -> None:
    page = load_page()
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", page.content.decode(), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in page.policy
    assert "unsafe" not in page.policy


def test_the_page_fetches_nothing_from_elsewhere_and_makes_no_html_of_text() -> None:
    text = load_page().content.decode()
    assert not re.findall(r"https?:|//[a-z]+\.|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    assert not re.findall(r"<[^>]+\son\w+=|<[^>]+\sstyle=", text)


def test_every_field_of_the_page_has_a_label() -> None:
    text = (ASSETS / "page.html").read_text("utf-8")
    for field in re.findall(r"<input[^>]*>", text):
        (name,) = re.findall(r'id="(\w+)"', field)
        assert f'for="{name}"' in text or re.search(rf"<label[^>]*>\s*<input id=\"{name}\"", text)
    assert 'lang="en"' in text


def test_the_scripts_are_sound(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    script = tmp_path / "page.mjs"
    script.write_text("".join((ASSETS / name).read_text("utf-8") for name in SCRIPTS))
    subprocess.run([node, "--check", str(script)], check=True, capture_output=True)


def test_a_page_without_its_place_for_the_script_is_not_served(tmp_path: Path) -> None:
    for name in (*SCRIPTS, "page.css"):
        (tmp_path / name).write_text("")
    (tmp_path / "page.html").write_text("<style>/* page.css */</style>")
    with pytest.raises(ValueError, match="must hold"):
        load_page(tmp_path)


def test_the_page_offers_every_way_to_wear_a_garment_that_a_request_knows() -> None:
    script = (ASSETS / "page.js").read_text("utf-8")
    offered = {name: re.findall(r'\["(\w+)",', line) for name, line in re.findall(r"const (CATEGORIES|KINDS|WISHES) = (.*);", script)}
    assert offered["CATEGORIES"] == list(get_args(Category))
    assert offered["KINDS"] == list(get_args(PhotoKind))
    assert offered["WISHES"] == [field.name for field in dataclasses.fields(GarmentRequest) if isinstance(field.default, bool)]
    (fresh,) = re.findall(r"garments\.push\(\{file, (.*)\}\);", script)
    assert set(re.findall(r"(\w+):", fresh)) <= {field.name for field in dataclasses.fields(GarmentRequest)}


def test_clicks_on_a_shown_photo_become_places_of_the_request(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    script = tmp_path / "points.mjs"
    script.write_text((ASSETS / "points.js").read_text("utf-8") + """
        const file = {}, box = {left: 100, top: 50, width: 300, height: 400}, size = {width: 1200, height: 1600};
        const answers = {empty: placesOf(file), beside: pixelAt(box, size, 99, 60), middle: pixelAt(box, size, 250, 250)};
        marks.set(file, [{x: 1, y: 2, off: false}, {x: 3, y: 4, off: true}, {x: 5, y: 6.5, off: false}]);
        console.log(JSON.stringify({...answers, places: placesOf(file)}));
    """)
    said = json.loads(subprocess.run([node, str(script)], check=True, capture_output=True, text=True).stdout)
    assert said["empty"] == {}
    assert said["beside"] is None
    assert said["middle"] == {"x": 600, "y": 800}
    assert said["places"] == {"points": [[1, 2], [5, 6.5]], "points_off": [[3, 4]]}
    assert set(said["places"]) <= {field.name for field in dataclasses.fields(GarmentRequest)}
