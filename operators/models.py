# SPDX-License-Identifier: GPL-3.0-or-later
"""Published models in the panel: ask the engine what there is, accept a licence, download, cancel, remove."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy
from bpy.props import StringProperty

from ..preferences import preferences
from ..properties import status
from ..server.choices import licence_words, size_words
from ..server.client import EngineClient
from ..server.model_messages import BackendInfo, ModelList, PullState
from ..server.protocol import EngineError
from . import timers

TIMER = "models"
POLL_S = 0.5
"""Between two looks at a download."""
ONLINE_WORDS = "Allow online access in the preferences (System, Network) to download"


class RefreshModels(bpy.types.Operator):
    """Ask the engine which models there are; it is started if need be"""

    bl_idname = "dressform.refresh_models"
    bl_label = "Refresh Models"

    def execute(self, context: Any) -> set[str]:
        return _done(self, lambda: show(_client(context).models()))


class DownloadModels(bpy.types.Operator):
    """Have the engine download what this method lacks; Blender stays usable, and an interrupted download goes on where it stopped"""

    bl_idname = "dressform.download_models"
    bl_label = "Download"

    stage: StringProperty()  # type: ignore[valid-type]
    backend: StringProperty()  # type: ignore[valid-type]

    @classmethod
    def poll(cls, _context: Any) -> bool:
        if not bpy.app.online_access:
            cls.poll_message_set(ONLINE_WORDS)
            return False
        return True

    def execute(self, context: Any) -> set[str]:
        def begin() -> None:
            client = _client(context)
            row = _row(client.models(), self.stage, self.backend)
            for model in row.missing:
                client.pull_model(model)
            show(client.models())
            _watch(client)

        return _done(self, begin)


class CancelDownloads(bpy.types.Operator):
    """End the downloads of this method; what has come is kept"""

    bl_idname = "dressform.cancel_downloads"
    bl_label = "Cancel Download"

    stage: StringProperty()  # type: ignore[valid-type]
    backend: StringProperty()  # type: ignore[valid-type]

    def execute(self, context: Any) -> set[str]:
        def cancel() -> None:
            client = _client(context)
            listing = client.models()
            for model in _row(listing, self.stage, self.backend).models:
                pull = listing.pull(model)
                if pull is not None and pull.state is PullState.RUNNING:
                    client.cancel_pull(model)
            show(client.models())

        return _done(self, cancel)


class AcceptLicence(bpy.types.Operator):
    """Read the terms of the models that this method stands on, and accept them"""

    bl_idname = "dressform.accept_licence"
    bl_label = "Accept Licence"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    stage: StringProperty()  # type: ignore[valid-type]
    backend: StringProperty()  # type: ignore[valid-type]
    terms: StringProperty()  # type: ignore[valid-type]

    def invoke(self, context: Any, _event: Any) -> set[str]:
        return context.window_manager.invoke_props_dialog(self, width=420)

    def draw(self, context: Any) -> None:
        """The question; long sentences are broken as in the panels."""
        import textwrap

        column = self.layout.column(align=True)
        for number, line in enumerate(textwrap.wrap(self.terms, 64)):
            column.label(text=line, icon="ERROR" if number == 0 else "BLANK1")
        self.layout.label(text="Do you accept these terms? Looks made with it will be marked.")

    def execute(self, context: Any) -> set[str]:
        def agree() -> None:
            client = _client(context)
            for model in _row(client.models(), self.stage, self.backend).unaccepted:
                client.accept_licence(model)
            show(client.models())

        return _done(self, agree)


class RemoveModels(bpy.types.Operator):
    """Delete the files of the models that this method stands on from the engine's machine"""

    bl_idname = "dressform.remove_models"
    bl_label = "Remove"

    stage: StringProperty()  # type: ignore[valid-type]
    backend: StringProperty()  # type: ignore[valid-type]

    def invoke(self, context: Any, event: Any) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: Any) -> set[str]:
        def clear() -> None:
            client = _client(context)
            listing = client.models()
            others = {model for row in listing.backends if (row.stage, row.name) != (self.stage, self.backend) and row.ready
                      for model in row.models}
            for model in _row(listing, self.stage, self.backend).models:
                if model not in others:                  # a base that another ready method stands on stays
                    client.remove_model(model)
            show(client.models())

        return _done(self, clear)


def show(listing: ModelList) -> None:
    """Write the list where the panels read it."""
    shown = status(bpy.context)
    place = shown.backend_index
    shown.backends.clear()
    for row in listing.backends:
        if row.models:                                   # what is embedded needs no row
            _fill(shown.backends.add(), row, listing)
    shown.backend_index = min(place, max(len(shown.backends) - 1, 0))
    shown.models_folder = listing.folder
    timers.redraw()


def _fill(entry: Any, row: BackendInfo, listing: ModelList) -> None:
    entry.name, entry.stage, entry.backend, entry.title = f"{row.stage}:{row.name}", row.stage, row.name, row.title
    entry.licence = licence_words(row.licence, row.commercial, row.conditions)
    entry.commercial, entry.ready = row.commercial, row.ready
    entry.needs = f"{f'{row.vram_gb:g} GB of graphics memory' if row.vram_gb else 'No graphics card needed'}, {size_words(row.bytes)}"
    entry.missing, entry.unaccepted = ", ".join(row.missing), ", ".join(row.unaccepted)
    models = [model for name in row.models if (model := listing.model(name)) is not None]
    handed_out = [model for model in models if model.missing and model.by_hand]
    entry.by_hand = " ".join(f"{model.title} is handed out by its authors only: download it from its page, then run `dressform models add "
                             f"{model.id} FILE` on the engine's machine." for model in handed_out)
    entry.page = handed_out[0].page if handed_out else ""
    pulls = [pull for model in models if (pull := listing.pull(model.id)) is not None]
    running = [pull for pull in pulls if pull.state is PullState.RUNNING]
    entry.busy = bool(running)
    entry.fraction = running[0].fraction if running else 0.0
    failed = [pull for pull in pulls if pull.state is PullState.FAILED and pull.model in row.missing]
    entry.message = running[0].message if running else " ".join(f"{pull.message} {pull.hint}" for pull in failed).strip()


def _watch(client: EngineClient) -> None:
    """Show the downloads until none runs: on the timer in the window, in a plain loop under ``blender -b``."""
    import time

    def look() -> float | None:
        try:
            listing = client.models()
        except EngineError as error:
            return POLL_S if error.code == "timeout" else None
        show(listing)
        return POLL_S if any(pull.state is PullState.RUNNING for pull in listing.pulls) else None

    if not bpy.app.background:
        timers.start(TIMER, look, first=POLL_S)
        return
    while (pause := look()) is not None:
        time.sleep(pause)


def _client(context: Any) -> EngineClient:
    return preferences(context).access().connect()


def _row(listing: ModelList, stage: str, name: str) -> BackendInfo:
    row = listing.backend(stage, name)
    if row is None:
        raise EngineError("unknown_backend", f"The engine does not know {name}.", "Bring extension and engine to the same release.")
    return row


def _done(operator: Any, work: Any) -> set[str]:
    try:
        work()
    except EngineError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    return {"FINISHED"}


CLASSES = (RefreshModels, DownloadModels, CancelDownloads, AcceptLicence, RemoveModels)
