# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of looks: one CSV row, one look. No ``bpy``."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..scene.presets import TurntableOptions

CATEGORIES = ("auto", "top", "outer", "bottom", "dress")
MARKS = {"tucked": ("tucked", True), "rolled": ("sleeves_rolled", True), "open": ("open_front", True),
         "flat": ("kind", "flat"), "worn": ("kind", "worn")}
"""What may follow a category after ``+`` -> field of the garment request and its value."""

REQUEST_COLUMNS: dict[str, tuple[str, type]] = {
    "height": ("height_m", float), "tryon": ("tryon", str), "reconstruction": ("reconstruction", str),
    "matting": ("matting", str), "parser": ("parser", str), "pose": ("pose", str), "garment_mask": ("garment_mask", str),
    "device": ("device", str), "texture": ("texture_size", int), "faces": ("faces", int), "seed": ("seed", int)}
"""Column -> field of the look request and its type."""
TURNTABLE_COLUMNS: dict[str, type] = {"preset": str, "frames": int, "fps": int, "engine": str, "samples": int, "percent": int,
                                      "backdrop": str}
MARK_COLUMNS = ("points", "points_off", "region_mask", "garment_masks")
"""Places on and beside the clothes that go (``x,y x,y …``), the painted region, and a mask for each garment, ``;`` between, or none."""
COLUMNS = ("id", "person", "garments", *MARK_COLUMNS, *REQUEST_COLUMNS, *TURNTABLE_COLUMNS)

PLACE = re.compile(r"-?\d+(\.\d+)?,\d+(\.\d+)?")
"""A place on a garment, in pixels of its photo; with a minus, one beside it."""
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
"""Ids name folders, on every system."""
RESERVED_ON_WINDOWS = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


class TableError(Exception):
    """The table as a whole cannot be used; the message is for people."""


@dataclass(frozen=True)
class Row:
    """One look of the table.

    Attributes:
        id: names the look's folder.
        line: of the file, counted from 1.
        request: as the engine takes it; paths are absolute strings.
        turntable: how it is rendered.
        problem: why this row cannot be made, or empty.
    """

    id: str
    line: int
    request: dict[str, Any] = field(default_factory=dict)
    turntable: TurntableOptions = field(default_factory=TurntableOptions)
    problem: str = ""

    @property
    def inputs(self) -> list[Path]:
        """The photos, the person's first, and the masks."""
        garments = self.request.get("garments", ())
        masks = [self.request.get("region_mask"), *(garment.get("mask") for garment in garments)]
        return [Path(self.request["person"]), *(Path(garment["photo"]) for garment in garments), *(Path(mask) for mask in masks if mask)]


def read(path: Path, defaults: TurntableOptions | None = None) -> list[Row]:
    """Read the table; relative paths in it are relative to the file's folder.

    Columns: ``id``, ``person``, ``garments`` (``[category[+mark…][+x,y…][+-x,y…]:]file`` separated by ``;``, innermost first), and
    optionally those of :data:`MARK_COLUMNS`, :data:`REQUEST_COLUMNS` and :data:`TURNTABLE_COLUMNS`; an empty cell means the default.
    Lines whose first cell starts with ``#`` are left out.

    Args:
        path: CSV, UTF-8 with or without a byte order mark.
        defaults: turntable options where a cell is empty.

    Raises:
        TableError: the file cannot be read, a column is missing or unknown, or an id stands twice.
    """
    defaults = defaults or TurntableOptions()
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, strict=True, restkey="")
            header = [(name or "").strip().lower() for name in reader.fieldnames or ()]
            _check_header(path, header)
            reader.fieldnames = header
            rows = [_row(path, reader.line_num, cells, defaults) for cells in reader if not _is_comment(cells)]
    except OSError as cause:
        raise TableError(f"The table {path} cannot be read: {cause.strerror or cause}.") from cause
    except UnicodeDecodeError as cause:
        raise TableError(f"The table {path} is not UTF-8 text. Save it as 'CSV UTF-8'.") from cause
    except csv.Error as cause:
        raise TableError(f"The table {path} is not proper CSV: {cause}.") from cause
    if not rows:
        raise TableError(f"The table {path} has no looks.")
    seen: dict[str, int] = {}
    for row in rows:
        if row.id.lower() in seen:
            raise TableError(f"The id '{row.id}' stands in line {seen[row.id.lower()]} and in line {row.line} of {path.name}; "
                             "every look needs its own.")
        seen[row.id.lower()] = row.line
    return rows


def _check_header(path: Path, header: list[str]) -> None:
    missing = [name for name in ("id", "person") if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    twice = sorted({name for name in header if header.count(name) > 1})
    if missing:
        raise TableError(f"The table {path} has no column '{missing[0]}'. Its first line must name the columns: {', '.join(COLUMNS)}.")
    if unknown or twice:
        what = f"an unknown column '{unknown[0]}'" if unknown else f"the column '{twice[0]}' twice"
        raise TableError(f"The table {path} has {what}. Columns are {', '.join(COLUMNS)}.")


def _is_comment(cells: Mapping[str, str | None]) -> bool:
    first = next(iter(cells.values()), "") or ""
    return first.lstrip().startswith("#")


def _row(path: Path, line: int, cells: Mapping[str, Any], defaults: TurntableOptions) -> Row:
    text = {name: (value or "").strip() for name, value in cells.items() if isinstance(value, str) or value is None}
    look_id = text.get("id", "")
    if not look_id:
        raise TableError(f"Line {line} of {path.name} has no id.")
    if not SAFE_ID.fullmatch(look_id) or look_id.lower().split(".")[0] in RESERVED_ON_WINDOWS or look_id.endswith("."):
        raise TableError(f"The id '{look_id}' in line {line} of {path.name} cannot name a folder; "
                         "use letters, digits, '-', '_' and '.', beginning with a letter or digit.")
    try:
        if cells.get(""):
            raise ValueError("it has more cells than the first line has columns; put quotes round cells that contain a comma.")
        return Row(look_id, line, _request(path.parent, text), _turntable(text, defaults))
    except ValueError as cause:
        return Row(look_id, line, problem=f"Line {line}: {cause}")


def _request(folder: Path, text: Mapping[str, str]) -> dict[str, Any]:
    if not text.get("person"):
        raise ValueError("no person photo is given.")
    request: dict[str, Any] = {"person": _path(folder, text["person"])}
    parts = [part.strip() for part in text.get("garments", "").split(";")]
    request["garments"] = [garment(folder, part) for part in parts if part]
    for column in ("points", "points_off"):
        if text.get(column):
            request[column] = [_place(column, place) for place in text[column].split()]
    if text.get("region_mask"):
        request["region_mask"] = _path(folder, text["region_mask"])
    masks = [part.strip() for part in text.get("garment_masks", "").split(";")]
    if len([mask for mask in masks if mask]) and len(masks) > len(request["garments"]):
        raise ValueError("there are more garment masks than garments.")
    for worn, mask in zip(request["garments"], masks, strict=False):
        if mask:
            worn["mask"] = _path(folder, mask)
    for column, (name, kind) in REQUEST_COLUMNS.items():
        if text.get(column):
            request[name] = _number(column, text[column], kind)
    return request


def garment(folder: Path, text: str) -> dict[str, Any]:
    """``[category[+mark…]:]file`` as a garment request; ``ValueError`` where it is not one."""
    prefix, colon, rest = text.partition(":")
    category, *marks = [word.strip().lower() for word in prefix.split("+")]
    if not colon or category not in CATEGORIES:
        # Perhaps a Windows path (C:\…) or a name with a colon: a file then, unless it looks like a misspelt category.
        if colon and marks:
            raise ValueError(f"'{category}' is not a garment category; choose one of {', '.join(CATEGORIES)}.")
        return {"photo": _path(folder, text), "category": "auto"}
    result: dict[str, Any] = {"photo": _path(folder, rest.strip()), "category": category}
    for mark in marks:
        if PLACE.fullmatch(mark):
            result.setdefault("points_off" if mark[0] == "-" else "points", []).append(_place("garments", mark.lstrip("-")))
            continue
        if mark not in MARKS:
            raise ValueError(f"'{mark}' is not known of a garment; choose from {', '.join(MARKS)}.")
        name, value = MARKS[mark]
        result[name] = value
    return result


def _place(column: str, text: str) -> list[float]:
    """``x,y`` in pixels of the photo."""
    if not PLACE.fullmatch(text) or text[0] == "-":
        raise ValueError(f"'{text}' in column '{column}' is no place in a picture: give x,y in pixels, as in 410,520.")
    x, y = text.split(",")
    return [float(x), float(y)]


def _path(folder: Path, text: str) -> str:
    if not text:
        raise ValueError("a garment has a category but no file.")
    return str((folder / text).resolve())


def _turntable(text: Mapping[str, str], defaults: TurntableOptions) -> TurntableOptions:
    given = {column: _number(column, text[column], kind) for column, kind in TURNTABLE_COLUMNS.items() if text.get(column)}
    options = dataclasses.replace(defaults, **given)
    options.check()
    return options


def _number(column: str, text: str, kind: type) -> Any:
    if kind is float:
        text = text.replace(",", ".")
    try:
        return kind(text)
    except ValueError as cause:
        raise ValueError(f"'{text}' in column '{column}' is not a number.") from cause
