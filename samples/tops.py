# SPDX-License-Identifier: GPL-3.0-or-later
"""Flat photos of tops: a tee, a shirt, a hoodie. Outlines in centimetres; left and right as seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from .flatlay import Sheet, mirror, path, plain_ground, spline, wooden_floor
from .textile import OAK, WALNUT, both_sides, button, check, jersey

Picture = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
"""Photo (h, w, 3) and mask (h, w)."""


def tee(scale: float = 1.0) -> Picture:
    """A cotton tee: white with navy stripes on sleeves and hem, a sun over waves printed on the chest; on oak boards."""
    sheet = Sheet((round(900 * scale), round(1000 * scale)), 11.6 * scale, 11, tilt=-2.0)
    x, y = sheet.grid()
    white, navy = jersey(sheet, (0.80, 0.78, 0.73)), np.array((0.020, 0.035, 0.095), np.float32)
    inside = path([(-9.0, -35.5), (-5, -36.3), (0, -36.6), (5, -36.3), (9.0, -35.5)],
                  [(9.0, -35.5), (6.3, -28.4), (0, -25.8), (-6.3, -28.4), (-9.0, -35.5)])
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
    band = path([(-9.3, -36.0), (-6.0, -29.2), (0, -26.8), (6.0, -29.2), (9.3, -36.0)],
                [(9.3, -36.0), (10.6, -35.6), (11.0, -35.2)],
                [(11.0, -35.2), (7.4, -27.6), (0, -24.7), (-7.4, -27.6), (-11.0, -35.2)],
                [(-11.0, -35.2), (-10.4, -35.7), (-9.3, -36.0)])
    ribs = 1 + 0.10 * np.sin(np.arctan2(x, -(y + 38.0)) * 120)
    sheet.panel(band, navy * ribs[..., None], thick=0.16, edge=0.2, puff=0.0)
    sheet.seam([(-11.0, -35.2), *spline([(-7.4, -27.6), (0, -24.7), (7.4, -27.6)]), (11.0, -35.2)], depth=0.05, width=0.15)
    for points in ([(-22.0, -31.6), (-21.2, -24), (-24.0, -16.5)], [(-10.8, -35.4), (-16, -33.8), (-22.0, -31.6)]):
        both_sides(lambda line: sheet.seam(spline(line)), points)
    for drop in (2.0, 2.35):
        sheet.stitch(spline([(-24.9, 34.0 - drop), (-10, 35.0 - drop), (6, 34.7 - drop), (24.8, 34.2 - drop)]), (0.62, 0.60, 0.56),
                     width=0.06)
    both_sides(lambda line: sheet.stitch(spline(line), (0.5, 0.5, 0.5), width=0.06), [(-36.3, -14.0), (-32, -10.4), (-27.0, -8.4)])
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


def shirt(scale: float = 1.0) -> Picture:
    """A flannel shirt with a red check, collar, seven buttons and a chest pocket; on walnut boards."""
    sheet = Sheet((round(1000 * scale), round(960 * scale)), 10.4 * scale, 41, tilt=1.5)
    x, y = sheet.grid()
    bands = [(6.4, 0.0, 3.0, (0.030, 0.028, 0.030), 0.62), (6.4, 3.2, 0.22, (0.72, 0.66, 0.52), 0.65),
             (6.4, 0.0, 0.45, (0.35, 0.05, 0.03), 0.5)]
    red = (0.36, 0.030, 0.026)
    cloth = check(sheet, x, y, red, bands)
    back = path([(-8.5, -37.5), (0, -39.0), (8.5, -37.5)], [(8.5, -37.5), (4, -30), (0, -27)], [(0, -27), (-4, -30), (-8.5, -37.5)])
    sheet.panel(back, cloth * 0.55, thick=0.1, puff=0.0)
    for flip, side in ((lambda points: points, -1), (mirror, 1)):
        way = np.radians(58)
        along, across = (x * side) * np.cos(way) + y * np.sin(way), -(x * side) * np.sin(way) + y * np.cos(way)
        woven = check(sheet, across, along, red, bands)
        sleeve = path(flip([(-22.5, -31.5), (-29, -25), (-36.5, -8), (-43.8, 14.5)]),
                      flip([(-43.8, 14.5), (-40, 17.2), (-35.2, 18.6)]),
                      flip([(-35.2, 18.6), (-30.5, 4), (-26.5, -10)]), flip([(-26.5, -10), (-22, -20), (-22.5, -31.5)]))
        cover = sheet.panel(sleeve, woven, puff=0.8)
        cuff = path(flip([(-44.4, 13.6), (-39.8, 16.2), (-34.6, 17.6)]), flip([(-34.6, 17.6), (-35.4, 21), (-36.2, 24.2)]),
                    flip([(-36.2, 24.2), (-41.5, 22.8), (-46.6, 20.0)]), flip([(-46.6, 20.0), (-45.6, 17), (-44.4, 13.6)]))
        sheet.panel(cuff, check(sheet, along, across, red, bands), thick=0.35, edge=0.3, puff=0.0)
        sheet.stitch(spline(flip([(-36.0, 23.5), (-41.3, 22.1), (-46.2, 19.4)])), (0.2, 0.02, 0.02), width=0.06)
        button(sheet, (37.6 * side, 19.3), 0.5, (0.62, 0.58, 0.50))
        for start, end, height in (((-24, -24), (-33, -3), 0.5), ((-27, -10), (-37, 10), 0.55), ((-36, -6), (-31, 4), 0.4),
                                   ((-41, 8), (-33, 10), 0.35)):
            sheet.fold(flip([start, ((start[0] + end[0]) / 2 + 1.5, (start[1] + end[1]) / 2), end]), height, 1.2, cover)
    body = path([(-9.0, -37.0), (-16, -34.6), (-22.8, -31.8)], [(-22.8, -31.8), (-22.4, -22), (-26.2, -12.5)],
                [(-26.2, -12.5), (-26.4, 8), (-26.8, 28)],
                [(-26.8, 28), (-22, 33.5), (-10, 36.4), (0, 36.8)], [(0, 36.8), (10, 36.4), (22, 33.5), (26.8, 28)],
                [(26.8, 28), (26.4, 8), (26.2, -12.5)],
                [(26.2, -12.5), (22.4, -22), (22.8, -31.8)], [(22.8, -31.8), (16, -34.6), (9.0, -37.0)],
                [(9.0, -37.0), (4.5, -32), (0, -28.5)],
                [(0, -28.5), (-4.5, -32), (-9.0, -37.0)])
    cover = sheet.panel(body, cloth, puff=0.8)
    both_sides(lambda line: sheet.seam(spline(line)), [(-22.8, -31.8), (-22.4, -22), (-26.2, -12.5)])
    both_sides(lambda line: sheet.seam(spline(line), dark=0.25), [(-9.5, -34.5), (-15, -31.6), (-22.6, -28.6)])
    placket = [(-1.7, -29.5), (1.7, -29.5), (1.7, 36.6), (-1.7, 36.6)]
    sheet.panel(placket, check(sheet, x + 3.2, y, red, bands), thick=0.30, edge=0.2, puff=0.5)
    for edge in (-1.35, 1.35):
        sheet.stitch([(edge, -29), (edge, 36.4)], (0.16, 0.02, 0.02), width=0.06)
    pocket = path([(7.2, -15.5), (12, -15.5), (17.6, -15.5)], [(17.6, -15.5), (17.6, -10), (17.4, -4.6)],
                  [(17.4, -4.6), (15, -3.0), (12.4, -1.8)],
                  [(12.4, -1.8), (9.8, -3.0), (7.4, -4.6)], [(7.4, -4.6), (7.2, -10), (7.2, -15.5)])
    sheet.panel(pocket, check(sheet, x + 1.6, y + 1.6, red, bands), thick=0.24, edge=0.2, puff=0.6)
    sheet.seam([(7.2, -13.2), (17.6, -13.2)], depth=0.05, dark=0.3)
    for flip in (lambda points: points, mirror):
        leaf = path(flip([(-8.8, -38.2), (-10.6, -34.0), (-12.2, -28.0)]), flip([(-12.2, -28.0), (-8.6, -26.4), (-5.2, -25.8)]),
                    flip([(-5.2, -25.8), (-3.0, -28.4), (-0.9, -30.2)]), flip([(-0.9, -30.2), (-5.2, -33.2), (-8.8, -38.2)]))
        sheet.panel(leaf, check(sheet, 0.9 * x + 0.4 * y, y * 0.9 - 0.4 * x, red, bands), thick=0.4, edge=0.3, puff=0.15)
        sheet.stitch(spline(flip([(-11.6, -28.4), (-8.4, -27.0), (-5.3, -26.5)])), (0.16, 0.02, 0.02), width=0.06)
    for index in range(7):
        button(sheet, (0.1, -27.6 + 9.3 * index), 0.58, (0.66, 0.62, 0.54))
    sheet.stitch(spline([(-26.4, 27.2), (-21.8, 32.6), (-10, 35.5), (0, 35.9)]), (0.2, 0.02, 0.02), width=0.06)
    sheet.stitch(spline([(26.4, 27.2), (21.8, 32.6), (10, 35.5), (0, 35.9)]), (0.2, 0.02, 0.02), width=0.06)
    for flip in (lambda points: points, mirror):
        sheet.fold(flip([(-25, -12), (-18, -4), (-12, 8)]), 0.6, 1.5, cover)
        sheet.fold(flip([(-25.5, -6), (-20, 6), (-18, 22)]), 0.5, 1.6, cover)
        sheet.fold(flip([(-8, 4), (-9, 18), (-7, 34)]), 0.5, 1.7, cover)
    sheet.fold([(14, 10), (18, 20), (17, 32)], 0.55, 1.7, cover)
    sheet.crumple(cover, 40, 0.20, (0.6, 1.4), (5, 15), 75, 35)
    sheet.height += (0.10 * sheet.noise(2.2) * sheet.mask).astype(np.float32)
    return sheet.photograph(wooden_floor(sheet, *WALNUT), warp=0.45)


def hoodie(scale: float = 1.0) -> Picture:
    """A teal hoodie with a kangaroo pocket, ribbed cuffs and white cords; on light concrete."""
    sheet = Sheet((round(1000 * scale), round(1000 * scale)), 10.2 * scale, 53, tilt=-1.5, lift=6.5)
    x, y = sheet.grid()
    cloth = jersey(sheet, (0.030, 0.155, 0.155), marl=0.10)
    hood = path([(-9.5, -33.5), (-14.5, -37), (-15.5, -42.5), (-9, -47), (0, -48.2), (9, -47), (15.5, -42.5), (14.5, -37),
                 (9.5, -33.5)],
                [(9.5, -33.5), (0, -30), (-9.5, -33.5)])
    for flip in (lambda points: points, mirror):
        sleeve = path(flip([(-23.5, -29.5), (-31, -20), (-38.0, -2), (-43.5, 19.5)]),
                      flip([(-43.5, 19.5), (-39.5, 21.8), (-34.8, 22.6)]),
                      flip([(-34.8, 22.6), (-31, 6), (-27.3, -9)]), flip([(-27.3, -9), (-23, -18), (-23.5, -29.5)]))
        arm = sheet.panel(sleeve, cloth, puff=1.1)
        ribs = 1 + 0.16 * np.sin((x * 0.94 + (y * 0.34 if flip is mirror else -y * 0.34)) * 2 * np.pi / 0.55)
        cuff = path(flip([(-43.0, 19.2), (-39.2, 21.4), (-35.2, 22.2)]), flip([(-35.2, 22.2), (-35.8, 25.5), (-36.8, 28.4)]),
                    flip([(-36.8, 28.4), (-40, 27.8), (-43.4, 26.2)]), flip([(-43.4, 26.2), (-43.6, 22.5), (-43.0, 19.2)]))
        sheet.panel(cuff, cloth * ribs[..., None] * 0.9, thick=0.3, edge=0.4, puff=0.3)
        for start, end, height in (((-25, -22), (-35, 0), 0.7), ((-28, -8), (-38, 10), 0.75), ((-38, -2), (-32, 6), 0.6),
                                   ((-41, 12), (-33.5, 12), 0.5),
                                   ((-42, 17), (-34, 18), 0.45)):
            sheet.fold(flip([start, ((start[0] + end[0]) / 2 + 1.6, (start[1] + end[1]) / 2), end]), height, 1.5, arm)
    body = path([(-10.0, -34.4), (-17, -32.4), (-23.8, -29.8)], [(-23.8, -29.8), (-23.2, -20), (-27.0, -11)],
                [(-27.0, -11), (-27.6, 8), (-26.6, 27.5)],
                [(-26.6, 27.5), (0, 29.0), (26.6, 27.5)], [(26.6, 27.5), (27.6, 8), (27.0, -11)],
                [(27.0, -11), (23.2, -20), (23.8, -29.8)],
                [(23.8, -29.8), (17, -32.4), (10.0, -34.4)], [(10.0, -34.4), (0, -27.5), (-10.0, -34.4)])
    cover = sheet.panel(body, cloth, puff=1.1)
    band = path([(-26.4, 27.0), (0, 28.4), (26.4, 27.0)], [(26.4, 27.0), (25.8, 30), (25.0, 33.2)],
                [(25.0, 33.2), (0, 34.8), (-25.0, 33.2)],
                [(-25.0, 33.2), (-25.8, 30), (-26.4, 27.0)])
    ribs = 1 + 0.16 * np.sin(x * 2 * np.pi / 0.6)
    sheet.panel(band, cloth * ribs[..., None] * 0.9, thick=0.3, edge=0.4, puff=0.3)
    sheet.seam(spline([(-26.4, 27.0), (0, 28.4), (26.4, 27.0)]))
    both_sides(lambda line: sheet.seam(spline(line)), [(-23.8, -29.8), (-23.2, -20), (-27.0, -11)])
    pocket = path([(-10.5, 6.0), (0, 6.5), (10.5, 6.0)], [(10.5, 6.0), (13.5, 11.5), (17.8, 16.0)],
                  [(17.8, 16.0), (17.9, 22), (17.6, 27.2)],
                  [(17.6, 27.2), (0, 28.2), (-17.6, 27.2)], [(-17.6, 27.2), (-17.9, 22), (-17.8, 16.0)],
                  [(-17.8, 16.0), (-13.5, 11.5), (-10.5, 6.0)])
    sheet.panel(pocket, cloth, thick=0.4, edge=0.3, puff=0.9)
    for inset in (0.5, 0.95):
        both_sides(lambda line: sheet.stitch(spline(line), (0.02, 0.08, 0.08), width=0.06),
                   [(-10.5 + inset, 6.2), (-13.5 + inset, 11.7 + 0.2), (-17.6 + inset * 0.6, 16.4 + inset * 0.5)])
    sheet.stitch(spline([(-10.3, 6.6), (0, 7.1), (10.3, 6.6)]), (0.02, 0.08, 0.08), width=0.06)
    lining = jersey(sheet, (0.016, 0.082, 0.085), marl=0.08)
    sheet.panel(hood, cloth, thick=0.5, edge=0.8, puff=1.2)
    opening = path([(-8.6, -32.2), (-10.8, -36.5), (-8.5, -41.0), (0, -43.0), (8.5, -41.0), (10.8, -36.5), (8.6, -32.2)],
                   [(8.6, -32.2), (4.5, -28.6), (0, -27.0)], [(0, -27.0), (-4.5, -28.6), (-8.6, -32.2)])
    hole = sheet.panel(opening, lining, thick=0.0, edge=0.6, puff=0.0)
    sheet.height -= (0.5 * hole).astype(np.float32)
    depth = np.clip((y + 43) / 16, 0, 1)
    sheet.albedo *= (1 - hole * 0.45 * (1 - depth))[..., None]
    sheet.seam(spline([(0, -42.6), (0.4, -37), (0, -31)]), depth=0.08, dark=0.3)
    sheet.stitch(spline([(-9.6, -32.4), (-12.0, -36.6), (-9.4, -42.0), (0, -44.2), (9.4, -42.0), (12.0, -36.6), (9.6, -32.4)]),
                 (0.02, 0.08, 0.08), width=0.06)
    for flip in (lambda points: points, mirror):
        lap = path(flip([(-10.6, -35.6), (-9.2, -32.0), (-4.5, -28.0), (0.8, -25.6)]),
                   flip([(0.8, -25.6), (0.4, -24.4), (-0.6, -23.6)]),
                   flip([(-0.6, -23.6), (-6.2, -26.4), (-11.4, -31.4), (-12.6, -35.8)]),
                   flip([(-12.6, -35.8), (-11.6, -36.2), (-10.6, -35.6)]))
        sheet.panel(lap, cloth, thick=0.45, edge=0.4, puff=0.2)
        button(sheet, (5.4 if flip is mirror else -5.4, -26.9), 0.42, (0.5, 0.48, 0.45), metal=True)
    for cord in ([(-5.4, -26.8), (-6.2, -20), (-4.6, -12), (-5.6, -5.5)], [(5.4, -26.8), (5.2, -19), (6.8, -12), (6.0, -7.5)]):
        rope = sheet.stroke(spline(cord), 0.55)
        sheet.albedo *= (1 - 0.4 * np.roll(rope, (round(0.35 * sheet.scale), round(0.3 * sheet.scale)), (0, 1)) * (rope < 0.5))[...,
            None]
        twist = 0.85 + 0.15 * np.sin((x + y) * 2 * np.pi / 0.35)
        sheet.tint(rope, np.array((0.70, 0.68, 0.62), np.float32) * twist[..., None])
        sheet.height += (0.35 * np.clip(distance_transform_edt(rope > 0.5) / (0.27 * sheet.scale), 0, 1)).astype(np.float32)
        button(sheet, cord[-1], 0.36, (0.45, 0.43, 0.40), metal=True)
    for flip in (lambda points: points, mirror):
        sheet.fold(flip([(-26, -11), (-19, -3), (-15, 8)]), 0.75, 1.8, cover)
        sheet.fold(flip([(-26.5, -4), (-22, 8), (-21, 24)]), 0.6, 1.8, cover)
        sheet.fold(flip([(-18, -28), (-15, -20), (-15, -10)]), 0.35, 1.5, cover)
    sheet.crumple(cover, 26, 0.26, (0.9, 1.9), (6, 16), 70, 35)
    sheet.height += (0.13 * sheet.noise(2.4) * sheet.mask).astype(np.float32)
    return sheet.photograph(plain_ground(sheet, (0.50, 0.495, 0.48), grain=0.05), warp=0.4)
