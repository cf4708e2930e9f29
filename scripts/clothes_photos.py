# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos with pixel labels for the clothes parser: reading them, and changing them while learning.

The data set is a folder with ``photos/NNNN.jpg``, ``labels/NNNN.png`` (index maps) and ``labels.txt`` (number and name), as in Clothing
Co-Parsing.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from dressform.inference.errors import DressformError
from dressform.inference.person.figure import Figure, figure_of, trunk_length
from dressform.inference.person.matte import cut_out
from dressform.inference.person.parser import LONGEST_TRUNK, fitted_figure, fitted_shape
from dressform.inference.person.parser_network import MEAN, SPREAD
from dressform.inference.person.pose import VISIBLE, estimate_pose
from dressform.inference.person.pose_planes import SKIN_TOLERANCES, pose_planes
from dressform.inference.person.skin_parts import with_hands_before_trunk
from dressform.inference.photo import read_photo
from dressform.inference.records import Label, Pose

SKIN = 250
WORDS: dict[Label, str] = {
    Label.HAIR: "hair",
    Label.UPPER: "blouse bodysuit bra intimate jumper shirt sweater sweatshirt t-shirt top hoodie vest",
    Label.OUTER: "blazer cape cardigan coat jacket suit",
    Label.LOWER: "jeans pants panties shorts leggings",
    Label.LEGS: "stockings tights socks",
    Label.SKIRT: "skirt",
    Label.DRESS: "dress romper swimwear",
    Label.SHOES: "boots clogs flats heels loafers pumps sandals shoes sneakers wedges",
    Label.BAG: "bag purse wallet",
    Label.ACCESSORY: "accessories belt bracelet earrings glasses gloves hat necklace ring scarf sunglasses tie watch",
}
"""The data set's words for each label; its ``skin`` is divided by the skeleton."""
TALL, WIDE = (384, 192), (288, 256)
"""Height and width of the pictures learned from: whole people, and people cut off."""
GARMENTS = (Label.UPPER, Label.OUTER, Label.LOWER, Label.SKIRT, Label.DRESS, Label.LEGS, Label.SHOES, Label.BAG, Label.HAIR)
"""What is given other colours, each on its own; tights are legs, bare legs go with the other skin."""
IGNORED = 255
ROOM = 8
"""Pixels around the person, as the engine leaves them."""
Pixels = npt.NDArray[np.uint8]
Planes = npt.NDArray[np.float32]


@dataclass
class Case:
    """A photo with its analysis and truth, cut to the person with some room."""

    stem: str
    pixels: Pixels
    pose: Pose
    matte: Pixels
    truth: Pixels
    skin: npt.NDArray[np.bool_]


def read_words(path: Path) -> Pixels:
    """(256,) from the data set's numbers to codes of Label, SKIN, or background."""
    table = np.zeros(256, np.uint8)
    for line in path.read_text().splitlines():
        number, word = line.split()
        for label, words in WORDS.items():
            if word in words.split():
                table[int(number)] = label
        if word == "skin":
            table[int(number)] = SKIN
    return table


def read_case(data: Path, photo: Path, words: Pixels, work: Path) -> Case | None:
    """The photo with pose and matte, which are kept in ``work``; nothing where no person is found."""
    kept = work / f"{photo.stem}.pkl"
    image = read_photo(photo)
    if kept.exists():
        pose, matte = pickle.loads(kept.read_bytes())      # written by the lines below
    else:
        try:
            pose = estimate_pose(image)
        except DressformError as problem:
            print(photo.stem, problem)
            return None
        matte = np.rint(cut_out(image, pose)[0] * 255).astype(np.uint8)
        kept.write_bytes(pickle.dumps((pose, matte)))
    labels = words[cv2.imread(str(data / "labels" / f"{photo.stem}.png"), cv2.IMREAD_UNCHANGED)]
    return Case(photo.stem, image.pixels, pose, matte, divide_skin(labels, pose), labels == SKIN)


def divide_skin(labels: Pixels, pose: Pose) -> Pixels:
    """Give every skin pixel to the nearest part of the skeleton; skin of the trunk counts as neck, but for hands and arms before it."""
    p = pose.points
    shoulders, hips = p[[11, 12]].mean(0), p[[23, 24]].mean(0)
    size = max(float(np.linalg.norm(shoulders - hips)), 8.0)
    bones = [(Label.FACE, p[0], shoulders, 0.2), (Label.FACE, shoulders, hips, 0.28)]
    for side in (0, 1):
        bones += [(Label.ARMS, p[11 + side], p[13 + side], 0.12), (Label.ARMS, p[13 + side], p[15 + side], 0.1),
                  (Label.HANDS, p[15 + side], p[19 + side], 0.1), (Label.HANDS, p[15 + side], p[17 + side], 0.1),
                  (Label.LEGS, p[23 + side], p[25 + side], 0.2), (Label.LEGS, p[25 + side], p[27 + side], 0.14),
                  (Label.SHOES, p[29 + side], p[31 + side], 0.08)]
    y, x = np.nonzero(labels == SKIN)
    spots = np.stack([x, y], 1) + 0.5
    scores = []
    for _, start, end, radius in bones:
        step = end - start
        along = np.clip((spots - start) @ step / max(float(step @ step), 1e-3), 0, 1)
        scores.append(np.linalg.norm(spots - start - along[:, None] * step, axis=1) / size - radius)
    result = labels.copy()
    if len(y):
        result[y, x] = np.array([bone[0] for bone in bones], np.uint8)[np.argmin(scores, 0)]
    return with_hands_before_trunk(result, pose)


def person_box(matte: Pixels) -> tuple[int, int, int, int]:
    """Top, bottom, left, right."""
    rows, columns = np.nonzero((matte > 127).any(1))[0], np.nonzero((matte > 127).any(0))[0]
    if not len(rows):
        return 0, matte.shape[0], 0, matte.shape[1]
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def network_input(figure: Figure) -> tuple[Planes, Planes]:
    """(3, h, w) and (PLANES, h/4, w/4)."""
    pixels = (figure.pixels.astype(np.float32) / 255 - MEAN) / SPREAD
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)), pose_planes(figure)


def changed(case: Case, others: list[Case], canvas: tuple[int, int], random: np.random.Generator) -> tuple[Planes, Planes, Pixels]:
    """The case placed, lit, coloured and spoiled at random: what the network sees, and the truth at half its size."""
    height, width = canvas
    turn = _placement(case, canvas, random)
    small = max(0.0, -np.log2(max(float(np.hypot(turn[0, 0], turn[1, 0])), 1e-3)))
    source, shrunk = case.pixels, turn
    if small >= 0.5:      # sampled without blurring first, fine stripes would turn into noise
        source = cv2.resize(source, None, fx=0.5 ** small, fy=0.5 ** small, interpolation=cv2.INTER_AREA)
        ratio = np.array([case.pixels.shape[1] / source.shape[1], case.pixels.shape[0] / source.shape[0], 1.0])
        shrunk = turn * ratio
    pixels = cv2.warpAffine(source, shrunk, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    matte = cv2.warpAffine(case.matte, turn, (width, height), flags=cv2.INTER_LINEAR).astype(np.float32) / 255
    truth = cv2.warpAffine(case.truth, turn, (width, height), flags=cv2.INTER_NEAREST, borderValue=IGNORED)
    if random.random() < 0.45:
        skin = cv2.warpAffine(case.skin.astype(np.uint8), turn, (width, height), flags=cv2.INTER_NEAREST) > 0
        pixels = _recoloured(pixels, truth, skin, random)
    if random.random() < 0.3:
        cover = np.maximum(matte, cv2.GaussianBlur(((truth > 0) & (truth != IGNORED)).astype(np.float32), (0, 0), 0.8))[..., None]
        pixels = np.rint(pixels * cover + _ground(others, canvas, random) * (1 - cover)).astype(np.uint8)
    pixels = _lit(pixels, random)
    homogeneous = np.concatenate([case.pose.points, np.ones((33, 1), np.float32)], 1)
    points = (homogeneous @ turn.T).astype(np.float32)
    size = trunk_length(points)
    inside = (points >= 0).all(1) & (points[:, 0] < width) & (points[:, 1] < height)
    seen = (case.pose.visibility > VISIBLE) & inside
    face = None if case.pose.face is None else (np.c_[case.pose.face, np.ones(len(case.pose.face))] @ turn.T).astype(np.float32)
    if face is not None and not ((face > 0).all() and (face < (width, height)).all()):
        face = None
    points = points + random.normal(0, 0.025 * size, points.shape).astype(np.float32)
    if random.random() < 0.1:      # a limb that was not found where it is
        points[random.integers(11, 33)] += random.normal(0, 0.3 * size, 2)
    if random.random() < 0.3:
        matte = _wrong_matte(matte, random)
    figure = Figure(pixels, matte, points, seen, face if random.random() > 0.15 else None, size)
    seen_by_network, planes = network_input(figure)
    if random.random() < 0.1:
        planes[1:] = 0
    if random.random() < 0.08:
        planes[0] = 0
    if random.random() < 0.1:
        planes[-len(SKIN_TOLERANCES):] = 0
    return seen_by_network, planes, truth[1::2, 1::2]


def _placement(case: Case, canvas: tuple[int, int], random: np.random.Generator) -> npt.NDArray[np.float64]:
    """2x3 from the photo to the canvas: whole people on a tall one, cut off above the feet or anywhere on a wide one."""
    top, bottom, left, right = person_box(case.matte)
    height, width = canvas
    if canvas == WIDE:
        p, full = case.pose.points, bottom - top
        kind = random.random()
        if kind < 0.75:
            hips, ankles = p[[23, 24], 1].mean(), p[[27, 28], 1].mean()
            chest = p[[11, 12], 1].mean() * 0.4 + hips * 0.6
            bottom = int(np.clip(random.uniform(chest, hips + 0.75 * (ankles - hips)), top + 0.2 * full, bottom))
        elif kind < 0.9:
            top = int(np.clip(random.uniform(top, p[[23, 24], 1].mean()), top, bottom - 0.25 * full))
        columns = np.nonzero((case.matte[top:bottom] > 127).any(0))[0]
        if len(columns):
            left, right = int(columns[0]), int(columns[-1]) + 1
    fit = min(height / max(bottom - top, 1), width / max(right - left, 1))
    scale = fit * random.uniform(0.78, 1.04)
    angle = np.radians(random.normal(0, 7))
    stretch = np.exp(random.normal(0, 0.06))
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([stretch, 1 / stretch])
    if random.random() < 0.5:
        linear[:, 0] *= -1
    centre = np.array([(left + right) / 2, (top + bottom) / 2])
    room = np.maximum(np.array([width - (right - left) * scale, height - (bottom - top) * scale]), 6.0) / 2
    target = np.array([width, height]) / 2 + random.uniform(-1, 1, 2) * room
    if canvas == WIDE and bottom < person_box(case.matte)[1]:
        target[1] = height - (bottom - top) * scale / 2      # the cut is the picture's border
    return np.concatenate([linear, (target - linear @ centre)[:, None]], 1)


def _recoloured(pixels: Pixels, truth: Pixels, skin: npt.NDArray[np.bool_], random: np.random.Generator) -> Pixels:
    """Some garments in other colours, now and then those of skin, and the person's skin darker or lighter."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
    masks = [(truth == label) & ~skin for label in GARMENTS] + [skin]
    for number, mask in enumerate(masks):
        if not mask.any() or random.random() < 0.5:
            continue
        bare = number == len(GARMENTS)
        cover = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)[..., None]
        if bare:
            light = np.clip(lab[..., :1] * random.uniform(0.35, 1.1), 0, 255)
            chroma = (lab[..., 1:] - 128) * random.uniform(0.7, 1.3) + 128 + random.normal(0, 4, 2)
        elif random.random() < 0.2:      # beige, brown and pink cloth
            light = np.clip(lab[..., :1] - float(lab[..., 0][mask].mean()) + random.uniform(60, 220), 0, 255)
            chroma = (lab[..., 1:] - 128) * 0.3 + np.array([random.uniform(130, 146), random.uniform(134, 156)])
        else:
            light = np.clip(lab[..., :1] * random.uniform(0.6, 1.3) + random.uniform(-40, 40), 0, 255)
            chroma = (lab[..., 1:] - 128) * random.uniform(-1, 1.2) + 128 + random.normal(0, 14, 2)
        lab = lab * (1 - cover) + np.concatenate([light, chroma], 2) * cover
    return cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)


def _ground(others: list[Case], canvas: tuple[int, int], random: np.random.Generator) -> Planes:
    """Another background: one colour, a run from one to another, or a piece of another photo."""
    height, width = canvas
    kind = random.random()
    first, second = random.uniform(0, 255, (2, 3))
    if kind < 0.3:
        second = first = np.full(3, random.uniform(150, 255))
    elif kind < 0.45:
        second = first
    elif kind > 0.7:
        other = others[random.integers(len(others))].pixels
        piece = cv2.resize(other[:, :max(8, other.shape[1] // 4)], (width, height), interpolation=cv2.INTER_AREA)
        return piece[:, ::-1].astype(np.float32)
    run = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    return np.broadcast_to(first * (1 - run) + second * run, (height, width, 3)).astype(np.float32)


def _lit(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Other light, other camera, and now and then bad pictures."""
    value = pixels.astype(np.float32) / 255
    value = value ** np.exp(random.normal(0, 0.25)) * random.uniform(0.85, 1.15, 3) ** 0.7
    grey = value.mean(2, keepdims=True)
    value = grey + (value - grey) * (0.0 if random.random() < 0.05 else random.uniform(0.6, 1.35))
    middle = float(value.mean())
    value = (value - middle) * random.uniform(0.75, 1.25) + middle + random.normal(0, 0.03)
    if random.random() < 0.2:
        value = cv2.GaussianBlur(value, (0, 0), random.uniform(0.4, 1.5))
    if random.random() < 0.2:
        value = value + random.normal(0, random.uniform(0.01, 0.05), value.shape)
    result = np.rint(np.clip(value, 0, 1) * 255).astype(np.uint8)
    if random.random() < 0.08:      # flat colours, as in drawings
        result = cv2.bilateralFilter(result, 9, 60, 7)
        result = cv2.bilateralFilter(result, 9, 60, 7)
    if random.random() < 0.2:
        _, packed = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 80))])
        result = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return result


def _wrong_matte(matte: Planes, random: np.random.Generator) -> Planes:
    """Too wide, too narrow, soft, or with a piece missing."""
    kind = random.random()
    if kind < 0.3:
        edge = int(random.integers(2, 8))
        kernel = np.ones((edge, edge), np.uint8)
        return cv2.dilate(matte, kernel) if random.random() < 0.5 else cv2.erode(matte, kernel)
    if kind < 0.6:
        return cv2.GaussianBlur(matte, (0, 0), random.uniform(1, 5))
    result = matte.copy()
    centre = random.uniform((0, 0), matte.shape[::-1])
    cv2.circle(result, (int(centre[0]), int(centre[1])), int(random.integers(8, 32)), float(random.random() < 0.5), -1)
    return result


def standing(case: Case) -> tuple[Figure, Pixels]:
    """The person as the engine sees them, at the network's size, and the truth at that size."""
    top, bottom, left, right = person_box(case.matte)
    rows, columns = slice(max(top - ROOM, 0), bottom + ROOM), slice(max(left - ROOM, 0), right + ROOM)
    corner = np.array([columns.start, rows.start], np.float32)
    pose = Pose(case.pose.points - corner, case.pose.visibility, case.pose.world,
                None if case.pose.face is None else case.pose.face - corner)
    matte = case.matte[rows, columns].astype(np.float32) / 255
    figure, _ = figure_of(case.pixels[rows, columns], pose, matte, max(matte.shape))
    height, width = fitted_shape(figure, LONGEST_TRUNK)
    figure = fitted_figure(figure, (height, width))
    truth = cv2.resize(case.truth[rows, columns], (width, height), interpolation=cv2.INTER_NEAREST)
    return figure, np.pad(truth, ((0, figure.matte.shape[0] - height), (0, figure.matte.shape[1] - width)))
