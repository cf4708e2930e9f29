# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections of RESULTS.md are replaced, never doubled; baselines are shown with the keys they belong to."""

from __future__ import annotations


def test_a_section_is_replaced_and_the_rest_is_kept(tmp_path):
    from results_page import replace_section

    page = tmp_path / "RESULTS.md"
    page.write_text("# Results\n\nWords.\n")
    replace_section("speed", "1 s", page)
    replace_section("shape", "1 cm", page)
    replace_section("speed", r"2 s \1", page)
    text = page.read_text()
    assert "Words." in text
    assert "1 cm" in text
    assert "1 s" not in text
    assert text.count("<!-- speed: begin -->") == 1
    assert r"2 s \1" in text


def test_baselines_have_a_value_for_every_column():
    from run_bench import BASELINES, SHAPE_COLUMNS

    assert {len(values) for values in BASELINES.values()} == {len(SHAPE_COLUMNS)}


def test_the_report_averages_absolute_errors_and_names_failures():
    from run_bench import SHAPE_COLUMNS, Run, shape_report

    def figures(sign: float) -> dict:
        values = {key: 1.0 for key, _, _ in SHAPE_COLUMNS}
        return {**values, "yaw_error_deg": 4.0 * sign, "raw": {"chamfer_cm": 2.0}, "watertight": True, "has_skin": True, "triangles": 9}

    runs = [Run("a", 1.0, {}, figures(1)), Run("b", 1.0, {}, figures(-1)), Run("c", 1.0, {}, {}, "c.jpg shows no person.")]
    text = shape_report(runs, height_given=False)
    mean = next(line for line in text.splitlines() if "mean" in line)
    assert "**4.0**" in mean
    assert "Chamfer 2.00 cm" in text
    assert "Failed: c: c.jpg shows no person." in text
