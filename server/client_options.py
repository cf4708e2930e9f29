# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a look's options no client of the engine may say: whoever names a program to run owns the machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .protocol import EngineError

LOCAL_BACKEND = "external"
"""The reconstruction backend that runs a command."""
COMMAND_VARIABLE = "DRESSFORM_EXTERNAL_COMMAND"
"""Where the engine's owner sets that command; the worker inherits it."""


def refuse_commands(look: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> None:
    """Let a request through only if it brings no command of its own, and asks for the engine's own only where it has one.

    Args:
        look: the request as it came.
        environment: of the engine.

    Raises:
        EngineError: ``not_from_clients`` or ``external_not_configured``.
    """
    options = look.get("backend_options") or {}
    if not isinstance(options, Mapping) or not all(isinstance(own, Mapping) for own in options.values()):
        raise EngineError("bad_request", "The backend options are not an object of objects.", "See docs/engine.md.")
    if any(str(name).strip().lower() == LOCAL_BACKEND for name in options):
        raise EngineError("not_from_clients", "Options of the external reconstruction cannot be sent to an engine.",
                          f"Set {COMMAND_VARIABLE} where the engine is started, or use the command line there.")
    if look.get("reconstruction") == LOCAL_BACKEND and not environment.get(COMMAND_VARIABLE):
        raise EngineError("external_not_configured", "This engine has no command for the external reconstruction.",
                          f"Set {COMMAND_VARIABLE} where the engine is started.")
