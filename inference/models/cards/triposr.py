# SPDX-License-Identifier: GPL-3.0-or-later
"""TripoSR."""

from __future__ import annotations

from ..card import ModelCard

CARDS: tuple[ModelCard, ...] = ()
