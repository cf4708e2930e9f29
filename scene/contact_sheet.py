# SPDX-License-Identifier: GPL-3.0-or-later
"""A contact sheet: evenly spaced frames of a turn on one picture, made with Blender's own image code."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from .render import RenderError

CELL_HEIGHT = 540
"""Pixels; larger frames are made smaller."""
GAP = 8
"""Pixels between cells."""
PAPER = 1.0


def write(frames: list[Path], target: Path, columns: int = 4, count: int = 8) -> Path:
    """Write up to ``count`` evenly spaced ``frames`` to ``target`` (PNG, sRGB), ``columns`` in a row.

    Frames of different sizes are centred in cells of the greatest.

    Raises:
        RenderError: there are no frames, or the file cannot be written.
    """
    if not frames:
        raise RenderError("There are no frames to put on a contact sheet.")
    count = min(count, len(frames))
    chosen = [frames[round(i * len(frames) / count) % len(frames)] for i in range(count)]
    cells = [_read(file) for file in chosen]
    height, width = max(cell.shape[0] for cell in cells), max(cell.shape[1] for cell in cells)
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 4), PAPER, dtype=np.float32)
    for index, cell in enumerate(cells):
        rows_of, columns_of = cell.shape[:2]
        top = GAP + index // columns * (height + GAP) + (height - rows_of) // 2
        left = GAP + index % columns * (width + GAP) + (width - columns_of) // 2
        sheet[top:top + rows_of, left:left + columns_of] = cell
    _save(sheet, target)
    return target


def _read(file: Path) -> npt.NDArray[np.float32]:
    """(h, w, 4) display values 0..1, top row first, over white, at most :data:`CELL_HEIGHT` high."""
    image = bpy.data.images.load(str(file), check_existing=False)
    try:
        image.colorspace_settings.name = "Non-Color"
        width, height = image.size
        if height > CELL_HEIGHT:
            width, height = max(1, round(width * CELL_HEIGHT / height)), CELL_HEIGHT
            image.scale(width, height)
        pixels = np.empty(width * height * 4, dtype=np.float32)
        image.pixels.foreach_get(pixels)
    finally:
        bpy.data.images.remove(image)
    cell = pixels.reshape(height, width, 4)[::-1]
    alpha = cell[..., 3:]
    return np.concatenate([cell[..., :3] * alpha + PAPER * (1 - alpha), np.ones_like(alpha)], axis=2)


def _save(sheet: npt.NDArray[np.float32], target: Path) -> None:
    height, width = sheet.shape[:2]
    image: Any = bpy.data.images.new("Dressform Contact Sheet", width, height, alpha=True)
    try:
        image.colorspace_settings.name = "Non-Color"
        image.pixels.foreach_set(np.ascontiguousarray(sheet[::-1]).ravel())
        image.file_format = "PNG"
        image.save(filepath=str(target))
    except (RuntimeError, OSError) as cause:
        raise RenderError(f"The contact sheet {target} cannot be written: {str(cause).strip()}") from cause
    finally:
        bpy.data.images.remove(image)
