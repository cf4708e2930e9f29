# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``dressform`` command: ``look`` makes a look, ``design`` draws the person first, ``serve`` runs the engine, ``doctor`` says what
this machine lacks, ``models`` lists and fetches published models.

Exit status: 0 and the files, 1 and one clear sentence, 2 for a wrong command line, 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, get_args

from .backend import DEVICES
from .design import command as design
from .errors import BackendError, DressformError
from .garment.backends import MASKS
from .licences import models_of
from .models import command as models
from .person.backends import MATTING, PARSERS, POSES
from .progress import ProgressCallback, silent
from .reconstruct import BACKENDS as RECONSTRUCTION
from .request import FACE_COUNT_RANGE, TEXTURE_SIZES, Build, Category, GarmentRequest, LookRequest, Naming, Stance
from .terminal import StageLines, library_noise_to, new_log
from .tryon import BACKENDS as TRYON
from .turntable import ENGINES, PRESETS, TurntableRequest, render_turntable

if TYPE_CHECKING:
    from .records import Look

MakeLook = Callable[[LookRequest, Path, ProgressCallback], "Look"]

FAILED, USAGE, INTERRUPTED, TERMINATED = 1, 2, 130, 143
_WORDS = {"flat": ("kind", "flat"), "worn": ("kind", "worn"), "tucked": ("tucked", True), "rolled": ("sleeves_rolled", True),
          "open": ("open_front", True)}
"""What may stand before a garment's file, besides its category: word -> (field of GarmentRequest, value)."""
_PLACE = re.compile(r"-?\d+(\.\d+)?,\d+(\.\d+)?")


@dataclass(frozen=True)
class Manner:
    """How a command talks."""

    quiet: bool = False
    as_json: bool = False
    debug: bool = False


class _Terminated(BaseException):
    """The process was asked to end; raised so that nothing half-written stays."""


def main(arguments: Sequence[str] | None = None, make: MakeLook | None = None) -> int:
    """Run the command line.

    Args:
        arguments: without the program's name; None takes those of the process.
        make: what makes a look; None is :func:`.pipeline.make_look`.

    Returns:
        The exit status.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["serve"]:
        return _serve(words[1:])
    try:
        chosen = _parser().parse_args(words)
    except SystemExit as leaving:                      # argparse has said why
        return leaving.code if isinstance(leaving.code, int) else USAGE
    if chosen.command == "models":
        return models.run(chosen)
    if chosen.command == "design":
        return _look(chosen, design.maker(chosen, make or _default_make))
    if chosen.command == "doctor":
        from .doctor import main as examine

        return examine(as_json=chosen.json)
    return _look(chosen, make)


def parse_garment(text: str) -> GarmentRequest:
    """``[CATEGORY][+flat|worn][+tucked][+rolled][+open][+X,Y ...]:FILE`` or a bare FILE.

    X,Y is a place on the garment, -X,Y one beside it, in pixels.

    Raises:
        argparse.ArgumentTypeError: words before the colon that mean nothing, while no such file exists.
    """
    prefix, colon, file = text.partition(":")
    words = prefix.split("+") if colon else []
    categories = get_args(Category)
    places = [word for word in words if _PLACE.fullmatch(word)]
    if words and all(word in categories or word in _WORDS or word in places for word in words):
        if not file:
            raise argparse.ArgumentTypeError(f"'{text}' names no file after the colon")
        fields: dict[str, Any] = {"photo": Path(file)}
        for word in words:
            if word not in places:
                name, value = _WORDS.get(word, ("category", word))
                fields[name] = value
        fields["points"] = tuple(_point(place) for place in places if place[0] != "-")
        fields["points_off"] = tuple(_point(place[1:]) for place in places if place[0] == "-")
        return GarmentRequest(**fields)
    plain_words = re.fullmatch(r"[a-z]{2,}([+,][a-z]+)*", prefix)      # one letter is a Windows drive
    if colon and plain_words and not Path(text).exists():
        raise argparse.ArgumentTypeError(f"'{prefix}' in '{text}' is no category: choose from {', '.join(categories)}, "
                                         f"with {', '.join(_WORDS)} after a +")
    return GarmentRequest(photo=Path(text))


def parse_option(text: str) -> tuple[str, str, Any]:
    """``BACKEND.NAME=VALUE``: backend, option and its value, which is JSON where it reads as such, else text.

    Raises:
        argparse.ArgumentTypeError: it is not of that form.
    """
    parts = re.fullmatch(r"([A-Za-z0-9_-]+)\.([A-Za-z]\w*)=(.*)", text, re.DOTALL)
    if parts is None:
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form BACKEND.NAME=VALUE, as in triposr.mc_resolution=320")
    try:
        value = json.loads(parts[3])
    except ValueError:
        value = parts[3]
    return parts[1], parts[2], value


def request_of(chosen: argparse.Namespace) -> LookRequest:
    """The look request of parsed arguments."""
    options: dict[str, dict[str, Any]] = {}
    for backend, name, value in chosen.option:
        options.setdefault(backend, {})[name] = value
    return LookRequest(person=chosen.person, garments=tuple(chosen.garment), height_m=chosen.height, tryon=chosen.tryon,
                       reconstruction=chosen.reconstruction, texture_size=chosen.texture, faces=chosen.faces, seed=chosen.seed,
                       backend_options=options, keep_stages=chosen.keep_stages, matting=chosen.matting, parser=chosen.parser,
                       pose=chosen.pose, device=chosen.device, build=chosen.build, bones=chosen.bones, stance=chosen.stance,
                       layered=chosen.layered, garment_mask=chosen.garment_mask, points=tuple(chosen.points),
                       points_off=tuple(chosen.points_off), region_mask=chosen.region_mask,
                       person_by=chosen.model if chosen.command == "design" else "")


class _MaskOfLastGarment(argparse.Action):
    """``--mask FILE`` belongs to the ``--garment`` before it."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any,
                 option_string: str | None = None) -> None:
        if not namespace.garment:
            parser.error(f"{option_string} must stand after the --garment that it belongs to")
        namespace.garment = [*namespace.garment[:-1], replace(namespace.garment[-1], mask=values)]


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line, instead of after a page of usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="dressform", description="A person's photo and garment photos in; a dressed, textured, "
                                     "rigged 3D person out.")
    parser.add_argument("--version", action="version", version=f"dressform {_version()}")
    commands: argparse._SubParsersAction[Any] = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    look = commands.add_parser("look", help="make a look from photos", description="Dress the person of a photo and write "
                               "look.glb, tryon.png, person.png and look.json.")
    look.add_argument("person", type=Path, metavar="PERSON", help="photo of one person")
    _add_look_options(look)
    design.register(commands, _add_look_options)
    models.register(commands)
    commands.add_parser("serve", add_help=False, help="run the engine that Blender and other machines talk to")
    doctor = commands.add_parser("doctor", help="check this machine and say what to do about what is missing")
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    return parser


def _add_look_options(look: argparse.ArgumentParser) -> None:
    """What ``look`` and ``design`` understand."""
    look.add_argument("--garment", "-g", action="append", type=parse_garment, default=[], metavar="[CATEGORY:]FILE",
                      help=f"garment photo, innermost first; may be repeated. CATEGORY is one of {', '.join(get_args(Category))}; "
                           f"after a + {', '.join(_WORDS)}, or places on it, as in top+tucked+310,420:shirt.jpg; "
                           "with a minus, places beside it: top+310,420+-90,80:shirt.jpg")
    look.add_argument("--mask", action=_MaskOfLastGarment, type=Path, metavar="FILE",
                      help="picture of the garment photo's size, white where the garment before it is")
    look.add_argument("--out", "-o", type=Path, required=True, metavar="DIR", help="folder of the result")
    look.add_argument("--height", type=float, metavar="METRES", help="the person's height (default: 1.70, with a warning)")
    look.add_argument("--build", choices=get_args(Build), default="auto", help="body expected under loose clothes (default: %(default)s)")
    look.add_argument("--bones", choices=get_args(Naming), default="mixamo", help="bone names (default: %(default)s)")
    look.add_argument("--stance", choices=get_args(Stance), default="photo",
                      help="pose that the mesh is bound in: the photo's, or arms out in an A or a T (default: %(default)s)")
    look.add_argument("--layered", action="store_true", help="body, garments, hair and shoes as meshes of their own on the armature")
    look.add_argument("--tryon", choices=TRYON, default="drape", help="none keeps the person's clothes (default: %(default)s)")
    look.add_argument("--reconstruction", choices=RECONSTRUCTION, default="body", help="(default: %(default)s)")
    for option, default, backends, what in (("--matting", "mediapipe", MATTING, "cuts the person out"),
                                            ("--parser", "dressform", PARSERS, "tells clothes from skin"),
                                            ("--pose", "mediapipe", POSES, "finds the landmarks"),
                                            ("--garment-mask", "embedded", MASKS, "cuts garments out")):
        look.add_argument(option, default=default, choices=backends, metavar="NAME",
                          help=f"what {what}: {', '.join(backends)} (default: %(default)s)")
    look.add_argument("--points", nargs="+", type=_point, default=[], metavar="X,Y",
                      help="places on the clothes that the garments replace, in pixels; their extent is found")
    look.add_argument("--points-off", nargs="+", type=_point, default=[], metavar="X,Y", help="places beside those clothes")
    look.add_argument("--region-mask", type=Path, metavar="FILE",
                      help="picture of the person photo's size: clothes where it is white go, nothing changes where it is black")
    look.add_argument("--device", default="auto", metavar="|".join(DEVICES), help="where published models compute (default: %(default)s)")
    look.add_argument("--option", action="append", type=parse_option, default=[], metavar="BACKEND.NAME=VALUE",
                      help="an option of a backend, as in fashn.precision=bfloat16; may be repeated")
    look.add_argument("--accept-licence", "--accept-license", action="store_true",
                      help="accept the licences of the models that restrict what results may be used for")
    look.add_argument("--texture", type=int, default=2048, metavar="PIXELS",
                      help=f"edge of the texture: {', '.join(map(str, TEXTURE_SIZES))} (default: %(default)s)")
    look.add_argument("--faces", type=int, default=40_000, metavar="N",
                      help=f"triangles of the mesh, {FACE_COUNT_RANGE[0]} to {FACE_COUNT_RANGE[1]} (default: %(default)s)")
    look.add_argument("--seed", type=int, default=0, help="for backends that draw random numbers (default: %(default)s)")
    look.add_argument("--keep-stages", action="store_true", help="also write stages/: what each stage saw")
    look.add_argument("--render", nargs="?", const="square", choices=PRESETS, metavar="PRESET",
                      help=f"also render a turntable with Blender into renders/: {', '.join(PRESETS)} (default: square)")
    look.add_argument("--frames", type=_positive, metavar="N", help="pictures of the turntable")
    look.add_argument("--render-samples", type=_positive, metavar="N", help="samples per pixel of the turntable")
    look.add_argument("--render-percent", type=_positive, metavar="N", help="size of the turntable in per cent of its preset")
    look.add_argument("--render-engine", choices=ENGINES, help="Blender engine of the turntable")
    look.add_argument("--quiet", "-q", action="store_true", help="say nothing but errors")
    look.add_argument("--json", action="store_true", help="print look.json, or the error as JSON, on standard output")
    look.add_argument("--debug", action="store_true", help="show the libraries' own messages and the trace of an error")


def _point(text: str) -> tuple[float, float]:
    try:
        x, y = (float(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no place in a picture: give X,Y in pixels, as in 410,520") from None
    return x, y


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _version() -> str:
    from .pipeline import version

    return version()


def _look(chosen: argparse.Namespace, make: MakeLook | None) -> int:
    manner = Manner(chosen.quiet, chosen.json, chosen.debug)
    log = None if manner.debug else new_log()
    keep_log = False
    try:
        with _ending_cleanly(), (library_noise_to(log) if log else contextlib.nullcontext(sys.stderr)) as stream:
            try:
                _make_and_show(chosen, make or _default_make, manner, stream)
                return 0
            except DressformError as failure:
                if manner.debug:
                    traceback.print_exc(file=stream)
                _say_error(failure, manner, stream)
                return FAILED
            except KeyboardInterrupt:
                print("Stopped; nothing was left half-written.", file=stream)
                return INTERRUPTED
            except _Terminated:
                return TERMINATED
            except BrokenPipeError:                    # whoever read our output has left
                sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - flushed by the interpreter at exit
                return FAILED
            except Exception as failure:
                keep_log = log is not None
                traceback.print_exc(file=sys.stderr)
                _say_error(_unexpected(failure, log), manner, stream)
                return FAILED
    finally:
        if log is not None and not keep_log:
            log.unlink(missing_ok=True)


def _make_and_show(chosen: argparse.Namespace, make: MakeLook, manner: Manner, stream: TextIO) -> None:
    request = request_of(chosen)
    request.check()
    models.ask([card for card, _ in models_of(request)], chosen.accept_licence, stream)
    out: Path = chosen.out
    lines = None if manner.quiet else StageLines(stream)
    with lines or contextlib.nullcontext():
        try:
            look = make(request, out, lines or silent)
        except ImportError as failure:
            raise _missing_package(failure) from failure
    if not manner.quiet:
        for warning in look.warnings:
            print(f"note: {warning}", file=stream)
    if chosen.render:
        options = TurntableRequest(chosen.render, chosen.frames, chosen.render_samples, chosen.render_percent, chosen.render_engine)
        lines = None if manner.quiet else StageLines(stream)
        with lines or contextlib.nullcontext():
            render_turntable(out / "look.glb", out / "renders", options, lines or silent)
    if manner.as_json:
        print(json.dumps(look.report, indent=1, ensure_ascii=False))
    else:
        print(out / "look.glb")


def _default_make(request: LookRequest, out: Path, progress: ProgressCallback) -> Look:
    from .pipeline import make_look

    return make_look(request, out, progress)


def _say_error(failure: DressformError, manner: Manner, stream: TextIO) -> None:
    if manner.as_json:
        print(json.dumps({"error": {"code": failure.code, "message": failure.message, "hint": failure.hint}}, ensure_ascii=False))
    print(f"dressform: {failure}", file=stream)


def _missing_package(failure: ImportError) -> Exception:
    name = (failure.name or "").partition(".")[0]
    if not name or name == __package__.partition(".")[0]:
        return failure
    from .doctor import install_command

    return BackendError("missing_package", f"The Python package {name} cannot be loaded ({failure}).",
                        f"Run this once, or ask `dressform doctor`: {install_command()}")


def _unexpected(failure: Exception, log: Path | None) -> DressformError:
    if isinstance(failure, MemoryError):
        return DressformError("out_of_memory", "There was not enough memory for this look.",
                              "Close other programs, or ask for a smaller --texture and fewer --faces.")
    reason = " ".join(str(failure).split()) or "no message"
    hint = f"The details are in {log}; please report them." if log else "The trace above says where."
    return DressformError("internal", f"Something unexpected went wrong ({type(failure).__name__}: {reason[:200]}).", hint)


@contextlib.contextmanager
def _ending_cleanly() -> Iterator[None]:
    """Turn SIGTERM into an exception for as long as files are being written."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: object) -> None:
        raise _Terminated

    previous = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _serve(words: Sequence[str]) -> int:
    """Become the engine: :mod:`..server` is run as the main module, because this library does not know it."""
    package = __package__.rpartition(".")[0]
    sys.argv = ["dressform serve", *words]
    try:
        runpy.run_module(f"{package}.server", run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return leaving.code or 0
        print(f"dressform: {leaving.code}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
