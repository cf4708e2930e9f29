# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage results are made once per content and dropped oldest first."""

from dressform.inference import cache


def test_a_result_is_made_once_per_key() -> None:
    cache.forget()
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [cache.remembered(("a",), make), cache.remembered(("a",), make), cache.remembered(("b",), make)] == [1, 1, 2]


def test_the_least_recently_used_result_goes_first() -> None:
    cache.forget()
    for number in range(cache.KEPT):
        cache.remembered(number, lambda number=number: number)
    cache.remembered(0, lambda: -1)
    cache.remembered("new", lambda: 0)
    assert cache.remembered(0, lambda: -1) == 0
    assert cache.remembered(1, lambda: -1) == -1


def test_forgetting_makes_results_anew() -> None:
    cache.remembered("x", lambda: 1)
    cache.forget()
    assert cache.remembered("x", lambda: 2) == 2
