# SPDX-License-Identifier: GPL-3.0-or-later
"""Render the turntable of one look.glb, without a window.

    python -m dressform.batch.turntable LOOK.glb --out DIR            # where the bpy module is installed
    blender -b --python-exit-code 1 --python batch/turntable.py -- LOOK.glb --out DIR

Writes DIR/frames/0001.png …, DIR/turntable.mp4 and, if asked for, DIR/contact_sheet.png.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__" and not __package__:
    # Run as a file by Blender: load the package from the folder that this file lies in, whatever that folder is called.
    import importlib.util

    _root = Path(__file__).resolve().parents[1]
    _spec = importlib.util.spec_from_file_location("dressform", _root / "__init__.py", submodule_search_locations=[str(_root)])
    assert _spec is not None
    assert _spec.loader is not None
    _package = importlib.util.module_from_spec(_spec)
    sys.modules["dressform"] = _package
    _spec.loader.exec_module(_package)
    __package__ = "dressform.batch"
    importlib.import_module("dressform.batch")

from ..scene.presets import BACKDROPS, ENGINES, PRESETS, TurntableOptions
from . import interruption

GPU_KINDS = ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI")


@dataclass(frozen=True)
class Turntable:
    """Files of a rendered turntable.

    Attributes:
        frames: the pictures, in order.
        video: the MP4, or None if not asked for.
        contact_sheet: or None if not asked for.
    """

    frames: tuple[Path, ...]
    video: Path | None
    contact_sheet: Path | None


class TurntableError(Exception):
    """No turntable could be made; the message is for people."""


def render_turntable(look: Path, out: Path, options: TurntableOptions, contact_sheet: bool = False, gpu: str = "",
                     progress: Callable[[int, int], None] | None = None, keep_blend: bool = False) -> Turntable:
    """Import ``look`` into an empty file and render its turntable into ``out``; needs ``bpy`` and replaces the open file.

    Args:
        look: the .glb file.
        out: folder; made if need be.
        options: how it is rendered.
        contact_sheet: also write ``contact_sheet.png``.
        gpu: let Cycles use GPUs of this kind; ``auto`` takes the first kind that there is; empty is the CPU.
        progress: called with (finished, total) frames.
        keep_blend: also write ``turntable.blend``, the lit scene, for an artist to go on with.

    Raises:
        TurntableError: the look cannot be imported, or nothing can be rendered or written.
    """
    import bpy

    from ..scene import contact_sheet as sheet
    from ..scene import look as looks
    from ..scene import render, turntable, video

    bpy.ops.wm.read_factory_settings(use_empty=True)
    try:
        collection = looks.import_look(bpy.context, look, look.stem, look.parent.name or look.stem, select=False)
        scene = turntable.build(collection, options)
        if gpu and options.engine == "cycles":
            kinds = GPU_KINDS if gpu == "auto" else (gpu.upper(),)
            if not any(render.use_gpu(scene, kind) for kind in kinds) and gpu != "auto":
                raise TurntableError(f"Blender finds no {gpu} device here. Leave out --gpu to render on the CPU.")
        frames = render.render_sequence(scene, out / "frames", lambda done, total: _between_frames(done, total, progress))
        film = video.encode(frames, out / "turntable.mp4", options.fps, options.colour) if options.video else None
        page = sheet.write(frames, out / "contact_sheet.png") if contact_sheet else None
        if keep_blend:
            bpy.ops.wm.save_as_mainfile(filepath=str((out / "turntable.blend").resolve()), compress=True, copy=True)
    except (looks.LookError, render.RenderError, ValueError) as cause:
        raise TurntableError(str(cause)) from cause
    return Turntable(tuple(frames), film, page)


def _between_frames(done: int, total: int, progress: Callable[[int, int], None] | None) -> None:
    interruption.check()
    if progress:
        progress(done, total)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of a turntable; shared with the batch."""
    defaults = TurntableOptions()
    parser.add_argument("--preset", choices=list(PRESETS), default=defaults.preset, help="size of the pictures (default: %(default)s)")
    parser.add_argument("--frames", type=int, default=defaults.frames, help="pictures of one turn (default: %(default)s)")
    parser.add_argument("--fps", type=int, default=defaults.fps, help="of the video (default: %(default)s)")
    parser.add_argument("--engine", choices=ENGINES, default=defaults.engine, help="(default: %(default)s)")
    parser.add_argument("--samples", type=int, default=defaults.samples, help="per pixel (default: %(default)s)")
    parser.add_argument("--percent", type=int, default=defaults.percent, help="of the preset's size (default: %(default)s)")
    parser.add_argument("--backdrop", choices=BACKDROPS, default=defaults.backdrop, help="(default: %(default)s)")
    parser.add_argument("--transparent", action="store_const", const="transparent", dest="backdrop",
                        help="transparent pictures with the shadow on the floor; same as --backdrop transparent")
    parser.add_argument("--no-video", action="store_true", help="pictures only, no MP4")
    parser.add_argument("--gpu", default="", metavar="KIND", help=f"render on the GPU: auto, {', '.join(k.lower() for k in GPU_KINDS)}")


def options_of(arguments: argparse.Namespace) -> TurntableOptions:
    """Turntable options from parsed arguments; ``ValueError`` where they are out of range."""
    options = TurntableOptions(arguments.preset, arguments.frames, arguments.fps, arguments.engine, arguments.samples,
                               arguments.percent, arguments.backdrop, video=not arguments.no_video)
    options.check()
    return options


def own_arguments(argv: Sequence[str]) -> list[str]:
    """What stands after ``--`` when Blender runs this file, else everything after the program's name."""
    return list(argv[argv.index("--") + 1:]) if "--" in argv else list(argv[1:])


def bpy_missing() -> str:
    """Why ``bpy`` cannot be used here, in a sentence; empty where it can."""
    try:
        import bpy  # noqa: F401
    except ImportError as cause:
        return (f"Blender's Python module cannot be loaded ({cause}). Install it with: pip install bpy==4.5.15, "
                "or run this file with: blender -b --python-exit-code 1 --python batch/turntable.py -- …")
    return ""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m dressform.batch.turntable", description="Render the turntable of a look.")
    parser.add_argument("look", type=Path, help="the look.glb")
    parser.add_argument("--out", type=Path, required=True, help="folder for frames/, turntable.mp4 and contact_sheet.png")
    add_options(parser)
    parser.add_argument("--contact-sheet", action="store_true", help="also write contact_sheet.png")
    parser.add_argument("--keep-blend", action="store_true", help="also write turntable.blend")
    arguments = parser.parse_args(argv)
    missing = bpy_missing()
    if missing:
        print(missing, file=sys.stderr)
        return 1
    interruption.listen()
    try:
        options = options_of(arguments)
        made = render_turntable(arguments.look.resolve(), arguments.out.resolve(), options, arguments.contact_sheet, arguments.gpu,
                                lambda done, total: print(f"frame {done}/{total}", file=sys.stderr, flush=True), arguments.keep_blend)
    except (ValueError, TurntableError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(made.video or made.frames[0].parent)
    return 0


if __name__ == "__main__":
    sys.exit(main(own_arguments(sys.argv)))
