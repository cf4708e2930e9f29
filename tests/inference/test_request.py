# SPDX-License-Identifier: GPL-3.0-or-later
"""A request survives JSON, and what is out of range is refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dressform.inference.errors import InputError
from dressform.inference.request import GarmentRequest, LookRequest


def test_a_request_comes_back_from_json_unchanged():
    request = LookRequest(Path("a b/ü.png"), (GarmentRequest(Path("tee.jpg"), "top", tucked=True),), 1.82, texture_size=1024,
                          backend_options={"triposr": {"chunk_size": 8192}})
    assert LookRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


@pytest.mark.parametrize(("change", "code"), [({"height_m": 17.5}, "bad_height"), ({"texture_size": 1000}, "bad_texture_size"),
                                              ({"faces": 10}, "bad_faces")])
def test_values_out_of_range_are_refused(change, code):
    with pytest.raises(InputError) as refused:
        LookRequest(Path("p.png"), **change).check()
    assert refused.value.code == code
    assert refused.value.hint


def test_an_unknown_category_is_refused():
    with pytest.raises(InputError, match="unknown category"):
        LookRequest(Path("p.png"), (GarmentRequest(Path("g.png"), "socks"),)).check()  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [{}, {"person": "p.png", "colour": "red"}, {"person": "p.png", "garments": [{"category": "top"}]},
                                  {"person": "p.png", "garments": [{"photo": "g.png", "size": "XL"}]}])
def test_unknown_or_missing_fields_are_refused(data):
    with pytest.raises(InputError):
        LookRequest.from_json(data)
