# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidebar tab "Dressform" of the 3D View: panels draw properties and state, and hold no logic."""

from __future__ import annotations


def register() -> None:
    """Register lists and panels."""
    import bpy

    for cls in _classes():
        bpy.utils.register_class(cls)


def unregister() -> None:
    """The reverse of :func:`register`; thumbnails are let go."""
    import bpy

    from . import thumbnails

    for cls in reversed(_classes()):
        bpy.utils.unregister_class(cls)
    thumbnails.clear()


def _classes() -> tuple[type, ...]:
    from . import animation, look, models, results, turntable

    return (*look.CLASSES, *models.CLASSES, *results.CLASSES, *animation.CLASSES, *turntable.CLASSES)
