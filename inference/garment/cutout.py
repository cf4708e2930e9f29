# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a garment out of a flat-lay, hanger or ghost-mannequin photo.

Ground colour model and learned saliency, GrabCut (Rother, Kolmogorov, Blake 2004) at a working size, clean-up of the shape, then an edge
at the photo's own resolution with a guided filter (He, Sun, Tang 2010).
"""

from __future__ import annotations

import cv2
import numpy as np

from ..cielab import to_lab
from ..errors import InputError
from ..records import Floats, Image, Mask, Photo
from .attachments import without_attachments
from .ground import ground_distance
from .outline import mirror_axis_and_likeness
from .saliency import garment_saliency

WORKING_EDGE = 360          # longer edge in pixels for the segmentation; finer costs time and changes no outline
SURE = 0.75                 # saliency from which a place is garment, below minus which it is ground, whatever its colour
TWIN = 0.5                  # saliency that a place gains where the garment's mirror image lies
TWIN_WIDTH = 0.03           # of the garment's size (root of its area): half the width of what is learned so; gaps are narrower
MIRRORED = (0.55, 0.97)     # likeness to its mirror image between which a cut-out can learn from that
MIN_AREA = 0.015            # share of the photo a garment covers at least
SECOND_ITEM = 0.40          # a second piece of this share of the first is a second item
UNSURE, UNSURE_SHARE = 0.35, 0.5    # where most of a photo has less saliency than this either way, the garment cannot be told
STRIPE = 0.02               # of the height: ground-coloured stripes up to this are closed
HOLE_IS_GROUND = 1.6        # ground distance below which a large hole shows the ground
GROUND_SEEN = -0.2          # saliency below which a large hole shows the ground, whatever its shape
CLIP = 0.13                 # of the garment's width: narrower things at its top are hanger clips and hooks, not cloth
CLIP_ZONE = 0.10            # of its height, from the top
ALREADY_CUT = 0.05          # share of transparent pixels from which a file counts as cut out
ONE_ITEM = "Crop the photo to the one garment, or give points on it."


def cut_out_garment(photo: Photo) -> tuple[Floats, tuple[str, ...]]:
    """Coverage of the garment at the photo's own resolution.

    Returns:
        (H, W) float32 0..1, and warnings for the user.

    Raises:
        InputError: ``no_garment`` if nothing stands out from the ground, ``several_items`` if two things do, ``unclear_garment`` if it
            cannot be told where the garment ends.
    """
    if photo.alpha is not None and (photo.alpha < 128).mean() > ALREADY_CUT:
        return photo.alpha.astype(np.float32) / 255.0, ()
    small = working_copy(photo)
    distance = ground_distance(small)
    told = garment_saliency(photo.pixels, distance)
    saliency = cv2.resize(told, distance.shape[::-1], interpolation=cv2.INTER_CUBIC)
    mask, warnings = _one_item(_shape(small, distance, saliency), photo)
    axis, likeness = mirror_axis_and_likeness(mask)
    if MIRRORED[0] < likeness < MIRRORED[1]:
        mask, warnings = _one_item(_shape(small, distance, _with_twin(saliency, mask, axis)), photo)
    if (np.abs(told) < UNSURE).mean() > UNSURE_SHARE:
        raise InputError("unclear_garment", f"The garment in {photo.path.name} cannot be told from what is around it.", ONE_ITEM)
    return edge_at_full_size(mask, photo.pixels), warnings


def working_copy(photo: Photo) -> Image:
    """The photo at the working size, its noise smoothed."""
    scale = min(1.0, WORKING_EDGE / max(photo.width, photo.height))
    size = (max(8, round(photo.width * scale)), max(8, round(photo.height * scale)))
    return np.asarray(cv2.bilateralFilter(cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA), 5, 20, 3))


def segment(small: Image, distance: Floats) -> Mask:
    """GrabCut started from the ground distance and a mild preference for the middle."""
    height, width = distance.shape
    rows, columns = np.mgrid[:height, :width]
    y, x = (rows + 0.5) / height - 0.5, (columns + 0.5) / width - 0.5
    middle = np.exp(-((x / 0.42) ** 2 + (y / 0.45) ** 2) ** 2)
    score = np.clip(distance, 0, 8)
    otsu = cv2.threshold(np.clip(score * 30, 0, 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)[0] / 30
    threshold = float(np.clip(otsu, 2.5, 4.5))
    label = np.where(score * (0.4 + 0.6 * middle) > threshold, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    rim = np.ones((height, width), bool)
    rim[2:-2, 2:-2] = False
    label[rim & (distance < 3)] = cv2.GC_BGD
    return _grab(small, label)


def _shape(small: Image, distance: Floats, saliency: Floats) -> Mask:
    """GrabCut between what is surely garment and what is surely ground, cleaned up."""
    label = np.where(saliency > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    label[saliency > SURE] = cv2.GC_FGD
    label[saliency < -SURE] = cv2.GC_BGD
    mask = without_attachments(_grab(small, label.astype(np.uint8)), small, saliency)
    return _close_shape(mask, distance, saliency)


def _with_twin(saliency: Floats, mask: Mask, axis: float) -> Floats:
    """The saliency, raised where the mask's mirror image lies: sleeves and legs come in pairs."""
    columns = np.arange(mask.shape[1])
    source = (2 * axis - columns).round().astype(int)
    inside = (source >= 0) & (source < mask.shape[1])
    twin = np.zeros_like(mask)
    twin[:, inside] = mask[:, source[inside]]
    radius = max(2, round(TWIN_WIDTH * float(mask.sum()) ** 0.5))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    twin = cv2.morphologyEx((twin & ~mask).astype(np.uint8), cv2.MORPH_OPEN, disc).astype(bool)
    return np.where(twin & (saliency > -SURE), saliency + TWIN, saliency).astype(np.float32)


def _grab(small: Image, label: Image) -> Mask:
    """GrabCut from labels; its first guess where that leaves it nothing to learn from."""
    first = (label & 1).astype(bool)
    if first.sum() < 50 or (~first).sum() < 50:
        return first
    lab = to_lab(small)
    features = np.clip(np.stack([lab[..., 0] * 1.6, lab[..., 1] * 1.6 + 128, lab[..., 2] * 1.6 + 128], 2), 0, 255).astype(np.uint8)
    cv2.setRNGSeed(0)
    cv2.grabCut(features, label, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    return (label & 1).astype(bool)


def _close_shape(mask: Mask, distance: Floats, saliency: Floats) -> Mask:
    """Fills stripes, prints and highlights; drops hooks, threads and specks; keeps real openings."""
    height = mask.shape[0]
    shape = mask.astype(np.uint8)
    upright = cv2.getStructuringElement(cv2.MORPH_RECT, (1, max(3, round(STRIPE * height) | 1)))
    shape = cv2.morphologyEx(shape, cv2.MORPH_CLOSE, upright)
    shape = cv2.morphologyEx(shape, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    radius = max(2, round(0.008 * max(mask.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    core = cv2.morphologyEx(shape, cv2.MORPH_OPEN, disc)
    shape = shape & cv2.dilate(core, disc)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(1 - shape, connectivity=4)
    outside = set(np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])).tolist())
    area = max(1, int(shape.sum()))
    for index in range(1, count):
        if index in outside or not (shape[parts == index] == 0).all():
            continue
        hole = parts == index
        large = stats[index, cv2.CC_STAT_AREA] > 0.006 * area
        is_ground = np.median(distance[hole]) < HOLE_IS_GROUND
        tall = stats[index, cv2.CC_STAT_HEIGHT] > 1.2 * stats[index, cv2.CC_STAT_WIDTH]
        if not (large and ((is_ground and tall) or np.median(saliency[hole]) < GROUND_SEEN)):
            shape[hole] = 1
    return shape.astype(bool)


def without_clips(mask: Mask) -> Mask:
    """The mask without narrow things that stick out above it: hanger clips, hooks, loops."""
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    bar = cv2.getStructuringElement(cv2.MORPH_RECT, (max(3, round(CLIP * len(columns)) | 1), 1))
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, bar).astype(bool)
    upper = np.zeros_like(mask)
    upper[:rows[0] + round(CLIP_ZONE * len(rows)) + 1] = True
    return mask & (opened | ~upper)


def _one_item(mask: Mask, photo: Photo) -> tuple[Mask, tuple[str, ...]]:
    """The largest piece; errors as :func:`cut_out_garment`."""
    count, parts, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        raise _nothing(photo)
    height, width = mask.shape
    areas = stats[1:, cv2.CC_STAT_AREA].astype(float)
    offset = np.hypot(centres[1:, 0] / width - 0.5, centres[1:, 1] / height - 0.5)
    main = 1 + int(np.argmax(areas * (1.2 - offset)))
    if stats[main, cv2.CC_STAT_AREA] < MIN_AREA * mask.size:
        raise _nothing(photo)
    if any(i != main and stats[i, cv2.CC_STAT_AREA] > SECOND_ITEM * stats[main, cv2.CC_STAT_AREA] for i in range(1, count)):
        raise InputError("several_items", f"{photo.path.name} shows more than one item.", ONE_ITEM)
    warnings: tuple[str, ...] = ()
    if mask.mean() > 0.93:
        warnings += (f"{photo.path.name}: the garment fills the whole photo, so its outline is cut by the border.",)
    return parts == main, warnings


def _nothing(photo: Photo) -> InputError:
    return InputError("no_garment", f"No garment stands out from the ground in {photo.path.name}.",
                      "Lay the garment flat on a plain ground of another colour and photograph it whole.")


def edge_at_full_size(mask: Mask, pixels: Image) -> Floats:
    """The mask at the photo's size, its edge moved to the photo's own by a guided filter, shadows' soft rim cut."""
    height, width = pixels.shape[:2]
    soft = cv2.resize(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0), (width, height), interpolation=cv2.INTER_CUBIC)
    radius = max(3, round(0.006 * max(height, width)))
    guide = pixels.astype(np.float32) / 255.0
    alpha = cv2.ximgproc.guidedFilter(guide, soft, radius, 2e-4)
    reach = 2 * radius + 1
    sure = cv2.erode((soft > 0.5).astype(np.uint8), np.ones((reach, reach), np.uint8)).astype(bool)
    near = cv2.dilate((soft > 0.5).astype(np.uint8), np.ones((reach, reach), np.uint8)).astype(bool)
    # a garment's edge is one or two pixels wide: contrast around one half makes the filter's ramp that narrow
    alpha = np.clip((alpha - 0.5) * 2.6 + 0.5, 0, 1)
    alpha[sure] = 1
    alpha[~near] = 0
    return np.asarray(alpha, np.float32)
