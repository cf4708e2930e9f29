# SPDX-License-Identifier: GPL-3.0-or-later
"""Many looks by night: a CSV of looks in; pictures, videos and a manifest that resumes out.

:mod:`.table` and :mod:`.manifest` need no ``bpy``; :mod:`.turntable` and :mod:`.looks` load it when they run.
"""
