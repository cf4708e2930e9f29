# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the picture that a generating model made of the dressed person back into the photo.

A model redraws everything, more coarsely than the photo and with colours that drift. Only what the garments change is taken from it;
the drift is measured on what both pictures show and taken away; then the new picture is cut out and labelled like the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from ..cielab import to_lab
from ..errors import BackendError
from ..person.matte import cut_out, foreground_colour
from ..person.pose import opaque_pixels
from ..records import Body, Floats, Garment, Image, Label, Mask, Person, TryOn
from .backdrop import pull_push
from .morphology import grown
from .relabel import own_label, relabelled
from .removal import CHIN, REPLACES

FEATHER = 0.004             # of the photo's height: width over which the new picture passes into the photo
SAME_SCALE = 0.003          # of the photo's height: structures smaller than this are not compared, a model redraws them anyway
SAME, DIFFERENT = 4.0, 10.0   # CIELAB units between which a pixel that no garment replaces passes from kept to redrawn
DRIFT_LIMIT = 14.0          # grey levels: a larger difference between photo and picture is not drift but another content
DRIFT_REACH = 0.06          # of the photo's height: how far outside the changed region the drift is measured
HARDLY_SEEN = 0.002         # share of the picture below which a garment did not come out
KEPT = (Label.HAIR, Label.HANDS, Label.BAG)
"""Always the photo's own; with the face above the chin."""


def accept_picture(person: Person, body: Body, garments: Sequence[Garment], picture: Image, region: Floats, backend: str,
                   warnings: Sequence[str] = ()) -> TryOn:
    """Make a try-on of a generated picture.

    Args:
        person: the person before.
        body: their fitted body.
        garments: what the picture shows them in.
        picture: (H, W, 3) RGB at the photo's size.
        region: (H, W) 0..1, where the picture may be taken; face, hair, hands and bag are left out of it here.
        backend: name and version of what made the picture.
        warnings: for the user.

    Returns:
        The try-on. Where ``changed`` is 0 the photo, matte, labels and foreground are the old ones to the bit.

    Raises:
        BackendError: ``bad_picture`` if picture or region have another size than the photo.
    """
    size = person.matte.shape
    if picture.shape != (*size, 3) or picture.dtype != np.uint8 or region.shape != size:
        raise BackendError("bad_picture", f"{backend} made a picture of {picture.shape[1]} x {picture.shape[0]} for a photo of "
                                          f"{size[1]} x {size[0]}.", "This is a fault of the backend; please report it.")
    photo = opaque_pixels(person.photo)
    allowed = allowed_region(person, region)
    picture = without_drift(photo, picture, allowed)
    changed = allowed * _differs(person, garments, photo, picture)
    changed[changed < 1 / 255] = 0
    pixels = mixed(photo, picture, changed)
    matte = _matte(person, pixels, changed)
    touched = changed > 0
    labels = relabelled(person, body, garments, pixels, matte, touched)
    foreground = np.where(touched[..., None], foreground_colour(pixels, matte), person.foreground)
    layers = _layers(garments, pixels, labels, matte, touched)
    alpha = person.photo.alpha
    if alpha is not None:
        alpha = np.where(touched, (matte * 255).round(), alpha).astype(np.uint8)
    pixels = np.where(touched[..., None], pixels, person.photo.pixels)
    dressed = replace(person, photo=replace(person.photo, pixels=pixels, alpha=alpha), matte=matte, labels=labels, foreground=foreground)
    return TryOn(dressed, changed, layers, backend, (*warnings, *_doubts(garments, layers)))


def allowed_region(person: Person, region: Floats) -> Floats:
    """The region with a soft rim inside its own, without what is always kept of the photo."""
    kept = np.isin(person.labels, KEPT) | (head(person) & (person.labels == Label.FACE))
    width = max(1.0, FEATHER * person.photo.height)
    inside = (region > 0.5) & ~kept
    distance = cv2.distanceTransform(np.pad(inside.astype(np.uint8), 1, mode="edge"), cv2.DIST_L2, 5)[1:-1, 1:-1]
    return np.clip(distance / width, 0, 1).astype(np.float32) * (inside * np.clip(region, 0, 1)).astype(np.float32)


def head(person: Person) -> Mask:
    """(H, W) what lies above the chin: on the face's outline where a face was found, else between mouth and shoulders."""
    points = person.pose.points
    mouth, shoulders = (points[9] + points[10]) / 2, (points[11] + points[12]) / 2
    down = (shoulders - mouth) / (np.linalg.norm(shoulders - mouth) + 1e-6)
    chin = mouth + CHIN * (shoulders - mouth) if person.pose.face is None else person.pose.face[np.argmax(person.pose.face @ down)]
    rows, columns = np.mgrid[:person.matte.shape[0], :person.matte.shape[1]].astype(np.float32)
    above: Mask = (columns - chin[0]) * down[0] + (rows - chin[1]) * down[1] <= 0
    return above


def without_drift(photo: Image, picture: Image, allowed: Floats) -> Image:
    """The picture with its smooth difference from the photo, measured around the region, taken away inside it too."""
    sigma = SAME_SCALE * photo.shape[0]
    distance = cv2.distanceTransform((allowed == 0).astype(np.uint8), cv2.DIST_L2, 5)
    around = (distance > 3 * sigma) & (distance < 3 * sigma + DRIFT_REACH * photo.shape[0])   # nearer, the blur mixes in what changed
    offset = cv2.GaussianBlur(photo.astype(np.float32), (0, 0), sigma) - cv2.GaussianBlur(picture.astype(np.float32), (0, 0), sigma)
    clipped = ((picture == 0) | (picture == 255)).any(2)           # drift is lost there
    known = around & (np.abs(offset).max(2) < DRIFT_LIMIT) & ~grown(clipped, 3 * sigma)
    if known.sum() < 0.25 * max(1, around.sum()):
        return picture                                             # the picture shows something else there: nothing to measure
    drift = pull_push(offset, known.astype(np.float32))
    return (picture + drift).clip(0, 255).round().astype(np.uint8)


def _differs(person: Person, garments: Sequence[Garment], photo: Image, picture: Image) -> Floats:
    """(H, W) 0..1: 1 where old clothes go or the picture shows something else than the photo; what is the same stays the photo's."""
    sigma = SAME_SCALE * photo.shape[0]
    lab = [to_lab(cv2.GaussianBlur(image, (0, 0), sigma)) for image in (photo, picture)]
    step = np.linalg.norm(lab[0] - lab[1], axis=2)
    gone = {int(label) for garment in garments for label in REPLACES[garment.category]}
    other = np.maximum(np.clip((step - SAME) / (DIFFERENT - SAME), 0, 1), np.isin(person.labels, list(gone)))
    reach = 2 * max(1, round(2 * sigma)) + 1
    spread = cv2.dilate(other.astype(np.float32), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return np.clip(cv2.GaussianBlur(spread, (0, 0), sigma), 0, 1).astype(np.float32)


def mixed(photo: Image, picture: Image, changed: Floats) -> Image:
    """The photo, and by the share ``changed`` the picture; where that is 0, the photo to the bit."""
    both = picture * changed[..., None] + photo * (1 - changed[..., None])
    return np.where((changed > 0)[..., None], both.clip(0, 255).round(), photo).astype(np.uint8)


def _matte(person: Person, pixels: Image, changed: Floats) -> Floats:
    """The old matte, and inside the change that of the new picture."""
    new, _ = cut_out(replace(person.photo, pixels=pixels, alpha=None), person.pose)
    matte = np.where(changed > 0, new * changed + person.matte * (1 - changed), person.matte)
    return matte.astype(np.float32)


def _layers(garments: Sequence[Garment], pixels: Image, labels: Image, matte: Floats, touched: Mask) -> tuple[Floats, ...]:
    """Each garment's visible coverage; of two of one kind each pixel goes to the one whose colour is nearer."""
    lab = to_lab(cv2.GaussianBlur(pixels, (0, 0), 2))
    kinds = [own_label(garment) for garment in garments]
    away = np.stack([np.linalg.norm(lab - _colour(garment), axis=2) for garment in garments])
    layers = []
    for number, kind in enumerate(kinds):
        rivals = np.array([0.0 if other == kind else np.inf for other in kinds], np.float32)
        own = touched & (labels == kind) & ((away + rivals[:, None, None]).argmin(0) == number)
        layers.append((cv2.GaussianBlur(own.astype(np.float32), (0, 0), 0.8) * matte * touched).astype(np.float32))
    return tuple(layers)


def _colour(garment: Garment) -> Floats:
    """(3,) median CIELAB colour of the garment."""
    cloth = garment.pixels[garment.pixels[..., 3] > 200][:, :3]
    if not len(cloth):
        return np.zeros(3, np.float32)
    colour: Floats = np.median(to_lab(cloth), 0).astype(np.float32)
    return colour


def _doubts(garments: Sequence[Garment], layers: Sequence[Floats]) -> tuple[str, ...]:
    return tuple(f"{garment.photo.path.name} can hardly be seen in the generated picture; try another seed or another photo of it."
                 for garment, layer in zip(garments, layers, strict=True) if layer.mean() < HARDLY_SEEN)
