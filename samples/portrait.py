# SPDX-License-Identifier: GPL-3.0-or-later
"""One photo of one person: figure, face, hair, clothes, backdrop, light, camera, render, mask, truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from . import backdrop, drape, fabric, face, footwear, skin
from .figure import Figure, make_figure
from .hair import add_hair
from .head import find_head, vertex_mask
from .studio import View, add_camera, add_mesh, empty_scene, render, render_mask
from .tailor import Cut, Shell, make_shell, make_skirt, smooth

Array = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Piece:
    """A garment that is worn.

    Attributes:
        name: for the object.
        cut: how it is cut.
        fabric: what of.
        stiffness, bending: of the cloth's springs.
        frames: how long it falls.
        finer: subdivision steps of the body's mesh.
    """

    name: str
    cut: Cut
    fabric: fabric.Fabric
    stiffness: float = 10.0
    bending: float = 0.12
    frames: int = 24
    finer: int = 1


@dataclass(frozen=True)
class Sitter:
    """Everything about one person photo.

    Attributes:
        phenotype, pose, smile: see :func:`.figure.make_figure`.
        complexion: colours of the living parts.
        haircut: one of :data:`.hair.STYLES`.
        brows: thickness of the brows.
        stubble: 0..1.
        pieces: clothes, from the inside out.
        shoes: (upper, sole) linear colours.
        view: the camera.
        backdrop: ``studio``, ``street`` or ``room``.
        paper: colour of the studio's sweep.
        exposure: stops.
        seed: of the hair.
    """

    phenotype: dict[str, float]
    pose: dict[str, list[tuple[str, float]]]
    smile: float
    complexion: skin.Complexion
    haircut: str
    pieces: tuple[Piece, ...]
    shoes: tuple[tuple[float, float, float], tuple[float, float, float]]
    view: View
    backdrop: str = "studio"
    paper: tuple[float, float, float] = (0.38, 0.39, 0.41)
    brows: float = 1.0
    stubble: float = 0.0
    exposure: float = 0.0
    seed: int = 1


def _collider(figure: Figure) -> bpy.types.Object:
    """The body as cloth feels it: without the small forms that clothes bridge."""
    torso = figure.members("Spine", "Spine1", "Spine2", "Hips")
    faces = figure.body_faces
    shape = smooth(figure.vertices, faces.tolist(), 14, 1.0 - torso.astype(float))
    item = add_mesh("Collider", shape, faces, fabric.plain("Collider", (0.5, 0.5, 0.5)))
    item.hide_render = True
    drape.add_collision(item)
    return item


def _world(item: bpy.types.Object) -> Array:
    """(V, 3) vertices of an object's own mesh, Blender frame."""
    flat = np.empty(len(item.data.vertices) * 3, np.float32)
    item.data.vertices.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(np.float64)


def _lay_over(outer: bpy.types.Object, inner: bpy.types.Object, gap: float) -> None:
    """Move an outer garment off an inner one where it lies closer than ``gap`` metres or inside."""
    below = _world(inner)
    normals = np.empty(len(below) * 3, np.float32)
    inner.data.vertex_normals.foreach_get("vector", normals)
    normals = normals.reshape(-1, 3)
    tree = cKDTree(below)
    place = _world(outer)
    for _ in range(3):
        distance, near = tree.query(place, k=4)
        away = np.einsum("nkd,nkd->nk", place[:, None] - below[near], normals[near]).mean(1)
        push = np.where(distance[:, 0] < 0.05, np.clip(gap - away, 0, 0.05), 0.0)
        place = place + normals[near].mean(1) * push[:, None]
    faces = [list(polygon.vertices) for polygon in outer.data.polygons]
    moved = np.linalg.norm(place - _world(outer), axis=1) > 1e-5
    around = smooth(moved.astype(float)[:, None], faces, 3, np.zeros(len(place)))[:, 0]
    place = smooth(place, faces, 2, 1 - np.clip(around, 0, 1))
    outer.data.vertices.foreach_set("co", place.astype(np.float32).ravel())
    outer.data.update()


def _remove_hidden(item: bpy.types.Object, hidden: npt.NDArray[np.bool_]) -> None:
    """Delete the vertices that another layer covers."""
    import bmesh

    mesh = bmesh.new()
    mesh.from_mesh(item.data)
    mesh.verts.ensure_lookup_table()
    bmesh.ops.delete(mesh, geom=[vertex for vertex in mesh.verts if hidden[vertex.index]], context="VERTS")
    mesh.to_mesh(item.data)
    mesh.free()


def _shell(figure: Figure, piece: Piece) -> Shell:
    cut = piece.cut
    if cut.kind == "skirt":
        length, flare = cut.skirt or (0.5, 0.1)
        return make_skirt(figure, cut.hem, length, flare, pleats=cut.pleats)
    return make_shell(figure, cut, finer=piece.finer)


def dress(figure: Figure, pieces: tuple[Piece, ...]) -> tuple[list[bpy.types.Object], Array]:
    """Put the clothes on; returns the objects and (V,) metres each vertex of the figure lies inside the clothes."""
    collider = _collider(figure)
    items: list[bpy.types.Object] = []
    covered = np.full(len(figure.vertices), -1.0)
    for piece in pieces:
        shell = _shell(figure, piece)
        item = drape.wear(piece.name, shell, fabric.cloth(piece.name, piece.fabric), frames=piece.frames, grow=piece.cut.grow,
                          stiffness=piece.stiffness, bending=piece.bending)
        outer = _world(item)
        for inner in items:
            # what lies more than 4 cm inside the outer garment's border cannot be seen
            points = _world(inner)
            edge = np.empty(len(item.data.vertices), np.float32)
            item.data.attributes["border"].data.foreach_get("value", edge)
            distance, near = cKDTree(outer).query(points)
            _remove_hidden(inner, (distance < 0.06) & (edge[near] > 0.03))
            _lay_over(item, inner, 0.006)
        items.append(item)
        covered = np.maximum(covered, shell.covered)
    bpy.data.objects.remove(collider)
    return items, covered


def take(name: str, sitter: Sitter, folder: Path, cache: Path, *, samples: int, scale: int = 100) -> None:
    """Make the photo, its mask and its truth: ``persons/NAME.png`` and ``truth/NAME.{png,json}`` in ``folder``."""
    figure = make_figure(sitter.phenotype, sitter.pose, sitter.smile, cache)
    head = find_head(figure)
    empty_scene()
    clothes, covered = dress(figure, sitter.pieces)
    bare = ~((covered > 0.025)[figure.body_faces].all(1))
    shoes = footwear.add_shoes(figure, fabric.shoe("Shoe", *sitter.shoes), sitter.shoes[1])
    foot = figure.members("LeftFoot", "RightFoot", "LeftToeBase", "RightToeBase") & (figure.vertices[:, 1] < 0.06)
    bare &= ~foot[figure.body_faces].all(1)
    uv = figure.uv[figure.group == figure.groups.index("body")]
    body = add_mesh("Skin", figure.vertices, figure.body_faces[bare], skin.skin(sitter.complexion), uv=uv[bare],
                    attributes=face.skin_masks(figure, head, stubble=sitter.stubble, hair_shadow=0.75))
    fine = body.modifiers.new("Fine", "SUBSURF")
    fine.levels = fine.render_levels = 1
    subjects = [*clothes, *shoes, body, *face.add_eyes(head, np.array(sitter.view.eye), skin.eye(sitter.complexion))]
    subjects.append(face.add_lashes(figure, head, skin.lash(), sitter.seed))
    colour = sitter.complexion
    subjects.append(face.add_brows(figure, head, skin.hair("Brow", min(1.0, colour.melanin), colour.red), sitter.seed,
                                   thick=sitter.brows))
    lookup = -np.ones(len(figure.vertices), int)
    lookup[head.index] = np.arange(len(head.index))
    quads = lookup[figure.body_faces]
    ears = _ears(figure)[head.index]
    subjects += add_hair(head, quads[(quads >= 0).all(1)], ears, sitter.haircut, skin.hair("Hair", colour.melanin, colour.red),
                         sitter.seed)
    middle = float(head.posed(np.zeros((1, 3)))[0, 1]) * 0.75
    ground = -footwear.SOLE_M
    if sitter.backdrop == "studio":
        backdrop.studio(ground, middle, sitter.paper)
    else:
        {"street": backdrop.street, "room": backdrop.room}[sitter.backdrop](ground, middle)
    add_camera(sitter.view)
    render(folder / "persons" / f"{name}.png", samples, exposure=sitter.exposure, scale=scale)
    render_mask(folder / "truth" / f"{name}.png", subjects)
    truth = _truth(figure, sitter)
    (folder / "truth" / f"{name}.json").write_text(json.dumps(truth, indent=1) + "\n")


def _ears(figure: Figure) -> Array:
    import cv2

    picture = cv2.imread(str(skin.masks_folder() / "mpfb_ears.jpg"), cv2.IMREAD_GRAYSCALE)
    return vertex_mask(figure, np.asarray(picture, np.uint8))


def _truth(figure: Figure, sitter: Sitter) -> dict[str, Any]:
    """Camera and joints in the body frame, as :mod:`dressform.inference.coordinates` says it."""
    view = sitter.view
    return {
        "width": view.size[0], "height": view.size[1], "focal": round(view.focal, 3),
        "centre": [view.size[0] / 2, view.size[1] / 2],
        "world_to_camera": view.world_to_camera().round(6).tolist(), "stature_m": round(figure.stature, 4),
        "sole_m": footwear.SOLE_M,
        "joints": {name: figure.joint(name).round(4).tolist() for name in figure.bones},
    }

