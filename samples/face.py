# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a face alive: eyes that look at the lens, lashes, brows, and where the blood shows."""

from __future__ import annotations

import bpy
import numpy as np
import numpy.typing as npt

from .figure import Figure
from .hair import add_strands, scatter
from .head import Head, over_hairline
from .studio import add_mesh

Array = npt.NDArray[np.floating]


def ball(rings: int, segments: int) -> tuple[Array, list[list[int]], Array]:
    """A unit sphere about the z axis: vertices, faces, and degrees from +z of each vertex. Rings are denser near +z."""
    angles = np.concatenate([np.linspace(0, 40, rings * 2 // 3, endpoint=False), np.linspace(40, 180, rings - rings * 2 // 3)])
    polar, turn = np.radians(angles[1:-1]), np.linspace(0, 2 * np.pi, segments, endpoint=False)
    grid = np.stack([np.sin(polar)[:, None] * np.cos(turn), np.sin(polar)[:, None] * np.sin(turn),
                     np.cos(polar)[:, None] * np.ones_like(turn)], -1).reshape(-1, 3)
    vertices = np.concatenate([[[0, 0, 1.0]], grid, [[0, 0, -1.0]]])
    count, last = len(polar), len(vertices) - 1
    faces: list[list[int]] = []
    for column in range(segments):
        following = (column + 1) % segments
        faces.append([0, 1 + column, 1 + following])
        faces += [[1 + row * segments + column, 1 + (row + 1) * segments + column, 1 + (row + 1) * segments + following,
                   1 + row * segments + following] for row in range(count - 1)]
        faces.append([last, 1 + (count - 1) * segments + following, 1 + (count - 1) * segments + column])
    return vertices, faces, np.concatenate([[0.0], np.repeat(angles[1:-1], segments), [180.0]])


def add_eyes(head: Head, lens: Array, material: bpy.types.Material) -> list[bpy.types.Object]:
    """Two eyeballs looking at ``lens`` (posed body frame)."""
    items = []
    for index, centre in enumerate(head.eyes):
        place = head.turn @ centre + head.shift
        forward = (np.asarray(lens) - place) / np.linalg.norm(np.asarray(lens) - place)
        right = np.cross([0.0, 1.0, 0.0], forward)
        right /= np.linalg.norm(right)
        unit, faces, angle = ball(48, 48)
        bulge = 1 + 0.06 * np.clip(1 - (angle / 30) ** 2, 0, 1)
        vertices = (unit * bulge[:, None]) @ np.stack([right, np.cross(forward, right), forward]) * head.eye_radius + place
        items.append(add_mesh(f"Eye{index}", vertices, faces, material, attributes={"angle": angle}))
    return items


def add_lashes(figure: Figure, head: Head, material: bpy.types.Material, seed: int) -> bpy.types.Object:
    """Curved hairs along the lash shells of the base mesh."""
    rng = np.random.default_rng(seed)
    quads = figure.lashes
    corners = figure.vertices[quads]
    middle = (head.eyes @ head.turn.T + head.shift)
    strands = []
    for quad in corners:
        centre = middle[np.linalg.norm(middle - quad.mean(0), axis=1).argmin()]
        distance = np.linalg.norm(quad - centre, axis=1)
        order = np.argsort(distance)
        roots, tips = quad[order[:2]], quad[order[2:]]
        if np.dot(roots[1] - roots[0], tips[1] - tips[0]) < 0:
            tips = tips[::-1]
        for share in rng.uniform(0, 1, 5):
            root, tip = roots[0] + share * (roots[1] - roots[0]), tips[0] + share * (tips[1] - tips[0])
            strands.append(np.stack([root, root + 0.5 * (tip - root), tip]))
    return add_strands("Lashes", np.array(strands), 0.00016, material)


def add_brows(figure: Figure, head: Head, material: bpy.types.Material, seed: int, *, thick: float = 1.0) -> bpy.types.Object:
    """Short hairs along an arch over each eye."""
    rng = np.random.default_rng(seed)
    lookup = -np.ones(len(figure.vertices), int)
    lookup[head.index] = np.arange(len(head.index))
    faces = lookup[figure.body_faces]
    faces = faces[(faces >= 0).all(1)]
    # the mesh is coarser than a brow: sample densely and thin out by the exact arch
    roots, normals = scatter(head.vertices, head.normals, faces, np.where(np.abs(head.vertices[:, 1] - 0.016) < 0.03, 1.0, 0.0)
                             * (head.vertices[:, 2] > -0.03), 120000, rng)
    mask = sum(brow_mask(roots, side, thick) for side in (1.0, -1.0))
    chosen = rng.uniform(size=len(roots)) < mask * 0.30
    roots, normals = roots[chosen], normals[chosen]
    outer = np.clip((np.abs(roots[:, 0]) - 0.015) / 0.03, 0, 1)[:, None]
    side = np.sign(roots[:, 0])[:, None]
    direction = np.concatenate([side * (0.35 + 0.75 * outer), 0.9 - 1.15 * outer, -0.25 * outer],
                               1) + 0.25 * rng.normal(size=roots.shape)
    direction -= (direction * normals).sum(1, keepdims=True) * normals * 0.85
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    length = rng.uniform(0.004, 0.008, (len(roots), 1))
    strands = np.stack([roots + normals * 0.0001, roots + direction * length * 0.5 + normals * 0.0012,
                        roots + direction * length + normals * 0.0006], 1)
    return add_strands("Brows", head.posed(strands), 0.000085 * head.scale, material)


def brow_mask(points: Array, side: float, thick: float) -> Array:
    """(N,) 0..1: whether a point (head units) lies in the brow of one side (+1 the person's left)."""
    across = points[:, 0] * side
    share = np.clip((across - 0.011) / 0.047, 0, 1)
    middle = 0.0175 + 0.0085 * np.sin(np.clip(share * 1.25, 0, 1.6) * np.pi / 1.45) - 0.006 * np.clip(share - 0.66, 0, 1) / 0.34
    half = thick * 0.0034 * (0.75 + 0.45 * np.sin(np.pi * np.clip(share * 0.8 + 0.12, 0, 1))) * np.clip((1.02 - share) / 0.45, 0.12,
        1)
    inside = np.clip((half - np.abs(points[:, 1] - middle)) / 0.0016 + 0.5, 0, 1)
    return inside * np.clip((across - 0.0095) / 0.004, 0, 1) * (across < 0.058) * (points[:, 2] > -0.02)


def skin_masks(figure: Figure, head: Head, *, stubble: float = 0.0, hair_shadow: float = 0.6) -> dict[str, Array]:
    """Per-vertex ``flush`` (blood near the surface) and ``shadow`` (roots of shaved or close hair)."""
    flush, shadow = np.zeros(len(figure.vertices)), np.zeros(len(figure.vertices))
    points = head.vertices
    def spot(x: float, y: float, z: float, size: float) -> Array:
        place = np.abs(points[:, 0]) if x else points[:, 0]
        return np.exp(-((place - x) ** 2 + (points[:, 1] - y) ** 2 + (points[:, 2] - z) ** 2) / size**2)
    face = 0.8 * spot(0.036, -0.036, 0.004, 0.020) + 0.75 * spot(0.0, -0.040, 0.036, 0.014) + 0.35 * spot(0.0, -0.098, 0.02,
        0.014) \
        + 0.8 * spot(0.077, -0.012, -0.08, 0.024)
    flush[head.index] = np.clip(face, 0, 1)
    for bone in figure.bones:
        if bone.endswith(("Hand", "ForeArm", "Leg")) or "Hand" in bone:
            distance = np.linalg.norm(figure.vertices - figure.joint(bone), axis=1)
            flush += 0.4 * np.exp(-(distance / 0.035) ** 2)
    jaw = np.clip((-0.052 - points[:, 1]) / 0.02, 0, 1) * np.clip((points[:, 1] + 0.125) / 0.02, 0, 1) \
        * np.clip((points[:, 2] + 0.075) / 0.02, 0, 1)
    lip = (np.abs(points[:, 0]) < 0.03) & (points[:, 1] > -0.085) & (points[:, 1] < -0.062)
    shadow[head.index] = np.maximum(stubble * np.clip(jaw, 0, 1) * np.where(lip, 0.75, 1.0),
                                    hair_shadow * over_hairline(points, 0.02) * (points[:, 1] > -0.08))
    return {"flush": np.clip(flush, 0, 1), "shadow": np.clip(shadow, 0, 1)}

