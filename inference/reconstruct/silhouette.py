# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded reconstruction: the fitted body, grown to the matte, as one closed mesh."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..backend import Settings
from ..normals import vertex_normals
from ..progress import ProgressCallback
from ..records import Body, Floats, Framing, Ints, Part, Person, Surface
from .align import align_limbs
from .arms import FreeArm, arm_of, free_arms, set_free
from .bridging import bridged
from .cover import cover_of
from .field import BARE_M, FAR_M, Grid, dressed_field
from .hair import Hair, hair_volume
from .hair_cap import Cap
from .hem import hanging_hems
from .leg_width import without_bulges
from .legs import legs_apart
from .meshing import Focus, extract, refined
from .rim import onto_rim
from .shoes import shoes_worn
from .skirt import hanging_cloth, legs_within, without_hanging_cloth
from .sleeves import with_even_sleeves
from .standoff import silhouette_of, standoff
from .trouser_legs import ankles_within, creased, ends_of_trousers, of_tubes
from .trunk_cloth import cloth_of_trunk, hem_of_top

FINER = {Part.HEAD: (0.22, 1.85), Part.LEFT_HAND: (0.16, 1.9), Part.RIGHT_HAND: (0.16, 1.9)}
"""Radius in metres (of a person of 1.7 m) and gain of the balls in which triangles are smaller."""
FACE_M, NOSE_M = 0.09, 0.02
"""Metres around a middle so far behind the tip of the nose in which triangles are divided once more: brows, nose, lips and chin."""
FACE_SHARE = 0.09
"""Of the triangles, that dividing those of the face adds."""
SNAP_M, SNAP_HEAD_M = 0.004, 0.008
"""Metres; farther from the skin, and from that of a head, the surface is something else, such as hair; a nose's tip is off by more."""
FACE_OFF_M = 0.02
"""Metres that the skin of a head, which cloth seldom covers, may be moved by its outline in the photo."""
FACING = 0.5
"""Cosine between skin and surface below which the nearest skin is that of another side, such as the inside of a lip."""
REST, REST_WITHOUT_FEET = -1, -2
"""Of what a vertex is the surface: the person without the arms, and cloth over the feet that does not move with them."""
CUT_MARGIN_PX = 3.0
"""Pixels of the photo left out above its lower border, where the matte is least sure."""


def surface_on_body(person: Person, body: Body, faces: int, settings: Settings, progress: ProgressCallback) -> Surface:
    """Body, matte and labels -> the dressed surface; see :func:`.reconstruct_surface`."""
    person = with_even_sleeves(person, body)
    silhouette = silhouette_of(person, body.camera)
    body = align_limbs(body, silhouette)
    vertices, triangles = outer_shell(body)
    shell = dataclasses.replace(body, vertices=body.vertices[vertices], rest_vertices=body.rest_vertices[vertices], faces=triangles,
                                parts=body.parts[vertices], weights=body.weights[vertices], outer=None)
    shell = dataclasses.replace(shell, vertices=bridged(shell, silhouette))
    hems, cut = hanging_hems(shell, silhouette, person.worn), cut_height(person, body)
    telling = without_hanging_cloth(silhouette, shell, hems[-1]) if hems else silhouette
    offset, cloth = (without_bulges(standoff(shell, telling, cloth), shell) for cloth in (False, True))
    hair = hair_volume(shell, silhouette)
    if hems:
        offset, cloth = legs_within(offset, cloth, shell, hems[-1], silhouette)
    tubes = ends_of_trousers(shell, silhouette, hems[-1] if hems else None)
    offset, cloth = (ankles_within(creased(own, shell, tubes), shell, tubes) for own in (offset, cloth))
    skirts = [hanging_cloth(shell, cloth, hem, silhouette, cut is None, hems[turn - 1] if turn else None, hem != hems[-1])
              for turn, hem in enumerate(hems)]
    shells = [*skirts, *(leg.tube for leg in tubes)]
    over = None if skirts else hem_of_top(shell, cloth, silhouette)
    trunk = cloth_of_trunk(shell, cloth, silhouette, over)
    volumes = [*([] if hair is None else [hair]), *shells, *trunk, *shoes_worn(shell, offset, silhouette)]
    grid = dressed_field(shell, cloth, offset, silhouette, volumes)
    arms = free_arms(shell, cloth, offset)
    grid, owner = set_free(grid, arms, silhouette, skirts[0] if skirts else None)
    if trunk:
        grid = legs_apart(grid, shell, min(cloth_around.low for cloth_around in trunk), skirts)
    if cut is not None:
        heights = grid.origin[1] + grid.spacing * np.arange(grid.values.shape[1])
        below = np.clip(cut - heights, -FAR_M, FAR_M).astype(np.float32)
        grid = Grid(np.maximum(grid.values, below[None, :, None]), grid.origin, grid.spacing)
    points, mesh_faces = extract(grid, round(faces * (1 - FACE_SHARE)), [_focus(shell, part, *ball) for part, ball in FINER.items()])
    points, mesh_faces = refined(points, mesh_faces, in_face(points, shell)[mesh_faces].all(1))
    points = on_bare_skin(points, mesh_faces, shell, offset, hair)
    normals = vertex_normals(points, mesh_faces)
    belongs = arm_of(points, grid, owner)
    parts = shell.parts[_nearest_body_vertex(points, normals, shell, arms, belongs)]
    for skirt in skirts[:1]:
        points = skirt.smoothed(points, mesh_faces, parts)
    points = onto_rim(points, mesh_faces, parts, person, body.camera, cut)
    normals = vertex_normals(points, mesh_faces)
    lining = np.zeros(len(points), bool)
    for hanging in shells:
        lining |= hanging.lining(points, normals)
    facing = np.where(lining[:, None], -normals, normals)
    belongs[(belongs == REST) & of_tubes(points, tubes)] = REST_WITHOUT_FEET
    nearest = _nearest_body_vertex(points, facing, shell, arms, belongs)
    parts = shell.parts[nearest]
    cover = cover_of(points, mesh_faces, normals, parts, body, silhouette)
    return Surface(points, mesh_faces, normals, parts, vertices[nearest].astype(np.int32), cut, cover)


def _focus(shell: Body, part: Part, radius: float, gain: float) -> Focus:
    middle = shell.vertices[shell.parts == part]
    centre = (middle.min(0) + middle.max(0)) / 2 if len(middle) else np.full(3, -10.0)
    return Focus(centre.astype(np.float64), radius * shell.height_m / 1.7, gain)


def in_face(points: Floats, shell: Body) -> npt.NDArray[np.bool_]:
    """(N,) True for points around the nose, where a face has its features; nowhere on a body without a head."""
    head = shell.vertices[shell.parts == Part.HEAD]
    if not len(head) or "mixamorig:Head" not in shell.skeleton.names:
        return np.zeros(len(points), bool)
    forward = shell.skeleton.rotations[shell.skeleton.index("Head")][:, 2]
    middle = head[np.argmax(head @ forward)] - NOSE_M * forward
    return np.asarray(np.linalg.norm(points - middle, axis=1) < FACE_M * shell.height_m / 1.7)


def on_bare_skin(points: Floats, faces: Ints, shell: Body, offset: Floats, hair: Cap | Hair | None = None) -> Floats:
    """Vertices near bare skin put back on the body itself, whose nose and lips are finer than the field's voxels."""
    import igl

    skin = shell.vertices.astype(np.float64) + vertex_normals(shell.vertices, shell.faces) * offset[:, None]
    corners = shell.faces.astype(np.int64)
    squared, face, foot = igl.point_mesh_squared_distance(points.astype(np.float64), skin, corners)
    own = shell.faces[face]
    head = (shell.parts[own] == Part.HEAD).all(1)
    drawn = _fading(np.sqrt(squared) / np.where(head, SNAP_HEAD_M, SNAP_M))
    drawn *= _fading(np.abs(offset[own]).max(1) / np.where(head, FACE_OFF_M, BARE_M))
    along = np.cross(skin[own[:, 1]] - skin[own[:, 0]], skin[own[:, 2]] - skin[own[:, 0]])
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    drawn *= np.einsum("nk,nk->n", along, vertex_normals(points, faces)) > FACING
    if hair is not None:
        drawn *= 1 - _fading(hair.distance(points.astype(np.float64)) / SNAP_HEAD_M)
    return (points + drawn[:, None] * (foot - points)).astype(np.float32)


def _fading(share: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """1 up to half of a limit, 0 beyond it, and smooth between, of shares of the limit: a threshold would show as a scar."""
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.clip(2 * share - 1, 0, 1)), np.float64)


def outer_shell(body: Body) -> tuple[Ints, Ints]:
    """The body's skin as seen from outside: without eyeballs, mouth and eye sockets, whose walls would leave hollows.

    Returns:
        (V',) indices of the kept vertices and (F', 3) faces into them.
    """
    faces = body.faces if body.outer is None else body.faces[body.outer]
    kept, renumbered = np.unique(faces, return_inverse=True)
    return kept, renumbered.reshape(-1, 3).astype(np.int32)


def cut_height(person: Person, body: Body) -> float | None:
    """Height y of the flat cut in metres where the photo ends above the feet, else None."""
    if person.framing is Framing.FULL:
        return None
    camera = body.camera
    hips = body.skeleton.heads[0]
    depth = float(camera.project(hips[None])[0, 2])
    bottom = camera.unproject(np.array([[camera.centre[0], camera.height - CUT_MARGIN_PX]]), np.array([depth]))
    return float(bottom[0, 1])


def _nearest_body_vertex(points: Floats, normals: Floats, shell: Body, arms: Sequence[FreeArm],
                         belongs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each surface vertex the nearest body vertex that faces the same way, else simply the nearest; of the arm (its number is in
    ``belongs``), or of the rest of the body (``REST``, ``REST_WITHOUT_FEET``), that it is the surface of.
    """
    candidates = 8
    facing = vertex_normals(shell.vertices, shell.faces)
    out = np.zeros(len(points), np.int64)
    for number in np.unique(belongs):
        mine = np.nonzero(belongs == number)[0]
        chosen = [part for arm in arms for part in arm.parts] if number < 0 else list(arms[number].parts)
        if number == REST_WITHOUT_FEET:
            chosen += [Part.LEFT_FOOT, Part.RIGHT_FOOT]
        own = np.nonzero(np.isin(shell.parts, [int(part) for part in chosen]) == (number >= 0))[0]
        distance, index = cKDTree(shell.vertices[own]).query(points[mine], k=candidates, workers=-1)
        agree = np.einsum("nkc,nc->nk", facing[own][index], normals[mine])
        cost = distance + 0.05 * np.maximum(0.3 - agree, 0)
        out[mine] = own[index[np.arange(len(mine)), cost.argmin(1)]]
    return out
