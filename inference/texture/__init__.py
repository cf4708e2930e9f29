# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture: the surface's UV atlas and its base colour, from one photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..progress import Progress, ProgressCallback, silent

if TYPE_CHECKING:
    from ..records import Body, Image, Person, Surface, TexturedMesh
    from .projection import View
    from .sight import Layer


def texture_surface(surface: Surface, body: Body, person: Person, size: int = 2048,
                    progress: ProgressCallback = silent) -> TexturedMesh:
    """Unwrap a surface and paint it with the photo, completing what the photo does not show.

    Args:
        surface: the dressed surface.
        body: the fitted body, with the photo's camera.
        person: the person as dressed (photo, matte, labels, foreground).
        size: of the square texture, texels.
        progress: called between the steps; may raise :class:`..errors.Cancelled`.

    Returns:
        The mesh, split along chart borders, with its base colour.
    """
    import numpy as np

    from ..records import TexturedMesh
    from .atlas import build_atlas
    from .bake import bake
    from .cloth import patterned_clothes
    from .given import with_given_colours
    from .hair import without_background
    from .hands import even_hands
    from .light import without_light
    from .limbs import with_even_shoulders
    from .projection import clean_colours, view_surface
    from .roughness import bake_roughness
    from .trunk import without_arms

    surface = with_even_shoulders(surface)
    steps = 3
    progress(Progress("texture", 0, steps, "Cutting and unwrapping the surface"))
    atlas = build_atlas(surface, body)
    progress(Progress("texture", 1, steps, "Painting the back"))
    view = view_surface(surface, body.camera)
    colours = without_light(without_background(clean_colours(person), person), person, surface, view)
    colours = even_hands(colours, person.labels, float(np.ptp(view.points[:, 1])))
    patterns = patterned_clothes(colours, person)
    trunk = without_arms(person, surface, body.camera, view, colours, patterns)
    with_arms, without = (0, 2, 3), (1, 4, 5)            # head, arms, hands; torso, legs, feet
    layers = (_layer(person, surface, view, colours, with_arms, patterns),
              _layer(trunk.person, trunk.surface, trunk.view, trunk.colours, without, patterns))
    progress(Progress("texture", 2, steps, "Baking the base colour"))
    colour = with_given_colours(bake(surface, body, atlas, layers, size), surface, atlas, colours, person.labels, view)
    return TexturedMesh(surface.vertices[atlas.source], surface.normals[atlas.source], atlas.faces, atlas.uv, atlas.source,
                        colour, atlas.charts, bake_roughness(surface, atlas, size))


def _layer(person: Person, surface: Surface, view: View, colours: Image, limbs: tuple[int, ...],
           patterns: frozenset[int]) -> Layer:
    """These limbs as the photo shows them, and their back."""
    from .backside import paint_backside
    from .sides import fade_plain_sides
    from .sight import Layer

    back = paint_backside(person, surface, view, colours, limbs, patterns)
    return Layer(limbs, fade_plain_sides(colours, person.labels, back, surface, view), person.labels, view, back)
