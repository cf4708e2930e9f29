# SPDX-License-Identifier: GPL-3.0-or-later
"""Binding a reconstructed surface to the fitted body's armature."""

from __future__ import annotations

from ..records import Body, Skin, Surface, TexturedMesh


def bind_surface(surface: Surface, mesh: TexturedMesh, body: Body) -> Skin:
    """Skin of the textured mesh: at most four bones a vertex, weights that sum to one, split vertices alike on both sides.

    Args:
        surface: the closed mesh.
        mesh: the same mesh, split along chart borders.
        body: the fitted body with its skeleton and weights.
    """
    from .weights import strongest, surface_weights

    joints, weights = strongest(surface_weights(surface, body))
    return Skin(joints[mesh.source], weights[mesh.source], body.skeleton)
