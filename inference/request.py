# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user asks for: one person photo, garments, and options."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from .backend import DEVICES, Settings
from .errors import InputError

Category = Literal["auto", "top", "outer", "bottom", "dress"]
PhotoKind = Literal["auto", "flat", "worn"]
Build = Literal["auto", "female", "male", "neutral"]
Naming = Literal["mixamo", "rigify", "unreal"]
Stance = Literal["photo", "a", "t"]

DEFAULT_HEIGHT_M = 1.70
"""Body height when the user gives none; the rounded world mean of adults (NCD-RisC 2016: 1.59 m and 1.71 m)."""
TEXTURE_SIZES = (512, 1024, 2048, 4096)
FACE_COUNT_RANGE = (5_000, 120_000)


@dataclass(frozen=True)
class GarmentRequest:
    """One garment photo and how it is to be worn.

    Attributes:
        photo: the image file.
        category: ``auto`` lets the garment stage decide.
        kind: ``flat`` for flat-lay, hanger and ghost-mannequin photos, ``worn`` for photos on a person.
        tucked: top tucked into the bottom.
        sleeves_rolled: sleeves end below the elbow.
        open_front: jacket or shirt worn open.
        points: places on the garment, x and y in pixels of its photo: what they lie on is cut out.
        points_off: places beside it, which the points alone would take for it.
        mask: picture of the photo's size, white where the garment is; it is cut out along it.
    """

    photo: Path
    category: Category = "auto"
    kind: PhotoKind = "auto"
    tucked: bool = False
    sleeves_rolled: bool = False
    open_front: bool = False
    points: tuple[tuple[float, float], ...] = ()
    points_off: tuple[tuple[float, float], ...] = ()
    mask: Path | None = None


@dataclass(frozen=True)
class LookRequest:
    """Everything a look depends on.

    Attributes:
        person: the person's photo.
        garments: from the innermost to the outermost layer.
        height_m: the person's height in metres; ``None`` means :data:`DEFAULT_HEIGHT_M`, and a warning.
        build: which body is expected where the photo does not tell, under loose clothes and in depth: the mean ``female``, ``male``
            or ``neutral`` one, or what the height makes likely (``auto``).
        tryon: name of the try-on backend; ``drape`` is the embedded one, ``none`` keeps the person's clothes.
        reconstruction: name of the reconstruction backend; ``body`` is the embedded one.
        texture_size: edge of the square base-colour image in pixels.
        faces: target number of triangles of the mesh.
        seed: for backends that draw random numbers.
        backend_options: per backend name, its options (for TripoSR the published names).
        keep_stages: also write what each stage saw.
        matting: name of what cuts the person out; ``mediapipe`` is embedded.
        parser: name of what tells clothes from skin; ``dressform`` is embedded.
        pose: name of what finds the landmarks; ``mediapipe`` is embedded.
        garment_mask: name of what cuts garments out; ``embedded`` is contour analysis. Points are followed by ``sam`` or ``points`` if
            one of these is named here, else by Segment Anything where it is there, and by growing where not.
        points: places on the clothes that the garments replace, x and y in pixels of the person's photo. Without them the parser tells.
        points_off: places beside those clothes, which the points alone would take for them.
        region_mask: picture of the person photo's size: the clothes where it is white go, and nothing changes where it is black.
        person_by: id of the model that drew the person; empty for a photograph.
        device: where backends with weights compute: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        bones: what bones are called: ``mixamo``, ``rigify`` or ``unreal`` (:mod:`.rig.names`).
        stance: the pose that the mesh is bound in: as in the ``photo``, or arms out in an ``a`` or a ``t``.
        layered: body, garments, hair and shoes as meshes of their own on the same armature.
    """

    person: Path
    garments: tuple[GarmentRequest, ...] = ()
    height_m: float | None = None
    tryon: str = "drape"
    reconstruction: str = "body"
    texture_size: int = 2048
    faces: int = 40_000
    seed: int = 0
    backend_options: dict[str, dict[str, Any]] = field(default_factory=dict)
    keep_stages: bool = False
    matting: str = "mediapipe"
    parser: str = "dressform"
    pose: str = "mediapipe"
    garment_mask: str = "embedded"
    points: tuple[tuple[float, float], ...] = ()
    points_off: tuple[tuple[float, float], ...] = ()
    region_mask: Path | None = None
    person_by: str = ""
    device: str = "auto"
    build: Build = "auto"
    bones: Naming = "mixamo"
    stance: Stance = "photo"
    layered: bool = False

    def settings(self, backend: str) -> Settings:
        """What the backend of that name is told besides its inputs."""
        return Settings(self.backend_options.get(backend, {}), self.seed, self.device)

    def check(self) -> None:
        """Raise :class:`InputError` for values outside their ranges; files are checked where they are read."""
        if self.height_m is not None and not 0.4 <= self.height_m <= 2.6:
            raise InputError("bad_height", f"A height of {self.height_m} m is not that of a person.",
                             "Give the height in metres, between 0.4 and 2.6.")
        if self.texture_size not in TEXTURE_SIZES:
            raise InputError("bad_texture_size", f"A texture size of {self.texture_size} is not offered.",
                             f"Choose one of {', '.join(map(str, TEXTURE_SIZES))}.")
        if self.device.partition(":")[0] not in DEVICES:
            raise InputError("bad_device", f"There is no kind of device called {self.device}.", f"Choose one of {', '.join(DEVICES)}.")
        for what, value, offered in (("build", self.build, get_args(Build)), ("bones", self.bones, get_args(Naming)),
                                     ("stance", self.stance, get_args(Stance))):
            if value not in offered:
                raise InputError(f"bad_{what}", f"The option {what} cannot be {value}.", f"Choose one of {', '.join(offered)}.")
        low, high = FACE_COUNT_RANGE
        if not low <= self.faces <= high:
            raise InputError("bad_faces", f"A mesh of {self.faces} faces is not offered.",
                             f"Choose between {low} and {high}.")
        for garment in self.garments:
            if garment.category not in get_args(Category) or garment.kind not in get_args(PhotoKind):
                raise InputError("bad_garment", f"{garment.photo.name}: unknown category or photo kind.",
                                 f"Categories are {', '.join(get_args(Category))}.")
            if garment.mask is not None and garment.points:
                raise InputError("bad_garment", f"{garment.photo.name}: points and a mask are given.", "Give one of the two.")
        for name, on, off in ((self.person.name, self.points, self.points_off),
                              *((garment.photo.name, garment.points, garment.points_off) for garment in self.garments)):
            if off and not on:
                raise InputError("no_points", f"{name}: all points are beside the thing, none is on it.", "Give one to three points on it.")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; paths as strings."""
        return {key: _plain(value) for key, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> LookRequest:
        """The reverse of :meth:`to_json`; unknown keys are an :class:`InputError`."""
        known = {f.name for f in dataclasses.fields(cls)}
        unknown = sorted(set(data) - known)
        if unknown or "person" not in data:
            raise InputError("bad_request", f"The request has unknown or missing fields: {', '.join(unknown) or 'person'}.",
                             f"Fields are {', '.join(sorted(known))}.")
        values = dict(data)
        values["person"] = Path(values["person"])
        try:
            for name in ("points", "points_off"):
                values[name] = _points(values.get(name, ()))
            values["region_mask"] = _path(values.get("region_mask"))
            values["garments"] = tuple(GarmentRequest(**{
                **g, "photo": Path(g["photo"]), "points": _points(g.get("points", ())), "points_off": _points(g.get("points_off", ())),
                "mask": _path(g.get("mask"))}) for g in values.get("garments", ()))
        except (TypeError, KeyError, ValueError) as cause:
            raise InputError("bad_request", "A garment or a point of the request has unknown or missing fields.",
                             f"Fields are {', '.join(f.name for f in dataclasses.fields(GarmentRequest))}.") from cause
        return cls(**values)


def _points(values: Any) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in values)


def _path(value: Any) -> Path | None:
    return Path(value) if value else None


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value
