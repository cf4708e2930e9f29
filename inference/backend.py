# SPDX-License-Identifier: GPL-3.0-or-later
"""How a stage names its backends, and what a backend is told about the request and the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal, get_args

from .errors import BackendError, InputError

Device = Literal["auto", "cpu", "cuda", "mps"]
DEVICES: tuple[str, ...] = get_args(Device)


@dataclass(frozen=True)
class Settings:
    """What a backend is told besides its inputs.

    Attributes:
        options: the backend's own options, by name (``LookRequest.backend_options[backend]``).
        seed: for what it draws at random.
        device: where it computes; ``auto`` takes the best there is.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    device: str = "auto"

    def option(self, name: str, default: Any) -> Any:
        """An option of the request, of the type of its default.

        Raises:
            InputError: ``bad_option`` if the value is of another type.
        """
        value = self.options.get(name, default)
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if default is not None and (not isinstance(value, type(default)) or (isinstance(value, bool) != isinstance(default, bool))):
            raise InputError("bad_option", f"The option {name} cannot be {value!r}.", f"Give a value like {default!r}.")
        return value


@dataclass(frozen=True)
class Backend:
    """One way to do a stage.

    Attributes:
        name: what a request says.
        title: what a person reads in a list.
        implementation: ``package.module:function`` below ``inference``; imported when it is used, never before.
        models: ids of the model cards whose files it needs; empty for what is embedded.
    """

    name: str
    title: str
    implementation: str
    models: tuple[str, ...] = ()

    def load(self) -> Any:
        """The function.

        Raises:
            ImportError: a package it needs is not installed.
        """
        module, _, function = self.implementation.partition(":")
        return getattr(import_module(f".{module}", __package__), function)


def chosen(backends: Mapping[str, Backend], name: str, stage: str) -> Backend:
    """The backend of that name.

    Raises:
        BackendError: ``unknown_backend`` if there is none.
    """
    if name not in backends:
        raise BackendError("unknown_backend", f"There is no {stage} backend called {name}.", f"Choose one of {', '.join(backends)}.")
    return backends[name]
