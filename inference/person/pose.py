# SPDX-License-Identifier: GPL-3.0-or-later
"""The person's landmarks: BlazePose on the photo, again on crops of the person and their mirror images, and the face mesh.

One pass misses the true joints of the benchmark's people by 9.5 px of 1024 on average; the mean over two crops and their mirror
images by 8.4 px, most of which is how the two sides define a joint.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from ..backend import Settings
from ..errors import InputError
from ..records import Floats, Image, Photo, Pose
from .models import Detection, detect_pose, face_meshes, find_faces

VISIBLE = 0.5
"""Visibility from which a landmark counts as seen; BlazePose is trained to 0/1 labels, so this is its own decision border."""
CONFIDENCES = (0.5, 0.25)
"""Detector thresholds, tried in this order: the network's default, then one that finds backlit and partly hidden people."""
CROP_MARGINS = (1.15, 1.6)
"""Edge of the square crops, in edges of the landmarks' box; measured against true joints, together better than each alone."""
WINDOW = 0.55
"""Share of the picture's edges seen at once when people smaller than the detector's 224 pixels can show are searched."""
MIN_SURE = 0.6
"""Mean visibility of nose and shoulders below which a detection is taken for a ghost."""
LYING_DEGREES = 60.0
"""Tilt of hips-to-shoulders against the vertical beyond which nobody stands or sits."""
BACK_BREADTH, SIDE_BREADTH = -0.25, 0.2
"""Left shoulder to the right of the right one in trunk lengths: negative for backs, small for profiles; fronts have 0.5 to 0.9."""

NOSE, L_EAR, R_EAR = 0, 7, 8
L_SHOULDER, R_SHOULDER, L_ELBOW, R_ELBOW, L_WRIST, R_WRIST = 11, 12, 13, 14, 15, 16
L_HIP, R_HIP, L_KNEE, R_KNEE, L_ANKLE, R_ANKLE = 23, 24, 25, 26, 27, 28
L_HEEL, R_HEEL, L_TOE, R_TOE = 29, 30, 31, 32
MIRRORED = np.array([0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 18, 17, 20, 19, 22, 21, 24, 23, 26, 25, 28, 27,
                     30, 29, 32, 31])
"""Landmark i of a mirrored picture is landmark MIRRORED[i] of the picture."""


def estimate_pose(photo: Photo) -> Pose:
    """Landmarks of the one person in the photo; the errors of :func:`find_pose`."""
    return find_pose(photo)[0]


def embedded(photo: Photo, settings: Settings) -> tuple[Pose, tuple[str, ...]]:
    """:func:`find_pose` as a backend; it has no options."""
    return find_pose(photo)


def find_pose(photo: Photo) -> tuple[Pose, tuple[str, ...]]:
    """Landmarks of the one person in the photo, and what the user should know.

    Raises:
        InputError: ``no_person``, ``several_people``, ``not_upright``, ``from_behind``, ``drawing``.
    """
    from .bystanders import RIVAL, find_bystander, has_rival_face
    from .drawing import looks_drawn

    pixels = opaque_pixels(photo)
    first, easily = _find(pixels)
    if first is None:
        raise _not_found(photo, pixels)
    notes: list[str] = []
    other = find_bystander(pixels, first)
    if (other is not None and RIVAL <= other.size <= 1 / RIVAL) or has_rival_face(pixels, first):
        raise InputError("several_people", f"More than one person is in {photo.path.name}.",
                         "Give a photo of one person alone, or crop it to one.")
    if other is not None:
        if other.size > 1:
            first = other.detection
        notes.append("Somebody else is in the background; the largest person was used.")
    points, visibility, world = _seen_inside(pixels, first)
    _check_upright(photo, points, visibility)
    face = _face(pixels, points, visibility)
    if face is None and not easily:                # clothes on a hanger can pass for a faint person, but have no face
        raise _not_found(photo, pixels)
    if face is not None and looks_drawn(pixels, face):
        raise InputError("drawing", f"{photo.path.name} looks like a drawing, not a photo of a person.", "Give a photo of a real person.")
    _check_front(photo, points, visibility, face, notes)
    return Pose(points, visibility, world, face), tuple(notes)


def unchecked_pose(pixels: Image) -> Pose | None:
    """Landmarks of whoever is found in (H, W, 3), without the face mesh and without the checks of :func:`find_pose`."""
    first, _easily = _find(pixels)
    return None if first is None else Pose(*_seen_inside(pixels, first))


def opaque_pixels(photo: Photo) -> Image:
    """The photo's colours with transparent places shown as mid-grey, as the networks should see it."""
    if photo.alpha is None:
        return photo.pixels
    share = photo.alpha[..., None].astype(np.float32) / 255.0
    return (photo.pixels * share + 128.0 * (1.0 - share) + 0.5).astype(np.uint8)


def person_box(points: npt.NDArray[np.floating], visibility: npt.NDArray[np.floating], margin: float,
               shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) pixels of a square round the seen landmarks; may reach outside the picture."""
    seen = points[visibility > VISIBLE]
    if len(seen) < 2:
        return 0, 0, shape[1], shape[0]
    low, high = seen.min(0), seen.max(0)
    half = float((high - low).max()) * margin / 2
    x, y = (low + high) / 2
    return round(x - half), round(y - half), round(x + half), round(y + half)


def cut_box(pixels: Image, box: tuple[int, int, int, int]) -> Image:
    """The box of the picture, its outside filled by repeating the border."""
    left, top, right, bottom = box
    height, width = pixels.shape[:2]
    inside = pixels[max(top, 0):min(bottom, height), max(left, 0):min(right, width)]
    return cv2.copyMakeBorder(inside, max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0),
                              cv2.BORDER_REPLICATE)


def _find(pixels: Image) -> tuple[Detection | None, bool]:
    """(the most prominent person, found at the first try?), trying harder step by step."""
    height, width = pixels.shape[:2]
    for confidence in CONFIDENCES:
        for number, (variant, offset) in enumerate(_variants(pixels)):
            found = detect_pose(variant, confidence)
            if found is not None and _sureness(found, variant.shape) >= MIN_SURE:
                mask = np.zeros((height, width), np.float32)
                (left, top), (rows, columns) = offset, variant.shape[:2]
                target = mask[max(top, 0):top + rows, max(left, 0):left + columns]
                target[:] = found.mask[max(-top, 0):, max(-left, 0):][:target.shape[0], :target.shape[1]]
                moved = (found.points + offset).astype(np.float32)
                return Detection(moved, found.visibility, found.world, mask), number == 0 and confidence == CONFIDENCES[0]
    return None, False


def _variants(pixels: Image) -> Iterator[tuple[Image, npt.NDArray[np.int64]]]:
    """(picture, offset of its origin): as it is, with a border, brightened in the shadows, upper part only, and windows of it."""
    height, width = pixels.shape[:2]
    zero = np.zeros(2, np.int64)
    yield pixels, zero
    pad = max(height, width) // 4
    yield cv2.copyMakeBorder(pixels, pad, pad, pad, pad, cv2.BORDER_REPLICATE), np.array([-pad, -pad])
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(3.0, (8, 8)).apply(np.ascontiguousarray(lab[..., 0]))
    yield cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), zero
    yield pixels[:max(64, int(height * 0.6))], zero
    rows, columns = int(height * WINDOW), int(width * WINDOW)
    for top in np.linspace(0, height - rows, 3).astype(int):
        for left in np.linspace(0, width - columns, 3).astype(int):
            yield np.ascontiguousarray(pixels[top:top + rows, left:left + columns]), np.array([left, top])


def _sureness(found: Detection, shape: tuple[int, ...]) -> float:
    inside = ((found.points >= 0) & (found.points < [shape[1], shape[0]])).all(1)
    return float((found.visibility * inside)[[NOSE, L_SHOULDER, R_SHOULDER]].mean())


def _seen_inside(pixels: Image, first: Detection) -> tuple[Floats, Floats, Floats]:
    """Refined landmarks; those outside the picture are not seen."""
    points, visibility, world = _refine(pixels, first)
    inside = ((points >= 0) & (points < [pixels.shape[1], pixels.shape[0]])).all(1)
    return points, np.where(inside, visibility, 0).astype(np.float32), world


def _refine(pixels: Image, first: Detection) -> tuple[Floats, Floats, Floats]:
    """Mean landmarks over crops and mirrored crops, those left out that disagree with the median."""
    height, width = pixels.shape[:2]
    inside = ((first.points >= 0) & (first.points < [width, height])).all(1)
    points, visibility, world = [], [], []
    for margin in CROP_MARGINS:
        box = person_box(first.points, first.visibility * inside, margin, pixels.shape)
        crop = cut_box(pixels, box)
        if min(crop.shape[:2]) < 16:
            continue
        for mirrored in (False, True):
            found = detect_pose(crop[:, ::-1] if mirrored else crop, CONFIDENCES[-1])
            if found is None:
                continue
            xy, seen, metres = found.points.copy(), found.visibility, found.world.copy()
            if mirrored:
                xy[:, 0] = crop.shape[1] - xy[:, 0]
                metres[:, 0] = -metres[:, 0]
                xy, seen, metres = xy[MIRRORED], seen[MIRRORED], metres[MIRRORED]
            points.append(xy + np.array(box[:2]))
            visibility.append(seen)
            world.append(metres)
    points.append(first.points)
    visibility.append(first.visibility)
    world.append(first.world)
    stack = np.stack(points)
    middle = np.median(stack, 0)
    span = float(np.ptp(middle[[L_SHOULDER, R_SHOULDER, L_HIP, R_HIP]], 0).max())
    near = np.linalg.norm(stack - middle, axis=2) < 0.15 * max(span, 1.0)       # a swap of the limbs jumps further than this
    weight = near.astype(np.float64)[..., None] + 1e-6
    mean = (stack * weight).sum(0) / weight.sum(0)
    mean_world = (np.stack(world) * weight).sum(0) / weight.sum(0)
    return mean.astype(np.float32), np.median(np.stack(visibility), 0).astype(np.float32), mean_world.astype(np.float32)


def _face(pixels: Image, points: Floats, visibility: Floats) -> Floats | None:
    """Face mesh on an enlarged crop of the head; None for faces turned away."""
    head = points[:11]
    centre = head.mean(0)
    size = max(float(np.ptp(head, 0).max()), 0.25 * float(np.linalg.norm(points[L_SHOULDER] - points[R_SHOULDER])), 8.0)
    for margin in (3.0, 5.0):
        half = size * margin / 2
        box = (round(centre[0] - half), round(centre[1] - half), round(centre[0] + half), round(centre[1] + half))
        if box[2] <= 0 or box[3] <= 0 or box[0] >= pixels.shape[1] or box[1] >= pixels.shape[0]:
            continue
        crop = cut_box(pixels, box)
        scale = 384.0 / crop.shape[0]
        resized = cv2.resize(crop, (384, 384), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        found = face_meshes(resized)
        if found:
            meshes = [mesh / scale + [box[0], box[1]] for mesh in found]
            nearest = min(meshes, key=lambda mesh: float(np.linalg.norm(mesh.mean(0) - centre)))
            if np.linalg.norm(nearest.mean(0) - centre) < size * 1.2:
                return nearest.astype(np.float32)
    return None


def _check_upright(photo: Photo, points: Floats, visibility: Floats) -> None:
    up = points[[L_SHOULDER, R_SHOULDER]].mean(0) - points[[L_HIP, R_HIP]].mean(0)
    tilt = np.degrees(np.arctan2(abs(up[0]), -up[1]))
    if visibility[[L_HIP, R_HIP]].min() < VISIBLE:
        up = points[NOSE] - points[[L_SHOULDER, R_SHOULDER]].mean(0)
        tilt = np.degrees(np.arctan2(abs(up[0]), -up[1]))
    if tilt > LYING_DEGREES:
        if not any(len(find_faces(np.ascontiguousarray(np.rot90(photo.pixels, turns)))) for turns in range(4)):
            raise _nobody(photo)                         # cloth laid flat is taken for somebody who lies
        raise InputError("not_upright", f"The person in {photo.path.name} does not stand upright (tilted by {tilt:.0f} degrees).",
                         "Turn the photo upright, or give one in which the person stands.")


def _check_front(photo: Photo, points: Floats, visibility: Floats, face: Floats | None, notes: list[str]) -> None:
    """People who show their back are refused, those who show their side get a warning."""
    if min(visibility[[L_SHOULDER, R_SHOULDER]]) < VISIBLE:
        return
    shoulders = points[[L_SHOULDER, R_SHOULDER]]
    trunk = float(np.linalg.norm(shoulders.mean(0) - points[[L_HIP, R_HIP]].mean(0)))
    breadth = float(shoulders[0, 0] - shoulders[1, 0]) / max(trunk, 1.0)
    if face is None and breadth < BACK_BREADTH:
        raise InputError("from_behind", f"The person in {photo.path.name} is seen from behind.", "Give a photo taken from the front.")
    if abs(breadth) < SIDE_BREADTH:
        notes.append("The person is seen from the side: what is hidden was guessed.")


def _not_found(photo: Photo, pixels: Image) -> InputError:
    """The sentence for a photo without a detection; says so if the picture only needs turning."""
    for turns, words in ((2, "upside down"), (1, "on its side"), (3, "on its side")):
        found = detect_pose(np.ascontiguousarray(np.rot90(pixels, turns)), CONFIDENCES[0])
        if found is not None and _sureness(found, np.rot90(pixels, turns).shape) >= MIN_SURE:
            return InputError("not_upright", f"The photo {photo.path.name} is {words}.", "Turn it upright and give it again.")
    return _nobody(photo)


def _nobody(photo: Photo) -> InputError:
    return InputError("no_person", f"No person was found in {photo.path.name}.",
                      "Give a photo of one real person, from head to hips at least, facing the camera; drawings do not work.")
