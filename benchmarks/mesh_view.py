# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of a GLB without Blender: orthographic views, unlit base colour or grey clay, on one background.

Views are named by the angle of the camera around the person: 0 looks at the front, 90 at the person's left side, 180 at the back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from dressform.inference.raster import rasterise
from PIL import Image

SUPERSAMPLING = 2
"""Samples per pixel and axis; two are enough for a contact sheet."""
FILL, FILL_WIDTH = 0.94, 0.92
"""Shares of a view's height and width that the model may fill."""
BACKGROUND = (236, 236, 238)
CLAY = np.array([0.78, 0.77, 0.76])
LIGHTS = (((-0.45, 0.55, 0.70), 0.80), ((0.80, 0.10, 0.45), 0.28), ((0.0, 0.9, -0.4), 0.22))
"""Key, fill and top light of the grey views: direction in view axes (x right, y up, z to the camera) and strength."""
AMBIENT = 0.16
WIRE = (40, 70, 130)


@dataclass(frozen=True)
class TexturedModel:
    """The triangles of a GLB in its default pose.

    Attributes:
        vertices: (V, 3) metres, +Y up, facing +Z.
        faces: (F, 3).
        uv: (V, 2), v upwards, or None.
        normals: (V, 3) unit.
        base_colour: (h, w, 3) sRGB, or None for a model without a texture.
    """

    vertices: npt.NDArray[np.float64]
    faces: npt.NDArray[np.int64]
    uv: npt.NDArray[np.float64] | None
    normals: npt.NDArray[np.float64]
    base_colour: npt.NDArray[np.uint8] | None


def read_model(path: Path) -> TexturedModel:
    """The first textured mesh of a GLB, or all meshes joined where none has a texture.

    Raises:
        ValueError: the file holds no triangles.
    """
    import trimesh

    scene = trimesh.load_scene(path)
    meshes = [m for m in scene.dump() if isinstance(m, trimesh.Trimesh) and len(m.faces)]
    if not meshes:
        raise ValueError(f"{path} holds no triangles")
    textures = [getattr(getattr(m.visual, "material", None), "baseColorTexture", None) for m in meshes]
    textured = [(m, t) for m, t in zip(meshes, textures, strict=True) if t is not None]
    mesh, texture = textured[0] if len(textured) == len(meshes) == 1 else (trimesh.util.concatenate(meshes), None)
    if len(textured) > 1:
        mesh, texture = max(textured, key=lambda pair: len(pair[0].faces))
    uv = getattr(mesh.visual, "uv", None)
    return TexturedModel(np.asarray(mesh.vertices), np.asarray(mesh.faces), None if uv is None else np.asarray(uv),
                         np.asarray(mesh.vertex_normals), None if texture is None else np.asarray(texture.convert("RGB")))


def view_width(model: TexturedModel, angle: float, height: int) -> int:
    """Width in pixels of a view in which the model's height, not its width, sets the scale."""
    turn = np.radians(angle)
    extent = float(np.ptp(model.vertices @ np.array([np.cos(turn), 0.0, -np.sin(turn)])))
    return max(height // 4, round(FILL * height * extent / max(float(np.ptp(model.vertices[:, 1])), 1e-6) / FILL_WIDTH) + 1)


def draw_view(model: TexturedModel, angle: float, width: int, height: int, clay: bool = False,
              span: tuple[float, float] | None = None) -> Image.Image:
    """One orthographic view.

    Args:
        model: what to draw.
        angle: degrees around the person.
        width, height: of the picture in pixels; the model fills :data:`FILL` of it.
        clay: light-shaded grey instead of the base colour.
        span: (lowest, highest) y in metres to fit; None fits the model.
    """
    low, high = span or (float(model.vertices[:, 1].min()), float(model.vertices[:, 1].max()))
    turn = np.radians(angle)
    right = np.array([np.cos(turn), 0.0, -np.sin(turn)])
    towards = np.array([np.sin(turn), 0.0, np.cos(turn)])
    middle = (model.vertices.min(0) + model.vertices.max(0)) / 2
    x = (model.vertices - middle) @ right
    scale = min(FILL * height / max(high - low, 1e-6), FILL_WIDTH * width / max(float(np.ptp(x)), 1e-6)) * SUPERSAMPLING
    w, h = width * SUPERSAMPLING, height * SUPERSAMPLING
    points = np.stack([w / 2 + x * scale, h / 2 - (model.vertices[:, 1] - (low + high) / 2) * scale], 1)
    distance = 10.0 - (model.vertices - middle) @ towards
    cover = rasterise(points, model.faces, w, h, distance)
    inside = cover.mask
    picture = np.empty((h, w, 3), np.uint8)
    picture[:] = BACKGROUND
    if clay or model.uv is None or model.base_colour is None:
        normals = cover.interpolate(model.faces, model.normals)[inside]
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        local = np.stack([normals @ right, normals[:, 1], normals @ towards], 1)
        light = np.full(len(local), AMBIENT)
        for direction, strength in LIGHTS:
            light += strength * np.clip(local @ (np.array(direction) / np.linalg.norm(direction)), 0, None)
        picture[inside] = (np.clip(light[:, None] * CLAY, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
    else:
        uv = cover.interpolate(model.faces, model.uv)[inside]
        rows, columns = model.base_colour.shape[:2]
        column = np.clip((uv[:, 0] % 1.0 * columns).astype(int), 0, columns - 1)
        row = np.clip(((1.0 - uv[:, 1] % 1.0) * rows).astype(int), 0, rows - 1)
        picture[inside] = model.base_colour[row, column]
    return Image.fromarray(picture).resize((width, height), Image.Resampling.BOX)


def draw_wireframe(model: TexturedModel, angle: float, width: int, height: int, span: tuple[float, float]) -> Image.Image:
    """The clay view of a part of the model, between two heights in metres, with its edges."""
    low, high = span
    turn = np.radians(angle)
    right, towards = np.array([np.cos(turn), 0.0, -np.sin(turn)]), np.array([np.sin(turn), 0.0, np.cos(turn)])
    middle = (model.vertices.min(0) + model.vertices.max(0)) / 2
    inside = ((model.vertices[:, 1] > low) & (model.vertices[:, 1] < high))
    column = (model.vertices - middle) @ right
    centre = float((column[inside].min() + column[inside].max()) / 2) if inside.any() else 0.0
    scale = height / (high - low) * SUPERSAMPLING
    w, h = width * SUPERSAMPLING, height * SUPERSAMPLING
    points = np.stack([w / 2 + (column - centre) * scale, h / 2 - (model.vertices[:, 1] - (low + high) / 2) * scale], 1)
    cover = rasterise(points, model.faces, w, h, 10.0 - (model.vertices - middle) @ towards)
    shown = cover.mask
    picture = np.empty((h, w, 3), np.uint8)
    picture[:] = BACKGROUND
    normals = cover.interpolate(model.faces, model.normals)[shown]
    light = 0.55 + 0.45 * np.clip(normals @ towards / np.maximum(np.linalg.norm(normals, axis=1), 1e-9), 0, 1)
    picture[shown] = (light[:, None] * np.array(BACKGROUND) * 0.85).astype(np.uint8)
    # an edge is where the face under the pixel changes
    face = np.where(shown, cover.face, -1)
    edge = np.zeros_like(shown)
    edge[:, 1:] |= face[:, 1:] != face[:, :-1]
    edge[1:] |= face[1:] != face[:-1]
    picture[edge & shown] = WIRE
    return Image.fromarray(picture).resize((width, height), Image.Resampling.BOX)


def draw_charts(model: TexturedModel, size: int) -> Image.Image:
    """The UV layout: the atlas, paled, with the charts' triangles drawn over it."""
    assert model.uv is not None
    big = size * SUPERSAMPLING
    points = np.stack([model.uv[:, 0], 1 - model.uv[:, 1]], 1) * big
    cover = rasterise(points, model.faces, big, big)
    picture = np.full((big, big, 3), BACKGROUND, np.uint8)
    if model.base_colour is not None:
        atlas = np.asarray(Image.fromarray(model.base_colour).resize((big, big), Image.Resampling.BOX))
        picture[cover.mask] = (atlas[cover.mask] * 0.45 + 0.55 * 255).astype(np.uint8)
    face = np.where(cover.mask, cover.face, -1)
    edge = np.zeros_like(cover.mask)
    edge[:, 1:] |= face[:, 1:] != face[:, :-1]
    edge[1:] |= face[1:] != face[:-1]
    picture[edge] = (picture[edge] * 0.6).astype(np.uint8)
    rim = np.zeros_like(edge)
    rim[:, 1:] |= cover.mask[:, 1:] != cover.mask[:, :-1]
    rim[1:] |= cover.mask[1:] != cover.mask[:-1]
    picture[rim] = WIRE
    return Image.fromarray(picture).resize((size, size), Image.Resampling.BOX)
