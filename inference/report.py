# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look leaves behind: its files, and ``look.json``, which says from what, by what and under which licence it was made."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from .licences import licences_of
from .records import Body, Garment, Image, Label, Look, Person, Skin, Surface, TexturedMesh, TryOn
from .request import LookRequest

if TYPE_CHECKING:
    from .output import OutputFolder

SCHEMA = 1
"""Version of look.json; raised when a field changes its meaning."""


def write_look(folder: OutputFolder, request: LookRequest, person: Person, body: Body, garments: Sequence[Garment], dressed: TryOn,
               surface: Surface, mesh: TexturedMesh, skin: Skin, seconds: dict[str, float]) -> Look:
    """Write all files of the look into ``folder`` and publish them at once.

    Raises:
        OutputError: the folder cannot be written; nothing is left then.
    """
    from .export.glb import encode_glb
    from .export.layers import layers_of
    from .pipeline import version
    from .rig.clips import clips_of
    from .rig.names import renamed

    mesh, skin = bound_in(request.stance, *standing(mesh, skin))
    warnings = tuple(dict.fromkeys(
        [*person.photo.warnings, *person.warnings, *body.warnings,
         *(f"{g.photo.path.name}: {w}" for g in garments for w in (*g.photo.warnings, *g.warnings)), *dressed.warnings]))
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "dressform": version(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "request": request_by_name(request),
        "inputs": [{"role": "person", "file": person.photo.path.name, "sha256": person.photo.sha256}]
                  + [{"role": "garment", "file": g.photo.path.name, "sha256": g.photo.sha256} for g in garments],
        "backends": {"tryon": dressed.backend, "reconstruct": request.reconstruction},
        **licences_of(request),
        "person": {"framing": person.framing.value, "height_m": round(body.height_m, 4), "height_given": request.height_m is not None,
                   "measurements_cm": {k: round(float(v), 1) for k, v in body.measurements.items()},
                   "shape": {k: round(float(v), 4) for k, v in body.shape.items()}, "landmark_error_px": round(float(body.error_px), 2)},
        "garments": [{"file": g.photo.path.name, "category": g.category, "kind": g.kind, "attributes": _plain(g.attributes)}
                     for g in garments],
        "mesh": {"vertices": len(mesh.vertices), "faces": len(mesh.faces), "charts": mesh.charts,
                 "texture": int(mesh.base_colour.shape[0]), "bones": len(skin.skeleton.names)},
        "camera": {"focal_px": round(body.camera.focal, 2), "width": body.camera.width, "height": body.camera.height,
                   "world_to_camera": np.asarray(body.camera.world_to_camera).round(6).tolist()},
        "seconds": {stage: round(value, 2) for stage, value in seconds.items()},
        "warnings": list(warnings),
    }
    folder.write_image("tryon.png", dressed.person.photo.pixels)
    folder.write_image("person.png", np.dstack([person.foreground, _grey(person.matte)]))
    if request.keep_stages:
        for name, pixels in stage_pictures(person, body, garments, dressed, mesh).items():
            folder.write_image(f"stages/{name}.png", pixels)
    folder.write_bytes("look.json", json.dumps(report, indent=1, ensure_ascii=False).encode())
    extras = {"look": "dressform", "version": version(), "commercial_use": report["commercial_use"]}
    clips = clips_of(skin.skeleton, legs=surface.cut is None)
    named = dataclasses.replace(skin, skeleton=renamed(skin.skeleton, request.bones))
    folder.write_bytes("look.glb", encode_glb(mesh, named, "Look", extras, clips, layers_of(surface) if request.layered else None))
    folder.publish()
    return Look(folder.path, report, warnings)


def request_by_name(request: LookRequest) -> dict[str, Any]:
    """The request as JSON with file names for paths: a look.json goes to other people and other machines."""
    values = request.to_json()
    values["person"] = request.person.name
    values["region_mask"] = request.region_mask and request.region_mask.name
    for garment, asked in zip(values["garments"], request.garments, strict=True):
        garment["photo"], garment["mask"] = asked.photo.name, asked.mask and asked.mask.name
    return values


def bound_in(stance: str, mesh: TexturedMesh, skin: Skin) -> tuple[TexturedMesh, Skin]:
    """The mesh and its bones in the pose that a request asks for."""
    from .rig.poses import POSES, move_into

    return (mesh, skin) if stance == "photo" else standing(*move_into(mesh, skin, POSES[stance]))


def standing(mesh: TexturedMesh, skin: Skin) -> tuple[TexturedMesh, Skin]:
    """The mesh and its bones moved so that it stands on y = 0, on its soles or on its cut."""
    lift = float(mesh.vertices[:, 1].min())
    shift = np.array([0, -lift, 0], np.float32)
    skeleton = dataclasses.replace(skin.skeleton, heads=skin.skeleton.heads + shift, tails=skin.skeleton.tails + shift)
    return dataclasses.replace(mesh, vertices=mesh.vertices + shift), dataclasses.replace(skin, skeleton=skeleton)


PALETTE = np.array([[0, 0, 0], [90, 60, 30], [250, 200, 170], [220, 60, 60], [150, 30, 90], [60, 90, 220], [60, 200, 220], [200, 90, 220],
                    [250, 170, 120], [250, 140, 90], [240, 190, 120], [90, 90, 90], [120, 160, 60], [240, 230, 60]], np.uint8)
"""Display colour of each :class:`.records.Label`."""


def stage_pictures(person: Person, body: Body, garments: Sequence[Garment], dressed: TryOn, mesh: TexturedMesh) -> dict[str, Image]:
    """What each stage saw, by file stem."""
    import cv2

    from .raster import rasterise

    photo = person.photo.pixels
    pose = photo.copy()
    for (x, y), seen in zip(person.pose.points, person.pose.visibility, strict=True):
        colour = (40, 220, 60) if seen > 0.5 else (230, 60, 40)
        cv2.circle(pose, (int(x), int(y)), max(2, photo.shape[0] // 250), colour, -1, cv2.LINE_AA)
    projected = body.camera.project(body.vertices)
    cover = rasterise(projected[:, :2], body.faces, photo.shape[1], photo.shape[0], projected[:, 2])
    fitted = photo.copy()
    hue = (body.parts.astype(int)[body.faces[cover.face[cover.mask]][:, 0]] * 47) % 180
    colours = cv2.cvtColor(np.stack([hue, np.full_like(hue, 200), np.full_like(hue, 230)], -1).astype(np.uint8)[None], cv2.COLOR_HSV2RGB)[0]
    fitted[cover.mask] = (0.45 * fitted[cover.mask] + 0.55 * colours).astype(np.uint8)
    pictures: dict[str, Image] = {
        "pose": pose, "matte": _grey(person.matte), "labels": PALETTE[person.labels], "body": fitted,
        "labels_dressed": PALETTE[dressed.person.labels], "matte_dressed": _grey(dressed.person.matte),
        "changed": _grey(dressed.changed), "atlas": mesh.base_colour,
    }
    for number, garment in enumerate(garments, 1):
        cut_out = garment.pixels.copy()
        for x, y in garment.landmarks.values():
            cv2.circle(cut_out, (int(x), int(y)), max(2, cut_out.shape[0] // 120), (230, 40, 40, 255), -1, cv2.LINE_AA)
        pictures[f"garment_{number}"] = cut_out
    return pictures


def _grey(values: Any) -> Image:
    return np.clip(np.asarray(values) * 255 + 0.5, 0, 255).astype(np.uint8)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


assert len(PALETTE) == len(Label)
