# SPDX-License-Identifier: GPL-3.0-or-later
"""VITON-HD."""

from __future__ import annotations

from ..card import ModelCard

CARDS: tuple[ModelCard, ...] = ()
