# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge between Blender and the models: a local engine, and the client that talks to it.

:mod:`.protocol`, :mod:`.client` and :mod:`.process` need only the standard library and run in Blender's Python; everything
else runs in the engine's own environment (``python -m dressform.server``).
"""
