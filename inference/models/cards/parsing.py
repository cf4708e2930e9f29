# SPDX-License-Identifier: GPL-3.0-or-later
"""Human parsers: SCHP."""

from __future__ import annotations

from ..card import ModelCard

CARDS: tuple[ModelCard, ...] = ()
