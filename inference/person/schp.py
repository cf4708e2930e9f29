# SPDX-License-Identifier: GPL-3.0-or-later
"""SCHP as a parser: the published preparation of its picture, and its classes as ours.

Li et al., "Self-Correction for Human Parsing", TPAMI 2020; classes of LIP (Gong et al., CVPR 2017) and ATR (Liang et al., TPAMI 2015).
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch.nn import functional

from ..backend import Settings
from ..models.runtime import memory_guard, pick_device
from ..models.store import require
from ..networks.checkpoint import network_from
from ..networks.schp import Schp, config_of, renamed
from ..records import Floats, Image, Label
from .figure import Figure
from .limb_ends import feet_share, hands_share
from .parser import CLASSES

MEAN, DEVIATION = (0.406, 0.456, 0.485), (0.225, 0.224, 0.229)
"""Of ImageNet, blue first: the networks were trained on pictures in OpenCV's order."""
WEIGHTS = "model.safetensors"
INPUT_EDGE = {"lip": 473, "atr": 512}
"""Pixels of the square that each network was trained on."""

LIP = ("background", "hat", "hair", "glove", "sunglasses", "upper-clothes", "dress", "coat", "socks", "pants", "jumpsuits", "scarf",
       "skirt", "face", "left-arm", "right-arm", "left-leg", "right-leg", "left-shoe", "right-shoe")
ATR = ("background", "hat", "hair", "sunglasses", "upper-clothes", "skirt", "pants", "dress", "belt", "left-shoe", "right-shoe", "face",
       "left-leg", "right-leg", "left-arm", "right-arm", "bag", "scarf")
MEANING = {
    "hair": Label.HAIR, "face": Label.FACE, "upper-clothes": Label.UPPER, "coat": Label.OUTER, "pants": Label.LOWER, "skirt": Label.SKIRT,
    "dress": Label.DRESS, "jumpsuits": Label.DRESS, "left-arm": Label.ARMS, "right-arm": Label.ARMS, "glove": Label.HANDS,
    "left-leg": Label.LEGS, "right-leg": Label.LEGS, "socks": Label.LEGS, "left-shoe": Label.SHOES, "right-shoe": Label.SHOES,
    "bag": Label.BAG, "hat": Label.ACCESSORY, "sunglasses": Label.ACCESSORY, "scarf": Label.ACCESSORY, "belt": Label.ACCESSORY,
}
"""Our class for each of theirs; the background is told by the matte."""


def lip(figure: Figure, settings: Settings) -> Floats:
    """(h, w, 13) probabilities by the network trained on LIP, in the order of :data:`.parser.CLASSES`."""
    return _judged(figure, settings, "schp-lip", LIP, INPUT_EDGE["lip"])


def atr(figure: Figure, settings: Settings) -> Floats:
    """(h, w, 13) probabilities by the network trained on ATR, which knows bags and belts but no coats."""
    return _judged(figure, settings, "schp-atr", ATR, INPUT_EDGE["atr"])


def network_input(pixels: Image, edge: int) -> Floats:
    """The picture as the network sees it.

    Args:
        pixels: (H, W, 3); channels are normalised in the order given, and the authors give blue first.
        edge: of the square network input.

    Returns:
        (1, 3, edge, edge) float32, the picture's longer edge filling the square, black outside.
    """
    seen = cv2.warpAffine(pixels, _to_square(pixels.shape[:2], edge), (edge, edge), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
                          borderValue=(0, 0, 0))
    values = (seen.astype(np.float32) / 255.0 - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


def logits_at_photo_size(logits: Floats, shape: tuple[int, int], edge: int) -> Floats:
    """(classes, h, w) logits of the network -> (classes, H, W) at the picture's size; zero outside the network's square."""
    given = torch.from_numpy(np.ascontiguousarray(logits))[None]
    large = functional.interpolate(given, (edge, edge), mode="bilinear", align_corners=True)[0]
    back = cv2.invertAffineTransform(_to_square(shape, edge))
    return np.stack([cv2.warpAffine(plane, back, shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
                     for plane in large.numpy()])


def label_map(logits: Floats, shape: tuple[int, int], edge: int) -> Image:
    """(classes, h, w) logits of the network -> (H, W) codes of its own classes."""
    return logits_at_photo_size(logits, shape, edge).argmax(0).astype(np.uint8)


def as_our_classes(theirs: Floats, names: tuple[str, ...], figure: Figure) -> Floats:
    """Probabilities of a parser's classes -> ours.

    Args:
        theirs: (classes, h, w), summing to one.
        names: of the classes; keys of :data:`MEANING`, and ``background``.
        figure: says where arms end in hands and legs in feet, which these parsers do not tell apart.

    Returns:
        (h, w, 13) in the order of :data:`.parser.CLASSES`, summing to one where the parser saw anything but background.
    """
    ours = np.zeros((*theirs.shape[1:], len(CLASSES)), np.float32)
    for plane, name in zip(theirs, names, strict=True):
        if name != "background":
            ours[..., CLASSES.index(MEANING[name])] += plane
    for whole, end, share in ((Label.ARMS, Label.HANDS, hands_share(figure)), (Label.LEGS, Label.SHOES, feet_share(figure))):
        moved = ours[..., CLASSES.index(whole)] * share
        ours[..., CLASSES.index(whole)] -= moved
        ours[..., CLASSES.index(end)] += moved
    total = ours.sum(-1, keepdims=True)
    return np.where(total > 1e-4, ours / np.maximum(total, 1e-4), 0.0).astype(np.float32)


def _judged(figure: Figure, settings: Settings, model: str, names: tuple[str, ...], edge: int) -> Floats:
    with memory_guard("the SCHP parser", "Take --device cpu."), torch.inference_mode():
        device = pick_device(settings)
        network = network_from(require(model) / WEIGHTS, lambda state: Schp(config_of(state)), renamed).to(device)
        seen = torch.from_numpy(network_input(figure.pixels[..., ::-1], edge)).to(device)
        logits = network(seen)[0].float().cpu().numpy()
    height, width = figure.matte.shape
    theirs = logits_at_photo_size(logits, (height, width), edge)
    theirs = np.exp(theirs - theirs.max(0, keepdims=True))
    return as_our_classes(theirs / theirs.sum(0, keepdims=True), names, figure)


def _to_square(shape: tuple[int, ...], edge: int) -> Floats:
    """2 x 3: the picture's longer edge, corner pixel to corner pixel, onto the square's."""
    height, width = shape
    scale = (edge - 1) / max(height - 1, width - 1, 1)
    middle = (edge - 1) / 2
    return np.array([[scale, 0, middle - scale * (width - 1) / 2], [0, scale, middle - scale * (height - 1) / 2]], np.float32)
