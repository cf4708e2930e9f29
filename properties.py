# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user set (kept in the scene) and what is going on (kept in the window manager, never saved)."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from .scene.presets import BACKDROP_COLOUR, PRESETS, TurntableOptions
from .server import choices

CATEGORIES = (
    ("auto", "Automatic", "Let the engine decide from the photo"),
    ("top", "Top", "Shirt, tee, sweater, blouse"),
    ("outer", "Outer", "Jacket, coat, open shirt over another top"),
    ("bottom", "Bottom", "Trousers, shorts, skirt"),
    ("dress", "Dress", "Dress, jumpsuit"),
)
KINDS = (
    ("auto", "Automatic", "Let the engine decide from the photo"),
    ("flat", "Flat", "Flat-lay, hanger or ghost-mannequin photo"),
    ("worn", "Worn", "A photo of somebody who wears it"),
)
TEXTURES = tuple((str(size), str(size), f"{size} x {size} pixels") for size in (512, 1024, 2048, 4096))
PRESET_ITEMS = tuple((name, f"{name.capitalize()} {w} x {h}", f"{w} x {h} pixels") for name, (w, h) in PRESETS.items())
ENGINE_ITEMS = (
    ("cycles", "Cycles", "Soft studio light, denoised; the best picture"),
    ("eevee", "EEVEE", "Fast with a GPU"),
    ("workbench", "Workbench", "Flat preview in seconds"),
)
BACKDROP_ITEMS = (
    ("cyclorama", "Cyclorama", "Seamless studio paper"),
    ("transparent", "Transparent", "No background; with Cycles the shadow on the floor is kept"),
)
FORMAT_ITEMS = (
    ("PNG", "PNG sequence", "One picture a frame"),
    ("MP4", "PNG sequence and MP4", "The pictures, and a video of them"),
)
DEFAULTS = TurntableOptions()


def _forget_points(holder: Any, _context: Any) -> None:
    """Points belong to the photo that they were clicked on."""
    holder.points.clear()


class DressformPoint(bpy.types.PropertyGroup):
    """A place on or beside a thing in a photo, in pixels of the upright photo from its upper left corner."""

    x: FloatProperty(min=0.0)  # type: ignore[valid-type]
    y: FloatProperty(min=0.0)  # type: ignore[valid-type]
    off: BoolProperty(name="Beside it")  # type: ignore[valid-type]


class DressformGarment(bpy.types.PropertyGroup):
    """A garment to put on; the first in the list is the innermost."""

    photo: StringProperty(name="Photo", description="The garment's photo", subtype="FILE_PATH", update=_forget_points)  # type: ignore[valid-type]
    points: CollectionProperty(type=DressformPoint)  # type: ignore[valid-type]
    mask: StringProperty(name="Mask", subtype="FILE_PATH",  # type: ignore[valid-type]
                         description="Picture of the photo's size, white where the garment is; empty finds it")
    category: EnumProperty(name="Category", items=CATEGORIES)  # type: ignore[valid-type]
    kind: EnumProperty(name="Photo shows", items=KINDS)  # type: ignore[valid-type]
    tucked: BoolProperty(name="Tucked in", description="Top tucked into the bottom")  # type: ignore[valid-type]
    sleeves_rolled: BoolProperty(name="Sleeves rolled", description="Sleeves end below the elbow")  # type: ignore[valid-type]
    open_front: BoolProperty(name="Worn open", description="Jacket or shirt worn open")  # type: ignore[valid-type]


class DressformTurntable(bpy.types.PropertyGroup):
    """How a look is turned and rendered."""

    preset: EnumProperty(name="Size", items=PRESET_ITEMS, default=DEFAULTS.preset)  # type: ignore[valid-type]
    percent: IntProperty(name="Scale", description="Share of the full size", subtype="PERCENTAGE",  # type: ignore[valid-type]
                         default=100, min=5, max=400, soft_max=100)
    frames: IntProperty(name="Frames", description="Pictures of one full turn", default=DEFAULTS.frames, min=2, max=2000)  # type: ignore[valid-type]
    fps: IntProperty(name="Frame rate", description="Of the video", default=DEFAULTS.fps, min=1, max=240)  # type: ignore[valid-type]
    engine: EnumProperty(name="Engine", items=ENGINE_ITEMS, default=DEFAULTS.engine)  # type: ignore[valid-type]
    samples: IntProperty(name="Samples", description="Per pixel; few are enough, the picture is denoised",  # type: ignore[valid-type]
                         default=DEFAULTS.samples, min=1, max=4096)
    backdrop: EnumProperty(name="Backdrop", items=BACKDROP_ITEMS, default=DEFAULTS.backdrop)  # type: ignore[valid-type]
    colour: FloatVectorProperty(name="Paper", description="Colour of the studio paper", subtype="COLOR",  # type: ignore[valid-type]
                                default=BACKDROP_COLOUR, min=0.0, max=1.0)
    output_format: EnumProperty(name="Format", items=FORMAT_ITEMS, default="MP4")  # type: ignore[valid-type]
    output_folder: StringProperty(name="Output", description="Folder of the renders; empty is the look's own folder",  # type: ignore[valid-type]
                                  subtype="DIR_PATH")

    def options(self) -> TurntableOptions:
        """As the scene functions take them."""
        return TurntableOptions(self.preset, self.frames, self.fps, self.engine, self.samples, self.percent, self.backdrop,
                                tuple(self.colour), self.output_format == "MP4")


class DressformSettings(bpy.types.PropertyGroup):
    """The look that the panel describes."""

    person: StringProperty(name="Person", description="Photo of the person", subtype="FILE_PATH", update=_forget_points)  # type: ignore[valid-type]
    points: CollectionProperty(type=DressformPoint)  # type: ignore[valid-type]
    region_mask: StringProperty(name="Region", subtype="FILE_PATH",  # type: ignore[valid-type]
                                description="Picture of the photo's size: clothes where it is white go, nothing changes where it is black")
    garments: CollectionProperty(type=DressformGarment)  # type: ignore[valid-type]
    garment_index: IntProperty(name="Garment", default=0, min=0)  # type: ignore[valid-type]
    height_known: BoolProperty(name="Height known", description="Else an average height is taken", default=False)  # type: ignore[valid-type]
    height: FloatProperty(name="Height", description="Of the person", subtype="DISTANCE", unit="LENGTH",  # type: ignore[valid-type]
                          default=1.70, min=0.4, max=2.6, precision=4)
    tryon: EnumProperty(name="Try-on", items=choices.TRYON)  # type: ignore[valid-type]
    reconstruction: EnumProperty(name="Shape", items=choices.RECONSTRUCTION)  # type: ignore[valid-type]
    matting: EnumProperty(name="Cut-out", description="What cuts the person out", items=choices.MATTING)  # type: ignore[valid-type]
    parser: EnumProperty(name="Clothes", description="What tells clothes from skin", items=choices.PARSER)  # type: ignore[valid-type]
    pose: EnumProperty(name="Pose", description="What finds the landmarks", items=choices.POSE)  # type: ignore[valid-type]
    device: EnumProperty(name="Device", description="Where published models compute", items=choices.DEVICES)  # type: ignore[valid-type]
    precision: EnumProperty(name="Precision", description="Of published models", items=choices.PRECISIONS)  # type: ignore[valid-type]
    offload: EnumProperty(name="Memory", description="How a published model shares the GPU", items=choices.OFFLOADS)  # type: ignore[valid-type]
    texture_size: EnumProperty(name="Texture", items=TEXTURES, default="2048")  # type: ignore[valid-type]
    faces: IntProperty(name="Triangles", description="Of the mesh", default=40_000, min=5_000, max=120_000, step=1000)  # type: ignore[valid-type]
    seed: IntProperty(name="Seed", description="For try-on and shape methods that draw random numbers", default=0, min=0)  # type: ignore[valid-type]
    keep_stages: BoolProperty(name="Keep stages", description="Also fetch pictures of what each stage saw")  # type: ignore[valid-type]
    look_name: StringProperty(name="Name", description="Of the look; empty takes the photo's name")  # type: ignore[valid-type]
    output_folder: StringProperty(name="Looks", subtype="DIR_PATH",  # type: ignore[valid-type]
                                  description="Folder for looks; empty is 'looks' beside the saved file, else the extension's own folder")
    import_when_done: BoolProperty(name="Import when ready", default=True,  # type: ignore[valid-type]
                                   description="Bring the look into the scene as soon as it is there")
    turntable: PointerProperty(type=DressformTurntable)  # type: ignore[valid-type]
    home: PointerProperty(type=bpy.types.Scene)  # type: ignore[valid-type]
    """In a turntable's scene: the artist's scene that it was built from, whose settings hold there too."""


class DressformResult(bpy.types.PropertyGroup):
    """A finished look on disk."""

    folder: StringProperty(subtype="DIR_PATH")  # type: ignore[valid-type]
    commercial: BoolProperty(default=True)  # type: ignore[valid-type]
    licence: StringProperty()  # type: ignore[valid-type]


class DressformBackend(bpy.types.PropertyGroup):
    """A method with published models, as the engine's machine has it."""

    stage: StringProperty()  # type: ignore[valid-type]
    backend: StringProperty()  # type: ignore[valid-type]
    title: StringProperty()  # type: ignore[valid-type]
    licence: StringProperty()  # type: ignore[valid-type]
    commercial: StringProperty(default="yes")  # type: ignore[valid-type]
    needs: StringProperty()  # type: ignore[valid-type]
    missing: StringProperty()  # type: ignore[valid-type]
    unaccepted: StringProperty()  # type: ignore[valid-type]
    by_hand: StringProperty()  # type: ignore[valid-type]
    page: StringProperty()  # type: ignore[valid-type]
    ready: BoolProperty()  # type: ignore[valid-type]
    busy: BoolProperty()  # type: ignore[valid-type]
    message: StringProperty()  # type: ignore[valid-type]
    fraction: FloatProperty(subtype="FACTOR", min=0.0, max=1.0)  # type: ignore[valid-type]


class DressformStatus(bpy.types.PropertyGroup):
    """What is going on; written by the timer, drawn by the panel."""

    busy: BoolProperty()  # type: ignore[valid-type]
    phase: StringProperty()  # type: ignore[valid-type]
    stage: StringProperty()  # type: ignore[valid-type]
    message: StringProperty()  # type: ignore[valid-type]
    hint: StringProperty()  # type: ignore[valid-type]
    failed: BoolProperty()  # type: ignore[valid-type]
    fraction: FloatProperty(subtype="FACTOR", min=0.0, max=1.0)  # type: ignore[valid-type]
    warnings: StringProperty()  # type: ignore[valid-type]
    engine: StringProperty(name="Engine", default="Not checked yet")  # type: ignore[valid-type]
    rendering: StringProperty()  # type: ignore[valid-type]
    results: CollectionProperty(type=DressformResult)  # type: ignore[valid-type]
    result_index: IntProperty(name="Look", default=0, min=0)  # type: ignore[valid-type]
    backends: CollectionProperty(type=DressformBackend)  # type: ignore[valid-type]
    backend_index: IntProperty(name="Method", default=0, min=0)  # type: ignore[valid-type]
    models_folder: StringProperty()  # type: ignore[valid-type]


CLASSES = (DressformPoint, DressformGarment, DressformTurntable, DressformSettings, DressformResult, DressformBackend, DressformStatus)


def settings(context: Any) -> DressformSettings:
    """What the user set in the context's scene; in a turntable's scene, in the one it was built from."""
    return home(context).dressform  # type: ignore[no-any-return]


def home(context: Any) -> Any:
    """The artist's own scene: the context's, or the one that its turntable was built from."""
    return context.scene.dressform.home or context.scene


def status(context: Any) -> DressformStatus:
    """What is going on."""
    return context.window_manager.dressform  # type: ignore[no-any-return]


def register() -> None:
    """Register the groups and attach them."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.dressform = PointerProperty(type=DressformSettings)
    bpy.types.WindowManager.dressform = PointerProperty(type=DressformStatus, options={"SKIP_SAVE"})


def unregister() -> None:
    """The reverse of :func:`register`."""
    del bpy.types.WindowManager.dressform
    del bpy.types.Scene.dressform
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
