# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether cloth hangs round both legs as one, and where its hems run: of a skirt or a dress, of a coat, of a coat over a skirt.

A tube shows cloth all the way from leg to leg, whatever is held before it, and ends where legs come out of it. A coat may stand open before
trousers: it shows at the outer side of both legs. Hems need not be level: wrapped skirts and coats that blow aside are lower on one side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..coordinates import Camera
from ..records import Body, Floats, Image, Label, Part, Worn
from .standoff import Silhouette

Legs = list[tuple[int, int, int]]

SKIRT_LIKE = (Label.SKIRT, Label.DRESS, Label.UPPER, Label.OUTER)
"""Labels of cloth that may hang around both legs; trousers do not."""
COAT_LIKE = (Label.UPPER, Label.OUTER)
"""Labels of cloth that may hang beside both legs and stand open between them."""
BESIDE = (Label.ARMS, Label.HANDS, Label.BAG, Label.ACCESSORY)
"""Labels of what hangs or is held beside cloth; where it does, the outline is not the cloth's."""
CARRIED = (*BESIDE, Label.HAIR)
"""Labels of what hangs or is held before cloth and tells nothing of it."""
BELOW_A_SKIRT = (Label.LEGS, Label.SHOES, Label.BACKGROUND)
LEG_PARTS = tuple(int(part) for part in (Part.LEFT_UPPER_LEG, Part.LEFT_LOWER_LEG, Part.RIGHT_UPPER_LEG, Part.RIGHT_LOWER_LEG))
ROW_M = 0.006
"""Metres per level."""
LOWEST_M = 0.02
"""Metres above the ground that no hem is looked for below."""
NARROW_M = 0.03
"""Metres on either side of the middle that are looked at even where legs cross."""
SURELY_SKIRT = 0.16
"""Share of the stature: cloth that fills the space between the legs so far below the crotch is a skirt unless its label says trousers."""
FILLED = 0.85
"""Share of the picture between the legs that the matte must cover for cloth to hang there; a gap or a crease covers less."""
LEAST = 0.025
"""Share of the stature: what reaches less far below the crotch is the crotch of trousers."""
HEM_STEP_M = 0.006
"""Metres on either side by which cloth must be wider at its hem than what is below it, where that is clothed too."""
LONG = 0.06
"""Share of the stature below the crotch from where another label below the hem is another garment: nearer, labels waver between shirt
and trousers. Coats reach lower than that, too."""
HEM_FRONT_M = 0.12
"""Metres before the legs' axes of the side of a hem that is nearest to the camera, which is what the photo shows lowest."""
BEYOND_PHOTO_M = 0.05
"""Metres below a photo that ends within a skirt to which the skirt goes on; the flat cut is made above."""
WINDOW = 0.12
"""Share of the stature above and below a hem's middle within which its sides are looked for."""
STEEPEST, LEVEL, LEVEL_M = 0.5, 0.1, 0.03
"""Metres a hem rises per metre at most, and what is taken for level: less than this, or so little in all."""
RIM_M, OUTSIDE_M, SIDE_SHARE, BROKEN_ROWS = 0.008, 0.05, 0.6, 3
"""Metres within the outline where labels are unsure, and within it, not beyond a leg's axis, where a coat shows; the share of that which
it must cover, and levels in a row without it that end it."""
LEGS_SHARE = 0.2
"""Share of what shows between the legs' axes, and is not ground, that is other cloth or bare legs where a coat stands open."""
TILTED = 0.6
"""Sine of a shin's angle to the upright from which it points away; strides of walkers on their way reach 0.5."""
LAYER = 0.035
"""Share of the stature between two hems of which the upper is a coat's and the lower that of a skirt beneath; nearer they are one."""


class Hem(NamedTuple):
    """The lower edge of cloth that hangs round both legs.

    Attributes:
        height: y in metres in the middle of the body, x = z = 0.
        slope: metres that it rises for each metre towards ``across``.
        across: x and z of the unit direction in which it rises, that of the photo's rows.
    """

    height: float
    slope: float = 0.0
    across: tuple[float, float] = (1.0, 0.0)

    def at(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """(N, 3) -> (N,) heights y in metres there."""
        return self.height + self.slope * (points[:, [0, 2]] @ np.array(self.across))

    def at_reach(self, reach: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """(N,) metres from the middle towards ``across`` -> (N,) heights y in metres there."""
        return self.height + self.slope * reach


def rows_of(camera: Camera) -> npt.NDArray[np.float64]:
    """(2,) x and z of the unit direction, level in the body frame, in which a row of the photo runs from left to right."""
    right = camera.world_to_camera[0, [0, 2]]
    return np.asarray(right / max(float(np.linalg.norm(right)), 1e-9))


def legs_of(body: Body) -> tuple[Legs, float]:
    """Bones of both legs and the height of the crotch in metres; ValueError if the skeleton has none."""
    index = body.skeleton.index
    legs = [(index(f"{side}UpLeg"), index(f"{side}Leg"), index(f"{side}Foot")) for side in ("Left", "Right")]
    return legs, float(body.skeleton.heads[legs[0][0], 1]) - 0.06 * body.height_m


def on_leg(heads: Floats, leg: tuple[int, int, int], height: float) -> npt.NDArray[np.float64]:
    """(x, z) of a leg's axis at a height."""
    hip, knee, ankle = (heads[j].astype(np.float64) for j in leg)
    upper, lower = (hip, knee) if height > knee[1] else (knee, ankle)
    share = float(np.clip((upper[1] - height) / max(upper[1] - lower[1], 1e-6), 0, 1))
    point = upper + (lower - upper) * share
    return point[[0, 2]]


def points_away(body: Body, leg: tuple[int, int, int]) -> bool:
    """True for a shin so far from upright, such as that of a raised foot, that what is seen beside it is no width of its cloth."""
    _, knee, ankle = body.skeleton.heads[list(leg)].astype(np.float64)
    shin = knee - ankle
    return float(np.hypot(shin[0], shin[2])) > TILTED * float(np.linalg.norm(shin))


def hanging_hems(body: Body, silhouette: Silhouette, worn: Sequence[Worn] = ()) -> list[Hem]:
    """The hems of what hangs around both legs: none, that of the only layer, or those of a coat and of what is longer beneath it.

    Args:
        body: the fitted body.
        silhouette: matte and labels of the photo.
        worn: garments whose cut is known: a skirt among them hangs around both legs as far as its hem, whatever the pixels are called.
    """
    try:
        legs, crotch = legs_of(body)
    except ValueError:
        return []
    tube = _hem_of_tube(body, legs, crotch, silhouette, worn)
    coat = _hem_of_coat(body, legs, crotch, silhouette)
    if coat is None or any(garment.tube for garment in worn):
        return [] if tube is None else [tube]
    if tube is None or coat.height < tube.height - LAYER * body.height_m:
        return [coat]
    return [coat, tube] if coat.height > tube.height + LAYER * body.height_m else [tube]


def _hem_of_tube(body: Body, legs: Legs, crotch: float, silhouette: Silhouette, worn: Sequence[Worn]) -> Hem | None:
    """The hem of cloth that shows from leg to leg; None if there is none."""
    known = any(garment.tube for garment in worn)
    lowest = _hem_row(worn, body, silhouette) if known else np.inf
    heads, camera = body.skeleton.heads, silhouette.camera
    votes: list[tuple[float, float]] = []
    end, cropped = crotch, False
    for height in np.arange(crotch, LOWEST_M, -ROW_M):
        left, right = (on_leg(heads, leg, height) for leg in legs)
        if _beyond_photo((left + right) / 2, height, silhouette):
            cropped = True
            break
        filled, shares = _between(left, right, height, silhouette)
        middle = np.array([[(left[0] + right[0]) / 2, height, (left[1] + right[1]) / 2]])
        if filled < FILLED or camera.project(middle)[0, 1] > lowest:
            break
        if shares is not None:
            if not known and shares[0] < 0.3 and max(shares[1:]) > 0.5:
                break
            votes.append(shares[:2])
        end = float(height)
    length = (crotch - end) / body.height_m
    if length < LEAST or not votes:
        return None
    hanging, trousers = np.mean(votes, axis=0)
    if not known and (trousers > 0.5 or (hanging < 0.5 and length < SURELY_SKIRT)):
        return None
    if cropped:
        return Hem(end - BEYOND_PHOTO_M)
    front = _front(end, legs, heads, silhouette)
    if known:
        return Hem(front)
    hem = _line(Hem(end), legs, body, silhouette)
    if not _ends(hem, legs, heads, silhouette, length > LONG):
        return None
    return hem._replace(height=front + hem.height - end)


def _hem_of_coat(body: Body, legs: Legs, crotch: float, silhouette: Silhouette) -> Hem | None:
    """The hem of cloth that shows at the outer sides of both legs, open or closed between; None if there is none so long."""
    heads, camera = body.skeleton.heads, silhouette.camera
    ends: list[tuple[float, float] | None] = []
    row = rows_of(camera)
    for number, sign in enumerate((1.0, -1.0)):
        lowest, broken, seen_at_all, covered, end = crotch, 0, False, False, 0.0
        for height in np.arange(crotch, LOWEST_M, -ROW_M):
            axes = np.array([on_leg(heads, other, height) for other in legs])
            axis, edge = float((sign * axes @ row).max()), reach_of_matte(height, legs, heads, silhouette)[number]
            last = edge - RIM_M if edge - RIM_M > axis else axis + OUTSIDE_M
            beside = sign * np.linspace(max(axis, last - OUTSIDE_M), last, 9)
            middle = axes.mean(0)
            places = middle + (beside - middle @ row)[:, None] * row
            pixels = camera.project(np.stack([places[:, 0], np.full(9, height), places[:, 1]], 1))
            if pixels[:, 1].max() > camera.height - 2:
                return None
            labels = at_pixels(silhouette.labels, pixels)
            clear = ~np.isin(labels, CARRIED)
            if clear.sum() < 3:
                continue
            filled, shares = _between(axes[0], axes[1], height, silhouette)
            parted = shares is not None and filled < FILLED and sum(shares[1:]) < LEGS_SHARE            # legs of the same cloth, not tails
            covered = np.isin(labels[clear], COAT_LIKE).mean() >= SIDE_SHARE
            if covered and not parted:
                lowest, broken, seen_at_all, end = float(height), 0, True, float(beside.mean())
            elif covered or np.isfinite(edge):
                broken += 1
                if broken >= BROKEN_ROWS:
                    break
        if covered:
            return None
        ends.append((end, _front(lowest, legs, heads, silhouette)) if seen_at_all else None)
    if ends[0] is None or ends[1] is None:
        return None
    (right, y_right), (left, y_left) = ends[0], ends[1]
    if max(y_left, y_right) > crotch - LEAST * body.height_m or (y_left + y_right) / 2 > crotch - LONG * body.height_m:
        return None
    slope = _slope((y_right - y_left) / max(right - left, 0.05), abs(y_left - y_right))
    return Hem((y_left + y_right) / 2 - slope * (left + right) / 2, slope, (float(row[0]), float(row[1])))


def _slope(slope: float, rise: float) -> float:
    """A hem's slope, none where it is about level."""
    return 0.0 if abs(slope) < LEVEL or rise < LEVEL_M else float(np.clip(slope, -STEEPEST, STEEPEST))


def _line(hem: Hem, legs: Legs, body: Body, silhouette: Silhouette) -> Hem:
    """The hem with its slope: a line through the ends of the cloth that the photo shows column by column around ``hem`` (Theil 1950)."""
    camera, heads = silhouette.camera, body.skeleton.heads
    axes = np.array([on_leg(heads, leg, hem.height) for leg in legs])
    x, z = axes.mean(0)
    window = WINDOW * body.height_m
    rows = camera.project(np.array([[x, hem.height + window, z], [x, hem.height - window, z]]))
    depth = float(rows[:, 2].mean())
    top, bottom = (int(np.clip(row, 0, camera.height - 1)) for row in rows[:, 1])
    cloth = np.isin(silhouette.labels[top:bottom], SKIRT_LIKE)
    carried = np.isin(silhouette.labels[top:bottom], CARRIED)
    length = np.argmin(np.concatenate([cloth | carried, np.zeros((1, cloth.shape[1]), bool)]), axis=0)
    columns = np.nonzero((length > 0) & (length < bottom - top))[0]
    columns = columns[cloth[length[columns] - 1, columns]]
    if len(columns) < 8:
        return hem
    places = camera.unproject(np.stack([columns + 0.5, top + length[columns]], 1), np.full(len(columns), depth))
    row = rows_of(camera)
    found = np.stack([places[:, [0, 2]] @ row, places[:, 1]], 1)
    step = found[None] - found[:, None]
    far = step[..., 0] > np.ptp(found[:, 0]) / 3
    if not far.any():
        return hem
    slope = _slope(float(np.median(step[far][:, 1] / step[far][:, 0])), np.inf)
    slope = _slope(slope, abs(slope) * float(np.ptp(found[:, 0])))
    return Hem(float(np.median(found[:, 1] - slope * found[:, 0])), slope, (float(row[0]), float(row[1])))


def _front(height: float, legs: Legs, heads: Floats, silhouette: Silhouette) -> float:
    """Height y in metres of what is drawn at a height of the legs' axes and lies as near to the camera as a hem does."""
    camera = silhouette.camera
    x, z = np.mean([on_leg(heads, leg, height) for leg in legs], axis=0)
    pixel = camera.project(np.array([[x, height, z]]))
    return float(camera.unproject(pixel[:, :2], pixel[:, 2] - HEM_FRONT_M)[0, 1])


def _beyond_photo(middle: npt.NDArray[np.float64], height: float, silhouette: Silhouette) -> bool:
    """True for a height below the photo's lower border."""
    row = silhouette.camera.project(np.array([[middle[0], height, middle[1]]]))[0, 1]
    return bool(row > silhouette.inside.shape[0] - 2)


def _hem_row(worn: Sequence[Worn], body: Body, silhouette: Silhouette) -> float:
    """Row of the silhouette at which the lowest hem round both legs is drawn."""
    lowest = max(float(garment.hem[:, 1].max()) for garment in worn if garment.tube)
    return lowest * silhouette.camera.height / body.camera.height


def _ends(hem: Hem, legs: Legs, heads: Floats, silhouette: Silhouette, long: bool) -> bool:
    """True if bare legs come out below the hem, or other cloth below long one, or legs that are narrower; trousers go on instead."""
    other = [int(label) for label in (*BELOW_A_SKIRT, *((Label.LOWER,) if long else ()))]
    ended, step = [], []
    for drop in np.arange(0.02, 0.06, 0.01):
        axes = np.array([on_leg(heads, leg, hem.height) for leg in legs])
        heights = hem.at_reach(axes @ rows_of(silhouette.camera)) - drop
        pixels = silhouette.camera.project(np.stack([axes[:, 0], heights, axes[:, 1]], 1))
        ended += list(np.isin(at_pixels(silhouette.labels, pixels), other) | (heights < 0))
        above, below = (reach_of_matte(height, legs, heads, silhouette) for height in (hem.height + drop, hem.height - drop))
        step += [above[0] - below[0], above[1] - below[1]]
    known = np.array(step)[np.isfinite(step)]
    return float(np.mean(ended)) > 0.5 or (len(known) > 0 and float(np.median(known)) > HEM_STEP_M)


def reach_of_matte(height: float, legs: Legs, heads: Floats, silhouette: Silhouette) -> tuple[float, float]:
    """Reach of the matte from x = z = 0 along the photo's rows to its right and to its left, metres, both positive outwards; NaN where an
    arm or what is carried is in the way.
    """
    camera = silhouette.camera
    across = rows_of(camera)
    axes = np.array([on_leg(heads, leg, height) for leg in legs])
    middle = axes.mean(0)
    pixel = camera.project(np.array([[middle[0], height, middle[1]]]))[0]
    row = int(np.clip(pixel[1], 0, silhouette.inside.shape[0] - 1))
    inside = silhouette.inside[row] & ~np.isin(silhouette.labels[row], BESIDE)
    ends = []
    for step in (1, -1):
        x, z = axes[int((step * axes @ across).argmax())]                          # of crossed legs the outer one
        start = camera.project(np.array([[x, height, z]]))[0]
        column = int(np.clip(start[0], 0, len(inside) - 1))
        while 0 < column < len(inside) - 1 and inside[column]:
            column += step
        border = column in (0, len(inside) - 1)
        if border or not inside[column - step] or silhouette.inside[row, column]:
            ends.append(np.nan)
            continue
        edge = column + 0.5 - step * (0.5 + np.clip(silhouette.outside_px[row, column] - 0.5, 0, 1))
        point = camera.unproject(np.array([[edge, row + 0.5]]), np.array([pixel[2]]))[0]
        ends.append(float(step * point[[0, 2]] @ across))
    return ends[0], ends[1]


def _between(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64], height: float,
             silhouette: Silhouette) -> tuple[float, tuple[float, float, float] | None]:
    """Share of the line from leg axis to leg axis that the matte covers; and of what nothing is held before, the shares labelled hanging
    cloth, trousers and bare legs, None if all is hidden.
    """
    middle, half = (left + right) / 2, (left - right) / 2
    if abs(half[0]) < NARROW_M:
        half = np.array([NARROW_M, 0.0])
    share = np.linspace(-1.0, 1.0, 25)[:, None]
    across = middle + half * share
    pixels = silhouette.camera.project(np.stack([across[:, 0], np.full(len(across), height), across[:, 1]], 1))
    labels = at_pixels(silhouette.labels, pixels)
    filled = float(at_pixels(silhouette.inside, pixels).mean())
    labels = labels[~np.isin(labels, CARRIED)]
    if len(labels) < 3:
        return filled, None
    return filled, (float(np.isin(labels, SKIRT_LIKE).mean()), float((labels == Label.LOWER).mean()), float((labels == Label.LEGS).mean()))


def at_pixels(image: Image | npt.NDArray[np.bool_], pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.generic]:
    """Values of an image at (N, 2 or more) pixel coordinates."""
    columns = np.clip(pixels[:, 0].astype(int), 0, image.shape[1] - 1)
    rows = np.clip(pixels[:, 1].astype(int), 0, image.shape[0] - 1)
    return image[rows, columns]
