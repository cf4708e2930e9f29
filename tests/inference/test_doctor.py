# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor finds what is missing and says what to do."""

from __future__ import annotations

import json

from dressform.inference import doctor
from dressform.inference.doctor import Finding
from dressform.inference.models.cards import cards
from dressform.inference.models.consent import accept


def test_this_environment_can_make_looks():
    states = {finding.name: finding.state for finding in [*doctor.check_packages(), *doctor.check_models()]}
    assert set(doctor.ENGINE_PACKAGES.values()) <= set(states)
    assert set(states.values()) == {"ok"}


def test_a_missing_package_is_a_problem_with_a_remedy(monkeypatch):
    monkeypatch.setattr(doctor, "ENGINE_PACKAGES", {"a_module_nobody_has": "nobody"})
    (finding,) = doctor.check_packages()
    assert finding.state == "problem"
    assert "[engine]" in finding.remedy


def test_too_little_memory_is_a_problem(monkeypatch):
    monkeypatch.setattr(doctor, "available_memory", lambda: 2 * 1024**3)
    (finding,) = doctor.check_memory()
    assert (finding.state, finding.text) == ("problem", "2.0 GB free")


def test_a_check_that_fails_does_not_hide_the_others(monkeypatch):
    def broken() -> list[Finding]:
        raise RuntimeError("no answer")

    for name in ("check_packages", "check_models", "check_torch", "check_published", "check_blender", "check_engine"):
        monkeypatch.setattr(doctor, name, list)
    monkeypatch.setattr(doctor, "check_memory", broken)
    monkeypatch.setattr(broken, "__name__", "check_memory", raising=False)
    findings = {finding.name: finding for finding in doctor.examine()}
    assert "no answer" in findings["memory"].text
    assert "python" in findings


def test_problems_make_the_exit_status_1(monkeypatch, capsys):
    found = [Finding("disk", "ok", "5.0 GB free"), Finding("memory", "problem", "1.0 GB free", "Close other programs.")]
    monkeypatch.setattr(doctor, "examine", lambda: found)
    assert doctor.main() == 1
    said = capsys.readouterr().out
    assert "PROBLEM  memory  1.0 GB free" in said
    assert "-> Close other programs." in said
    assert doctor.main(as_json=True) == 1
    assert json.loads(capsys.readouterr().out)[1]["remedy"] == "Close other programs."


def test_notes_alone_are_no_problem(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "examine", lambda: [Finding("torch", "note", "not installed")])
    assert doctor.main() == 0


def test_published_models_are_told_with_what_keeps_them_from_being_used(monkeypatch, tmp_path):
    card = next(card for card in cards().values() if card.asks and len(card.files) > 1)
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    names = {finding.name: finding for finding in doctor.check_published()}
    assert names["published models"].state == "note"
    for file in card.files:
        (tmp_path / card.id / file.name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / card.id / file.name).write_bytes(b"weights")
    names = {finding.name: finding for finding in doctor.check_published()}
    assert f"models accept {card.id}" in names[card.id].remedy
    accept(card, tmp_path)
    names = {finding.name: finding for finding in doctor.check_published()}
    assert card.id in names["published models"].text
    (tmp_path / card.id / next(file.name for file in card.files if not file.optional)).unlink()
    names = {finding.name: finding for finding in doctor.check_published()}
    assert f"models pull {card.id}" in names[card.id].remedy


def test_missing_packages_of_models_are_a_note(monkeypatch):
    monkeypatch.setattr(doctor, "MODEL_PACKAGES", {"a_module_nobody_has": "nobody"})
    assert (doctor.check_published()[0].state, "dressform[models]" in doctor.check_published()[0].remedy) == ("note", True)
