# SPDX-License-Identifier: GPL-3.0-or-later
"""The garments of the sample photos, drawn with :mod:`.flatlay`. Outlines in centimetres; left and right as seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .flatlay import Points, Sheet, mirror, path, plain_ground, spline, wooden_floor

Array = npt.NDArray[np.floating]
Colour = tuple[float, float, float]
Picture = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]

OAK = ((0.40, 0.245, 0.13), (0.24, 0.13, 0.06))
WALNUT = ((0.17, 0.095, 0.05), (0.075, 0.04, 0.022))
PALE = ((0.58, 0.46, 0.33), (0.42, 0.31, 0.20))


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


def _sides(line: Callable[[Points], None], points: Points) -> None:
    line(points)
    line(mirror(points))


def tee(scale: float = 1.0) -> Picture:
    """A cotton tee: white with navy stripes on sleeves and hem, a sun over waves printed on the chest; on oak boards."""
    sheet = Sheet((round(900 * scale), round(1000 * scale)), 11.6 * scale, 11, tilt=-2.0)
    x, y = sheet.grid()
    white, navy = jersey(sheet, (0.80, 0.78, 0.73)), np.array((0.020, 0.035, 0.095), np.float32)
    inside = path([(-9.0, -35.5), (-5, -36.3), (0, -36.6), (5, -36.3), (9.0, -35.5)], [(9.0, -35.5), (5.5, -29.5), (0, -27.5), (-5.5, -29.5), (-9.0, -35.5)])
    sheet.panel(inside, white * 0.55, thick=0.08, puff=0.0)
    sleeves = []
    for flip in (lambda points: points, mirror):
        outline = path(flip([(-21.5, -31.5), (-27, -26.5), (-37.5, -13.0)]), flip([(-37.5, -13.0), (-33, -9.0), (-27.3, -6.8)]),
                       flip([(-27.3, -6.8), (-25.0, -13.0), (-23.0, -17.5)]), flip([(-23.0, -17.5), (-20, -24), (-21.5, -31.5)]))
        sleeves.append(sheet.panel(outline, white, puff=0.55))
    body = path([(-9.3, -36.0), (-15, -34.2), (-22.0, -31.6)], [(-22.0, -31.6), (-21.2, -24), (-24.0, -16.5)],
                [(-24.0, -16.5), (-24.6, 0), (-24.3, 18), (-25.2, 34.0)], [(-25.2, 34.0), (-10, 35.0), (6, 34.7), (25.0, 34.2)],
                [(25.0, 34.2), (24.4, 18), (24.8, 0), (24.0, -16.5)], [(24.0, -16.5), (21.2, -24), (22.0, -31.6)],
                [(22.0, -31.6), (15, -34.2), (9.3, -36.0)], [(9.3, -36.0), (6.0, -29.2), (0, -26.8), (-6.0, -29.2), (-9.3, -36.0)])
    cover = sheet.panel(body, white, puff=0.7)
    for low in (15.0, 20.0, 25.0):
        sheet.tint(((y > low) & (y < low + 2.6)).astype(np.float32) * cover, navy * (1 + 0.1 * sheet.noise(0.03))[..., None])
    for sleeve, side in zip(sleeves, (-1, 1), strict=True):
        along = (x * side - 21.0) * 0.62 + (y + 31.0) * 0.78
        for low in (13.2, 17.4):
            sheet.tint(((along > low) & (along < low + 2.2)).astype(np.float32) * sleeve * (cover < 0.5), navy)
    # the print: a sun with rays over three waves
    angle, reach = np.arctan2(y + 8.5, x), np.hypot(x, y + 8.5)
    ink = 1 - 0.10 * (sheet.noise(0.06) > 1.5)
    sun = (reach < 6.6) & (y < -5.0)
    rays = (reach > 7.6) & (reach < 11.3 + 0.9 * np.cos(16 * angle)) & (np.cos(16 * angle) > 0.12) & (y < -6.0)
    sheet.tint(cover * sun * ink, (0.80, 0.26, 0.03))
    sheet.tint(cover * rays * ink, (0.85, 0.48, 0.05))
    for low, colour in ((-5.0, (0.02, 0.16, 0.24)), (-2.2, (0.03, 0.28, 0.33)), (0.6, (0.10, 0.42, 0.42))):
        wave = low + 0.75 * np.sin(x * 2 * np.pi / 5.2 + low)
        sheet.tint(cover * (np.abs(x) < 12.0 - 0.9 * (low + 5)) * (y > wave) * (y < wave + 1.8) * ink, colour)
    band = path([(-9.3, -36.0), (-6.0, -29.2), (0, -26.8), (6.0, -29.2), (9.3, -36.0)], [(9.3, -36.0), (10.6, -35.6), (11.0, -35.2)],
                [(11.0, -35.2), (7.4, -27.6), (0, -24.7), (-7.4, -27.6), (-11.0, -35.2)], [(-11.0, -35.2), (-10.4, -35.7), (-9.3, -36.0)])
    ribs = 1 + 0.10 * np.sin(np.arctan2(x, -(y + 38.0)) * 120)
    sheet.panel(band, navy * ribs[..., None], thick=0.16, edge=0.2, puff=0.0)
    sheet.seam([(-11.0, -35.2), *spline([(-7.4, -27.6), (0, -24.7), (7.4, -27.6)]), (11.0, -35.2)], depth=0.05, width=0.15)
    for points in ([(-22.0, -31.6), (-21.2, -24), (-24.0, -16.5)], [(-10.8, -35.4), (-16, -33.8), (-22.0, -31.6)]):
        _sides(lambda line: sheet.seam(spline(line)), points)
    for drop in (2.0, 2.35):
        sheet.stitch(spline([(-24.9, 34.0 - drop), (-10, 35.0 - drop), (6, 34.7 - drop), (24.8, 34.2 - drop)]), (0.62, 0.60, 0.56), width=0.06)
    _sides(lambda line: sheet.stitch(spline(line), (0.5, 0.5, 0.5), width=0.06), [(-36.3, -14.0), (-32, -10.4), (-27.0, -8.4)])
    for flip in (lambda points: points, mirror):
        sheet.fold(flip([(-23, -17), (-15, -11), (-9, -2)]), 0.55, 1.3, cover)
        sheet.fold(flip([(-24, -12), (-18, -4), (-16, 8)]), 0.45, 1.5, cover)
        sheet.fold(flip([(-21, -28), (-17, -22), (-16, -14)]), 0.28, 1.2, cover)
        sheet.fold(flip([(-24, -26), (-28, -20), (-31, -12)]), 0.4, 1.2)
    sheet.fold([(-3, 12), (-6, 22), (-4, 34)], 0.5, 1.6, cover)
    sheet.fold([(10, 8), (13, 20), (12, 33)], 0.6, 1.6, cover)
    sheet.fold([(-18, 16), (-6, 13), (8, 17)], 0.28, 1.4, cover)
    sheet.crumple(cover, 34, 0.20, (0.6, 1.5), (5, 16), 70, 32)
    sheet.height += (0.10 * sheet.noise(2.2) * sheet.mask).astype(np.float32)
    return sheet.photograph(wooden_floor(sheet, *OAK))


def jeans(scale: float = 1.0) -> Picture:
    """Straight blue jeans with pockets, fly, belt loops and orange thread; on pale boards."""
    sheet = Sheet((round(760 * scale), round(1100 * scale)), 9.4 * scale, 23, tilt=1.5)
    x, y = sheet.grid()
    lap = np.exp(-(((np.abs(x) - 10.5 - 0.06 * (y + 20)) / 4.6) ** 2)) * np.exp(-(((y + 8) / 24) ** 2))
    knee = np.exp(-(((np.abs(x) - 13) / 5.0) ** 2)) * np.exp(-(((y - 8) / 11) ** 2))
    cloth = denim(sheet, (0.022, 0.048, 0.125), np.clip(0.75 * lap + 0.5 * knee, 0, 1))
    thread = (0.58, 0.27, 0.06)
    inside = path([(-20.5, -50.5), (0, -51.6), (20.5, -50.5)], [(20.5, -50.5), (20.2, -47.0), (20.4, -46.0)], [(20.4, -46.0), (0, -45.2), (-20.4, -46.0)],
                  [(-20.4, -46.0), (-20.2, -47.0), (-20.5, -50.5)])
    sheet.panel(inside, cloth * 0.6, thick=0.1, puff=0.0)
    leg = path([(-20.6, -49.6), (-24.4, -36), (-25.6, -22), (-25.0, 0), (-24.2, 25), (-23.6, 52.0)], [(-23.6, 52.0), (-13, 53.0), (-4.6, 52.4)],
               [(-4.6, 52.4), (-3.6, 25), (-2.2, 2), (-0.6, -20.5)], [(-0.6, -20.5), (0.4, -23), (0.6, -26)], [(0.6, -26), (0.4, -40), (0.2, -48.2)],
               [(0.2, -48.2), (-10, -48.6), (-20.6, -49.6)])
    legs = [sheet.panel(mirror(leg), cloth, puff=1.1), sheet.panel(leg, cloth, puff=1.1)]
    both = np.maximum(*legs)
    band = path([(-20.9, -50.6), (-10, -48.9), (0, -48.2), (10, -48.9), (20.9, -50.6)], [(20.9, -50.6), (21.2, -48), (21.9, -46.3)],
                [(21.9, -46.3), (10, -44.5), (0, -43.9), (-10, -44.5), (-21.9, -46.3)], [(-21.9, -46.3), (-21.2, -48), (-20.9, -50.6)])
    sheet.panel(band, cloth, thick=0.35, edge=0.3, puff=0.0)
    for edge in ([(-20.9, -50.0), (-10, -48.3), (0, -47.6), (10, -48.3), (20.9, -50.0)], [(-21.6, -46.9), (-10, -45.1), (0, -44.5), (10, -45.1), (21.6, -46.9)]):
        sheet.stitch(spline(edge), thread)
    for flip in (lambda points: points, mirror):
        # slanted pocket with the lining cloth in it, coin pocket on one side
        mouth = flip([(-11.2, -44.7), (-12.5, -39.5), (-17.5, -35.5), (-24.2, -34.6)])
        pocket = path(mouth, flip([(-24.2, -34.6), (-23.4, -40), (-21.8, -46.2)]), flip([(-21.8, -46.2), (-16, -45.4), (-11.2, -44.7)]))
        shade = sheet.fill(pocket)
        sheet.height -= (0.22 * shade).astype(np.float32)
        sheet.tint(shade, cloth * 0.82)
        sheet.seam(spline(mouth), depth=0.10, dark=0.5)
        for step in (0.5, 1.05):
            sheet.stitch(spline([(px + (step if px < 0 else -step) * 0.9, py + step * 0.7) for px, py in mouth]), thread)
        sheet.seam(spline(flip([(-24.4, -34.4), (-25.0, -15), (-24.2, 12), (-23.2, 50)])), depth=0.1)
        sheet.seam(spline(flip([(-1.0, -19), (-2.8, 2), (-4.2, 25), (-5.2, 51)])), depth=0.12, dark=0.45)
        sheet.stitch(spline(flip([(-1.7, -19), (-3.5, 2), (-4.9, 25), (-5.9, 51)])), thread, width=0.07)
        sheet.stitch(spline(flip([(-23.0, 50.4), (-13, 51.3), (-5.0, 50.8)])), thread)
        for px, tilt in ((-16.2, 0.4), (-7.6, 0.2)):
            loop = flip([(px - 0.65, -50.2 - tilt * px / 16), (px + 0.65, -50.4 - tilt * px / 16), (px + 0.65, -43.9), (px - 0.65, -43.9)])
            sheet.panel(loop, cloth * 1.08, thick=0.3, edge=0.15, puff=0.0)
    coin = path([(-19.6, -42.2), (-16.2, -41.6), (-13.0, -41.2)], [(-13.0, -41.2), (-13.4, -38.6), (-15.2, -36.7)], [(-15.2, -36.7), (-18, -35.6), (-20, -35.3)],
                [(-20, -35.3), (-19.8, -39), (-19.6, -42.2)])
    sheet.stitch([(-19.6, -42.0), (-13.0, -41.0)], thread)
    del coin
    sheet.seam(spline([(0.4, -44.0), (0.5, -34), (0.2, -22)]), depth=0.15, dark=0.5)
    for inset in (0.0, 0.7):
        sheet.stitch(spline([(4.4 - inset, -44.2), (4.4 - inset, -33), (3.4 - inset, -27.5), (0.8, -24.6 - inset)]), thread)
    button(sheet, (0.9, -46.3), 0.85, (0.30, 0.20, 0.10), metal=True)
    for rivet in ((-12.4, -43.9), (12.4, -43.9), (-23.2, -35.2), (23.2, -35.2)):
        button(sheet, rivet, 0.38, (0.33, 0.19, 0.09), metal=True)
    for flip, cover in ((lambda points: points, legs[1]), (mirror, legs[0])):
        for start, end, height in (((-2, -21), (-14, -30), 0.45), ((-2, -17), (-16, -21), 0.55), ((-2.5, -12), (-15, -12), 0.38), ((-3, -7), (-12, -3), 0.25)):
            middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 1.2)
            sheet.fold(flip([start, middle, end]), height, 1.1, cover)
        for level in (4.0, 9.5, 14.0):
            sheet.fold(flip([(-22, level + 2), (-14, level), (-6, level + 3)]), 0.32, 1.1, cover)
        sheet.fold(flip([(-12, 20), (-14, 34), (-13, 50)]), 0.5, 2.2, cover)
    sheet.crumple(both, 46, 0.17, (0.5, 1.1), (3, 10), 12, 30)
    sheet.height += (0.10 * sheet.noise(2.0) * sheet.mask).astype(np.float32)
    return sheet.photograph(wooden_floor(sheet, *PALE), warp=0.25)


def button(sheet: Sheet, place: tuple[float, float], radius: float, colour: Colour, *, metal: bool = False) -> None:
    """A round button sewn on with four holes, or a metal one."""
    x, y = sheet.grid()
    distance = np.hypot(x - place[0], y - place[1])
    disc = np.clip((radius - distance) * sheet.scale + 0.5, 0, 1)
    sheet.albedo *= (1 - 0.5 * np.clip(np.exp(-((np.hypot(x - place[0] - 0.12, y - place[1] - 0.15) / radius / 1.05) ** 6)), 0, 1))[..., None]
    sheet.tint(disc, colour)
    rim = np.exp(-(((distance - radius * 0.82) / (radius * 0.16)) ** 2))
    sheet.height += (0.16 * disc + 0.08 * rim).astype(np.float32)
    if metal:
        sheet.tint(disc * np.exp(-((np.hypot(x - place[0] + radius * 0.3, y - place[1] + radius * 0.35) / radius / 0.4) ** 2)), (0.9, 0.8, 0.65), 0.7)
        return
    for dx in (-1, 1):
        for dy in (-1, 1):
            hole = np.hypot(x - place[0] - 0.24 * radius * dx, y - place[1] - 0.24 * radius * dy) < 0.13 * radius
            sheet.tint(hole.astype(np.float32), tuple(0.2 * value for value in colour))


def skirt(scale: float = 1.0) -> Picture:
    """A pleated skirt in burgundy wool with a fine check; on white linen."""
    sheet = Sheet((round(900 * scale), round(900 * scale)), 11.5 * scale, 37, tilt=1.0)
    x, y = sheet.grid()
    pleats, top, bottom = 11, -28.0, 30.0
    share = np.clip((y - top) / (bottom - top), 0, 1)
    half = 16.5 + 17.5 * share**0.92
    u = x / half  # -1..1 across the skirt at each height
    bow = 1.6 * (1 - u**2)
    phase = ((u + 1) / 2 * pleats) % 1
    cloth = jersey(sheet, (0.155, 0.014, 0.024))
    fabric_x = u * 40 + 0.0
    for period, width, colour, strength in ((4.0, 0.55, (0.012, 0.016, 0.05), 0.75), (4.0, 0.10, (0.55, 0.42, 0.16), 0.55)):
        offset = 0.0 if width > 0.3 else 1.6
        for coordinate in (fabric_x + offset, y - bow + offset):
            line = (np.abs((coordinate % period) - period / 2) < width / 2).astype(np.float32)
            cloth += (strength * 0.7 * line)[..., None] * (np.array(colour, np.float32) - cloth)
    twill = 1 + 0.10 * np.sin((x - y) * 2 * np.pi / 0.26)
    cloth *= twill[..., None]
    hem = [(-34.0, 27.6), (-20, 30.6), (0, 31.8), (20, 30.6), (34.0, 27.6)]
    teeth = []
    fine = spline(hem, 60)
    for px, py in fine:
        local = ((px / 34.0 + 1) / 2 * pleats) % 1
        teeth.append((px, py + 0.9 * (local - 0.5)))
    outline = path([(-16.5, -26.8), (0, -25.6), (16.5, -26.8)], [(16.5, -26.8), (25.5, -2), (34.0, 27.6)])
    outline += teeth[::-1] + spline([(-34.0, 27.6), (-25.5, -2), (-16.5, -26.8)])
    sheet.panel(path([(-16.0, -30.5), (0, -31.4), (16.0, -30.5)], [(16.0, -30.5), (0, -28.0), (-16.0, -30.5)]), cloth * 0.4, thick=0.1, puff=0.0)
    cover = sheet.panel(outline, cloth, puff=0.9)
    # knife pleats: each rises slowly and drops at its fold
    saw = phase - np.clip((phase - 0.93) / 0.07, 0, 1)
    depth = 0.15 + 1.0 * share
    sheet.height += (depth * saw * cover).astype(np.float32)
    shadow = np.exp(-phase / 0.10) * (0.15 + 0.45 * share)
    sheet.albedo *= (1 - shadow * cover)[..., None]
    band = path([(-16.8, -30.6), (0, -28.2), (16.8, -30.6)], [(16.8, -30.6), (16.9, -28.5), (17.1, -26.4)], [(17.1, -26.4), (0, -24.4), (-17.1, -26.4)],
                [(-17.1, -26.4), (-16.9, -28.5), (-16.8, -30.6)])
    sheet.panel(band, cloth * 0.9, thick=0.4, edge=0.3, puff=0.0)
    for edge in ([(-16.9, -30.1), (0, -27.7), (16.9, -30.1)], [(-17.0, -26.9), (0, -24.9), (17.0, -26.9)]):
        sheet.stitch(spline(edge), (0.10, 0.01, 0.015), width=0.07)
    button(sheet, (13.8, -28.1), 0.75, (0.05, 0.03, 0.025))
    for px in (-9, 4, 13):
        sheet.fold([(px, -10), (px * 1.2 + 1, 8), (px * 1.45, 28)], 0.35, 1.8, cover)
    sheet.crumple(cover, 22, 0.16, (0.8, 1.8), (6, 18), 88, 14)
    sheet.height += (0.08 * sheet.noise(2.4) * sheet.mask).astype(np.float32)
    return sheet.photograph(plain_ground(sheet, (0.66, 0.64, 0.60)), warp=0.3)


GARMENTS: dict[str, Callable[[float], Picture]] = {"tee": tee, "jeans": jeans, "skirt": skirt}
"""Name of the sample -> the function that draws it at a scale."""
