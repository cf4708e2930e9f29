# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a try-on within the region that the user painted: where it is black, the photo stays as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..records import Floats, Image, Person, TryOn


def within(person: Person, dressed: TryOn, region: Floats) -> TryOn:
    """The try-on inside a region, the person as photographed outside.

    Args:
        person: before.
        dressed: after, at the same size.
        region: (H, W) 0..1; between, the two are mixed.
    """
    after = dressed.person
    mixed = replace(after, photo=replace(after.photo, pixels=_mixed(person.photo.pixels, after.photo.pixels, region)),
                    foreground=_mixed(person.foreground, after.foreground, region),
                    matte=(person.matte + (after.matte - person.matte) * region).astype(np.float32),
                    labels=np.where(region > 0.5, after.labels, person.labels))
    return replace(dressed, person=mixed, changed=dressed.changed * region, layers=tuple(layer * region for layer in dressed.layers))


def _mixed(before: Image, after: Image, region: Floats) -> Image:
    mean = before + (after.astype(np.float32) - before) * region[..., None]
    return np.asarray(np.clip(mean + 0.5, 0, 255), np.uint8)
