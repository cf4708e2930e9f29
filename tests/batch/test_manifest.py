# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest: what counts as finished, and that it survives."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from dressform.batch import manifest as manifests
from dressform.batch.manifest import Entry, Manifest, ManifestError
from dressform.batch.table import Row
from dressform.scene.presets import TurntableOptions


@pytest.fixture
def row(tmp_path: Path) -> Row:
    photo = tmp_path / "anna.jpg"
    photo.write_bytes(b"a photo")
    return Row("anna", 2, {"person": str(photo), "garments": [], "height_m": 1.7}, TurntableOptions(frames=4))


def key_of(row: Row) -> str:
    return manifests.look_key(row, {str(photo): manifests.sha256(photo) for photo in row.inputs})


@pytest.fixture
def finished(tmp_path: Path, row: Row) -> Manifest:
    """A manifest in which the row is done."""
    manifest = Manifest.open(tmp_path / "out")
    files = [manifest.folder / "anna" / "look.glb", manifest.folder / "anna" / "renders" / "turntable.mp4"]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"made")
    key = key_of(row)
    manifest.entries["anna"] = Entry("done", key, manifests.render_key(key, row), manifest.sizes(files))
    manifest.save()
    return manifest


def test_a_finished_look_is_known_after_a_restart(finished, row):
    again = Manifest.open(finished.folder)
    assert again.is_done(row, key_of(row))
    assert again.entries == finished.entries


def test_a_changed_photo_or_request_is_made_anew(finished, row):
    before = key_of(row)
    row.inputs[0].write_bytes(b"another photo")
    assert key_of(row) != before
    assert not finished.is_dressed(row, key_of(row))
    taller = dataclasses.replace(row, request={**row.request, "height_m": 1.9})
    assert not finished.is_done(taller, key_of(taller))


def test_a_changed_mask_is_made_anew_and_one_that_only_moved_is_not(row, tmp_path):
    mask, moved = tmp_path / "mask.png", tmp_path / "moved.png"
    mask.write_bytes(b"a mask")
    moved.write_bytes(b"a mask")
    masked, there = (dataclasses.replace(row, request={**row.request, "region_mask": str(file),
                                                       "garments": [{"photo": str(mask), "mask": str(file)}]}) for file in (mask, moved))
    assert key_of(masked) == key_of(there) != key_of(row)
    moved.write_bytes(b"another mask")
    assert key_of(masked) != key_of(there)


def test_a_photo_that_only_moved_is_not_made_anew(finished, row, tmp_path):
    moved = tmp_path / "elsewhere.jpg"
    row.inputs[0].rename(moved)
    there = dataclasses.replace(row, request={**row.request, "person": str(moved)})
    assert finished.is_done(there, key_of(there))


def test_other_turntable_options_need_only_a_new_render(finished, row):
    longer = dataclasses.replace(row, turntable=TurntableOptions(frames=8))
    assert finished.is_dressed(longer, key_of(longer))
    assert not finished.is_done(longer, key_of(longer))


def test_a_missing_or_truncated_file_is_made_anew(finished, row):
    video = finished.folder / "anna" / "renders" / "turntable.mp4"
    video.write_bytes(b"ma")
    assert not finished.is_done(row, key_of(row))
    assert finished.is_dressed(row, key_of(row))
    (finished.folder / "anna" / "look.glb").unlink()
    assert not finished.is_dressed(row, key_of(row))


def test_a_failed_look_is_tried_again(finished, row):
    finished.entries["anna"] = Entry("failed", reason="No person.")
    assert not finished.is_done(row, key_of(row))


def test_saving_leaves_one_complete_file(finished):
    assert [path.name for path in finished.folder.iterdir() if path.is_file()] == ["manifest.json"]
    assert json.loads((finished.folder / "manifest.json").read_text())["looks"]["anna"]["state"] == "done"


def test_a_save_that_fails_keeps_the_manifest_before(finished, monkeypatch):
    before = (finished.folder / "manifest.json").read_text()
    monkeypatch.setattr(manifests.os, "fsync", lambda _descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    finished.entries["ben"] = Entry("dressed")
    with pytest.raises(ManifestError, match="No space left on device"):
        finished.save()
    assert (finished.folder / "manifest.json").read_text() == before
    assert [path.name for path in finished.folder.iterdir() if path.is_file()] == ["manifest.json"]


@pytest.mark.parametrize(("text", "words"), [("{", "damaged"), ('{"version": 99, "looks": {}}', "another release"), ("[]", "damaged")])
def test_a_manifest_that_cannot_be_read_is_not_overwritten(tmp_path, text, words):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ManifestError, match=words):
        Manifest.open(tmp_path)
    assert (tmp_path / "manifest.json").read_text() == text
