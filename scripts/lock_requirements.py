# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve requirements.in with pip and write every version into requirements.lock.

    python scripts/lock_requirements.py requirements.in requirements.lock [--constraint FILE] [--without NAME]

Nothing is installed. The lock names versions only, no package index, so that it installs from wherever pip is pointed at.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def resolve(requirements: Path, constraint: Path | None) -> dict[str, str]:
    """Normalised name -> version of everything pip would install into an empty environment."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--only-binary", ":all:",
                   "--report", str(report), "-r", str(requirements)]
        if constraint is not None:
            command += ["-c", str(constraint)]
        subprocess.run(command, check=True)
        installs = json.loads(report.read_text("utf-8"))["install"]
    return {re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower(): item["metadata"]["version"].partition("+")[0] for item in installs}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("requirements", type=Path)
    parser.add_argument("lock", type=Path)
    parser.add_argument("--constraint", type=Path, help="versions to keep where they still fit")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="leave this package out; the .in file says why")
    chosen = parser.parse_args()
    versions = resolve(chosen.requirements, chosen.constraint)
    versions = {name: version for name, version in versions.items() if name not in chosen.without}
    python = ".".join(map(str, sys.version_info[:2]))
    lines = [f"# Made from {chosen.requirements.name} by `make lock` for CPython {python}; do not edit by hand."]
    lines += [f"{name}=={version}" for name, version in sorted(versions.items())]
    chosen.lock.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{chosen.lock}: {len(versions)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
