# SPDX-License-Identifier: GPL-3.0-or-later
"""What Dressform does to a Blender scene: import a look, build the turntable studio, render it.

Everything here works the same from an operator and under ``blender -b``.
:mod:`.presets` and :mod:`.framing` need no ``bpy``; the other modules do.
"""
