# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts one garment out of a photo in which somebody wears it: a whole person, or only a torso without a head."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..cielab import to_lab
from ..errors import DressformError, InputError
from ..records import Floats, Image, Label, Mask, Photo
from .cutout import edge_at_full_size, segment, working_copy
from .ground import ground_distance
from .outline import mirror_axis

CLASSES = {"top": (Label.UPPER, Label.OUTER), "outer": (Label.OUTER, Label.UPPER), "bottom": (Label.LOWER, Label.SKIRT),
           "dress": (Label.DRESS, Label.UPPER, Label.LOWER, Label.SKIRT)}
SKIN_SIGMA = (14.0, 6.0, 7.0)   # Lab spread of one person's skin under one light
HEM_RANGE = (0.50, 0.93)    # of a torso photo's height: where the hem of a top can be
HEM_STEP = 7.0              # Lab units by which cloth differs above and below a hem
USUAL_HEM = 0.70            # of a torso photo's height: where it is taken to be when nothing shows it
GROUND_BESIDE, GROUND_ROWS = 0.30, 0.16   # shares of width (from the middle) and height where a torso photo shows its ground
HEAD_MARGIN = 0.02          # of the height: a face nearer to the upper border than this is cut off or guessed
HEAD_ZONE = 0.10            # of the height: hair and neck of a cut-off head lie in the top of the photo


def cut_out_worn(photo: Photo, category: str) -> tuple[Floats, str, tuple[str, ...]]:
    """Coverage of the worn garment.

    Args:
        photo: of a person, or of a torso.
        category: the one asked for, ``auto`` for the upper garment or dress.

    Returns:
        (H, W) float32 0..1, the category, warnings.

    Raises:
        InputError: ``no_garment``.
    """
    return cut_out_labelled(photo, person_labels(photo), category)


def cut_out_labelled(photo: Photo, labels: Image | None, category: str) -> tuple[Floats, str, tuple[str, ...]]:
    """:func:`cut_out_worn` of a photo that was read already: ``labels`` are those of :func:`person_labels`."""
    if labels is not None:
        return _from_labels(photo, labels, category)
    wanted = "top" if category == "auto" else category
    small = working_copy(photo)
    figure = _figure(small)
    size = (small.shape[1], small.shape[0])
    scale = size[0] / photo.width
    cloth = figure & ~_skin_and_hair(small, figure)
    hem = _hem(small, cloth)
    rows = np.arange(size[1])[:, None]
    if wanted in ("top", "outer"):
        cloth &= rows < hem[None, :]
    elif wanted == "bottom":
        cloth &= rows >= hem[None, :]
    cloth = largest(cv2.morphologyEx(cloth.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
    if cloth.mean() < 0.02:
        raise InputError("no_garment", f"No worn garment could be told from its wearer in {photo.path.name}.",
                         "Use a photo that shows the garment from the front before a plain ground.")
    full = cv2.resize(cloth.astype(np.float32), (photo.width, photo.height), interpolation=cv2.INTER_LINEAR)
    full = np.clip((cv2.GaussianBlur(full, (0, 0), 0.5 / scale) - 0.5) * 3 + 0.5, 0, 1)
    return np.minimum(full, edge_at_full_size(figure, photo.pixels)).astype(np.float32), wanted, ()


def _figure(small: Image) -> Mask:
    """The wearer of a torso photo: the ground is known beside the neck, where neither arms nor hips reach."""
    height, width = small.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    beside = (np.abs(columns / width - 0.5) > GROUND_BESIDE) & (rows < GROUND_ROWS * height)
    rim = (rows < 0.04 * height) | (columns < 0.06 * width) | (columns > 0.94 * width)
    mask = segment(small, ground_distance(small, beside & rim))
    mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    holes = 1 - mask
    count, parts, stats, _ = cv2.connectedComponentsWithStats(holes, connectivity=4)
    edge = set(np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])).tolist())
    for part in range(1, count):
        if part not in edge and stats[part, cv2.CC_STAT_AREA] < 0.02 * mask.size and (mask[parts == part] == 0).all():
            mask[parts == part] = 1
    return largest(mask)


def looks_worn(photo: Photo) -> bool:
    """Whether somebody wears the garment: a face, or a torso with a neck that runs out of the photo."""
    from ..person.pose import estimate_pose

    try:
        face = estimate_pose(photo).face
        if face is not None and _is_skin(photo, face):
            return True
    except DressformError:
        pass
    small = working_copy(photo)
    height, width = small.shape[:2]
    figure = _figure(small)
    through = figure[-2].mean() > 0.15 and figure[1].mean() > 0.03 and not figure[:round(0.1 * height), [1, width - 2]].any()
    if not through or figure.mean() < 0.25:
        return False
    rows, columns = np.mgrid[:height, :width]
    neck = (rows < 0.04 * height) & (np.abs(columns - mirror_axis(figure)) < 0.12 * width)
    return bool((_skin_and_hair(small, figure) & neck).sum() > 0.15 * (figure & neck).sum())


def _is_skin(photo: Photo, face: Floats) -> bool:
    """Whether what was taken for a face has a face's size and colour; hoods and waistbands are sometimes taken for one."""
    low, high = face.min(0), face.max(0)
    if (high - low).max() < 0.03 * photo.height:
        return False
    x, y, right, bottom = (int(v) for v in (*(low + 0.25 * (high - low)), *(high - 0.25 * (high - low))))
    patch = photo.pixels[max(0, y):bottom + 1, max(0, x):right + 1]
    if not patch.size:
        return False
    lightness, red, yellow = np.median(to_lab(patch).reshape(-1, 3), 0)
    return bool(lightness > 12 and 4 < red < 36 and 4 < yellow < 40)


def cut_limbs(mask: Mask) -> tuple[str, ...]:
    """Names of pieces that the photo's side or lower border cuts off."""
    height, width = mask.shape
    axis = mirror_axis(mask)
    names = []
    for side, column, sign in (("left", width - 2, 1), ("right", 1, -1)):
        if mask[:, column].sum() > 0.02 * height:
            names.append(f"sleeve_{side}")
        half = mask[height - 2, int(axis):] if sign > 0 else mask[height - 2, :int(axis)]
        if half.sum() > 0.02 * width:
            names.append(f"leg_{side}")
    return tuple(names)


def person_labels(photo: Photo) -> Image | None:
    """Labels of a whole person; None where the photo shows no head or no person."""
    from ..person import analyse_person
    from ..person.pose import estimate_pose

    try:
        pose = estimate_pose(photo)
        if pose.points[:11, 1].min() < HEAD_MARGIN * photo.height or pose.visibility[0] < 0.5:
            return None                                            # the head is cut off
        person = analyse_person(photo)
    except DressformError:
        return None
    head = np.isin(person.labels, (Label.FACE,)) & (person.matte > 0.5)
    if head.sum() < 0.001 * head.size:
        return None
    return np.where(person.matte > 0.5, person.labels, int(Label.BACKGROUND)).astype(np.uint8)


def _from_labels(photo: Photo, labels: Image, category: str) -> tuple[Floats, str, tuple[str, ...]]:
    """The garment of a whole person, by the labels of the person stage."""
    counts = {label: int((labels == label).sum()) for label in (Label.UPPER, Label.OUTER, Label.LOWER, Label.SKIRT, Label.DRESS)}
    wanted = category
    if wanted == "auto":
        wanted = "dress" if counts[Label.DRESS] > counts[Label.UPPER] + counts[Label.OUTER] else \
            "outer" if counts[Label.OUTER] > counts[Label.UPPER] else "top"
    classes = CLASSES[wanted]
    chosen = classes[:1] if wanted == "dress" and counts[Label.DRESS] else classes
    worn = np.isin(labels, [int(label) for label in chosen]).astype(np.uint8)
    mask = largest(cv2.morphologyEx(worn, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)))
    if mask.mean() < 0.004:
        raise InputError("no_garment", f"The person in {photo.path.name} wears nothing that could be a {wanted}.",
                         "Choose another category or another photo.")
    alpha = np.clip((cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.2) - 0.5) * 2 + 0.5, 0, 1)
    return alpha.astype(np.float32), wanted, ()


def _skin_and_hair(small: Image, figure: Mask) -> Mask:
    """Skin by the colour of the neck, hair by its place at the photo's top."""
    lab = to_lab(small)
    height, width = figure.shape
    axis = mirror_axis(figure)
    rows, columns = np.mgrid[:height, :width]
    zone = figure & (rows < HEAD_ZONE * height) & (np.abs(columns - axis) < 0.16 * width)
    looks = (lab[..., 1] > 4) & (lab[..., 2] > 5) & (lab[..., 2] < 45) & (lab[..., 1] < 40) & (lab[..., 0] > 18)
    seeds = zone & looks
    skin = np.zeros_like(figure)
    if seeds.sum() > 0.08 * max(zone.sum(), 1):
        centre = np.median(lab[seeds], 0)
        distance = np.linalg.norm((lab - centre) / np.array(SKIN_SIGMA, np.float32), axis=2)
        skin = figure & (distance < 2.4)
        cloth = figure & ~skin & (rows > 0.25 * height) & (rows < 0.45 * height) & (np.abs(columns - axis) < 0.15 * width)
        chest = (rows > 0.22 * height) & (rows < 0.42 * height) & (np.abs(columns - axis) < 0.13 * width) & figure
        if skin[chest].mean() > 0.35:                              # cloth of the colour of skin: believe the zone at the neck only
            skin &= zone & (distance < 1.6)
        elif cloth.any():
            garment = np.median(lab[cloth], 0)
            skin &= np.linalg.norm(lab - centre, axis=2) < np.linalg.norm(lab - garment, axis=2)
    skin = cv2.morphologyEx(skin.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    skin = cv2.morphologyEx(skin, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)).astype(bool)
    top = figure & (rows < 0.5 * HEAD_ZONE * height) & (np.abs(columns - axis) < 0.16 * width) & ~skin
    count, parts = cv2.connectedComponents((figure & ~skin & (lab[..., 0] < 30)).astype(np.uint8))
    hair = np.zeros_like(figure)
    for part in range(1, count):
        piece = parts == part
        if (piece & top).any() and rows[piece].max() < 1.6 * HEAD_ZONE * height:
            hair |= piece
    return skin | hair


def _hem(small: Image, cloth: Mask) -> npt.NDArray[np.float64]:
    """(width,) row of the top's hem in each column."""
    lab = to_lab(cv2.GaussianBlur(small, (0, 0), 1.5))
    height, width = cloth.shape
    axis = int(mirror_axis(cloth))
    reach = int(0.20 * width)
    window = max(4, round(0.05 * height))
    columns = np.arange(max(0, axis - reach), min(width, axis + reach))
    strip, inside = lab[:, columns], cloth[:, columns].astype(np.float32)[..., None]
    total = np.cumsum(np.concatenate([np.zeros((1, len(columns), 3)), strip * inside]), 0)
    count = np.cumsum(np.concatenate([np.zeros((1, len(columns), 1)), inside]), 0)
    low, high = int(HEM_RANGE[0] * height), min(int(HEM_RANGE[1] * height), height - window - 1)
    rows = np.arange(low, high)
    above = (total[rows] - total[rows - window]) / np.maximum(count[rows] - count[rows - window], 1)
    below = (total[rows + window] - total[rows]) / np.maximum(count[rows + window] - count[rows], 1)
    step = np.linalg.norm(above - below, axis=2)                   # rows x columns
    score = np.median(step, 1)
    width_of = cloth.sum(1).astype(float)
    narrowing = np.array([(width_of[r - 4:r].mean() - width_of[r + 1:r + 5].mean()) / width for r in rows])
    best = int(np.argmax(score + 90 * np.clip(narrowing, 0, 0.15)))
    if score[best] < HEM_STEP and narrowing[best] < 0.02:
        return np.full(width, USUAL_HEM * height)
    near = np.abs(rows - rows[best]) < 0.06 * height
    local = rows[near][np.argmax(np.where(score[best] >= HEM_STEP, step[near], 1e-3), 0)].astype(np.float64)
    local = cv2.medianBlur(local.astype(np.float32)[None], 5)[0] if len(local) > 5 else local
    if score[best] < HEM_STEP:
        return np.full(width, float(rows[best]))
    return np.interp(np.arange(width), columns, cv2.GaussianBlur(local.astype(np.float32)[None], (0, 0), 0.03 * width)[0])


def largest(mask: Mask) -> Mask:
    """The largest connected piece of a mask."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return np.zeros(mask.shape, bool)
    return np.asarray(parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))
