#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the extension zip and validate it, with Blender's own extension tool.

    python scripts/build_extension.py [--out dist] [--blender PATH]

The tool is that of the bpy module in this environment; where that is missing, of a ``blender`` program.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def extension_tool(blender: str | None) -> list[str]:
    """The command line of Blender's extension tool; ``SystemExit`` where there is none."""
    spec = importlib.util.find_spec("bpy") if blender is None else None
    if spec is not None and spec.origin is not None:
        found = sorted(Path(spec.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
        if found:
            return [sys.executable, str(found[-1])]
    program = blender or shutil.which("blender")
    if program is None:
        sys.exit("Neither the bpy module nor a blender program was found. Install one: pip install bpy==4.5.15")
    return [program, "--command", "extension"]


def build(out: Path, blender: str | None = None) -> Path:
    """Build and validate the zip in ``out``; returns the file."""
    tool = extension_tool(blender)
    version = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))["version"]
    target = out / f"dressform-{version}.zip"
    out.mkdir(parents=True, exist_ok=True)
    for command in (["build", "--source-dir", str(ROOT), "--output-filepath", str(target)], ["validate", str(target)]):
        subprocess.run([*tool, *command], check=True)
    return target


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the zip (default: dist)")
    parser.add_argument("--blender", help="use this blender program instead of the bpy module")
    arguments = parser.parse_args()
    try:
        target = build(arguments.out.resolve(), arguments.blender)
    except subprocess.CalledProcessError as error:
        print(f"Blender's extension tool failed: {' '.join(error.cmd)}", file=sys.stderr)
        return 1
    print(f"{target} ({target.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
