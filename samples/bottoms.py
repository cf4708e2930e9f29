# SPDX-License-Identifier: GPL-3.0-or-later
"""Flat photos of jeans, a skirt and a dress. Outlines in centimetres; left and right as seen."""

from __future__ import annotations

import numpy as np

from .flatlay import Sheet, mirror, path, plain_ground, spline, wooden_floor
from .textile import OAK, PALE, both_sides, button, denim, flowers, jersey
from .tops import Picture


def jeans(scale: float = 1.0) -> Picture:
    """Straight blue jeans with pockets, fly, belt loops and orange thread; on pale boards."""
    sheet = Sheet((round(760 * scale), round(1100 * scale)), 9.4 * scale, 23, tilt=1.5)
    x, y = sheet.grid()
    lap = np.exp(-(((np.abs(x) - 10.5 - 0.06 * (y + 20)) / 4.6) ** 2)) * np.exp(-(((y + 8) / 24) ** 2))
    knee = np.exp(-(((np.abs(x) - 13) / 5.0) ** 2)) * np.exp(-(((y - 8) / 11) ** 2))
    cloth = denim(sheet, (0.022, 0.048, 0.125), np.clip(0.55 * lap + 0.35 * knee, 0, 1))
    thread = (0.58, 0.27, 0.06)
    inside = path([(-20.5, -50.5), (0, -51.6), (20.5, -50.5)], [(20.5, -50.5), (20.2, -47.0), (20.4, -46.0)],
                  [(20.4, -46.0), (0, -45.2), (-20.4, -46.0)],
                  [(-20.4, -46.0), (-20.2, -47.0), (-20.5, -50.5)])
    sheet.panel(inside, cloth * 0.6, thick=0.1, puff=0.0)
    leg = path([(-20.6, -49.6), (-24.4, -36), (-25.6, -22), (-25.0, 0), (-24.2, 25), (-23.6, 52.0)],
               [(-23.6, 52.0), (-13, 53.0), (-4.6, 52.4)],
               [(-4.6, 52.4), (-3.6, 25), (-2.2, 2), (-0.6, -20.5)], [(-0.6, -20.5), (0.4, -23), (0.6, -26)],
               [(0.6, -26), (0.4, -40), (0.2, -48.2)],
               [(0.2, -48.2), (-10, -48.6), (-20.6, -49.6)])
    legs = [sheet.panel(mirror(leg), cloth, puff=1.1), sheet.panel(leg, cloth, puff=1.1)]
    both = np.maximum(*legs)
    band = path([(-20.9, -50.6), (-10, -48.9), (0, -48.2), (10, -48.9), (20.9, -50.6)], [(20.9, -50.6), (21.2, -48), (21.9, -46.3)],
                [(21.9, -46.3), (10, -44.5), (0, -43.9), (-10, -44.5), (-21.9, -46.3)],
                [(-21.9, -46.3), (-21.2, -48), (-20.9, -50.6)])
    sheet.panel(band, cloth, thick=0.35, edge=0.3, puff=0.0)
    for edge in ([(-20.9, -50.0), (-10, -48.3), (0, -47.6), (10, -48.3), (20.9, -50.0)],
                 [(-21.6, -46.9), (-10, -45.1), (0, -44.5), (10, -45.1), (21.6, -46.9)]):
        sheet.stitch(spline(edge), thread)
    for flip in (lambda points: points, mirror):
        # slanted pocket with the lining cloth in it, coin pocket on one side
        mouth = flip([(-11.2, -44.7), (-12.5, -39.5), (-17.5, -35.5), (-24.2, -34.6)])
        pocket = path(mouth, flip([(-24.2, -34.6), (-23.4, -40), (-21.8, -46.2)]),
                      flip([(-21.8, -46.2), (-16, -45.4), (-11.2, -44.7)]))
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
            loop = flip([(px - 0.65, -50.2 - tilt * px / 16), (px + 0.65, -50.4 - tilt * px / 16), (px + 0.65, -43.9),
                         (px - 0.65, -43.9)])
            sheet.panel(loop, cloth * 1.08, thick=0.3, edge=0.15, puff=0.0)
    sheet.stitch([(-19.6, -42.0), (-13.0, -41.0)], thread)
    sheet.seam(spline([(0.4, -44.0), (0.5, -34), (0.2, -22)]), depth=0.15, dark=0.5)
    for inset in (0.0, 0.7):
        sheet.stitch(spline([(4.4 - inset, -44.2), (4.4 - inset, -33), (3.4 - inset, -27.5), (0.8, -24.6 - inset)]), thread)
    button(sheet, (0.9, -46.3), 0.85, (0.30, 0.20, 0.10), metal=True)
    for rivet in ((-12.4, -43.9), (12.4, -43.9), (-23.2, -35.2), (23.2, -35.2)):
        button(sheet, rivet, 0.38, (0.33, 0.19, 0.09), metal=True)
    for flip, cover in ((lambda points: points, legs[1]), (mirror, legs[0])):
        for start, end, height in (((-2, -21), (-14, -30), 0.45), ((-2, -17), (-16, -21), 0.55), ((-2.5, -12), (-15, -12), 0.38),
                                   ((-3, -7), (-12, -3), 0.25)):
            middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 1.2)
            sheet.fold(flip([start, middle, end]), height, 1.1, cover)
        for level in (4.0, 9.5, 14.0):
            sheet.fold(flip([(-22, level + 2), (-14, level), (-6, level + 3)]), 0.32, 1.1, cover)
        sheet.fold(flip([(-12, 20), (-14, 34), (-13, 50)]), 0.5, 2.2, cover)
    sheet.crumple(both, 46, 0.17, (0.5, 1.1), (3, 10), 12, 30)
    sheet.height += (0.10 * sheet.noise(2.0) * sheet.mask).astype(np.float32)
    return sheet.photograph(wooden_floor(sheet, *PALE), warp=0.25)


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
    sheet.panel(path([(-16.0, -30.5), (0, -31.4), (16.0, -30.5)], [(16.0, -30.5), (0, -28.0), (-16.0, -30.5)]), cloth * 0.4,
                thick=0.1, puff=0.0)
    cover = sheet.panel(outline, cloth, puff=0.9)
    # knife pleats: each rises slowly and drops at its fold
    saw = phase - np.clip((phase - 0.93) / 0.07, 0, 1)
    depth = 0.15 + 1.0 * share
    sheet.height += (depth * saw * cover).astype(np.float32)
    shadow = np.exp(-phase / 0.10) * (0.15 + 0.45 * share)
    sheet.albedo *= (1 - shadow * cover)[..., None]
    band = path([(-16.8, -30.6), (0, -28.2), (16.8, -30.6)], [(16.8, -30.6), (16.9, -28.5), (17.1, -26.4)],
                [(17.1, -26.4), (0, -24.4), (-17.1, -26.4)],
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


def dress(scale: float = 1.0) -> Picture:
    """A summer dress, navy with coral and cream flowers, short sleeves, a tied waist and a flared skirt; on oak boards."""
    sheet = Sheet((round(840 * scale), round(1160 * scale)), 9.7 * scale, 67, tilt=-1.0)
    x, y = sheet.grid()
    cloth = flowers(sheet, (0.016, 0.026, 0.075), [(0.74, 0.26, 0.17), (0.78, 0.70, 0.56), (0.62, 0.10, 0.14)], (0.05, 0.17, 0.10),
                    3.3)
    inside = path([(-8.2, -54.0), (0, -55.2), (8.2, -54.0)], [(8.8, -54.2), (5.8, -45.5), (0, -37.6)],
                  [(0, -37.6), (-5.8, -45.5), (-8.8, -54.2)])
    sheet.panel(inside, cloth * 0.5, thick=0.08, puff=0.0)
    for flip in (lambda points: points, mirror):
        sleeve = path(flip([(-19.0, -50.6), (-25, -46), (-31.5, -35.5)]), flip([(-31.5, -35.5), (-27.5, -32.6), (-22.8, -30.8)]),
                      flip([(-22.8, -30.8), (-20.4, -35), (-19.0, -38.5)]), flip([(-19.0, -38.5), (-17.5, -44), (-19.0, -50.6)]))
        arm = sheet.panel(sleeve, cloth, puff=0.9)
        sheet.stitch(spline(flip([(-30.9, -36.4), (-27.2, -33.6), (-22.9, -31.9)])), (0.05, 0.06, 0.12), width=0.06)
        sheet.fold(flip([(-20, -45), (-25, -39), (-27, -34)]), 0.5, 1.2, arm)
        sheet.fold(flip([(-19, -41), (-22, -37), (-24, -32)]), 0.35, 1.0, arm)
    hem = [(-33.5, 49.0), (-22, 53.6), (-8, 55.4), (8, 55.6), (22, 53.4), (33.5, 49.0)]
    skirt_outline = path([(-15.2, -14.0), (0, -13.2), (15.2, -14.0)], [(15.2, -14.0), (20.5, 2), (27.0, 25), (33.5, 49.0)],
                         hem[::-1],
                         [(-33.5, 49.0), (-27.0, 25), (-20.5, 2), (-15.2, -14.0)])
    lower = sheet.panel(skirt_outline, cloth, puff=0.9)
    share = np.clip((y + 14) / 68, 0, 1)
    u = x / (15.2 + 18.3 * share)
    gathers = np.zeros_like(x)
    for number, (count, phase) in enumerate(((5.5, 0.4), (8.5, 1.9), (13.5, 4.0))):
        gathers += np.sin(u * np.pi * count + phase + 0.6 * np.sin(y / 14 + number)) / (1.3 + number)
    depth = 0.28 * np.exp(-(((share - 0.03) / 0.10) ** 2)) + 0.75 * share
    sheet.height += (depth * gathers * lower).astype(np.float32)
    bodice = path([(-8.6, -54.4), (-13.5, -52.6), (-19.2, -50.6)], [(-19.2, -50.6), (-17.6, -44), (-19.4, -38.0)],
                  [(-19.4, -38.0), (-17.6, -26), (-15.4, -14.5)],
                  [(-15.4, -14.5), (0, -13.4), (15.4, -14.5)], [(15.4, -14.5), (17.6, -26), (19.4, -38.0)],
                  [(19.4, -38.0), (17.6, -44), (19.2, -50.6)],
                  [(19.2, -50.6), (13.5, -52.6), (8.6, -54.4)], [(8.6, -54.4), (5.4, -46.0), (0, -38.6)],
                  [(0, -38.6), (-5.4, -46.0), (-8.6, -54.4)])
    upper = sheet.panel(bodice, cloth, puff=0.7)
    both_sides(lambda line: sheet.seam(spline(line)), [(-19.2, -50.6), (-17.6, -44), (-19.4, -38.0)])
    both_sides(lambda line: sheet.seam(spline(line), dark=0.25, depth=0.08), [(-8.5, -30), (-8.2, -22), (-8.4, -14.2)])
    both_sides(lambda line: sheet.stitch(spline(line), (0.05, 0.06, 0.12), width=0.06), [(-9.2, -53.6), (-6.0, -45.4), (0, -37.7)])
    belt = path([(-15.7, -16.0), (0, -14.9), (15.7, -16.0)], [(15.7, -16.0), (15.6, -14.6), (15.7, -13.2)],
                [(15.7, -13.2), (0, -12.0), (-15.7, -13.2)],
                [(-15.7, -13.2), (-15.6, -14.6), (-15.7, -16.0)])
    plain = jersey(sheet, (0.013, 0.020, 0.058))
    sheet.panel(belt, plain, thick=0.3, edge=0.25, puff=0.0)
    for loop in ([(2.0, -13.6), (-3.5, -17.0), (-5.2, -12.6), (2.0, -13.6)],
                 [(2.0, -13.6), (7.5, -16.6), (9.0, -12.2), (2.0, -13.6)]):
        sheet.panel(spline(loop), plain * 1.15, thick=0.45, edge=0.35, puff=0.4)
    for end in ([(1.2, -13.2), (3.0, -13.0), (1.2, -4), (-1.4, 3.0), (-3.2, 2.4), (-0.6, -5)],
                [(2.0, -13.2), (3.6, -13.2), (6.6, -4), (8.4, 1.6), (6.6, 2.2), (4.4, -4)]):
        sheet.panel(spline([*end, end[0]]), plain * 1.1, thick=0.35, edge=0.25, puff=0.2)
    sheet.panel(spline([(0.6, -14.6), (3.2, -14.8), (3.6, -12.6), (1.0, -12.2), (0.6, -14.6)]), plain * 1.2, thick=0.7, edge=0.4,
                puff=0.2)
    sheet.stitch(spline([(px, py - 1.3) for px, py in hem]), (0.05, 0.06, 0.12), width=0.06)
    for flip in (lambda points: points, mirror):
        sheet.fold(flip([(-18.5, -37), (-13, -32), (-8, -30)]), 0.45, 1.2, upper)
        sheet.fold(flip([(-17, -26), (-12, -22), (-9, -16)]), 0.35, 1.2, upper)
    sheet.crumple(upper, 16, 0.16, (0.6, 1.3), (4, 9), 65, 35)
    sheet.crumple(lower, 26, 0.18, (0.7, 1.5), (5, 14), 80, 25)
    sheet.height += (0.09 * sheet.noise(2.2) * sheet.mask).astype(np.float32)
    return sheet.photograph(wooden_floor(sheet, *OAK), warp=0.45)
