# SPDX-License-Identifier: GPL-3.0-or-later
"""The data that flows through the pipeline; each stage reads the records before it and makes the next.

Arrays are NumPy, images are height x width first. Frames are those of :mod:`.coordinates`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .coordinates import Camera

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


class Label(IntEnum):
    """Classes of a pixel of the person photo; the codes of ``Person.labels`` and of ``stages/labels.png``."""

    BACKGROUND = 0
    HAIR = 1
    FACE = 2          # face, ears and neck skin
    UPPER = 3         # shirts, tees, sweaters, blouses
    OUTER = 4         # jackets, coats, open shirts over another top
    LOWER = 5         # trousers, shorts
    SKIRT = 6
    DRESS = 7         # dresses, jumpsuits
    ARMS = 8          # bare arms
    HANDS = 9
    LEGS = 10         # bare legs, tights
    SHOES = 11        # shoes and bare feet
    BAG = 12
    ACCESSORY = 13    # hat, glasses, belt, jewellery

CLOTHES = (Label.UPPER, Label.OUTER, Label.LOWER, Label.SKIRT, Label.DRESS)
SKIN = (Label.FACE, Label.ARMS, Label.HANDS, Label.LEGS)


class Framing(Enum):
    """How much of the person the photo shows."""

    FULL = "full"                     # head to feet
    THREE_QUARTER = "three-quarter"   # head to somewhere between hip and ankle
    HALF = "half"                     # head to somewhere above the hips


@dataclass(frozen=True)
class Photo:
    """A decoded image file, upright, in sRGB.

    Attributes:
        pixels: (H, W, 3) RGB; where the file had transparency, colour is un-premultiplied and unchanged.
        alpha: (H, W) or None if the file had no transparency.
        path: the file.
        sha256: of the file's bytes, hex.
        warnings: what the reader had to do that the user should know (resized, converted, …).
    """

    pixels: Image
    alpha: Image | None
    path: Path
    sha256: str
    warnings: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])


@dataclass(frozen=True)
class Pose:
    """The 33 landmarks of MediaPipe Pose (BlazePose order).

    Attributes:
        points: (33, 2) image pixels.
        visibility: (33,) 0..1; below :data:`.person.pose.VISIBLE` a point is a guess. Points outside the image count as 0.
        world: (33, 3) metres, hips at the origin, camera axes (x right, y down, z forward).
        face: (478, 2) face mesh in image pixels, or None.
    """

    points: Floats
    visibility: Floats
    world: Floats
    face: Floats | None = None


@dataclass(frozen=True)
class Worn:
    """How a garment that was put on hangs; known from its cut, where pixels leave it open.

    Attributes:
        category: ``top``, ``outer``, ``bottom`` or ``dress``.
        tube: whether its lower part goes round both legs as one: a skirt, the skirt of a dress, the tails of a coat.
        opened: whether its front hangs open.
        hem: (n, 2) image pixels: the ends of its hem or of its hems, where the fitted cut puts them.
        cuffs: (n, 2) image pixels: the middles of the ends of its sleeves; empty without sleeves.
    """

    category: str
    tube: bool
    opened: bool
    hem: Floats
    cuffs: Floats


@dataclass(frozen=True)
class Person:
    """A person in a photo.

    Attributes:
        photo: the photo.
        pose: landmarks.
        matte: (H, W) float32 0..1, the person's coverage.
        labels: (H, W) uint8, codes of :class:`Label`.
        framing: how much of the person is shown.
        foreground: (H, W, 3) the person's own colour with the background's share removed at the rim.
        warnings: for the user.
        worn: the garments that a try-on put on, from the innermost outwards; empty for the person as photographed, and where the
            try-on does not know how they hang.
    """

    photo: Photo
    pose: Pose
    matte: Floats
    labels: Image
    framing: Framing
    foreground: Image
    warnings: tuple[str, ...] = ()
    worn: tuple[Worn, ...] = ()


@dataclass(frozen=True)
class Skeleton:
    """Bones with Mixamo names, in the pose of the photo.

    Attributes:
        names: of the J bones, parents before children, ``mixamorig:Hips`` first.
        parents: (J,) index of the parent, -1 for the root.
        heads, tails: (J, 3) metres, body frame, posed as in the photo.
        rest_heads, rest_tails: (J, 3) the same person in the model's rest pose (arms 45 degrees down).
        rotations: (J, 3, 3) body frame, turns a rest-pose direction of bone j into its posed direction (global, not local).
    """

    names: tuple[str, ...]
    parents: Ints
    heads: Floats
    tails: Floats
    rest_heads: Floats
    rest_tails: Floats
    rotations: Floats

    def index(self, name: str) -> int:
        """Index by name, with or without the ``mixamorig:`` prefix."""
        return self.names.index(name if ":" in name else f"mixamorig:{name}")


class Part(IntEnum):
    """Parts of the body surface; ``Body.parts`` and ``Surface.parts``. LEFT is the person's left."""

    HEAD = 0
    TORSO = 1         # neck to hips
    LEFT_UPPER_ARM = 2
    LEFT_LOWER_ARM = 3
    LEFT_HAND = 4
    RIGHT_UPPER_ARM = 5
    RIGHT_LOWER_ARM = 6
    RIGHT_HAND = 7
    LEFT_UPPER_LEG = 8
    LEFT_LOWER_LEG = 9
    LEFT_FOOT = 10
    RIGHT_UPPER_LEG = 11
    RIGHT_LOWER_LEG = 12
    RIGHT_FOOT = 13


ARM_PARTS = {"left": (Part.LEFT_UPPER_ARM, Part.LEFT_LOWER_ARM, Part.LEFT_HAND),
             "right": (Part.RIGHT_UPPER_ARM, Part.RIGHT_LOWER_ARM, Part.RIGHT_HAND)}
LEG_PARTS = {"left": (Part.LEFT_UPPER_LEG, Part.LEFT_LOWER_LEG, Part.LEFT_FOOT),
             "right": (Part.RIGHT_UPPER_LEG, Part.RIGHT_LOWER_LEG, Part.RIGHT_FOOT)}
"""Parts of the limbs of each side, from the trunk outwards."""


@dataclass(frozen=True)
class Body:
    """The parametric body under the clothes, posed and placed like the person in the photo.

    Attributes:
        vertices: (V, 3) metres, body frame.
        rest_vertices: (V, 3) the same shape in the rest pose, same origin and scale.
        faces: (F, 3) outward, counter-clockwise.
        parts: (V,) uint8 codes of :class:`Part`.
        weights: (V, J) float32, rows sum to 1, at most 4 non-zero.
        skeleton: bones.
        camera: the photo's camera.
        height_m: stature in metres (top of the skull to the soles, upright).
        shape: named shape parameters of the model.
        measurements: centimetres, by name (``stature``, ``shoulder_width``, ``chest``, ``waist``, ``hips``, ``inseam``, …).
        error_px: mean distance of the visible fitted landmarks, pixels.
        warnings: for the user.
        outer: (F,) True for the faces of the skin that can be seen from outside (not mouth, eye sockets, eyes); None: all of them.
    """

    vertices: Floats
    rest_vertices: Floats
    faces: Ints
    parts: Image
    weights: Floats
    skeleton: Skeleton
    camera: Camera
    height_m: float
    shape: dict[str, float]
    measurements: dict[str, float]
    error_px: float
    warnings: tuple[str, ...] = ()
    outer: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Garment:
    """A garment cut out of its photo and understood.

    Attributes:
        photo: the photo it came from.
        pixels: (h, w, 4) RGBA, upright (collar or waistband up), cropped to the garment, at the photo's own resolution.
        category: ``top``, ``outer``, ``bottom`` or ``dress``.
        kind: ``flat`` or ``worn``.
        landmarks: name -> (x, y) in ``pixels``; left and right are the wearer's. Names: ``neck_left``, ``neck_right``, ``neck_front``,
            ``shoulder_left``, ``armpit_left``, ``cuff_outer_left``, ``cuff_inner_left``, ``waist_left``, ``hem_left``, ``hem_middle``,
            ``crotch``, ``collar_left`` (where the front edge of a neck ends) and their right-hand twins, where the category has them; of
            worn tops also the joints of who wears them, where these are seen (``joint_left`` of the shoulder, ``elbow_left``,
            ``wrist_left``, ``hip_left``), and ``parting_left``, where an arm that lies against the trunk leaves it.
        attributes: ``sleeve`` (none|short|elbow|long), ``leg`` (short|knee|long), ``neckline``, ``closure``, ``skirt`` (bool) …
        request: how it is to be worn (:class:`.request.GarmentRequest`).
        warnings: for the user.
        wearer: the body of who wears it in its photo, its camera that of ``pixels``; None of flat garments and where it is not known.
    """

    photo: Photo
    pixels: Image
    category: str
    kind: str
    landmarks: dict[str, tuple[float, float]]
    attributes: dict[str, Any]
    request: Any
    warnings: tuple[str, ...] = ()
    wearer: Body | None = None


@dataclass(frozen=True)
class TryOn:
    """The person wearing the garments.

    Attributes:
        person: the person as dressed: photo pixels, matte, labels and foreground are those of the new picture.
        changed: (H, W) float32 0..1, where the picture differs from the person's photo.
        layers: per garment (H, W) float32 0..1, its visible coverage.
        backend: name and version of what made it.
        warnings: for the user.
    """

    person: Person
    changed: Floats
    layers: tuple[Floats, ...]
    backend: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surface:
    """The dressed outer surface, one watertight mesh.

    Attributes:
        vertices: (V, 3) metres, body frame.
        faces: (F, 3) outward, counter-clockwise.
        normals: (V, 3) unit, outward.
        parts: (V,) uint8 codes of :class:`Part`, of the body beneath.
        body_vertex: (V,) index of the nearest vertex of the fitted body.
        cut: height y in metres of the flat cut of a photo that does not show the feet, else None.
        cover: (V,) uint8 codes of :class:`Label`: what each vertex is made of, seen or assumed; None where a backend does not tell.
        colours: (V, 3) float32 0..255 sRGB, what the backend says of the places that the photo does not show; None where it says nothing.
    """

    vertices: Floats
    faces: Ints
    normals: Floats
    parts: Image
    body_vertex: Ints
    cut: float | None = None
    cover: Image | None = None
    colours: Floats | None = None


@dataclass(frozen=True)
class TexturedMesh:
    """A surface with its UV atlas and images.

    Attributes:
        vertices, normals: (V', 3); vertices are split along chart borders.
        faces: (F, 3) into the split vertices.
        uv: (V', 2) 0..1, origin at the image's bottom left (glTF's v is 1 - v).
        source: (V',) index of the surface vertex each split vertex came from.
        base_colour: (T, T, 3) sRGB.
        charts: number of charts.
        roughness: (R, R) uint8, 0 mirror .. 255 matt, or None for one value everywhere.
    """

    vertices: Floats
    normals: Floats
    faces: Ints
    uv: Floats
    source: Ints
    base_colour: Image
    charts: int
    roughness: Image | None = None


@dataclass(frozen=True)
class Skin:
    """Skin of a mesh on a skeleton.

    Attributes:
        joints: (V, 4) uint16 bone indices.
        weights: (V, 4) float32, rows sum to 1.
        skeleton: bones.
    """

    joints: npt.NDArray[np.uint16]
    weights: Floats
    skeleton: Skeleton


@dataclass(frozen=True)
class Look:
    """The result of :func:`.pipeline.make_look`.

    Attributes:
        folder: where the files are (``look.glb``, ``tryon.png``, ``person.png``, ``look.json``).
        report: what ``look.json`` says.
        warnings: for the user, of all stages.
    """

    folder: Path
    report: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
