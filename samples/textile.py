# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth and trimmings for :mod:`.flatlay`: jersey, denim, checks, prints, buttons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .flatlay import Points, Sheet, mirror

Array = npt.NDArray[np.floating]
Colour = tuple[float, float, float]

OAK = ((0.40, 0.245, 0.13), (0.24, 0.13, 0.06))
WALNUT = ((0.17, 0.095, 0.05), (0.075, 0.04, 0.022))
PALE = ((0.58, 0.46, 0.33), (0.42, 0.31, 0.20))
"""Light and dark colour of floor boards."""


def jersey(sheet: Sheet, colour: Colour, *, marl: float = 0.0) -> Array:
    """(H, W, 3) knitted cotton; ``marl`` mixes lighter fibres in."""
    grain = 1 + 0.035 * sheet.noise(0.03) + 0.02 * sheet.noise(0.05, (0.5, 3.0)) + 0.03 * sheet.noise(3.0)
    if marl:
        grain = grain + marl * np.clip(sheet.noise(0.035, (3.0, 0.7)), -1.5, 1.5)
    return (np.array(colour, np.float32) * grain[..., None]).astype(np.float32)


def denim(sheet: Sheet, colour: Colour, worn: Array) -> Array:
    """(H, W, 3) twill with streaks of white weft; ``worn`` (H, W) 0..1 is washed out."""
    x, y = sheet.grid()
    streak = sheet.noise(0.035, (0.8, 7.0))
    diagonal = np.sin((x + y) * 2 * np.pi / 0.22) * 0.5 + 0.5
    share = np.clip(0.16 + 0.10 * streak + 0.10 * diagonal + 0.50 * worn + 0.05 * sheet.noise(1.5), 0, 1)[..., None]
    white = np.array((0.50, 0.56, 0.63), np.float32)
    return (np.array(colour, np.float32) * (1 - share) + white * share).astype(np.float32)


def check(sheet: Sheet, u: Array, v: Array, base: Colour, bands: list[tuple[float, float, float, Colour, float]]) -> Array:
    """(H, W, 3) woven check over cloth coordinates ``u``, ``v`` (cm).

    Bands are (period, offset, width, colour, strength) and run both ways.
    """
    cloth = np.broadcast_to(np.array(base, np.float32), (*u.shape, 3)).copy()
    for period, offset, width, colour, strength in bands:
        for coordinate in (u, v):
            line = np.clip((width / 2 - np.abs((coordinate - offset) % period - period / 2)) * sheet.scale + 0.5, 0, 1)
            cloth += (strength * line)[..., None] * (np.array(colour, np.float32) - cloth)
    return (cloth * (1 + 0.05 * sheet.noise(0.03) + 0.04 * sheet.noise(0.3) + 0.07 * np.sin((u - v) * 2 * np.pi / 0.24))[...,
        None]).astype(np.float32)


def flowers(sheet: Sheet, ground: Colour, petals: list[Colour], leaf: Colour, spacing: float) -> Array:
    """(H, W, 3) a scattered print of five-petalled flowers and leaves, about ``spacing`` cm apart."""
    height, width = sheet.mask.shape
    cloth = np.broadcast_to(np.array(ground, np.float32), (height, width, 3)).copy()
    for row in np.arange(0, height, spacing * sheet.scale):
        for column in np.arange(0, width, spacing * sheet.scale):
            at_row, at_column = (int(value + sheet.rng.uniform(-0.42, 0.42) * spacing * sheet.scale) for value in (row, column))
            size = sheet.rng.uniform(0.55, 1.25)
            reach = int(3.0 * size * sheet.scale)
            window = (slice(max(at_row - reach, 0), max(at_row + reach, 0)),
                      slice(max(at_column - reach, 0), max(at_column + reach, 0)))
            if cloth[window].size == 0:
                continue
            rows, columns = np.mgrid[window[0].start:min(window[0].stop, height), window[1].start:min(window[1].stop, width)]
            dx, dy = (columns - at_column) / sheet.scale, (rows - at_row) / sheet.scale
            turn, way = sheet.rng.uniform(0, 6.28), sheet.rng.uniform(0, 6.28)
            radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx) + turn
            part = cloth[window]
            for side in (-0.5, 0.6):
                cosine, sine = np.cos(way + side), np.sin(way + side)
                along, across = dx * cosine + dy * sine, -dx * sine + dy * cosine
                half = 0.34 * size * np.sin(np.pi * np.clip(along / (2.1 * size), 0, 1))
                blade = (along > 0.3) & (along < 2.1 * size) & (np.abs(across) < half)
                part[blade] = np.array(leaf) * sheet.rng.uniform(0.8, 1.2)
            petal = radius < size * (0.62 + 0.38 * np.abs(np.cos(2.5 * angle)))
            colour = np.array(petals[sheet.rng.integers(len(petals))])
            part[petal] = colour * (0.72 + 0.28 * np.clip(radius[petal] / size, 0, 1))[:, None]
            part[radius < 0.24 * size] = (0.60, 0.36, 0.05)
    return (cloth * (1 + 0.04 * sheet.noise(0.03) + 0.03 * sheet.noise(2.0))[..., None]).astype(np.float32)


def both_sides(line: Callable[[Points], None], points: Points) -> None:
    """Do something with a line and with its mirror image."""
    line(points)
    line(mirror(points))


def button(sheet: Sheet, place: tuple[float, float], radius: float, colour: Colour, *, metal: bool = False) -> None:
    """A round button sewn on with four holes, or a metal one."""
    x, y = sheet.grid()
    distance = np.hypot(x - place[0], y - place[1])
    disc = np.clip((radius - distance) * sheet.scale + 0.5, 0, 1)
    sheet.albedo *= (1 - 0.5 * np.clip(np.exp(-((np.hypot(x - place[0] - 0.12, y - place[1] - 0.15) / radius / 1.05) ** 6)), 0,
                                       1))[..., None]
    sheet.tint(disc, colour)
    rim = np.exp(-(((distance - radius * 0.82) / (radius * 0.16)) ** 2))
    sheet.height += (0.16 * disc + 0.08 * rim).astype(np.float32)
    if metal:
        sheet.tint(disc * np.exp(-((np.hypot(x - place[0] + radius * 0.3, y - place[1] + radius * 0.35) / radius / 0.4) ** 2)),
                   (0.9, 0.8, 0.65), 0.7)
        return
    for dx in (-1, 1):
        for dy in (-1, 1):
            hole = np.hypot(x - place[0] - 0.24 * radius * dx, y - place[1] - 0.24 * radius * dy) < 0.13 * radius
            sheet.tint(hole.astype(np.float32), 0.2 * np.array(colour))
