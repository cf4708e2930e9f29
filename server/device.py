# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device a worker computes on: chosen by its environment before it starts, named by it when it has."""

from __future__ import annotations

import functools
import os
import platform
import re
import shutil
import subprocess
import sys

DEVICE_VARIABLE = "DRESSFORM_DEVICE"
"""Read by the backends: ``auto``, ``cpu``, ``cuda`` or ``mps``. ``cuda:N`` is turned into ``cuda`` with one visible card."""
QUERY_TIMEOUT_S = 5.0
CHOICES = re.compile(r"^(auto|cpu|mps|cuda(:\d+)?)$")


def device_environment(device: str) -> dict[str, str]:
    """Variables with which a worker is started so that it computes on ``device`` and sees no other.

    Args:
        device: ``auto``, ``cpu``, ``mps``, ``cuda`` or ``cuda:N``.

    Raises:
        ValueError: another word.
    """
    if not CHOICES.match(device):
        raise ValueError(f"unknown device {device!r}: choose auto, cpu, mps, cuda or cuda:N")
    kind, _, index = device.partition(":")
    if kind == "cpu":
        return {DEVICE_VARIABLE: "cpu", "CUDA_VISIBLE_DEVICES": ""}
    if index:
        return {DEVICE_VARIABLE: "cuda", "CUDA_VISIBLE_DEVICES": index, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    return {DEVICE_VARIABLE: kind}


def device_name() -> str:
    """The device of this process in words, without loading torch, which would cost a worker seconds and memory."""
    wanted, visible = os.environ.get(DEVICE_VARIABLE, "auto"), os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted in ("auto", "cuda") and visible != "":
        cards = _nvidia_cards()
        index = int(visible.split(",")[0]) if visible and visible.split(",")[0].isdigit() else 0
        if index < len(cards):
            return cards[index]
    if wanted in ("auto", "mps") and sys.platform == "darwin" and platform.machine() == "arm64":
        return "Apple GPU"
    return "CPU"


@functools.cache
def devices() -> list[dict[str, str]]:
    """What looks can be computed on here: ``id`` as requests name it and ``name`` for people; asked of the system once."""
    found = [{"id": f"cuda:{number}", "name": card} for number, card in enumerate(_nvidia_cards())]
    if sys.platform == "darwin" and platform.machine() == "arm64":
        found.append({"id": "mps", "name": "Apple GPU"})
    return [*found, {"id": "cpu", "name": "CPU"}]


def _nvidia_cards() -> list[str]:
    """Names of the NVIDIA cards, in PCI order."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        answer = subprocess.run([tool, "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True,
                                timeout=QUERY_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]
