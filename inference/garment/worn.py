# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts one garment out of a photo in which somebody wears it: a whole person, or only a torso without a head."""

from __future__ import annotations

import cv2
import numpy as np

from ..cielab import to_lab
from ..errors import InputError
from ..records import Floats, Image, Label, Mask, Photo
from .outline import mirror_axis
from .torso import is_torso
from .wearer import pose_in, read_wearer, stands

CLASSES = {"top": (Label.UPPER, Label.OUTER), "outer": (Label.OUTER, Label.UPPER), "bottom": (Label.LOWER, Label.SKIRT),
           "dress": (Label.DRESS, Label.UPPER, Label.LOWER, Label.SKIRT)}
SOLID, RIM = 0.8, 0.15      # matte of pixels whose label is sure, and down to which the person's rim goes
FACE_SKIN = 0.45            # of a face's oval: 0.83 and more on photos of people; linings in collars that look like faces have 0.34
PIECE = 0.15                # of the largest piece of a garment: smaller ones are something else


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
    wearer = read_wearer(photo)
    if wearer is None:
        raise InputError("no_garment", f"Nobody who wears a garment can be made out in {photo.path.name}.",
                         "Use a photo that shows the wearer from the front, or one of the garment lying flat.")
    return cut_out_of(photo, wearer.person.labels, wearer.person.matte, category)


def cut_out_of(photo: Photo, labels: Image, matte: Floats, category: str) -> tuple[Floats, str, tuple[str, ...]]:
    """:func:`cut_out_worn` of a photo whose wearer was read already: ``labels`` and ``matte`` are theirs, (H, W) each."""
    labels = _to_the_rim(labels, matte)
    counts = {label: int((labels == label).sum()) for label in (Label.UPPER, Label.OUTER, Label.LOWER, Label.SKIRT, Label.DRESS)}
    wanted = category
    if wanted == "auto":
        wanted = "dress" if counts[Label.DRESS] > counts[Label.UPPER] + counts[Label.OUTER] else \
            "outer" if counts[Label.OUTER] > counts[Label.UPPER] else "top"
    classes = CLASSES[wanted]
    chosen = classes[:1] if wanted == "dress" and counts[Label.DRESS] else classes
    worn = np.isin(labels, [int(label) for label in chosen]).astype(np.uint8)
    mask = _pieces(cv2.morphologyEx(worn, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)))
    if mask.mean() < 0.004:
        raise InputError("no_garment", f"The person in {photo.path.name} wears nothing that could be a {wanted}.",
                         "Choose another category or another photo.")
    alpha = np.clip((cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.2) - 0.5) * 2 + 0.5, 0, 1)
    return np.minimum(alpha, matte).astype(np.float32), wanted, ()


def _to_the_rim(labels: Image, matte: Floats) -> Image:
    """Labels continued to where the matte ends: at the rim the nearest one of the person's own counts; background beyond."""
    known = ((labels != Label.BACKGROUND) & (matte > SOLID)).astype(np.uint8)
    if not known.any():
        return labels
    _, nearest = cv2.distanceTransformWithLabels(1 - known, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    of_pixel = np.zeros(int(nearest.max()) + 1, np.uint8)
    of_pixel[nearest[known > 0]] = labels[known > 0]
    return np.where(matte > RIM, of_pixel[nearest], np.uint8(Label.BACKGROUND)).astype(np.uint8)


def _pieces(mask: Image) -> Mask:
    """The largest piece of a mask and those not small beside it: under an arm or a bag, and in two trouser legs, cloth falls apart."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return np.zeros(mask.shape, bool)
    areas = stats[1:, cv2.CC_STAT_AREA]
    return np.isin(parts, 1 + np.nonzero(areas > PIECE * areas.max())[0])


def looks_worn(photo: Photo) -> bool:
    """Whether somebody wears the garment: a face, or a torso with a neck that runs out of the photo."""
    pose = pose_in(photo)
    if pose is not None and pose.face is not None and _is_skin(photo, pose.face):
        return True
    return is_torso(photo) and stands(read_wearer(photo))


def _is_skin(photo: Photo, face: Floats) -> bool:
    """Whether what was taken for a face has a face's size and colour; hoods and waistbands are sometimes taken for one."""
    low, high = face.min(0), face.max(0)
    if (high - low).max() < 0.03 * photo.height:
        return False
    lab = to_lab(photo.pixels)
    of_skin = (lab[..., 0] > 12) & (lab[..., 1] > 4) & (lab[..., 1] < 36) & (lab[..., 2] > 4) & (lab[..., 2] < 40)
    oval = cv2.fillConvexPoly(np.zeros(of_skin.shape, np.uint8), cv2.convexHull(face.astype(np.int32)), 1) > 0
    middle, reach = (low + high) / 2, (high - low) / 4             # without ears, hair and collar
    rows, columns = np.mgrid[:photo.height, :photo.width]
    inner = (np.abs(columns - middle[0]) <= reach[0]) & (np.abs(rows - middle[1]) <= reach[1])
    return bool(inner.any() and of_skin[inner].mean() > 0.5 and of_skin[oval].mean() > FACE_SKIN)


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
