# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators: they read properties, call :mod:`..scene` or the engine's client, and report.

:mod:`.generation` needs no ``bpy``; the modules with operators are loaded by :func:`register`.
"""

from __future__ import annotations


def register() -> None:
    """Register all operators."""
    import bpy

    for cls in _classes():
        bpy.utils.register_class(cls)


def unregister() -> None:
    """Stop every timer and handler, then the reverse of :func:`register`."""
    import bpy

    from . import looks, points, timers, turntable

    points.stop()
    looks.stop()
    turntable.stop()
    timers.stop_all()
    for cls in reversed(_classes()):
        bpy.utils.unregister_class(cls)


def _classes() -> tuple[type, ...]:
    from . import animation, engine, garments, looks, models, points, results, turntable

    return (*garments.CLASSES, *points.CLASSES, *looks.CLASSES, *results.CLASSES, *animation.CLASSES, *turntable.CLASSES,
            *engine.CLASSES, *models.CLASSES)
