# SPDX-License-Identifier: GPL-3.0-or-later
"""The contact sheet's views show the side they are named after."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from PIL import Image

RED, BLUE = (200, 30, 30), (30, 30, 200)


@pytest.fixture
def board(tmp_path):
    """A GLB of an upright board, 1 m wide, 2 m high and 0.2 m deep: red on its front (+Z), blue elsewhere."""
    box = trimesh.creation.box((1.0, 2.0, 0.2))
    box.unmerge_vertices()
    front = box.face_normals[:, 2] > 0.9
    u = np.where(np.repeat(front, 3), 0.25, 0.75)
    picture = Image.new("RGB", (64, 64), BLUE)
    picture.paste(RED, (0, 0, 32, 64))
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=picture, metallicFactor=0.0)
    box.visual = trimesh.visual.TextureVisuals(uv=np.stack([u, np.full_like(u, 0.5)], 1), material=material)
    file = tmp_path / "board.glb"
    file.write_bytes(box.export(file_type="glb"))
    return file


def test_the_front_and_the_back_are_where_the_convention_says(board):
    from mesh_view import draw_view, read_model

    model = read_model(board)
    front, back = draw_view(model, 0, 100, 200), draw_view(model, 180, 100, 200)
    assert front.getpixel((50, 100)) == RED
    assert back.getpixel((50, 100)) == BLUE


def test_all_views_of_a_model_have_one_scale(board):
    from mesh_view import BACKGROUND, draw_view, read_model, view_width

    model = read_model(board)
    heights = []
    for angle in (0, 45, 90):
        view = np.asarray(draw_view(model, angle, view_width(model, angle, 200), 200))
        heights.append(int((view != BACKGROUND).any(2).any(1).sum()))
    assert max(heights) - min(heights) <= 1


def test_clay_views_are_grey_and_lit_from_the_front(board):
    from mesh_view import draw_view, read_model

    red, green, blue = draw_view(read_model(board), 0, 100, 200, clay=True).getpixel((50, 100))
    assert max(red, green, blue) - min(red, green, blue) < 12
    assert red > 120


def test_a_sheet_has_a_row_for_each_model(board, tmp_path):
    import contact_sheet

    sheet = tmp_path / "sheet.png"
    assert contact_sheet.main([str(board), str(board), "--out", str(sheet), "--cell", "120"]) == 0
    with Image.open(sheet) as once:
        double = once.height
    assert contact_sheet.main([str(board), "--out", str(sheet), "--cell", "120"]) == 0
    with Image.open(sheet) as once:
        assert double > 1.9 * (once.height - contact_sheet.GAP)


def test_a_file_that_is_no_model_is_named(tmp_path, capsys):
    import contact_sheet

    (tmp_path / "no.glb").write_bytes(b"not a model")
    assert contact_sheet.main([str(tmp_path / "no.glb"), "--out", str(tmp_path / "sheet.png")]) == 1
    assert "no.glb" in capsys.readouterr().err


def test_the_layout_shows_charts_and_the_wireframe_edges(board):
    from mesh_view import draw_charts, draw_wireframe, read_model

    model = read_model(board)
    wires = np.asarray(draw_wireframe(model, 0, 200, 200, (-0.5, 0.5))).astype(int)
    blue = wires[..., 2] - wires[..., 0] > 20
    assert blue[:, 10:190].any(1).mean() > 0.9, "the front's diagonal crosses the picture from top to bottom"
    assert blue.mean() < 0.1
    assert np.asarray(draw_charts(model, 64)).shape == (64, 64, 3)
