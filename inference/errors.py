# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception family of Dressform: what is wrong, in one sentence, and what to do about it."""

from __future__ import annotations


class DressformError(Exception):
    """A failure that a person can act on.

    Raised where the cause is known and shown unchanged by the command line, the engine and Blender.

    Args:
        code: stable machine-readable identifier, ``snake_case`` (for example ``no_person``).
        message: one sentence that says what is wrong, with which file.
        hint: one sentence that says what to do; may be empty.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class InputError(DressformError):
    """The given photo, garment or option cannot be used."""


class OutputError(DressformError):
    """The result cannot be written."""


class BackendError(DressformError):
    """A backend is missing, lacks its weights, or failed."""


class Cancelled(DressformError):  # noqa: N818 - a request, not a fault
    """The user asked to stop; raised between steps."""

    def __init__(self) -> None:
        super().__init__("cancelled", "The look was cancelled.")
