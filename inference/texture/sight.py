# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the photo and the painted back tell a point's colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from ..records import CLOTHES, Body, Floats, Image, Label, Part, Surface
from .backside import Backside
from .projection import View, occluder_depth, seen_weight, shown_on, smoothstep
from .sides import CROSSFADE, SEEN_WELL, turned_in

HEAD = 0
"""Limb of :data:`.charts.LIMB_OF_REGION`."""
CLOTH, BARE = 1, 2
WORN_OF_LABEL = np.zeros(len(Label), np.uint8)
"""By label: :data:`CLOTH`, :data:`BARE` legs, or 0."""
WORN_OF_LABEL[list(CLOTHES)] = CLOTH
WORN_OF_LABEL[Label.LEGS] = BARE
STANDS_OFF_M = 0.015
"""Metres from the body beyond which a surface is loose cloth."""
FLANK_TOLERANCE = 0.01
"""Metres by which the surface may be nearer where a flank's texture is taken, besides half the limb's radius: more is another limb."""
SMALLEST_RADIUS = 1.0
"""Pixels; a limb thinner than that has no flanks."""
HAIRLINE, HALF = 0.004, (0.3, 0.7)
"""Of the person's height: standard deviation over which the line between hair and skin is evened out, and the shares of hair between which
it passes over: seen from the side every tooth of it would be drawn out as a streak."""
HAIR_FROM, HEAD_TOLERANCE = 0.35, 0.06
"""Cosine toward the camera up to which hair that is not shown covers the side of the head (20 degrees before square), and
metres by which the back's outline may lie behind it."""
EAR, BEHIND_EAR = (0.35, 0.7), 0.15
"""Heights of the upper ear and of its lobe, as shares of the face from the forehead's hairline down to the nape's, and the cosine away from
the camera at which the hair begins below it (9 degrees behind square)."""

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Layer:
    """One set of limbs as the photo and the painted back show it.

    Attributes:
        limbs: of :data:`.charts.LIMB_OF_REGION` that take their colours from here.
        photo: (H, W, 3) clean colours, continued over the background.
        labels: (H, W) of the photo.
        view: of these limbs.
        backside: what is seen from behind.
    """

    limbs: tuple[int, ...]
    photo: Image
    labels: Image
    view: View
    backside: Backside


class Sight:
    """Tells how well a layer's points are seen from the front and from behind."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        depth = layer.view.points[:, 2]
        self._scale = float(np.median(depth)) / layer.view.camera.focal
        self._span = float(depth.max() + depth.min())
        self._front, self._back = occluder_depth(layer.view.front), occluder_depth(layer.view.back)
        self._allowed, self._back_labels = shown_on(layer.labels), layer.backside.labels
        hidden = (layer.backside.labels == Label.HAIR) & (layer.labels != Label.HAIR)
        rows = np.flatnonzero((hidden & (layer.labels == Label.FACE)).any(1))
        self._face = (float(rows[0]), float(rows[-1])) if len(rows) else (0.0, 0.0)
        self._hidden_hair = cv2.GaussianBlur(hidden.astype(np.float32), (0, 0), max(HAIRLINE * float(np.ptp(layer.view.points[:, 1])), 0.5))

    def visible(self, x: Floats, y: Floats, depth: Floats, facing: Floats) -> Floats:
        """Front weights, whatever the photo shows there."""
        return seen_weight(self._front, x, y, depth, facing, self._scale)

    def colours(self, at: list[Floats], limb: Image, worn: Image) -> tuple[Floats, Floats]:
        """Colours times weights, and weights.

        Args:
            at: 2-D arrays of x, y, depth, facing, outward x and y, and radius (:class:`.sides.Flank`).
            limb: of :data:`.charts.LIMB_OF_REGION`.
            worn: codes of :func:`worn_on`.
        """
        x, y, depth, facing, *flank = at
        hair, skin = self._hair_behind(x, y, self._span - depth, -facing, limb)
        seen, px, py = self._share(self._front, x, y, depth, facing, flank)
        seen *= self._shows(px, py, limb, worn) * (1 - hair)
        behind, bx, by = self._share(self._back, x, y, self._span - depth, -facing, flank)
        behind = np.where(_crossed(_nearest(self._back_labels, bx, by), worn), 0, behind) * (1 - skin)
        behind = np.maximum(behind, hair).astype(np.float32)
        front, back = sample(self.layer.photo, px, py), sample(self.layer.backside.colours, bx, by)
        known = np.asarray(front * seen[..., None] + back * behind[..., None], np.float32)
        return known, np.asarray(seen + behind, np.float32)

    def _share(self, limit: Floats, x: Floats, y: Floats, depth: Floats, toward: Floats,
               flank: list[Floats]) -> tuple[Floats, Floats, Floats]:
        """How much a side tells about points, and where on it; flanks are looked up further in."""
        px, py, nearer = turned_in(x, y, toward, *flank)
        radius = flank[2]
        blocked = _nearest(limit, px, py)
        clear = depth - nearer * self._scale <= blocked + FLANK_TOLERANCE + 0.5 * radius * self._scale
        square = (toward > SEEN_WELL) | (radius < SMALLEST_RADIUS)
        faded = np.where(clear, smoothstep(-CROSSFADE, CROSSFADE, toward), 0)
        return np.where(square, seen_weight(limit, x, y, depth, toward, self._scale), faded).astype(np.float32), px, py

    def _hair_behind(self, x: Floats, y: Floats, depth: Floats, toward: Floats, limb: Image) -> tuple[Floats, Floats]:
        """How much of a head's side is the hair that the photo does not show, and how much the skin before that: hair begins at the
        temples, not where the back does, and below them behind the ears."""
        hidden = cv2.remap(self._hidden_hair, x - 0.5, y - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        hidden = np.where(limb == HEAD, smoothstep(*HALF, hidden), 0)
        top, end = self._face
        begins = np.interp(y, top + np.array(EAR) * (end - top), (-HAIR_FROM, BEHIND_EAR))
        share = smoothstep(0.0, HAIR_FROM, toward - begins)
        clear = depth <= _nearest(self._back, x, y) + HEAD_TOLERANCE
        return np.where(clear, hidden * share, 0).astype(np.float32), (hidden * (1 - share)).astype(np.float32)

    def weights(self, x: Floats, y: Floats, depth: Floats, facing: Floats, limb: Image, worn: Image) -> tuple[Floats, Floats]:
        """(front, back) weights 0..1 of points given as 2-D arrays."""
        seen = self.visible(x, y, depth, facing) * self._shows(x, y, limb, worn)
        behind = seen_weight(self._back, x, y, self._span - depth, -facing, self._scale)
        return seen, behind * ~_crossed(_nearest(self._back_labels, x, y), worn)

    def _shows(self, x: Floats, y: Floats, limb: Image, worn: Image) -> Image:
        """1 where the photo's label can belong to the limb, and is not skin on cloth or cloth on skin, else 0."""
        label = cv2.remap(self.layer.labels, x - 0.5, y - 0.5, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        bits = cv2.remap(self._allowed, x - 0.5, y - 0.5, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        return ((bits >> limb) & 1) * ~_crossed(label, worn)


def _crossed(label: npt.NDArray[np.generic], worn: Image) -> npt.NDArray[np.bool_]:
    """Where bare legs are shown on cloth, or cloth on bare legs."""
    there = WORN_OF_LABEL[label]
    return ((worn == CLOTH) & (there == BARE)) | ((worn == BARE) & (there == CLOTH))


def worn_on(surface: Surface, body: Body) -> Image:
    """(V,) whether a vertex of trunk or legs is :data:`CLOTH` or :data:`BARE`; 0 elsewhere and where the surface does not say.

    A hem of the surface lies a few pixels beside the photo's; the legs below must not be printed on it, nor it on them. Only cloth that
    stands off the legs, and skin that does not, are told apart: about the hem itself the surface's labels may be mistaken too.
    """
    if surface.cover is None:
        return np.zeros(len(surface.vertices), np.uint8)
    lower = np.isin(surface.parts, (Part.TORSO, Part.LEFT_UPPER_LEG, Part.RIGHT_UPPER_LEG, Part.LEFT_LOWER_LEG, Part.RIGHT_LOWER_LEG))
    worn = np.where(lower, WORN_OF_LABEL[surface.cover], 0)
    off = np.linalg.norm(surface.vertices - body.vertices[surface.body_vertex], axis=1) > STANDS_OFF_M
    return np.where(off == (worn == CLOTH), worn, 0).astype(np.uint8)


def _nearest(image: npt.NDArray[T], x: Floats, y: Floats) -> npt.NDArray[T]:
    """Values of the pixels that hold image coordinates; 0 outside."""
    found: npt.NDArray[T] = cv2.remap(image, x - 0.5, y - 0.5, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return found


def sample(image: npt.NDArray[np.generic], x: Floats, y: Floats) -> Floats:
    """Colours at image coordinates; bicubic."""
    return cv2.remap(image, x - 0.5, y - 0.5, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
