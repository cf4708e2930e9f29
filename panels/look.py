# SPDX-License-Identifier: GPL-3.0-or-later
"""The look: person, garments, options, Generate and its progress."""

from __future__ import annotations

import textwrap
from typing import Any, ClassVar

import bpy

from ..properties import settings, status
from ..server.choices import EMBEDDED
from . import thumbnails

CATEGORY = "Dressform"
LINE_WIDTH_PX = 7.0
"""Width of a letter at the default interface scale; to break long sentences, which labels do not."""


class DressformPanel:
    """Where all our panels are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = CATEGORY


def sentence(layout: Any, context: Any, text: str, icon: str = "NONE", inset: int = 0) -> None:
    """A text of several lines, broken to the width of the sidebar, less ``inset`` letters where it stands in boxes."""
    scale = context.preferences.system.ui_scale
    width = max(20, int(context.region.width / scale / LINE_WIDTH_PX) - 6 - inset) if context.region else 40
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(part for paragraph in text.splitlines() for part in textwrap.wrap(paragraph, width)):
        column.label(text=line, icon=icon if number == 0 else ("BLANK1" if icon != "NONE" else "NONE"))


def point_buttons(layout: Any, holder: Any, target: str, text: str) -> None:
    """Click points on a photo; how many there are, and forget them."""
    row = layout.row(align=True)
    count = len(holder.points)
    words = f"{text}: {count} Point{'s' if count != 1 else ''}" if count else text
    row.operator("dressform.click_points", text=words, icon="RESTRICT_SELECT_OFF").target = target
    if count:
        row.operator("dressform.clear_points", text="", icon="X").target = target


class GarmentsList(bpy.types.UIList):
    """The garments, innermost first."""

    bl_idname = "DRESSFORM_UL_garments"

    def draw_item(self, _context: Any, layout: Any, _data: Any, item: Any, _icon: int, _active_data: Any, _active_property: str,
                  _index: int = 0, _flag: int = 0) -> None:
        row = layout.row(align=True)
        picture = thumbnails.icon(item.photo)
        name = bpy.path.basename(item.photo) or "No photo"
        row.label(text=name, **({"icon_value": picture} if picture else {"icon": "ERROR"}))
        row.prop(item, "category", text="")


class LookPanel(DressformPanel, bpy.types.Panel):
    """Person photo and Generate."""

    bl_idname = "DRESSFORM_PT_look"
    bl_label = "Look"

    def draw(self, context: Any) -> None:
        layout = self.layout
        chosen, shown = settings(context), status(context)
        picture = thumbnails.icon(chosen.person)
        if picture:
            layout.template_icon(picture, scale=7.0)
        row = layout.row(align=True)
        row.prop(chosen, "person", text="", icon="USER", placeholder="Person photo")
        if chosen.person:
            point_buttons(layout, chosen, "PERSON", "Click Old Clothes")
        self._garments(layout, chosen)
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        row = column.row(heading="Height")
        row.prop(chosen, "height_known", text="")
        value = row.row()
        value.enabled = chosen.height_known
        value.prop(chosen, "height", text="")
        column.prop(chosen, "look_name", text="Name")
        if shown.busy:
            self._progress(layout, context, shown)
        else:
            button = layout.row()
            button.scale_y = 1.6
            button.operator("dressform.generate", icon="OUTLINER_OB_ARMATURE")
            if shown.failed:
                box = layout.box()
                box.alert = True
                sentence(box, context, f"{shown.message}\n{shown.hint}", "ERROR")
                box.operator("dressform.show_log", text="Show Engine Log", icon="TEXT")
            elif shown.message:
                layout.label(text=shown.message, icon="CHECKMARK")
        if shown.warnings and not shown.busy:
            sentence(layout.box(), context, shown.warnings, "INFO")

    @staticmethod
    def _garments(layout: Any, chosen: Any) -> None:
        row = layout.row()
        row.template_list("DRESSFORM_UL_garments", "", chosen, "garments", chosen, "garment_index", rows=3)
        buttons = row.column(align=True)
        buttons.operator("dressform.add_garments", text="", icon="ADD")
        buttons.operator("dressform.remove_garment", text="", icon="REMOVE")
        buttons.separator()
        buttons.operator("dressform.move_garment", text="", icon="TRIA_UP").direction = "UP"
        buttons.operator("dressform.move_garment", text="", icon="TRIA_DOWN").direction = "DOWN"
        if 0 <= chosen.garment_index < len(chosen.garments):
            garment = chosen.garments[chosen.garment_index]
            column = layout.column()
            column.use_property_split, column.use_property_decorate = True, False
            column.prop(garment, "photo")
            column.prop(garment, "kind")
            column.prop(garment, "mask")
            if garment.photo and not garment.mask:
                point_buttons(layout, garment, "GARMENT", "Click Garment")
            row = layout.row(align=True)
            row.prop(garment, "tucked", toggle=True)
            row.prop(garment, "sleeves_rolled", toggle=True)
            row.prop(garment, "open_front", toggle=True)

    @staticmethod
    def _progress(layout: Any, context: Any, shown: Any) -> None:
        box = layout.box()
        box.progress(factor=shown.fraction, text=f"{shown.fraction:.0%}  {shown.stage or shown.phase}")
        sentence(box, context, shown.message)
        box.operator("dressform.cancel", icon="CANCEL")


class OptionsPanel(DressformPanel, bpy.types.Panel):
    """Quality, methods, where looks go."""

    bl_idname = "DRESSFORM_PT_options"
    bl_label = "Options"
    bl_parent_id = "DRESSFORM_PT_look"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        from . import models

        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        chosen = settings(context)
        layout.prop(chosen, "texture_size")
        layout.prop(chosen, "faces")
        layout.prop(chosen, "tryon")
        models.chosen_boxes(layout, context, chosen, ("tryon",))
        layout.prop(chosen, "reconstruction")
        models.chosen_boxes(layout, context, chosen, ("reconstruction",))
        layout.prop(chosen, "seed")
        layout.prop(chosen, "output_folder")
        layout.prop(chosen, "keep_stages")
        layout.prop(chosen, "import_when_done")
        layout.operator("dressform.free_memory", icon="MEMORY")
        if all(getattr(chosen, stage) in (embedded, "none") for stage, embedded in EMBEDDED.items()):
            layout.label(text="Embedded methods: results may be sold", icon="CHECKMARK")


class PersonOptionsPanel(DressformPanel, bpy.types.Panel):
    """What reads the person's photo, and where published models compute."""

    bl_idname = "DRESSFORM_PT_person_options"
    bl_label = "Reading the Photo, Device"
    bl_parent_id = "DRESSFORM_PT_options"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        from . import models

        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        chosen = settings(context)
        for stage in ("matting", "parser", "pose"):
            layout.prop(chosen, stage)
            models.chosen_boxes(layout, context, chosen, (stage,))
        layout.prop(chosen, "region_mask")
        layout.prop(chosen, "device")
        layout.prop(chosen, "precision")
        layout.prop(chosen, "offload")


CLASSES = (GarmentsList, LookPanel, OptionsPanel, PersonOptionsPanel)
