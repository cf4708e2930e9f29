# SPDX-License-Identifier: GPL-3.0-or-later
"""Small recordings of our own, committed, so that a change of a network's numbers is seen on every machine.

A module ``cases_FAMILY.py`` beside this one has ``CASES``: name -> function that returns a tiny network and its inputs. The weights are
drawn from their names, so only outputs are stored. Make the files again, after the published recordings have been matched, with

    python tests/networks/own_fixtures.py [NAME ...]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "fixtures"
SEED = 7
MOST_VALUES = 20_000
"""Values kept of one output; larger ones are thinned evenly, which still catches a wrong network."""

Case = Callable[[], tuple[Any, tuple[Any, ...]]]


def cases() -> dict[str, Case]:
    """Every case of every family."""
    found: dict[str, Case] = {}
    for path in sorted(HERE.glob("cases_*.py")):
        found |= import_module(path.stem).CASES
    return found


def outputs_of(case: Case) -> dict[str, Any]:
    """Run a case with drawn weights; its flattened outputs by name."""
    import torch
    from seeded_weights import seeded_weights

    network, inputs = case()
    state = network.state_dict()
    drawn = seeded_weights([(name, value.shape) for name, value in state.items()], SEED)
    network.load_state_dict({name: torch.from_numpy(value).to(state[name].dtype) for name, value in drawn.items()})
    network.eval()
    with torch.inference_mode():
        result = network(*inputs)
    named = result if isinstance(result, dict) else dict(enumerate(result if isinstance(result, (tuple, list)) else [result]))
    return {str(name): thinned(value) for name, value in named.items() if isinstance(value, torch.Tensor)}


def thinned(value: Any) -> Any:
    """At most :data:`MOST_VALUES` of a tensor's values, float32."""
    flat = value.detach().float().reshape(-1)
    return flat[:: max(1, -(-len(flat) // MOST_VALUES))].contiguous()


def main() -> None:
    from safetensors.torch import save_file

    FOLDER.mkdir(exist_ok=True)
    known = cases()
    for name in sys.argv[1:] or known:
        save_file({key: value.half() for key, value in outputs_of(known[name]).items()}, FOLDER / f"{name}.safetensors")
        print(name)


if __name__ == "__main__":
    main()
