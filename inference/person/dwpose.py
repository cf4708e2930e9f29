# SPDX-License-Identifier: GPL-3.0-or-later
"""DWPose: 133 points of body, feet, face and hands of the person in a photo, by two ONNX networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..backend import Settings
from ..errors import BackendError
from ..models.runtime import is_exhaustion
from ..models.store import require
from ..records import Floats, Photo
from .dwpose_decode import (
    Array,
    crop_of,
    decoded_points,
    detector_input,
    most_prominent,
    person_boxes,
    pose_input,
    to_draw,
    with_neck,
)
from .pose import opaque_pixels
from .skeleton import WholeBody

MODEL = "dwpose"
DETECTOR, POINTS = "yolox_l.onnx", "dw-ll_ucoco_384.onnx"
"""File names as published."""
ACCELERATED = {"cuda": "CUDAExecutionProvider", "mps": "CoreMLExecutionProvider"}


def whole_body(photo: Photo, settings: Settings) -> Floats:
    """The 133 points of COCO-WholeBody (Jin et al., ECCV 2020) of the person a photo shows.

    Args:
        photo: of one person; of several the most prominent is taken, of none the whole photo is searched.
        settings: its device decides where the networks run.

    Returns:
        (133, 3) x and y in image pixels and score, 0..1 in the main; a score above 0.3 counts as seen.

    Raises:
        BackendError: ``model_missing``; ``bad_model`` if a file is not an ONNX network of this kind; ``out_of_memory``.
    """
    people = everybody(photo, settings)
    return people[most_prominent(with_neck(people))].astype(np.float32)


def whole_body_to_draw(photo: Photo, settings: Settings) -> WholeBody:
    """The same person with the neck put in, ready for :func:`.skeleton.draw_grey`; the errors of :func:`whole_body`."""
    return to_draw(with_neck(whole_body(photo, settings)[None].astype(np.float64)), photo.width, photo.height)


def everybody(photo: Photo, settings: Settings) -> Array:
    """(N, 133, 3) points of everybody the detector finds, the surest first; the errors of :func:`whole_body`."""
    folder = require(MODEL)
    pixels = opaque_pixels(photo)
    picture, factor = detector_input(pixels)
    rows, = _run(folder / DETECTOR, picture, settings)
    boxes = person_boxes(rows[0], factor)
    if not len(boxes):
        boxes = np.array([[0.0, 0.0, photo.width, photo.height]])
    crops = [crop_of(box) for box in boxes]
    across, down = _run(folder / POINTS, np.concatenate([pose_input(pixels, crop) for crop in crops]), settings)
    return np.stack([decoded_points(x, y, crop) for x, y, crop in zip(across, down, crops, strict=True)])


def _run(file: Path, batch: Any, settings: Settings) -> list[Any]:
    """The outputs of an ONNX network, one batch row at a time (the published files have a batch of one)."""
    import onnxruntime

    kind, _, index = settings.device.partition(":")
    providers = [(name, {"device_id": index} if index and device == "cuda" else {}) for device, name in ACCELERATED.items()
                 if kind in ("auto", device) and name in onnxruntime.get_available_providers()]
    try:
        session = onnxruntime.InferenceSession(file, providers=[*providers, ("CPUExecutionProvider", {})])
        name = session.get_inputs()[0].name
        results = [session.run(None, {name: row[None]}) for row in batch]
    except Exception as cause:  # ONNX Runtime's exceptions have no common base
        if is_exhaustion(cause):
            raise BackendError("out_of_memory", "There was not enough memory for DWPose.", "Choose --device cpu.") from cause
        raise BackendError("bad_model", f"{file.name} cannot be run as one of DWPose's networks.",
                           f"Pull it again with `dressform models pull {MODEL}`.") from cause
    return [np.concatenate(parts) for parts in zip(*results, strict=True)]
