# SPDX-License-Identifier: GPL-3.0-or-later
"""The colour of the light: taken off a garment's photo, and that of the person's photo put on.

Both are guessed cautiously. A sheet or tiles under a garment are near white, so their tint is mostly the light's; human skin differs
little in hue, so a part of what the person's differs from the usual is the light's too; and light that strays in a lens lifts the
shadows of a person before a bright ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..cielab import to_lab
from ..records import SKIN, Floats, Garment, Image, Label, Person

GAMMA = 2.2
BORDER = 0.035              # of a garment photo's shorter side: the frame in which its ground is looked for
GROUND_PARTS = 3            # colours that the frame is divided into
GROUND_SHARE = 0.25         # of the frame: a colour seen less is no ground
SHEET_LIGHTNESS = 58.0      # CIELAB L from which a ground can be white things in weak light
SHEET_CHROMA = 17.0         # and chroma up to which its tint is taken for the light's
SHEET_TRUST = 0.65          # share of the tint that is taken off: tiles and sheets have tints of their own
UNLIKE = 12.0               # CIELAB units by which a ground differs from the garment
USUAL_SKIN = (12.5, 18.5)   # a* and b* of faces and arms in white light, mean over people (Xiao et al. 2017: 11-13 and 17-20)
SKIN_TRUST = 0.35           # share of the difference that is the light's: people vary by 3 units, photos by about as much
SKIN_RANGE = 16.0           # CIELAB units: farther from the usual it is no skin, or painted light
ENOUGH_SKIN = 300           # pixels
WHITE_LIGHTNESS, WHITE_CHROMA = (72.0, 98.5), 13.0    # CIELAB, of white and light grey things; brighter is cut off and has lost its tint
MUCH_WHITE = 0.06           # of the photo
WARM = np.array([1.0, 0.0, -1.0])    # logarithms of R, G, B along which daylight and lamps differ, nearly (Planck's locus)
STRONGEST = 0.14            # natural logarithm of the largest gain of a channel
GLARE_REACH = 0.06          # of the photo's height: how far light strays in a lens
GLARE_TRUST = 0.8           # of the stray light that the darkest parts of the person leave room for
MOST_GLARE = 0.18           # share of the surroundings' light
DARKEST = 0.02              # of a garment's pixels: their brightness is what its own photo's stray light lifts black to, or less


def tint_of_ground(garment: Garment) -> Floats:
    """(3,) linear RGB, mean 1: the colour of the light in a garment's photo, told by a near-white ground; ones where there is none."""
    frame = _frame(garment.photo.pixels)
    lab = to_lab(frame)
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 0.5)
    cv2.setRNGSeed(0)
    _, member, centres = cv2.kmeans(lab, GROUND_PARTS, np.zeros(0, np.int32), criteria, 1, cv2.KMEANS_PP_CENTERS)
    cloth = garment.pixels[garment.pixels[..., 3] > 200][:, :3]
    own = np.median(to_lab(cloth[::max(1, len(cloth) // 4000)]), 0) if len(cloth) else np.full(3, np.inf)
    shares = np.bincount(member.ravel(), minlength=GROUND_PARTS) / len(lab)
    best = None
    for share, centre in zip(shares, centres, strict=True):
        sheet = centre[0] >= SHEET_LIGHTNESS and np.hypot(centre[1], centre[2]) <= SHEET_CHROMA
        if sheet and share >= GROUND_SHARE and np.linalg.norm(centre - own) > UNLIKE and (best is None or centre[0] > best[0]):
            best = centre                                          # the brightest of them is the least in shadow
    if best is None:
        return np.ones(3, np.float32)
    return _gain(np.array([best[0], SHEET_TRUST * best[1], SHEET_TRUST * best[2]]), np.array([best[0], 0, 0]))


def tint_of_skin(person: Person) -> Floats:
    """(3,) linear RGB, mean 1: the colour of the light on the person, by how their skin differs from the usual; ones without skin."""
    solid = cv2.erode((person.matte > 0.98).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    for labels in ((Label.ARMS, Label.LEGS), (Label.FACE,)):
        skin = solid & np.isin(person.labels, labels)
        if skin.sum() < ENOUGH_SKIN:
            continue
        tone = np.median(to_lab(person.photo.pixels[skin]), 0)
        away = tone[1:] - np.array(USUAL_SKIN)
        if np.linalg.norm(away) > SKIN_RANGE or tone[0] < 20:
            continue
        return _gain(tone, np.array([tone[0], *(tone[1:] - SKIN_TRUST * away)]))
    return np.ones(3, np.float32)


def tint_of_light(person: Person) -> Floats:
    """(3,) linear RGB, mean 1: the colour of the light on the person, told by white things in the photo; with few of them by skin."""
    lab = to_lab(person.photo.pixels[::3, ::3].reshape(-1, 3))
    skin = np.isin(person.labels[::3, ::3].ravel(), SKIN)
    white = (lab[:, 0] > WHITE_LIGHTNESS[0]) & (lab[:, 0] < WHITE_LIGHTNESS[1]) & (np.hypot(lab[:, 1], lab[:, 2]) < WHITE_CHROMA) & ~skin
    share = min(1.0, float(white.mean()) / MUCH_WHITE)
    by_skin = np.log(tint_of_skin(person))
    if share == 0:
        return np.exp(by_skin).astype(np.float32)
    lightness, *tint = np.median(lab[white], 0)
    by_white = np.log(_gain(np.array([lightness, SHEET_TRUST * tint[0], SHEET_TRUST * tint[1]]), np.array([lightness, 0, 0])))
    return np.exp(share * by_white + (1 - share) * by_skin).astype(np.float32)


def relit(colour: Floats, gain: Floats) -> Floats:
    """Colour (…, 3) 0..255 in light that is stronger by ``gain`` in linear RGB."""
    return np.asarray(colour * gain ** (1 / GAMMA), np.float32)


def change_of_light(garment: Garment, person: Person) -> Floats:
    """(3,) gain in linear RGB that takes a garment from the light of its photo into that of the person's photo.

    Ones for a garment that somebody wears in its photo: such photos are balanced like that of the person, and their grounds are
    walls and streets of any colour.
    """
    if garment.kind == "worn":
        return np.ones(3, np.float32)
    change = np.log(tint_of_light(person)) - np.log(tint_of_ground(garment))
    return np.exp(np.clip(change, -STRONGEST, STRONGEST)).astype(np.float32)


@dataclass(frozen=True)
class Glare:
    """Light that strays in the lens.

    Attributes:
        colour: (H, W, 3) 0..255, that of the surroundings, far blurred.
        share: 0..1, how much of it lies on the person.
    """

    colour: Floats
    share: float

    def over(self, colour: Floats, black: float, box: tuple[slice, slice]) -> Floats:
        """Colour of cloth, 0..255, with the stray light on it, as far as it does not have as much already.

        Args:
            colour: (h, w, 3) of a part of the photo.
            black: grey levels, the darkest that the cloth shows.
            box: which part.
        """
        missing = np.clip(self.share * self.colour[box] - black, 0, None)
        return colour + (255 - colour) * (missing / 255)


def black_of(garment: Garment) -> float:
    """Grey level of the darkest parts of a garment, by their brightest channel."""
    cloth = garment.pixels[garment.pixels[..., 3] > 200][:, :3]
    return float(np.quantile(cloth.max(1), DARKEST)) if len(cloth) else 0.0


def glare_of(person: Person) -> Glare:
    """How much of the bright surroundings strays over the person: no more than their darkest parts show."""
    photo = person.photo.pixels.astype(np.float32)
    sigma = GLARE_REACH * person.photo.height
    around = _blurred(photo * (1 - person.matte[..., None]), sigma)
    inside = cv2.erode((person.matte > 0.98).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    lit = inside & (around.min(2) > 12)
    if lit.sum() < ENOUGH_SKIN:
        return Glare(around, 0.0)
    room = (photo[lit] / np.maximum(around[lit], 1)).max(1)        # a dark thing of any hue tells only by its brightest channel
    share = GLARE_TRUST * float(np.quantile(room, 0.01))
    return Glare(around, float(np.clip(share, 0, MOST_GLARE)))


def _frame(pixels: Image) -> Image:
    """(N, 3) the pixels of a picture's border."""
    width = max(2, round(BORDER * min(pixels.shape[:2])))
    sides = (pixels[:width], pixels[-width:], pixels[:, :width], pixels[:, -width:])
    frame = np.concatenate([side.reshape(-1, 3) for side in sides])
    return frame[::max(1, len(frame) // 6000)]


def _gain(tinted: Floats, plain: Floats) -> Floats:
    """(3,) linear RGB of one CIELAB colour over another's, as far as warmer or cooler light explains it."""
    both = cv2.cvtColor(np.array([[tinted, plain]], np.float32), cv2.COLOR_LAB2RGB)[0].clip(0.02, 1).astype(np.float64)
    change = GAMMA * np.log(both[0] / both[1])
    warmth = float(np.clip((change[0] - change[2]) / 2, -STRONGEST, STRONGEST))
    return np.exp(warmth * WARM).astype(np.float32)


def _blurred(image: Floats, sigma: float) -> Floats:
    """A wide blur, made at a smaller size."""
    step = max(1, int(sigma / 4))
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(2, width // step), max(2, height // step)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / step), (width, height), interpolation=cv2.INTER_LINEAR)
