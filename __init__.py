# SPDX-License-Identifier: GPL-3.0-or-later
"""Dressform: a person's photo and garment photos in, a dressed, textured, rigged 3D person out."""

from __future__ import annotations


def register() -> None:
    """Called by Blender when the extension is enabled."""
    from . import operators, panels, preferences, properties

    for module in (properties, preferences, operators, panels):
        module.register()


def unregister() -> None:
    """Called by Blender when the extension is disabled; the reverse of :func:`register`."""
    from . import operators, panels, preferences, properties

    for module in (panels, operators, preferences, properties):
        module.unregister()
