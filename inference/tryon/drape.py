# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded try-on: garments cut into pieces, warped onto the fitted body, relit and laid over the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..backend import Settings
from ..progress import Progress, ProgressCallback
from ..records import Body, Floats, Garment, Image, Label, Mask, Person, TryOn
from .backdrop import fill_backdrop, pull_push
from .bare_arms import find_bare_arms, kept_before
from .beneath import below_top, bottoms_staying, continued_bottom
from .compose import Stack
from .elbows import at_elbow, drawn, forearm_rank, rounded, unfolded
from .evidence import refine_labels
from .figure import ARMS, SIDES, Figure, read_figure
from .fitting import Fitted, fit_pieces, hem_station
from .grading import Grading
from .hands import hands_of
from .held import held_things, without_cloth
from .layering import nested
from .layout import dressing_order, rolled, tucked
from .leg_outline import outside_legs
from .morphology import closed, grown
from .opening import open_fronts, opening_doubts, opens, wider_beneath, worn_beneath
from .outfit import whole_outfit
from .pattern import cut_pieces
from .pose_doubts import pose_doubts
from .removal import Regions, find_regions, old_waist, waist_side
from .rolling import roll_sleeves
from .skin import paint_skin
from .tucking import cut_at, tucked_in, waistband
from .worn_cut import worn_cut

VERSION = "drape 1"
FEATHER = 8                 # pixels over which the new picture passes into the photo
SHOULDER_M = 0.13           # radius about the shoulder joint in which an arm is never before the trunk
ARMHOLE_M = 0.28            # radius about the shoulder joint within which trunk and sleeve are sewn together
GAP_M = 0.40                # so near to the shoulder joint, gaps between trunk and sleeve that old clothes filled are cloth
BESIDE_NECK = 0.5           # of the way from the middle to the shoulder joint: nearer, a gap is the neck opening
UNDER_SEAM = 0.82           # the cloth under a seam lies in its shade
SEAM_M = 0.11               # reach of the cloth laid under a shoulder seam
SKIN_FADE_M = ((Label.FACE, 0.025), (Label.LEGS, 0.05))
"""The neck of the photo passes into painted skin over this distance from the old collar, legs from the old hem, in whose shade they lie."""
BEFORE_M = 0.05             # depth by which an upper arm must lie before the trunk to hide it
BOTTOM_PIECES = ("leg", "skirt")
BARE_LABEL = (((0, 1), Label.FACE), ((2, 3, 5, 6), Label.ARMS), ((8, 9, 11, 12), Label.LEGS), ((10, 13), Label.SHOES))
"""Part codes of the body and the label of their skin; a bare chest or belly counts with the neck."""
NEW_LABEL = {"top": Label.UPPER, "outer": Label.OUTER, "dress": Label.DRESS}


@dataclass(frozen=True)
class Layer:
    """A drawn piece, or the part of a sleeve from the elbow on: premultiplied RGBA in the photo, and its name."""

    name: str
    rgba: Floats
    garment: int
    forearm: bool = False


def drape(person: Person, body: Body, garments: Sequence[Garment], settings: Settings,
          progress: ProgressCallback) -> TryOn:
    """Dress the person; see :func:`..tryon.dress`."""
    figure = read_figure(body)
    hands = hands_of(person, figure)
    bare = find_bare_arms(person, figure, hands)                   # colours of skin are learnt from the labels before they are refined
    person = replace(person, labels=refine_labels(person, figure, waist_side(figure)))
    person = replace(person, labels=without_cloth(person, figure, hands))
    held = held_things(person, hands)
    person = replace(person, labels=bare.labelled(person.labels))
    figure = figure.seen_in(person)
    if any(opens(garment) for garment in garments):
        person = replace(person, labels=np.where(worn_beneath(person, figure), np.uint8(Label.UPPER), person.labels))
    asked = len(garments)
    outfits = [whole_outfit(garment) for garment in garments]
    owners = [number for number, outfit in enumerate(outfits) for _ in outfit]
    garments = [garment for outfit in outfits for garment in outfit]
    order = dressing_order(garments)
    fitted: list[list[Fitted]] = []
    hem = None
    for number, garment in reversed(list(enumerate(garments))):    # a bottom from the photo of a top is fitted after that top
        progress(Progress("tryon", len(garments) - 1 - number, len(garments) + 1, f"Fitting {garment.photo.path.name}"))
        above = hem if garment.attributes.get("strip") else None
        pieces = fit_pieces(garment, cut_pieces(garment), figure, old_waist(person, figure), above)
        if rolled(garment):
            pieces = roll_sleeves(pieces, figure)
        pieces = unfolded(pieces, figure)
        hem = hem_station(pieces, figure)
        fitted.insert(0, open_fronts(pieces, figure.px_per_m) if opens(garment) else pieces)
    progress(Progress("tryon", len(garments), len(garments) + 1, "Composing the picture"))
    grading = Grading(person, figure)
    layers = [Layer(name, grading.cloth(rgba, garments[i], fitted[i]), i, forearm)
              for i in order for name, rgba, forearm in drawn(fitted[i], figure)]
    band, inside = waistband(garments, fitted, person, figure), tucked_in(garments, order)
    layers = [replace(layer, rgba=cut_at(layer.rgba, band, figure)) if band and layer.name == "trunk" and layer.garment in inside else layer
              for layer in layers]
    layers = sorted(nested(layers, fitted, order), key=lambda layer: forearm_rank(layer.name, figure, bare.front) if layer.forearm else 0)
    regions = kept_before(find_regions(person, list(garments), fitted, figure), bare, held, fitted, figure)
    stack = _compose(person, garments, figure, regions, layers, np.ones(person.matte.shape, np.float32))
    stack.develop(grading.grained)
    dressed = _finish(person, garments, figure, regions, layers, stack)
    shown = tuple(np.max([layer for layer, owner in zip(dressed.layers, owners, strict=True) if owner == number], 0)
                  for number in range(asked))
    worn = tuple(worn_cut(garments[i], fitted[i], figure) for i in order)
    doubts = (*pose_doubts(person, figure, garments, bare.whole), *opening_doubts(list(garments)))
    return replace(dressed, layers=shown, person=replace(dressed.person, worn=worn), warnings=doubts)


def _compose(person: Person, garments: Sequence[Garment], figure: Figure, regions: Regions, layers: list[Layer], shade: Floats) -> Stack:
    """All layers, back to front."""
    stack = Stack(figure)
    fading = _into_painted_skin(person, figure, regions)
    kept = person.matte * ~regions.removed * fading
    if regions.bottoms_stay:
        kept = kept * bottoms_staying(person, figure, regions.removed)
    photo = person.foreground.astype(np.float32)
    for layer in layers:
        if layer.name == "back":
            stack.lay_cloth(layer.rgba, shade * 0.86)              # the inside of the back lies in the neck's shade
    skin = paint_skin(person, figure)
    naked = _bare(person, figure, regions)
    naked &= ~(regions.sleeved & np.isin(figure.part, [int(code) for side in SIDES for code in ARMS[side]]))
    arm = _arms_in_front(figure)
    stack.lay(skin, _soft((naked & ~arm) | (fading < 1)), new=True)
    if any(opens(garment) for garment in garments):
        colour, where = wider_beneath(person, figure, regions.removed)
        stack.lay(colour, _soft(where), new=True)
    stack.lay(*_underlay(figure, regions, layers, shade), new=True)
    if regions.bottoms_stay:
        stack.lay(*continued_bottom(person, figure, regions.removed), new=True)
    joint = regions.arms & _at_shoulder(figure)                    # a bare shoulder goes under the trunk's cloth
    stack.lay(photo, kept * (~regions.arms | joint))
    for layer in layers:
        if layer.name.startswith("sleeve") and _behind(figure, layer):
            stack.lay_cloth(layer.rgba, shade)
    for layer in layers:
        if layer.name.startswith(BOTTOM_PIECES):
            stack.lay_cloth(layer.rgba, shade)
            if layer is _last_bottom(layers):                      # the person's own top hangs over a new bottom as over the old
                stack.lay(photo, kept * np.isin(person.labels, (Label.UPPER, Label.OUTER, Label.DRESS)))
        elif layer.name == "trunk":
            stack.lay_cloth(layer.rgba, shade)
            if tucked(garments[layer.garment]):
                stack.lay(photo, kept * np.isin(person.labels, (Label.LOWER, Label.SKIRT)))
    stack.lay_before(skin, _soft(naked & arm), new=True)
    stack.lay_before(photo, kept * (regions.arms & ~joint))
    for layer in layers:
        if layer.name.startswith("sleeve") and not _behind(figure, layer):
            if layer.forearm:
                joined = at_elbow(layer.name, figure)
                stack.shade_below(layer.rgba[..., 3], joined)
                stack.lay_cloth(rounded(layer.rgba, joined, figure), shade, joined)
            else:
                stack.lay_cloth(layer.rgba, shade)
    stack.lay(photo, person.matte * (regions.arms & (person.labels == Label.HANDS)))
    if regions.before is not None:
        stack.lay_before(photo, person.matte * _trimmed(regions.before))
    stack.lay_before(photo, person.matte * _trimmed(regions.head | regions.extra))
    return stack


def _last_bottom(layers: list[Layer]) -> Layer | None:
    """The last drawn piece of trousers or skirt."""
    return next((layer for layer in reversed(layers) if layer.name.startswith(BOTTOM_PIECES)), None)


def _bare(person: Person, figure: Figure, regions: Regions) -> Mask:
    """Body surface that comes to light: where old clothes go and a limb, neck or belly is under them."""
    hands = [int(ARMS[side][2]) for side in SIDES]                 # real hands stay where they are; modelled ones only come near them
    bare = (figure.part >= 0) & regions.removed & ~np.isin(figure.part, hands) & ~outside_legs(person, figure)
    return bare if regions.unpainted is None else bare & ~regions.unpainted


def _into_painted_skin(person: Person, figure: Figure, regions: Regions) -> Floats:
    """(H, W) 0..1: how much of the photo's neck and legs stays; beside the old collar or hem they pass into the painted skin."""
    stays = np.ones(person.matte.shape, np.float32)
    distance = cv2.distanceTransform((~regions.removed).astype(np.uint8), cv2.DIST_L2, 5) / figure.px_per_m
    beyond = outside_legs(person, figure)
    for label, metres in SKIN_FADE_M:
        skin = (person.labels == label) & ~regions.head & ~regions.removed & (figure.part >= 0) & ~beyond
        stays[skin] = np.clip(distance[skin] / metres, 0, 1)
    return stays


def _underlay(figure: Figure, regions: Regions, layers: list[Layer], shade: Floats) -> tuple[Floats, Floats]:
    """Cloth under the shoulder seams, so that no skin shows between trunk and sleeve: colour and coverage."""
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    arm_codes = [int(code) for side in SIDES for code in ARMS[side]]
    cover = np.zeros(regions.removed.shape, np.float32)
    colour = np.zeros((*cover.shape, 3), np.float32)
    trunk = np.zeros(cover.shape, bool)
    start = figure.trunk.points[0]
    down = (figure.trunk.points[1] - start) / max(float(np.linalg.norm(figure.trunk.points[1] - start)), 1e-6)
    for layer in layers:
        if layer.name == "trunk":
            trunk |= layer.rgba[..., 3] > 0.5
    for layer in layers:
        if not layer.name.startswith("sleeve") or layer.forearm:
            continue
        joint = figure.joints[f"{layer.name.split('_')[1].capitalize()}Arm"]
        alpha = layer.rgba[..., 3]
        outer = np.abs((columns - start[0]) * -down[1] + (rows - start[1]) * down[0]) > BESIDE_NECK * abs(figure.trunk.aside_of(joint))
        near = (np.hypot(columns - joint[0], rows - joint[1]) < ARMHOLE_M * figure.px_per_m) & (figure.part >= 0) & ~regions.head
        reach = max(3, round(SEAM_M * figure.px_per_m)) | 1
        beside = grown(alpha > 0.5, reach // 2) & grown(trunk, reach // 2) & near
        joined = closed(trunk | (alpha > 0.5), reach // 2)
        beside |= regions.sleeved & regions.removed & ~regions.head & np.isin(figure.part, arm_codes)
        beside |= joined & regions.removed & ~regions.head & outer \
            & (np.hypot(columns - joint[0], rows - joint[1]) < GAP_M * figure.px_per_m)
        if beside.any():
            ys, xs = np.nonzero(beside)
            box = np.s_[max(0, ys.min() - reach):ys.max() + reach, max(0, xs.min() - reach):xs.max() + reach]
            cloth = layer.rgba[box][..., :3] / np.maximum(alpha[box], 1e-3)[..., None]
            colour[box][beside[box]] = UNDER_SEAM * pull_push(cloth, (alpha[box] > 0.95).astype(np.float32))[beside[box]]
            cover[beside] = 1
    return colour * shade[..., None], _soft(cover > 0)


def _arms_in_front(figure: Figure) -> Mask:
    """Arm pixels that lie before the trunk (or beside it); the shoulder itself belongs under the trunk's cloth."""
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    out = np.zeros(figure.part.shape, bool)
    for side in SIDES:
        shoulder = figure.joints[f"{side.capitalize()}Arm"]
        away = np.hypot(columns - shoulder[0], rows - shoulder[1]) > SHOULDER_M * figure.px_per_m
        before = figure.depth < figure.trunk_depth - BEFORE_M
        upper, *lower = (int(code) for code in ARMS[side])
        out |= np.isin(figure.part, lower) & (figure.depth <= figure.trunk_depth)
        out |= (figure.part == upper) & before & away
    return out


def _at_shoulder(figure: Figure) -> Mask:
    """Pixels about the shoulder joints, where an arm is part of the trunk, unless the forearm or hand is there."""
    rows, columns = np.mgrid[:figure.height, :figure.width].astype(np.float32)
    out = np.zeros(figure.part.shape, bool)
    for side in SIDES:
        shoulder = figure.joints[f"{side.capitalize()}Arm"]
        out |= np.hypot(columns - shoulder[0], rows - shoulder[1]) < SHOULDER_M * figure.px_per_m
    lower = [int(code) for side in SIDES for code in ARMS[side][1:]]
    return out & ~np.isin(figure.part, lower)


def _behind(figure: Figure, layer: Layer) -> bool:
    """Whether a sleeve passes behind the trunk: most of the arm that overlaps the trunk is not the nearest surface."""
    side = layer.name.split("_")[1]
    codes = [int(code) for code in ARMS[side]]
    over = (layer.rgba[..., 3] > 0.5) & np.isfinite(figure.trunk_depth)
    lower = codes[1:]
    visible = np.isin(figure.part, lower)
    return bool(over.sum() > 200 and (visible & over).sum() < 0.05 * over.sum() and np.isin(figure.part, lower).sum() < 200)


def _soft(mask: Mask) -> Floats:
    """A mask with an anti-aliased edge."""
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8)


def _trimmed(mask: Mask) -> Floats:
    """The same, a pixel farther inside: at its border the photo mixes what lies before with the old clothes."""
    return _soft(cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool))


def _finish(person: Person, garments: Sequence[Garment], figure: Figure, regions: Regions, layers: list[Layer],
            stack: Stack) -> TryOn:
    """Backdrop, feathered change and the updated person."""
    photo = person.photo.pixels
    cloth = np.zeros(person.matte.shape, np.float32)
    for layer in layers:
        cloth = np.maximum(cloth, layer.rgba[..., 3])
    seen = np.max(_coverage(garments, layers, regions, person, figure), 0)
    core = (seen > 0.004) | regions.removed | ((cloth > 0.004) & (person.matte < 0.97))   # also behind loose hair
    distance = cv2.distanceTransform(1 - cv2.dilate(core.astype(np.uint8), np.ones((3, 3), np.uint8)), cv2.DIST_L2, 5)
    near = distance < FEATHER - 1
    changed = np.clip(1 - distance / (FEATHER - 1), 0, 1).astype(np.float32)
    ground = person.matte < 0.02
    ground = cv2.erode(ground.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    alpha = np.clip(stack.alpha, 0, 1)
    wanted = near & ~ground & (alpha < 0.995)
    backdrop = fill_backdrop(photo, ground, wanted).astype(np.float32)
    composed = stack.colour + backdrop * (1 - alpha[..., None])
    mixed = composed * changed[..., None] + photo.astype(np.float32) * (1 - changed[..., None])
    pixels = np.where((changed > 0)[..., None], mixed.clip(0, 255).round(), photo).astype(np.uint8)
    matte = (alpha * changed + person.matte * (1 - changed)).astype(np.float32)
    own = ((changed > 0) & (alpha > 0.02))[..., None]
    foreground = np.where(own, stack.straight().clip(0, 255).round(), person.foreground).astype(np.uint8)
    visible, labels = _visible(person, garments, figure, regions, layers, matte)
    dressed = replace(person, photo=replace(person.photo, pixels=pixels), matte=matte, labels=labels, foreground=foreground)
    return TryOn(dressed, changed, visible, VERSION)


def _visible(person: Person, garments: Sequence[Garment], figure: Figure, regions: Regions, layers: list[Layer],
             matte: Floats) -> tuple[tuple[Floats, ...], Image]:
    """Visible coverage of each garment, and the labels of the dressed person."""
    labels = person.labels.copy()
    labels[regions.removed] = int(Label.BACKGROUND)
    bare = _bare(person, figure, regions)
    parts = figure.part
    for codes, label in BARE_LABEL:
        labels[bare & np.isin(parts, codes)] = int(label)
    if regions.bottoms_stay:
        labels[below_top(person, figure, regions.removed)] = int(Label.LOWER)
    coverage = _coverage(garments, layers, regions, person, figure)
    for layer in layers:
        garment = garments[layer.garment]
        label = NEW_LABEL.get(garment.category, Label.SKIRT if garment.attributes.get("skirt") else Label.LOWER)
        labels[(coverage[layer.garment] > 0.5) & (layer.rgba[..., 3] > 0.5)] = int(label)
    labels[matte < 0.25] = int(Label.BACKGROUND)
    return tuple(coverage), labels


def _coverage(garments: Sequence[Garment], layers: list[Layer], regions: Regions, person: Person, figure: Figure) -> list[Floats]:
    """Visible coverage of each garment, (H, W) 0..1."""
    before = np.zeros(person.matte.shape, bool) if regions.before is None else regions.before
    front = regions.head | regions.extra | before | (regions.arms & ~_at_shoulder(figure))
    own_top = np.isin(person.labels, (Label.UPPER, Label.OUTER, Label.DRESS)) & ~regions.removed
    own_bottom = np.isin(person.labels, (Label.LOWER, Label.SKIRT)) & ~regions.removed
    coverage = [np.zeros(person.matte.shape, np.float32) for _ in garments]
    for layer in layers:
        hidden = front if not layer.name.startswith("sleeve") else regions.head | regions.extra | before
        if layer.name.startswith(BOTTOM_PIECES):
            hidden = hidden | own_top
        elif layer.name == "trunk" and tucked(garments[layer.garment]):
            hidden = hidden | own_bottom
        alpha = layer.rgba[..., 3] * ~hidden
        for i in range(len(coverage)):
            if i != layer.garment:
                coverage[i] = coverage[i] * (1 - alpha)
        coverage[layer.garment] = np.maximum(coverage[layer.garment], alpha)
    return coverage
