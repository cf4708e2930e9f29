# SPDX-License-Identifier: GPL-3.0-or-later
"""The material of an imported look: one Principled BSDF, a cloth-like surface, the base colour image packed."""

from __future__ import annotations

from typing import Any

import bpy

ROUGHNESS = 0.75
"""Cloth and skin are rough; used where the file gives the importer's default of 1 or nothing."""
SPECULAR = 0.25
"""Half of the Principled default (IOR 1.5): the photo's own highlights are already in the base colour."""


def clean(material: Any, name: str) -> None:
    """Make ``material`` a single Principled BSDF with its base colour image, metallic 0.

    Works on what the glTF importer made. An opacity link is kept where the file has one.
    """
    material.name = name
    material.use_backface_culling = False
    if not material.use_nodes:
        material.use_nodes = True
    tree = material.node_tree
    shader = principled(material)
    if shader is None:
        tree.nodes.clear()
        shader = tree.nodes.new("ShaderNodeBsdfPrincipled")
        output = tree.nodes.new("ShaderNodeOutputMaterial")
        tree.links.new(shader.outputs["BSDF"], output.inputs["Surface"])
    for socket in ("Metallic", "Roughness"):
        for link in list(shader.inputs[socket].links):
            if socket == "Metallic":
                tree.links.remove(link)
    shader.inputs["Metallic"].default_value = 0.0
    if not shader.inputs["Roughness"].links and shader.inputs["Roughness"].default_value >= 1.0:
        shader.inputs["Roughness"].default_value = ROUGHNESS
    shader.inputs["Specular IOR Level"].default_value = SPECULAR
    for image in images(material):
        image.name = f"{name} {image.name}" if not image.name.startswith(name) else image.name
        if image.packed_file is None and image.has_data:
            image.pack()


def principled(material: Any) -> Any | None:
    """The material's Principled BSDF node, or None."""
    if material.node_tree is None:
        return None
    return next((node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED"), None)


def images(material: Any) -> list[Any]:
    """Images that the material's nodes show, each once."""
    if material.node_tree is None:
        return []
    found = {node.image.name: node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE" and node.image}
    return list(found.values())


def ensure(mesh_object: Any, name: str) -> None:
    """Give a mesh without a material a neutral grey one; 4.2 imports a file without textures so."""
    if any(slot.material for slot in mesh_object.material_slots):
        return
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    principled(material).inputs["Base Color"].default_value = (0.5, 0.5, 0.5, 1.0)
    mesh_object.data.materials.clear()
    mesh_object.data.materials.append(material)
