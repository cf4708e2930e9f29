# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the photo and the painted back tell a point's colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from ..records import CLOTHES, Body, Floats, Image, Label, Mask, Part, Surface
from .backside import Backside
from .far_side import FarSide
from .projection import View, occluder_depth, seen_weight, shown_on, smoothstep
from .sides import CROSSFADE, SEEN_WELL, turned_in
from .skull import Skull
from .strands import Strands

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
TEMPLE = ((-0.85, 115.0), (-0.5, 110.0), (-0.3, 80.0), (0.2, 62.0))
"""Heights over the skull's middle, in its radii, and the angles from straight ahead at which the hair begins that the photo does not show:
at the temples, and from the upper ear (-0.35) down to the lobe (-0.85) behind the ear, which lies at 95 to 105 degrees."""
HAIRLINE_WIDTH = 14.0
"""Degrees over which it does."""
TOLD = (0.3, 0.5)
"""Cosines toward the camera between which the photo comes to tell itself where hair is."""
HAIR_GRAZING, HAIR_SQUARE = 0.3, 0.7
"""Cosines between which the photo's hair takes over from painted hair: beyond 60 degrees its strands are drawn out to stripes."""

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

    def __init__(self, layer: Layer, skull: Skull | None = None, strands: Strands | None = None) -> None:
        self.layer, self._skull, self._strands = layer, skull, strands
        depth = layer.view.points[:, 2]
        self._scale = float(np.median(depth)) / layer.view.camera.focal
        self._span = float(depth.max() + depth.min())
        self._front, self._back = occluder_depth(layer.view.front), occluder_depth(layer.view.back)
        self._allowed, self._back_labels = shown_on(layer.labels), layer.backside.labels
        hidden = (layer.backside.labels == Label.HAIR) & (layer.labels != Label.HAIR)
        reach = max(HAIRLINE * float(np.ptp(layer.view.points[:, 1])), 0.5)
        hair = layer.backside.labels == Label.HAIR
        self._hair, self._shown_hair = (cv2.GaussianBlur(mask.astype(np.float32), (0, 0), reach) for mask in (hair, hair & ~hidden))
        self._far = None if skull is None else FarSide(skull, layer.view.camera, layer.view.front.depth, layer.labels,
                                                       float(np.ptp(layer.view.points[:, 1])))
        self._hidden_hair = cv2.GaussianBlur(hidden.astype(np.float32), (0, 0), reach)

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
        hair, skin = self.hair(x, y, depth, facing, limb)
        seen, px, py = self._share(self._front, x, y, depth, facing, flank)
        seen *= self._shows(px, py, limb, worn) * (1 - hair)
        behind, bx, by = self._share(self._back, x, y, self._span - depth, -facing, flank)
        behind = np.where(_crossed(_nearest(self._back_labels, bx, by), worn), 0, behind) * (1 - skin)
        behind = np.maximum(behind, hair).astype(np.float32)
        front, back = sample(self.layer.photo, px, py), self._painted(x, y, depth, bx, by)
        other, mx, my = self._other_side(x, y, depth, facing, limb)
        other *= 1 - hair
        seen, behind = seen * (1 - other), behind * (1 - other)
        known = front * seen[..., None] + back * behind[..., None] + sample(self.layer.photo, mx, my) * other[..., None]
        return np.asarray(known, np.float32), np.asarray(seen + behind + other, np.float32)

    def _other_side(self, x: Floats, y: Floats, depth: Floats, facing: Floats, limb: Image) -> tuple[Floats, Floats, Floats]:
        """How far a head's other side tells the skin of points, and where it lies in the photo."""
        weight, mx, my = np.zeros(x.shape, np.float32), x, y
        head = (limb == HEAD).any(1)
        if self._far is not None and head.any():
            mx, my = x.copy(), y.copy()
            weight[head], _, mx[head], my[head] = self._far.look(self._points(x[head], y[head], depth[head]), facing[head])
        return np.where(limb == HEAD, weight, 0), mx, my

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

    def hair(self, x: Floats, y: Floats, depth: Floats, facing: Floats, limb: Image) -> tuple[Floats, Floats]:
        """How much of a head's sides is painted hair, and how much skin that the back's hair does not reach.

        The photo's own hair is drawn out to stripes there. Where it shows a face, hair begins at the temples, not where the back does,
        and below them behind the ears.
        """
        none = np.zeros(x.shape, np.float32)
        head = (limb == HEAD).any(1)
        if self._skull is None or self._far is None or not head.any():
            return none, none
        x, y, depth, facing = x[head], y[head], depth[head], facing[head]
        hidden, shown = (smoothstep(*HALF, cv2.remap(mask, x - 0.5, y - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
                         for mask in (self._hidden_hair, self._shown_hair))
        points = self._points(x, y, depth)
        angle, _, high = self._skull.place(points)
        begins = np.interp(high / self._skull.radius, *np.array(TEMPLE).T)
        beyond = smoothstep(0.0, HAIRLINE_WIDTH, np.degrees(np.abs(angle)) - begins) * (1 - smoothstep(*TOLD, facing))
        skin_there, hair_there, *_ = self._far.look(points, facing)
        told = np.minimum(skin_there + hair_there, 1)
        beyond = beyond * (1 - told) + hair_there
        hair, skin = none, none.copy()
        own = limb[head] == HEAD
        hair[head] = np.where(own, np.maximum(hidden * beyond, shown * (1 - smoothstep(HAIR_GRAZING, HAIR_SQUARE, facing))), 0)
        skin[head] = np.where(own, hidden * (1 - beyond), 0)
        return hair, skin

    def hairy(self, x: Floats, y: Floats, depth: Floats, facing: Floats, limb: Image) -> Mask:
        """Which points of a head are under hair, painted or shown; on other limbs none."""
        painted, _ = self.hair(x, y, depth, facing, limb)
        return np.asarray((limb == HEAD) & ((painted > 0.5) | ((facing > 0) & (_nearest(self._shown_hair, x, y) > 0.5))))

    def _points(self, x: Floats, y: Floats, depth: Floats) -> Floats:
        """(..., 3) metres in the body frame."""
        pixels = np.stack([x, y], -1).reshape(-1, 2)
        return self.layer.view.camera.unproject(pixels, depth.reshape(-1)).reshape(*x.shape, 3).astype(np.float32)

    def _painted(self, x: Floats, y: Floats, depth: Floats, bx: Floats, by: Floats) -> Floats:
        """The back's colours, with strands where they are hair."""
        out = sample(self.layer.backside.colours, bx, by)
        if self._strands is None:
            return out
        share = smoothstep(*HALF, cv2.remap(self._hair, bx - 0.5, by - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        rows = (share > 0).any(1)
        if rows.any():
            strands = self._strands.at(self._points(x[rows], y[rows], depth[rows]))
            out[rows] *= (1 + share[rows] * (strands - 1))[..., None]
        return out

    def weights(self, x: Floats, y: Floats, depth: Floats, facing: Floats, limb: Image, worn: Image) -> tuple[Floats, Floats]:
        """(front, back) weights 0..1 of points given as 2-D arrays."""
        hair, skin = self.hair(x, y, depth, facing, limb)
        seen = self.visible(x, y, depth, facing) * self._shows(x, y, limb, worn) * (1 - hair)
        behind = seen_weight(self._back, x, y, self._span - depth, -facing, self._scale) * (1 - skin)
        return seen, np.maximum(behind * ~_crossed(_nearest(self._back_labels, x, y), worn), hair)

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
