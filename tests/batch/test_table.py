# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of looks: what a row means, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest
from dressform.batch import table
from dressform.batch.table import TableError
from dressform.scene.presets import TurntableOptions


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "looks.csv"
    file.write_bytes(text.encode(encoding))
    return file


def test_a_row_names_a_person_and_garments_from_inside_to_outside(tmp_path):
    file = written(tmp_path, "id,person,garments,height,tryon\n"
                             "anna-1,photos/anna.jpg,top+tucked:tee.jpg; outer+open+worn:coat.png;hat.jpg,1.74,drape\n")
    [row] = table.read(file)
    assert row.id == "anna-1"
    assert not row.problem
    assert row.request == {
        "person": str(tmp_path / "photos" / "anna.jpg"),
        "garments": [{"photo": str(tmp_path / "tee.jpg"), "category": "top", "tucked": True},
                     {"photo": str(tmp_path / "coat.png"), "category": "outer", "open_front": True, "kind": "worn"},
                     {"photo": str(tmp_path / "hat.jpg"), "category": "auto"}],
        "height_m": 1.74, "tryon": "drape"}
    assert row.inputs == [tmp_path / "photos" / "anna.jpg", tmp_path / "tee.jpg", tmp_path / "coat.png", tmp_path / "hat.jpg"]


def test_the_request_is_one_the_engine_understands(tmp_path):
    from dressform.inference.request import LookRequest

    file = written(tmp_path, "id,person,garments,height,tryon,reconstruction,texture,faces,seed\n"
                             "a,p.jpg,dress+flat:d.jpg,1.7,none,body,1024,20000,3\n")
    request = LookRequest.from_json(table.read(file)[0].request)
    request.check()
    assert (request.height_m, request.texture_size, request.faces, request.seed) == (1.7, 1024, 20000, 3)
    assert (request.garments[0].category, request.garments[0].kind) == ("dress", "flat")


def test_a_row_chooses_its_backends_and_device(tmp_path):
    from dressform.inference.request import LookRequest

    file = written(tmp_path, "id,person,garments,tryon,matting,parser,pose,garment_mask,device\n"
                             "a,p.jpg,top:t.jpg,fashn,u2net,schp-atr,dwpose,u2net-cloth,cuda\n")
    request = LookRequest.from_json(table.read(file)[0].request)
    assert (request.tryon, request.matting, request.parser, request.pose, request.garment_mask, request.device) == (
        "fashn", "u2net", "schp-atr", "dwpose", "u2net-cloth", "cuda")


def test_a_row_names_places_and_masks(tmp_path):
    from dressform.inference.request import LookRequest

    file = written(tmp_path, "id,person,garments,points,points_off,region_mask,garment_masks\n"
                             'a,p.jpg,"top+310,420+-9,8.5:t.jpg;bottom:b.jpg","410,520 300.5,8","1,2",go.png,;m.png\n')
    [row] = table.read(file)
    request = LookRequest.from_json(row.request)
    assert (request.points, request.points_off, request.region_mask) == (((410, 520), (300.5, 8)), ((1, 2),), tmp_path / "go.png")
    assert [(garment.points, garment.points_off, garment.mask) for garment in request.garments] == [
        (((310, 420),), ((9, 8.5),), None), ((), (), tmp_path / "m.png")]
    assert row.inputs[-2:] == [tmp_path / "go.png", tmp_path / "m.png"]


def test_a_place_that_is_none_and_a_mask_too_many_are_told(tmp_path):
    file = written(tmp_path, "id,person,garments,points,garment_masks\na,p.jpg,t.jpg,left,\nb,p.jpg,t.jpg,,a.png;b.png\n")
    first, second = table.read(file)
    assert "no place in a picture" in first.problem
    assert "more garment masks" in second.problem


def test_empty_cells_mean_the_defaults(tmp_path):
    file = written(tmp_path, "id,person,garments,height,preset,frames\na,p.jpg,,,story,\n")
    [row] = table.read(file, TurntableOptions(frames=7, percent=50))
    assert row.turntable == TurntableOptions(preset="story", frames=7, percent=50)
    assert row.request == {"person": str(tmp_path / "p.jpg"), "garments": []}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_umlauts_and_spaces_in_paths_survive_with_and_without_a_byte_order_mark(tmp_path, encoding):
    file = written(tmp_path, "id,person\na,Änna im Park.jpg\n", encoding)
    assert table.read(file)[0].inputs == [tmp_path / "Änna im Park.jpg"]


def test_comments_and_empty_lines_are_left_out(tmp_path):
    file = written(tmp_path, "id,person\n# tonight\na,p.jpg\n\nb,q.jpg\n")
    assert [(row.id, row.line) for row in table.read(file)] == [("a", 3), ("b", 5)]


def test_a_windows_path_is_not_taken_for_a_category():
    assert table.garment(Path("/looks"), "C:\\photos\\tee.jpg")["category"] == "auto"


@pytest.mark.parametrize(("text", "words"), [
    ("", "no column 'id'"),
    ("id,garments\na,b.jpg\n", "no column 'person'"),
    ("id,person,colour\na,p.jpg,red\n", "unknown column 'colour'"),
    ("id,person,person\na,p.jpg,q.jpg\n", "'person' twice"),
    ("id,person\n", "has no looks"),
    ("id,person\na,p.jpg\nA,q.jpg\n", "'A' stands in line 2 and in line 3"),
    ("id,person\n../a,p.jpg\n", "'../a' in line 2"),
    ("id,person\nCON,p.jpg\n", "'CON' in line 2"),
    ("id,person\n,p.jpg\n", "Line 2 of looks.csv has no id"),
])
def test_a_table_that_cannot_be_used_is_refused_as_a_whole(tmp_path, text, words):
    with pytest.raises(TableError, match=words.replace(".", r"\.")):
        table.read(written(tmp_path, text))


def test_a_missing_or_foreign_file_is_said_in_words(tmp_path):
    with pytest.raises(TableError, match="cannot be read"):
        table.read(tmp_path / "none.csv")
    with pytest.raises(TableError, match="not UTF-8"):
        table.read(written(tmp_path, "id,person\na,Änna.jpg\n", "latin-1"))


@pytest.mark.parametrize(("cells", "words"), [
    ("a,,tee.jpg,,", "no person photo"),
    ("a,p.jpg,top:,,", "category but no file"),
    ("a,p.jpg,top+wet:tee.jpg,,", "'wet' is not known"),
    ("a,p.jpg,tpo+tucked:tee.jpg,,", "'tpo' is not a garment category"),
    ("a,p.jpg,,tall,", "'tall' in column 'height' is not a number"),
    ("a,p.jpg,,,1", "1 is not a possible number of frames"),
    ("a,p.jpg,,,1,5", "more cells than the first line"),
])
def test_a_bad_row_is_a_problem_of_its_own(tmp_path, cells, words):
    bad, good = table.read(written(tmp_path, f"id,person,garments,height,frames\n{cells}\nb,p.jpg,,,\n"))
    assert words in bad.problem
    assert bad.problem.startswith("Line 2: ")
    assert not good.problem
