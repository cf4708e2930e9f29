# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that cut persons and garments out: the U-2-Net family, ISNet, BiRefNet."""

from __future__ import annotations

from ..card import ModelCard

CARDS: tuple[ModelCard, ...] = ()
