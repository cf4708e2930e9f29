# SPDX-License-Identifier: GPL-3.0-or-later
"""Person -> body: the parametric body, its pose and the photo's camera, by damped Gauss-Newton on landmarks, outline and priors.

Everything is solved with a stature of one; the metre enters at the end, by the person's height. The unknowns are shape
coefficients, increments of the bones' rotations and the six of the camera; see :mod:`.kinematics`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..progress import Progress, ProgressCallback, silent
from ..records import Body, Framing, Person, Skeleton
from ..request import Build
from .camera import View, focal_length
from .contact import Trunk
from .hands import holds
from .kinematics import Chain, Points, exponential
from .landmarks import Observed, first_pose, first_yaw, observe
from .measurements import measure
from .model import BodyModel, Doubles, load_body_model
from .prior import Aim, Direction, aim_residuals, aims, directions, pose_residuals, relaxed_fingers
from .silhouette import Rim, looseness, outline_vertices, pair, person_rim

STAGE = "body"
DEFAULT_HEIGHT = 1.70          # metres, where nobody says: between the means of women and men (NCD-RisC 2016, world: 1.59 and 1.71)
MEN, WOMEN = (1.76, 0.07), (1.63, 0.07)      # stature in metres, mean and spread (NCD-RisC 2016, Europe, East Asia and Americas)
PITCH_PRIOR = (0.07, 0.15)     # radians: photographers look slightly down, as their height makes them (see EYE_LEVEL); mean and spread
EYE_LEVEL = (0.75, 0.14)       # height of the camera over the person's soles: mostly between a photographer's waist and eyes; stature = 1
ROLL_SIGMA = 0.02              # radians: cameras are held level
LEAN_BACK = 0.008              # how far behind the rest pose's the middle of people who stand at ease is; share of the stature
BALANCE_SIGMA = 0.03           # the middle of the body stands over the feet; share of the stature
GROUND_SIGMA = 0.012           # heels and toes stand on one floor; share of the stature
FLOOR_SIGMA = 0.015            # the matte ends at the soles of the shoes, a little below those of the feet; share of the stature
FLOOR_MARGIN = 0.01            # a matte that comes nearer to the photo's lower edge is cut by it; share of the photo's height
OUTLINE_PAIRS = 350            # residuals of the outline in a step; more do not change the result
LOOSE = 2.0                    # standard deviations inside the cloth's usual fit at which an outline pair counts half
ROBUST = 2.5                   # standard deviations at which a residual starts to lose weight (Huber)

MOVED = ("Hips", "Spine", "Spine1", "Spine2", "Neck", "Head", "LeftShoulder", "LeftArm", "LeftForeArm", "LeftHand",
         "RightShoulder", "RightArm", "RightForeArm", "RightHand", "LeftUpLeg", "LeftLeg", "LeftFoot", "RightUpLeg", "RightLeg",
         "RightFoot")
HIP_JOINTS = ("bone:LeftUpLeg", "bone:RightUpLeg")
SOLES = ("left_heel", "left_big_toe", "right_heel", "right_big_toe")


@dataclass(frozen=True)
class State:
    """A point of the search: shape (K,), local rotations (J, 3, 3) and the camera."""

    shape: Doubles
    local: Doubles
    view: View


@dataclass(frozen=True)
class OutlineTerms:
    """Outline vertices of the current body with their targets in the photo."""

    points: Points
    normals: Doubles
    target: Doubles
    sigma: Doubles


class Problem:
    """Residuals and derivatives of one photo's fit."""

    def __init__(self, model: BodyModel, person: Person, view: View, usual_shape: Doubles) -> None:
        self.model, self.person = model, person
        self.chain: Chain = model.chain()
        self.active: npt.NDArray[np.int64] = np.array([model.bone(name) for name in MOVED])
        self.held = holds(person)
        self.prior: tuple[Direction, ...] = directions(model)
        self.aims: tuple[Aim, ...] = aims(model, self.held)
        self.observed: Observed = observe(model, person.pose, self.held)
        self.trunk = Trunk(model, self.held)
        self.soles = model.landmark_points(SOLES)
        self.body_middle = model.landmark_points(("bone:LeftUpLeg", "bone:RightUpLeg", "bone:Spine2", "bone:Neck"))
        self.balanced = self.body_middle.rest.mean(0) - self.soles.rest.mean(0) - [0.0, 0.0, LEAN_BACK]
        self.floor_row = floor_row(person)
        self.standing = person.framing is Framing.FULL or self.floor_row is not None
        self.view, self.usual_shape = view, usual_shape
        self.outline: OutlineTerms | None = None

    @property
    def size(self) -> int:
        return self.model.components + 3 * len(self.active) + 6

    def evaluate(self, state: State) -> tuple[Doubles, Doubles]:
        """(N,) residuals in standard deviations, robustly weighted, and (N, size) derivatives."""
        k, a = self.model.components, 3 * len(self.active)
        observed = self.observed
        points = observed.points.joined(self.soles).joined(self.body_middle).joined(self.trunk.arms).joined(observed.limb_ends)
        if self.outline is not None:
            points = points.joined(self.outline.points)
        position, by_shape, by_rotation = self.chain.pose(points, state.shape, state.local, self.active)
        by_body = np.concatenate([by_shape, by_rotation.reshape(len(position), 3, a)], 2)       # P, 3, K + 3 A
        local = state.view.to_camera(position)
        in_camera = np.einsum("ab,pbm->pam", state.view.rotation, by_body)
        angles = state.view.angle_derivatives(position)
        full = np.concatenate([in_camera, angles, np.broadcast_to(np.eye(3), (len(position), 3, 3))], 2)
        pixels = state.view.project(local)
        slope = np.einsum("pab,pbm->pam", state.view.projection_derivatives(local), full)       # P, 2, size
        stature = state.view.focal / state.view.shift[2]                                        # pixels

        blocks: list[tuple[Doubles, Doubles, bool]] = []
        n = len(observed.pixels)
        gain = 1 / (observed.sigma * stature)
        error = ((pixels[:n] - observed.pixels) * gain[:, None]).ravel()
        blocks.append((error, (slope[:n] * gain[:, None, None]).reshape(2 * n, -1), True))
        if len(observed.pairs):
            one, two = observed.pairs.T
            segment = local[two] - local[one]
            length = np.linalg.norm(segment, axis=1)
            error = (segment[:, 2] / length - observed.slopes) / observed.slope_sigma
            row = (full[two, 2] - full[one, 2]) / (length * observed.slope_sigma)[:, None]      # lengths held: direction only
            blocks.append((error, row, True))
        if self.floor_row is not None:
            lowest = n + int(pixels[n:n + 4, 1].argmax())
            gain = 1 / (FLOOR_SIGMA * stature)
            blocks.append((np.array([(pixels[lowest, 1] - self.floor_row) * gain]), slope[lowest, 1:2] * gain, True))
        blocks.append(self._ground(position[n:n + 8], by_body[n:n + 8]))
        arms = slice(n + 8, n + 8 + len(self.trunk.arms.rest))
        rotations = self.chain.global_rotations(state.local)
        heads = self.chain.posed_heads(self.chain.heads + np.tensordot(state.shape, self.chain.heads_basis, 1), rotations)
        residual, row = self.trunk.residuals(position[arms], by_body[arms], rotations[self.trunk.bone], heads[self.trunk.bone])
        blocks.append((residual, np.pad(row, ((0, 0), (0, 6))), False))
        ends = slice(arms.stop, arms.stop + len(observed.limb_ends.rest))
        blocks.append(self._limbs(position[ends], by_body[ends], local[ends], full[ends]))
        if self.outline is not None:
            o = slice(ends.stop, None)
            error = ((pixels[o] - self.outline.target) * self.outline.normals).sum(1) / (self.outline.sigma * stature)
            row = np.einsum("pa,pam->pm", self.outline.normals, slope[o]) / (self.outline.sigma * stature)[:, None]
            share = np.sqrt(min(1.0, OUTLINE_PAIRS / max(len(error), 1)) * 0.25)                # neighbours are not independent
            share = share / np.sqrt(1 + (np.minimum(error, 0) / LOOSE) ** 2)                     # far inside: loose cloth says little
            blocks.append((error * share, row * share[:, None], True))
        residual, row, usual = pose_residuals(self.prior, state.local, self.active)
        wide = np.zeros((len(residual), self.size))
        wide[:, k:k + a] = row.reshape(len(residual), a)
        blocks += [(residual[usual], wide[usual], True), (residual[~usual], wide[~usual], False)]
        residual, row = aim_residuals(self.aims, state.local, self.active)
        wide = np.zeros((len(residual), self.size))
        wide[:, k:k + a] = row.reshape(len(residual), a)
        blocks.append((residual, wide, True))
        blocks.append((state.shape - self.usual_shape, np.eye(k, self.size), False))
        blocks.append(self._usual_camera(state.view, float(position[n:n + 4, 1].mean())))

        residuals, rows = [], []
        for error, row, robust in blocks:
            weight = np.sqrt(np.minimum(1.0, ROBUST / np.maximum(np.abs(error), 1e-9))) if robust else np.ones(len(error))
            residuals.append(error * weight)
            rows.append(row * weight[:, None])
        return np.concatenate(residuals), np.concatenate(rows)

    def _limbs(self, position: Doubles, by_body: Doubles, local: Doubles, full: Doubles) -> tuple[Doubles, Doubles, bool]:
        """Slopes of arms and legs in the body frame or along the view, against those read from the landmarks."""
        count = len(self.observed.limbs)
        residual, rows = np.zeros(count), np.zeros((count, self.size))
        for k, slope in enumerate(self.observed.limbs):
            places, derivative = (position, by_body) if slope.upright else (local, full)
            along = places[count + k] - places[k]
            length = float(np.linalg.norm(along))
            residual[k] = (along[2] / length - slope.value) / slope.sigma
            rows[k, :derivative.shape[2]] = (derivative[count + k, 2] - derivative[k, 2]) / (length * slope.sigma)   # lengths held
        return residual, rows, True

    def _ground(self, position: Doubles, by_body: Doubles) -> tuple[Doubles, Doubles, bool]:
        """Heels and toes on one floor, the body's middle over them; only for photos that show the feet."""
        if not self.standing:
            return np.zeros(0), np.zeros((0, self.size)), True
        rows = np.zeros((6, self.size))
        width = by_body.shape[2]
        level = position[:4, 1] - position[:4, 1].mean()
        rows[:4, :width] = (by_body[:4, 1] - by_body[:4, 1].mean(0)) / GROUND_SIGMA
        middle = position[4:].mean(0) - position[:4].mean(0) - self.balanced
        rows[4:, :width] = (by_body[4:].mean(0) - by_body[:4].mean(0))[[0, 2]] / BALANCE_SIGMA
        return np.concatenate([level / GROUND_SIGMA, middle[[0, 2]] / BALANCE_SIGMA]), rows, True

    def _usual_camera(self, view: View, soles: float) -> tuple[Doubles, Doubles, bool]:
        """Pitch, roll and height of the camera against those of photographers."""
        at = self.size - 6
        rows = np.zeros((3, self.size))
        rows[0, at + 1], rows[1, at + 2] = 1 / PITCH_PRIOR[1], 1 / ROLL_SIGMA
        up = np.array([[0.0, 1.0, 0.0]])
        rows[2, at:at + 3] = -(view.angle_derivatives(up)[0] * view.shift[:, None]).sum(0) / EYE_LEVEL[1]
        rows[2, at + 3:] = -view.rotation[:, 1] / EYE_LEVEL[1]
        height = -float(view.rotation[:, 1] @ view.shift) - soles
        return np.array([(view.angles[1] - PITCH_PRIOR[0]) / PITCH_PRIOR[1], view.angles[2] / ROLL_SIGMA,
                         (height - EYE_LEVEL[0]) / EYE_LEVEL[1]]), rows, True

    def step(self, state: State, delta: Doubles) -> State:
        """The state after a step of all unknowns."""
        k, a = self.model.components, 3 * len(self.active)
        local = state.local.copy()
        local[self.active] = exponential(delta[k:k + a].reshape(-1, 3)) @ local[self.active]
        return State(state.shape + delta[:k], local, state.view.moved(delta[k + a:]))

    def solve(self, state: State, steps: int, shape: bool = True) -> State:
        """Damped Gauss-Newton (Levenberg-Marquardt) for a number of steps."""
        damping = 1e-2
        residual, jacobian = self.evaluate(state)
        cost = float(residual @ residual)
        free = np.ones(self.size, bool)
        free[:self.model.components] = shape
        for _ in range(steps):
            j = jacobian[:, free]
            normal, gradient = j.T @ j, j.T @ residual
            for _attempt in range(5):
                delta = np.zeros(self.size)
                delta[free] = -np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-3), gradient)
                trial = self.step(state, delta)
                new_residual, new_jacobian = self.evaluate(trial)
                new_cost = float(new_residual @ new_residual)
                if new_cost < cost:
                    break
                damping *= 6
            else:
                return state
            gain = cost - new_cost
            state, residual, jacobian, cost = trial, new_residual, new_jacobian, new_cost
            damping = max(damping / 4, 1e-6)
            if gain < 1e-4 * cost:
                break
        return state

    def see_outline(self, state: State, rim: Rim) -> None:
        """Pair the current body's outline with the matte's rim."""
        vertices, heads, _ = self.model.rest(state.shape)
        posed, _ = self.model.skinned(vertices, heads, self.chain.global_rotations(state.local))
        local = state.view.to_camera(posed)
        pixels = state.view.project(local)
        stature = state.view.focal / state.view.shift[2]
        index, normals = outline_vertices(self.model, pixels, local[:, 2], rim)
        pairs = pair(rim, pixels[index], normals, stature, looseness(self.model)[index])
        chosen = pairs.chosen
        if len(chosen) > OUTLINE_PAIRS:
            chosen_rows = np.linspace(0, len(chosen) - 1, OUTLINE_PAIRS).round().astype(int)
        else:
            chosen_rows = np.arange(len(chosen))
        if not len(chosen_rows):
            self.outline = None
            return
        rows = pairs.chosen[chosen_rows]
        self.outline = OutlineTerms(self.model.vertex_points(index[rows]), normals[rows], pairs.target[chosen_rows],
                                    pairs.sigma[chosen_rows])


def fit_body(person: Person, height_m: float | None = None, progress: ProgressCallback = silent, build: Build = "auto") -> Body:
    """Fit the body model to a person.

    Args:
        person: landmarks, matte, labels and framing.
        height_m: the person's stature in metres; None assumes :data:`DEFAULT_HEIGHT` and says so.
        progress: told between the rounds of the fit.
        build: the body expected where the photo does not tell; see :class:`..request.LookRequest`.

    Returns:
        The posed body in the body frame, with the photo's camera.
    """
    model = load_body_model()
    progress(Progress(STAGE, 0, 3, "Reading the pose"))
    photo = person.photo
    focal, _told = focal_length(photo.path, photo.width, photo.height)
    view = View(np.array([first_yaw(person.pose), PITCH_PRIOR[0], 0.0]), np.array([0.0, 0.0, 2.0]), focal,
                (photo.width / 2, photo.height / 2), photo.width, photo.height)
    problem = Problem(model, person, view, usual_shape(model, height_m, build))
    state = _start(problem, person, view)
    state = problem.solve(state, 12, shape=False)
    state = problem.solve(state, 12)
    progress(Progress(STAGE, 1, 3, "Fitting the outline"))
    rim = person_rim(person)
    for _round in range(4):
        problem.see_outline(state, rim)
        state = problem.solve(state, 5)
    progress(Progress(STAGE, 2, 3, "Building the body"))
    return _finish(problem, state, height_m)


def floor_row(person: Person) -> float | None:
    """The row of pixels at which the person meets the floor; None where the photo cuts the person off."""
    rows = np.nonzero((person.matte > 0.5).sum(1) > 2)[0]
    height = person.matte.shape[0]
    if person.framing is Framing.HALF or not len(rows) or rows[-1] > height * (1 - FLOOR_MARGIN):
        return None
    return float(rows[-1] + 1)


def usual_shape(model: BodyModel, height_m: float | None, build: Build = "auto") -> Doubles:
    """(K,) the shape expected: of the build, or between the mean man and the mean woman by how common the stature is among each."""
    if build in ("female", "male"):
        return model.gender * (0.5 if build == "female" else -0.5)
    if height_m is None or build == "neutral":
        return np.zeros(model.components)
    odds = (np.square(height_m - MEN[0]) - np.square(height_m - WOMEN[0])) / (2 * MEN[1] ** 2)
    return model.gender * (1 / (1 + np.exp(-odds)) - 0.5)


def _start(problem: Problem, person: Person, view: View) -> State:
    """The prior's pose with the landmarks' limb directions, and the camera that puts it on the landmarks."""
    model = problem.model
    vectors = np.zeros((len(model.names), 3))
    for d in problem.prior:
        vectors[d.bone] += d.mean * d.axis
    relaxed = relaxed_fingers(model, exponential(vectors), problem.held)
    local = first_pose(model, person.pose, view.rotation, relaxed)
    shape = problem.usual_shape.copy()
    position, *_ = problem.chain.pose(problem.observed.points, shape, local)
    turned = position @ view.rotation.T
    return State(shape, local, replace(view, shift=_placed(turned, problem.observed, view)))


def _placed(turned: Doubles, observed: Observed, view: View) -> Doubles:
    """The shift that projects turned points onto their pixels best; linear in the shift."""
    offset = (observed.pixels - np.asarray(view.centre)) / view.focal                            # x / z
    gain = 1 / observed.sigma
    rows, right = [], []
    for axis in range(2):
        row = np.zeros((len(turned), 3))
        row[:, axis] = 1
        row[:, 2] = -offset[:, axis]
        rows.append(row * gain[:, None])
        right.append((offset[:, axis] * turned[:, 2] - turned[:, axis]) * gain)
    shift, *_ = np.linalg.lstsq(np.concatenate(rows), np.concatenate(right), rcond=None)
    return np.array([shift[0], shift[1], max(shift[2], 0.8)])


def _finish(problem: Problem, state: State, height_m: float | None) -> Body:
    """The record: scaled to metres, feet on the floor."""
    model = problem.model
    height = DEFAULT_HEIGHT if height_m is None else height_m
    warnings: list[str] = []
    if height_m is None:
        warnings.append(f"No height was given: the person is taken to be {DEFAULT_HEIGHT:.2f} m tall.")
    vertices, heads, tails = model.rest(state.shape)
    rotations = problem.chain.global_rotations(state.local)
    posed, posed_heads = model.skinned(vertices, heads, rotations)
    posed_tails = posed_heads + np.einsum("jab,jb->ja", rotations, tails - heads)
    joints = model.landmark_points(HIP_JOINTS)
    origin = problem.chain.pose(joints, state.shape, state.local)[0].mean(0)
    origin[1] = posed[model.skin, 1].min()
    rest_origin = joints.rest.mean(0) + np.tensordot(state.shape, joints.basis, 1).mean(0)
    rest_origin[1] = vertices[model.skin, 1].min()

    def metres(points: Doubles, zero: Doubles) -> npt.NDArray[np.float32]:
        return ((points - zero) * height).astype(np.float32)

    position, *_ = problem.chain.pose(problem.observed.points, state.shape, state.local)
    pixels = state.view.project(state.view.to_camera(position))
    error = float(np.linalg.norm(pixels - problem.observed.pixels, axis=1).mean())
    skeleton = Skeleton(model.names, model.parents, metres(posed_heads, origin), metres(posed_tails, origin),
                        metres(heads, rest_origin), metres(tails, rest_origin), rotations.astype(np.float32))
    rest = metres(vertices, rest_origin)
    return Body(
        vertices=metres(posed, origin), rest_vertices=rest, faces=model.faces, parts=model.parts, weights=model.dense_weights(),
        skeleton=skeleton, camera=state.view.camera(height, origin), height_m=height,
        shape={f"component_{k:02d}": round(float(c), 4) for k, c in enumerate(state.shape)},
        measurements=measure(model, rest, skeleton, height), error_px=error, warnings=tuple(warnings), outer=model.outer)
