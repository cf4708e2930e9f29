# SPDX-License-Identifier: GPL-3.0-or-later
"""Turntable presets and options: decisions only, no ``bpy``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

PRESETS: dict[str, tuple[int, int]] = {
    "square": (1080, 1080),
    "portrait": (1080, 1350),
    "story": (1080, 1920),
    "wide": (1920, 1080),
}
"""Name -> full size (width, height) in pixels: 1:1, 4:5, 9:16 and 16:9 of the usual shop and social feeds."""

ENGINES = ("cycles", "eevee", "workbench")
BACKDROPS = ("cyclorama", "transparent")

BACKDROP_COLOUR = (0.85, 0.85, 0.85)
"""Linear reflectance of the paper; a light grey on which both white and black garments keep their outline."""
FRAMES_RANGE = (2, 2000)
SAMPLES_RANGE = (1, 4096)


@dataclass(frozen=True)
class TurntableOptions:
    """How a look is turned and rendered.

    Attributes:
        preset: key of :data:`PRESETS`.
        frames: pictures of one full turn.
        fps: of the video.
        engine: one of :data:`ENGINES`; ``workbench`` is the fast preview.
        samples: per pixel, for Cycles and EEVEE.
        percent: of the preset's size; the result is rounded to even numbers, as H.264 asks.
        backdrop: ``cyclorama``, or ``transparent`` with only the shadow on the floor (Cycles; no shadow elsewhere).
        colour: linear RGB reflectance of the cyclorama, and the colour behind a transparent sequence's video.
        video: also encode an MP4.
    """

    preset: str = "square"
    frames: int = 48
    fps: int = 24
    engine: str = "cycles"
    samples: int = 12
    percent: int = 100
    backdrop: str = "cyclorama"
    colour: tuple[float, float, float] = BACKDROP_COLOUR
    video: bool = True

    def check(self) -> None:
        """Raise ``ValueError`` with a sentence for people where a value is not offered."""
        if self.preset not in PRESETS:
            raise ValueError(f"There is no turntable preset '{self.preset}'; choose one of {', '.join(PRESETS)}.")
        if self.engine not in ENGINES:
            raise ValueError(f"There is no render engine '{self.engine}'; choose one of {', '.join(ENGINES)}.")
        if self.backdrop not in BACKDROPS:
            raise ValueError(f"There is no backdrop '{self.backdrop}'; choose one of {', '.join(BACKDROPS)}.")
        for name, value, (low, high) in (("frames", self.frames, FRAMES_RANGE), ("fps", self.fps, (1, 240)),
                                         ("samples", self.samples, SAMPLES_RANGE), ("percent", self.percent, (1, 400))):
            if not low <= value <= high:
                raise ValueError(f"{value} is not a possible number of {name}; choose between {low} and {high}.")

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels, both even."""
        width, height = PRESETS[self.preset]
        return even(width * self.percent / 100), even(height * self.percent / 100)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the manifest."""
        return {**asdict(self), "colour": list(self.colour)}


def even(length: float) -> int:
    """The even whole number nearest to ``length``, at least 2; H.264 with 4:2:0 colour takes no odd sizes."""
    return max(2, int(length / 2 + 0.5) * 2)
