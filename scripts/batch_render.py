#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make and render every look of a table.

    blender -b --python-exit-code 1 --python scripts/batch_render.py -- looks.csv --out DIR
    python scripts/batch_render.py looks.csv --out DIR            # where the bpy module is installed

Exit status 0 if every look is finished, 1 if some failed (see DIR/manifest.json), 130 after Ctrl-C; run again to go on.
"""

import importlib
import importlib.util
import sys
from pathlib import Path


def load_package() -> None:
    """Load ``dressform`` from the folder above this one, whatever that folder is called."""
    root = Path(__file__).resolve().parents[1]
    spec = importlib.util.spec_from_file_location("dressform", root / "__init__.py", submodule_search_locations=[str(root)])
    if spec is None or spec.loader is None:
        raise ImportError(f"There is no Dressform in {root}.")
    package = importlib.util.module_from_spec(spec)
    sys.modules["dressform"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    load_package()
    status = importlib.import_module("dressform.batch.looks").run_script()
    sys.exit(status)
