# SPDX-License-Identifier: GPL-3.0-or-later
"""Diffusion models that edit a picture by instruction and reference pictures."""

from __future__ import annotations

from ..card import ModelCard

CARDS: tuple[ModelCard, ...] = ()
