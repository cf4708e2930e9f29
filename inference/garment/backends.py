# SPDX-License-Identifier: GPL-3.0-or-later
"""What cuts garments out, by the names that requests use."""

from __future__ import annotations

from ..backend import Backend

EMBEDDED = "embedded"

MASKS: dict[str, Backend] = {backend.name: backend for backend in (
    Backend(EMBEDDED, "Contour analysis (embedded)", "garment.masks:embedded"),
    Backend("u2net-cloth", "U-2-Net for garments", "garment.masks:u2net_cloth", ("u2net-cloth",)),
    Backend("rembg-u2net-cloth-seg", "U-2-Net for garments, by rembg", "garment.masks:rembg_cloth", ("rembg-u2net-cloth-seg",)),
    Backend("points", "Grown from the given points (embedded)", "garment.by_points:grown"),
    Backend("sam", "Segment Anything at the given points", "garment.masks:segment_anything", ("sam2.1-hiera-small",)),
)}
"""Implementations: ``(photo, request, settings) -> GarmentMask``."""
