# SPDX-License-Identifier: GPL-3.0-or-later
"""Person -> body: a parametric body under the clothes, posed and placed like the person in the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..progress import ProgressCallback, silent

if TYPE_CHECKING:
    from ..records import Body, Person
    from ..request import Build


def fit_body(person: Person, height_m: float | None = None, progress: ProgressCallback = silent, build: Build = "auto") -> Body:
    """Fit the body model to a person; see :func:`.fit.fit_body`."""
    from .fit import fit_body as fit

    return fit(person, height_m, progress, build)
