# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that MediaPipe's wheel carries, loaded once a process and called with plain arrays.

BlazePose (33 landmarks and a 256 x 256 person mask), selfie segmentation (256 x 256), face detection, face mesh (478
landmarks) and hands (21 joints), all Apache-2.0, Google. MediaPipe resolves them inside the installed package: nothing is downloaded.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..errors import BackendError
from ..records import Floats, Image

COMPLEXITY = 1
"""Of BlazePose; the wheel holds this one only, 0 and 2 would be downloaded."""

_LOCK = threading.Lock()


@dataclass(frozen=True)
class Detection:
    """What BlazePose found in one picture.

    Attributes:
        points: (33, 2) pixels.
        visibility: (33,) 0..1 as the network says, also for points outside the picture.
        world: (33, 3) metres, hips at the origin, x right, y down, z forward (away from the camera).
        mask: (H, W) 0..1 probability of the person.
    """

    points: Floats
    visibility: Floats
    world: Floats
    mask: Floats


def detect_pose(pixels: Image, confidence: float = 0.5) -> Detection | None:
    """The most prominent person of an RGB picture, or None."""
    result = _run(_pose_model(confidence), pixels)
    if result.pose_landmarks is None or result.segmentation_mask is None:
        return None
    height, width = pixels.shape[:2]
    marks = result.pose_landmarks.landmark
    points = np.array([(m.x * width, m.y * height) for m in marks], np.float32)
    world = np.array([(m.x, m.y, m.z) for m in result.pose_world_landmarks.landmark], np.float32)
    return Detection(points, np.array([m.visibility for m in marks], np.float32), world,
                     np.asarray(result.segmentation_mask, np.float32))


def person_probability(pixels: Image) -> Floats:
    """(H, W) 0..1 by selfie segmentation; soft, since the network sees 256 x 256."""
    return np.asarray(_run(_selfie_model(), pixels).segmentation_mask, np.float32)


def face_meshes(pixels: Image) -> list[Floats]:
    """(478, 2) pixels for every face found, at most four."""
    found = _run(_face_model(), pixels).multi_face_landmarks or []
    height, width = pixels.shape[:2]
    return [np.array([(m.x * width, m.y * height) for m in face.landmark], np.float32) for face in found]


def find_faces(pixels: Image) -> Floats:
    """(N, 4) score, centre x, centre y and width in pixels of every face, best first."""
    found = _run(_face_detector(), pixels).detections or []
    height, width = pixels.shape[:2]
    rows = []
    for face in found:
        box = face.location_data.relative_bounding_box
        rows.append((face.score[0], (box.xmin + box.width / 2) * width, (box.ymin + box.height / 2) * height, box.width * width))
    return np.array(sorted(rows, reverse=True), np.float32).reshape(-1, 4)


def find_hands(pixels: Image) -> list[Floats]:
    """(21, 2) pixels of the joints of every hand, at most two: wrist, then thumb to little finger from the palm outwards."""
    found = _run(_hand_model(), pixels).multi_hand_landmarks or []
    height, width = pixels.shape[:2]
    return [np.array([(m.x * width, m.y * height) for m in hand.landmark], np.float32) for hand in found]


def _run(model: Any, pixels: Image) -> Any:
    with _LOCK, _quiet():
        return model.process(np.ascontiguousarray(pixels))


@cache
def _solutions() -> Any:
    os.environ.setdefault("GLOG_minloglevel", "2")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        from mediapipe.python import solutions
    except ImportError as cause:
        raise BackendError("no_mediapipe", "MediaPipe, which finds the person, is not installed in the engine's environment.",
                           "Install the engine with `pip install dressform[engine]`.") from cause
    return solutions


@cache
def _pose_model(confidence: float) -> Any:
    with _quiet():
        return _started(_solutions().pose.Pose(static_image_mode=True, model_complexity=COMPLEXITY, enable_segmentation=True,
                                               min_detection_confidence=confidence))


@cache
def _selfie_model() -> Any:
    with _quiet():
        return _started(_solutions().selfie_segmentation.SelfieSegmentation(model_selection=0))


@cache
def _face_model() -> Any:
    with _quiet():
        return _started(_solutions().face_mesh.FaceMesh(static_image_mode=True, max_num_faces=4, refine_landmarks=True,
                                                        min_detection_confidence=0.3))


@cache
def _face_detector() -> Any:
    with _quiet():
        return _started(_solutions().face_detection.FaceDetection(model_selection=1, min_detection_confidence=0.6))


@cache
def _hand_model() -> Any:
    with _quiet():
        return _started(_solutions().hands.Hands(static_image_mode=True, max_num_hands=2, min_detection_confidence=0.3))


def _started(model: Any) -> Any:
    """The model after its first picture: MediaPipe opens its graphs, and talks about it, on threads of its own."""
    model.process(np.zeros((64, 64, 3), np.uint8))
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the C++ libraries from writing to file descriptor 2, where the user reads our sentences."""
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (OSError, ValueError, AttributeError):
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
