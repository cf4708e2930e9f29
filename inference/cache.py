# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage results kept in the process, by the content of what a stage read.

A producer who tries ten garments on one person pays for the person and the body once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

T = TypeVar("T")

KEPT = 12
"""Results kept; a person at 1 MP with its matte, labels and body holds about 25 MB."""

_results: OrderedDict[Hashable, object] = OrderedDict()


def remembered(key: Hashable, make: Callable[[], T]) -> T:
    """The result kept under ``key``, or that of ``make()``, which is kept; the least recently used one is dropped."""
    if key in _results:
        _results.move_to_end(key)
        return cast(T, _results[key])
    result = make()
    _results[key] = result
    while len(_results) > KEPT:
        _results.popitem(last=False)
    return result


def forget() -> None:
    """Drop everything that is kept."""
    _results.clear()
