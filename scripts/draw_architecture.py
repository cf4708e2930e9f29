# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the pictures of docs/architecture.md from the source: the stages of a look, and who imports whom.

    python scripts/draw_architecture.py [--check]

Both are Mermaid diagrams between markers. ``--check`` changes nothing and ends with status 1 if the page is out of date.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
PIPELINE = ROOT / "inference" / "pipeline.py"
PARTS = ("panels", "operators", "batch", "scene", "server", "inference", "properties", "preferences")


@dataclass(frozen=True)
class Step:
    """One step of ``make_look``: its stage, what it reads (names of variables), what it makes (variable and record)."""

    stage: str
    message: str
    reads: tuple[str, ...]
    makes: str
    record: str


def pipeline_steps(source: str) -> list[Step]:
    """The steps of :func:`make_look`, in order, read from its syntax tree."""
    module = ast.parse(source)
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    steps = []
    for statement in ast.walk(functions["make_look"]):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            makes = statement.targets[0].id
        elif isinstance(statement, ast.Return):
            makes = "look"
        else:
            continue
        run = next((call for call in ast.walk(statement) if isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute) and call.func.attr == "run"), None)
        if run is None:
            continue
        stage, message = run.args[0], run.args[1]
        assert isinstance(stage, ast.Constant)
        called, arguments = _work(run.args[2])
        reads = tuple(argument.id for argument in arguments if isinstance(argument, ast.Name))
        returns = functions[called].returns if called in functions else None
        steps.append(Step(str(stage.value), _words(message), reads, makes, ast.unparse(returns) if returns is not None else ""))
    return steps


def _work(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """The function that a step calls and its arguments: ``lambda …: f(a, b)`` or ``partial(f, a, b)``."""
    call = node.body if isinstance(node, ast.Lambda) else node
    assert isinstance(call, ast.Call)
    function, arguments = call.func, list(call.args)
    if isinstance(function, ast.Name) and function.id == "partial":
        function, arguments = arguments[0], arguments[1:]
    assert isinstance(function, ast.Name)
    return function.id, arguments


def _words(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "Reading each garment photo"


def pipeline_diagram(steps: Sequence[Step]) -> str:
    """Boxes are steps, arrows are the records that flow between them."""
    lines = ["flowchart LR", '    request(["LookRequest"])']
    maker: dict[str, tuple[str, str]] = {}
    for number, step in enumerate(steps):
        lines.append(f'    s{number}["<b>{step.stage}</b><br/>{step.message}"]')
        for name in step.reads:
            if name in maker:
                origin, record = maker[name]
                lines.append(f"    {origin} -->{f'|{record}|' if record else ''} s{number}")
        if number == 0 or step.stage == "garment":       # what reads the photos of the request
            lines.append(f"    request --> s{number}")
        record = step.record or step.makes.capitalize()
        maker[step.makes] = (f"s{number}", "Garments" if step.stage == "garment" else record)
    last = len(steps) - 1
    lines += ['    look(["look.glb, tryon.png, person.png, look.json"])', f"    s{last} --> look"]
    return "\n".join(lines)


def imports() -> dict[str, set[str]]:
    """Part -> the parts that its modules import."""
    found: dict[str, set[str]] = {}
    for part in PARTS:
        files = sorted((ROOT / part).rglob("*.py")) if (ROOT / part).is_dir() else [ROOT / f"{part}.py"]
        for file in files:
            package = file.relative_to(ROOT).parts[:-1]
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.level:
                    target = (*package[:len(package) - node.level + 1], *(node.module or "").split("."))
                    names = [name for name in target if name] or [alias.name for alias in node.names]
                    for name in names[:1] if target[0] else [alias.name for alias in node.names]:
                        if name in PARTS and name != part:
                            found.setdefault(part, set()).add(name)
    return found


def import_diagram(arrows: dict[str, set[str]]) -> str:
    """Boxes are parts, an arrow points to what is imported."""
    outside = ("server", "inference")
    lines = ["flowchart TD", '    subgraph blender["inside Blender"]', *(f"        {part}" for part in PARTS if part not in outside),
             "    end", '    subgraph engine["in the engine\'s environment"]', "        server", "        inference", "    end"]
    lines += [f"    {part} --> {target}" for part in PARTS for target in sorted(arrows.get(part, ()))]
    return "\n".join(lines)


def with_diagrams(page: str) -> str:
    """The page with its diagrams drawn anew."""
    drawings = {"stages": pipeline_diagram(pipeline_steps(PIPELINE.read_text("utf-8"))), "imports": import_diagram(imports())}
    for name, drawing in drawings.items():
        pattern = re.compile(f"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
        if not pattern.search(page):
            raise ValueError(f"docs/architecture.md lacks the markers of the diagram {name}")
        page = pattern.sub(lambda found, drawing=drawing: f"{found[1]}```mermaid\n{drawing}\n```\n{found[2]}", page)
    return page


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only say whether the page is up to date")
    chosen = parser.parse_args(arguments)
    page = PAGE.read_text("utf-8")
    drawn = with_diagrams(page)
    if drawn == page:
        return 0
    if chosen.check:
        print("docs/architecture.md is out of date: run `python scripts/draw_architecture.py`.", file=sys.stderr)
        return 1
    PAGE.write_text(drawn, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
