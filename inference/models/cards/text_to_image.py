# SPDX-License-Identifier: GPL-3.0-or-later
"""Text to a picture of a person."""

from __future__ import annotations

from ..card import ModelCard

CARDS: tuple[ModelCard, ...] = ()
