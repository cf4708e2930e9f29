# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawn photos of clothes lying flat: panels of cloth with thickness, seams, folds and prints, lit from one side.

Lengths are centimetres of cloth, x right, y down, origin at the middle of the sheet.
Everything is drawn at twice the size and halved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy.interpolate import CubicSpline
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

Array = npt.NDArray[np.floating]
Points = Sequence[tuple[float, float]]
Colour = tuple[float, float, float]

OVERSAMPLING = 2
"""Drawn so many times larger, against jagged edges."""

LIGHT = np.array([-0.50, -0.62, 0.60]) / np.linalg.norm([-0.50, -0.62, 0.60])
"""Direction to the window: from the upper left, low, so that folds show."""


def spline(points: Points, steps: int = 24) -> list[tuple[float, float]]:
    """A smooth line through the points."""
    given = np.array(points, float)
    if len(given) < 3:
        return [tuple(point) for point in given]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(given, axis=0), axis=1))])
    fine = CubicSpline(length, given, bc_type="natural")(np.linspace(0, length[-1], steps * (len(given) - 1) + 1))
    return [(float(x), float(y)) for x, y in fine]


def path(*parts: Points) -> list[tuple[float, float]]:
    """An outline from lines: each part is smooth (three points or more), corners are where parts meet."""
    return [point for part in parts for point in spline(part)]


def mirror(points: Points) -> list[tuple[float, float]]:
    """The other side's line."""
    return [(-x, y) for x, y in points]


@dataclass
class Sheet:
    """The cloth being drawn.

    Attributes:
        size: (width, height) of the final picture, pixels.
        per_cm: final pixels a centimetre.
        seed: of folds, fibres and grain.
        tilt: degrees the garment is turned by.
        lift: centimetres it is moved down by.
        albedo: (H, W, 3) linear colour. height: (H, W) centimetres over the ground. mask: (H, W) coverage.
    """

    size: tuple[int, int]
    per_cm: float
    seed: int
    tilt: float = 0.0
    lift: float = 0.0
    albedo: Array = field(init=False, repr=False)
    height: Array = field(init=False, repr=False)
    mask: Array = field(init=False, repr=False)
    rng: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        width, height = self.size[0] * OVERSAMPLING, self.size[1] * OVERSAMPLING
        self.albedo = np.zeros((height, width, 3), np.float32)
        self.height = np.zeros((height, width), np.float32)
        self.mask = np.zeros((height, width), np.float32)
        self.rng = np.random.default_rng(self.seed)

    @property
    def scale(self) -> float:
        """Drawn pixels a centimetre."""
        return self.per_cm * OVERSAMPLING

    def grid(self) -> tuple[Array, Array]:
        """(H, W) x and y of each pixel in centimetres of cloth."""
        height, width = self.mask.shape
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        x, y = (x + 0.5 - width / 2) / self.scale, (y + 0.5 - height / 2) / self.scale - self.lift
        angle = np.radians(self.tilt)
        return x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)

    def place(self, points: Points) -> list[tuple[float, float]]:
        """Centimetres of cloth -> drawn pixels."""
        angle = np.radians(self.tilt)
        turned = np.array(points, float) @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return [(float(x * self.scale + self.mask.shape[1] / 2),
                 float((y + self.lift) * self.scale + self.mask.shape[0] / 2)) for x, y in turned]

    def fill(self, outline: Points) -> Array:
        """(H, W) coverage of a closed outline."""
        image = Image.new("L", (self.mask.shape[1], self.mask.shape[0]))
        ImageDraw.Draw(image).polygon(self.place(outline), fill=255)
        return np.asarray(image, np.float32) / 255

    def stroke(self, line: Points, width: float, *, dash: tuple[float, float] | None = None) -> Array:
        """(H, W) coverage of a line ``width`` centimetres wide; ``dash`` (drawn, left out) centimetres."""
        image = Image.new("L", (self.mask.shape[1], self.mask.shape[0]))
        draw = ImageDraw.Draw(image)
        pixels = max(1, round(width * self.scale))
        placed = np.array(self.place(line))
        if dash is None:
            draw.line([tuple(point) for point in placed], fill=255, width=pixels, joint="curve")
            return np.asarray(image, np.float32) / 255
        length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(placed, axis=0), axis=1))])
        start = 0.0
        while start < length[-1]:
            ends = [start, min(start + dash[0] * self.scale, length[-1])]
            segment = [(np.interp(at, length, placed[:, 0]), np.interp(at, length, placed[:, 1])) for at in ends]
            draw.line([(float(x), float(y)) for x, y in segment], fill=255, width=pixels)
            start += (dash[0] + dash[1]) * self.scale
        return np.asarray(image, np.float32) / 255

    def panel(self, outline: Points, colour: Colour | Array, *, thick: float = 0.18, edge: float = 0.35,
              puff: float = 0.35) -> Array:
        """Lay a piece of cloth on top; returns its coverage.

        Args:
            colour: linear, or (H, W, 3).
            thick: centimetres. edge: width of its rounded rim. puff: how much it rises towards its middle.
        """
        cover = self.fill(outline)
        inside = distance_transform_edt(cover > 0.5) / self.scale
        rim = 1 - np.exp(-((inside / edge) ** 1.4))
        rise = thick * rim + puff * (1 - np.exp(-inside / 2.2))
        shadow = gaussian_filter(cover, 0.35 * self.scale)
        covered = self.mask > 0.5
        self.albedo *= np.where(covered & (cover < 0.5), 1 - 0.45 * shadow, 1.0)[..., None]
        self.height = np.where(cover > 0.5, self.height * 0.5 + rise, self.height).astype(np.float32)
        self.albedo += cover[..., None] * (np.asarray(colour, np.float32) - self.albedo)
        self.mask = np.maximum(self.mask, cover)
        return cover

    def tint(self, cover: Array, colour: Colour | Array, strength: float = 1.0) -> None:
        """Print a colour where ``cover`` (H, W) is 1, on cloth only."""
        amount = (cover * (self.mask > 0.5) * strength)[..., None]
        self.albedo += (amount * (np.asarray(colour, np.float32) - self.albedo)).astype(np.float32)

    def seam(self, line: Points, *, depth: float = 0.12, width: float = 0.28, dark: float = 0.35) -> None:
        """Where two pieces are sewn: a soft valley with a dark line."""
        valley = gaussian_filter(self.stroke(line, width), 0.10 * self.scale)
        self.height -= (depth * valley * self.mask).astype(np.float32)
        thin = gaussian_filter(self.stroke(line, 0.07), 0.03 * self.scale)
        self.albedo *= (1 - dark * thin * self.mask)[..., None]

    def stitch(self, line: Points, colour: Colour, *, dash: tuple[float, float] = (0.30, 0.13), width: float = 0.085) -> None:
        """A row of stitches: thread on top, the cloth drawn in along it."""
        row = gaussian_filter(self.stroke(line, 0.22), 0.08 * self.scale)
        self.height -= (0.05 * row * self.mask).astype(np.float32)
        thread = self.stroke(line, width, dash=dash)
        self.tint(thread, colour, 0.85)
        self.height += (0.04 * gaussian_filter(thread, 0.6) * self.mask).astype(np.float32)

    def fold(self, line: Points, height: float, width: float, cover: Array | None = None) -> None:
        """One fold along a line: a ridge, steep on one side, fading at both ends; cm."""
        points = np.array(self.place(spline(line)))
        x0, y0 = np.floor(points.min(0) - 4 * width * self.scale).astype(int)
        x1, y1 = np.ceil(points.max(0) + 4 * width * self.scale).astype(int)
        x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, self.mask.shape[1]), min(y1, self.mask.shape[0])
        if x1 <= x0 or y1 <= y0:
            return
        yy, xx = np.mgrid[y0:y1, x0:x1]
        pixels = np.stack([xx.ravel(), yy.ravel()], 1) + 0.5
        best, signed, where = np.full(len(pixels), np.inf), np.zeros(len(pixels)), np.zeros(len(pixels))
        step = max(1, len(points) // 24)
        knots = points[::step]
        for index, (a, b) in enumerate(pairwise(knots)):
            along = b - a
            share = np.clip(((pixels - a) @ along) / max(along @ along, 1e-6), 0, 1)
            away = pixels - (a + share[:, None] * along)
            distance = np.linalg.norm(away, axis=1)
            nearer = distance < best
            best[nearer] = distance[nearer]
            signed[nearer] = np.sign(along[0] * away[nearer, 1] - along[1] * away[nearer, 0])
            where[nearer] = (index + share[nearer]) / (len(knots) - 1)
        offset = best * signed / self.scale / width
        profile = np.where(offset > 0, np.exp(-((offset / 0.6) ** 2)),
                           np.exp(-((offset / 1.35) ** 2))) - 0.35 * np.exp(-(((offset - 1.1) / 0.8) ** 2))
        fade = np.sin(np.pi * np.clip(where, 0, 1)) ** 0.8
        bump = (height * profile * fade).reshape(yy.shape).astype(np.float32)
        if cover is not None:
            bump *= cover[y0:y1, x0:x1]
        self.height[y0:y1, x0:x1] += bump

    def crumple(self, cover: Array, count: int, height: float, width: tuple[float, float], length: tuple[float, float],
                angle: float,
                spread: float) -> None:
        """Many small folds at random: ``angle`` and ``spread`` degrees of their direction (0 along x)."""
        rows, columns = np.nonzero(cover > 0.5)
        x, y = self.grid()
        for _ in range(count):
            index = self.rng.integers(len(rows))
            cx, cy = float(x[rows[index], columns[index]]), float(y[rows[index], columns[index]])
            turn = np.radians(angle + self.rng.normal() * spread)
            reach = self.rng.uniform(*length) / 2
            bend = self.rng.normal() * reach * 0.25
            way = np.array([np.cos(turn), np.sin(turn)])
            side = np.array([-way[1], way[0]])
            middle = np.array([cx, cy]) + side * bend
            ends = [np.array([cx, cy]) - way * reach, middle, np.array([cx, cy]) + way * reach]
            self.fold([(float(px), float(py)) for px, py in ends],
                      height * self.rng.uniform(0.4, 1.0) * self.rng.choice([-0.6, 1.0]),
                      self.rng.uniform(*width), cover)

    def noise(self, size: float, stretch: tuple[float, float] = (1.0, 1.0)) -> Array:
        """(H, W) smooth noise, standard deviation 1, grains of ``size`` cm times ``stretch`` (x, y)."""
        sigma = (max(size * stretch[1] * self.scale, 0.3), max(size * stretch[0] * self.scale, 0.3))
        made = gaussian_filter(self.rng.normal(size=self.mask.shape).astype(np.float32), sigma)
        return made / max(float(made.std()), 1e-9)

    def photograph(self, ground: Array, *, warp: float = 0.5) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Light it: returns the photo (h, w, 3) and the garment's mask (h, w), at the final size.

        Args:
            ground: (H, W, 3) linear colour of what it lies on.
            warp: how far folds carry the print with them.
        """
        unit = self.scale
        mask = gaussian_filter(self.mask, 0.7)
        smooth = gaussian_filter(self.height, 0.10 * unit)
        dy, dx = np.gradient(smooth * unit)
        rows, columns = np.mgrid[0:mask.shape[0], 0:mask.shape[1]].astype(np.float32)
        inner = gaussian_filter((self.mask > 0.5).astype(np.float32), 0.2 * unit) * self.mask
        shift_y, shift_x = (gaussian_filter(part, 0.25 * unit) * warp * 0.5 * unit * inner for part in (dy, dx))
        albedo = np.stack([map_coordinates(self.albedo[..., c], [rows + np.clip(shift_y, -0.4 * unit, 0.4 * unit),
                                                                 columns + np.clip(shift_x, -0.4 * unit, 0.4 * unit)], order=1,
                                                                 mode="nearest")
                           for c in range(3)], -1)
        edge = self.mask < 0.5
        dy[edge], dx[edge] = 0, 0
        fine_y, fine_x = np.gradient((self.height - smooth) * unit * 0.6)
        normal = np.stack([-(dx + fine_x), -(dy + fine_y), np.ones_like(dx)], -1)
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        lambert = np.clip((normal @ LIGHT + 0.18) / 1.18, 0, None)
        hollow = np.clip((gaussian_filter(self.height, 1.1 * unit) - smooth) / 0.5, -1, 1) * mask
        cast = np.zeros_like(mask)
        for distance in (0.5, 1.0, 1.7):  # cm towards the light: higher cloth there shades this place
            cells = distance * unit
            ahead = map_coordinates(smooth, [rows + LIGHT[1] * cells, columns + LIGHT[0] * cells], order=1, mode="nearest")
            cast = np.maximum(cast, np.clip((ahead - smooth - distance * 0.28) / 0.35, 0, 1))
        cast = gaussian_filter(cast, 0.18 * unit) * mask
        lit = (0.30 + 0.92 * lambert * (1 - 0.55 * cast)) * (1 - 0.42 * np.clip(hollow, 0, 1)) * (1 + 0.10 * np.clip(-hollow, 0, 1))
        soft = np.zeros_like(mask)
        for reach, blur, weight in ((0.25, 0.22, 0.42), (0.9, 0.8, 0.32), (1.8, 1.9, 0.22)):
            moved = np.roll(self.mask, (round(-LIGHT[1] * reach * unit), round(-LIGHT[0] * reach * unit)), (0, 1))
            soft += weight * gaussian_filter(moved, blur * unit)
        below = ground * (1 - np.clip(soft, 0, 0.9))[..., None]
        colour = below * (1 - mask[..., None]) + albedo * lit[..., None] * mask[..., None]
        height, width = mask.shape
        y, x = np.mgrid[-1:1:height * 1j, -1:1:width * 1j]
        colour *= (1.03 - 0.10 * (x * 0.6 + y * 0.8) - 0.06 * (x**2 + y**2))[..., None]
        encoded = np.clip(colour, 0, 1) ** (1 / 2.2) * 255
        return _halve(encoded).round().astype(np.uint8), _halve(mask[..., None] * 255)[..., 0].round().astype(np.uint8)


def _halve(image: Array) -> Array:
    height, width, channels = image.shape
    return np.clip(image.reshape(height // OVERSAMPLING, OVERSAMPLING, width // OVERSAMPLING, OVERSAMPLING, channels).mean((1, 3)),
                   0, 255)


def wooden_floor(sheet: Sheet, light: Colour, dark: Colour, *, board: float = 13.0) -> Array:
    """(H, W, 3) boards of ``board`` centimetres across the picture's width."""
    height, width = sheet.mask.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / sheet.scale
    rng = np.random.default_rng(sheet.seed + 1)
    row = np.floor(x / board).astype(int)
    tone = rng.uniform(0, 1, row.max() + 1)[row]
    shift = rng.uniform(0, 100, row.max() + 1)[row]
    fibre = sheet.noise(0.10, (1.0, 28.0))
    broad = sheet.noise(0.7, (1.0, 22.0))
    wavy = np.sin((x + 0.5 * broad) * 3.1 + shift + 0.9 * sheet.noise(5.0, (1.0, 3.0)))
    share = np.clip(0.45 + 0.16 * fibre + 0.16 * wavy + 0.25 * (tone - 0.5) + 0.10 * broad, 0, 1)[..., None]
    colour = np.array(dark) * share + np.array(light) * (1 - share)
    gap = np.abs((x % board) - board / 2) > board / 2 - 0.06
    end = np.abs(((y + shift) % 78.0) - 39.0) > 38.94
    return (colour * (1 - 0.75 * gaussian_filter((gap | end).astype(np.float32), 0.05 * sheet.scale))[..., None]).astype(np.float32)


def plain_ground(sheet: Sheet, colour: Colour, *, grain: float = 0.03) -> Array:
    """(H, W, 3) paper or linen."""
    weave = 1 + grain * sheet.noise(0.05) + 0.6 * grain * sheet.noise(0.12, (8.0, 0.5)) + 0.6 * grain * sheet.noise(0.12,
        (0.5, 8.0))
    return (np.array(colour, np.float32) * weave[..., None]).astype(np.float32)
