# SPDX-License-Identifier: GPL-3.0-or-later
"""The try-on that keeps what the person wears."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..backend import Settings
from ..progress import ProgressCallback
from ..records import Body, Garment, Person, TryOn


def keep_clothes(person: Person, body: Body, garments: Sequence[Garment], settings: Settings, progress: ProgressCallback) -> TryOn:
    """The person as they are; no pixel is changed."""
    return TryOn(person, np.zeros(person.matte.shape, np.float32), (), "none", ())
