# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a network computes and how precisely, how a big one is fitted into the memory there is, and what to say when it runs out."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from ..backend import Settings
from ..errors import BackendError, InputError

if TYPE_CHECKING:
    import torch

Module = TypeVar("Module", bound="torch.nn.Module")
Pipeline = TypeVar("Pipeline")

DEVICE_VARIABLE = "DRESSFORM_DEVICE"
"""Set for the workers of an engine that was started for one device; it holds where a request says ``auto``."""
HEADROOM = 1.35
"""Memory a pipeline needs over its weights at the usual sizes: activations and the attention's workspace."""
OFFLOADS = ("auto", "none", "model", "sequential")
"""``model`` keeps one part at a time on the GPU, ``sequential`` one layer at a time: less memory, and slower."""
EXHAUSTED = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate memory")
"""How allocators that raise a plain RuntimeError (Metal, the CPU's, ONNX Runtime's) say it."""


def pick_device(settings: Settings) -> torch.device:
    """The device of the request; ``auto`` is the engine's own device if it has one, else CUDA, else Apple's Metal, else the CPU.

    Raises:
        InputError: ``no_such_device`` if it was named and is not there.
    """
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    wanted = settings.device if settings.device != "auto" else os.environ.get(DEVICE_VARIABLE, "auto")
    if wanted == "auto":
        return torch.device(next(name for name in ("cuda", "mps", "cpu") if there[name]))
    kind, _, index = wanted.partition(":")
    if not there.get(kind, False) or (index and not (index.isdigit() and (kind != "cuda" or int(index) < torch.cuda.device_count()))):
        raise InputError("no_such_device", f"This machine has no {wanted} device that torch can use.",
                         "Choose --device auto, or install the torch build for your GPU.")
    return torch.device(wanted)


def pick_dtype(settings: Settings, device: torch.device) -> torch.dtype:
    """The option ``precision`` (``float32``, ``float16``, ``bfloat16``); ``auto`` is float16 on a GPU and float32 on the CPU."""
    import torch

    names = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16,
             "fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
    wanted = settings.option("precision", "auto")
    if wanted == "auto":
        return torch.float32 if device.type == "cpu" else torch.float16
    if wanted not in names:
        raise InputError("bad_option", f"The precision cannot be {wanted}.", f"Choose auto, {', '.join(names)}.")
    return names[wanted]


def free_memory(device: torch.device) -> int:
    """Bytes that can still be taken on a device.

    Raises:
        OSError: the system does not say.
    """
    import torch

    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    import psutil

    return int(psutil.virtual_memory().available)


def weight_bytes(module: torch.nn.Module, dtype: torch.dtype) -> int:
    """Bytes of a module's parameters and buffers; floating-point ones counted in ``dtype``."""
    tensors = [*module.parameters(), *module.buffers()]
    return sum(t.numel() * (dtype.itemsize if t.is_floating_point() else t.element_size()) for t in tensors)


def pick_offload(settings: Settings, device: torch.device, parts: list[int]) -> str:
    """How a pipeline's parts share a device.

    Args:
        settings: its option ``offload`` is one of :data:`OFFLOADS`; ``auto`` takes the quickest that fits into the free memory.
        device: where they compute; off a CUDA device there is nothing to move away from, and the answer is ``none``.
        parts: bytes of the weights of each.

    Raises:
        InputError: ``bad_option``.
    """
    wanted = settings.option("offload", "auto")
    if wanted not in OFFLOADS:
        raise InputError("bad_option", f"The offload cannot be {wanted}.", f"Choose {', '.join(OFFLOADS)}.")
    if device.type != "cuda" or not parts:
        return "none"
    if wanted != "auto":
        return wanted
    free = free_memory(device)
    if sum(parts) * HEADROOM <= free:
        return "none"
    return "model" if max(parts) * HEADROOM <= free else "sequential"


def prepare_module(module: Module, settings: Settings, device: torch.device, dtype: torch.dtype) -> Module:
    """A network ready for inference: on its device, in its precision, without gradients.

    Args:
        module: as it was loaded, on the CPU.
        settings: option ``offload``: with ``sequential`` (or ``auto``, where the weights do not fit) layers visit the GPU one at a time.
        device: from :func:`pick_device`.
        dtype: from :func:`pick_dtype`.
    """
    module = module.eval().requires_grad_(False).to(dtype)
    if pick_offload(settings, device, [weight_bytes(module, dtype)]) == "sequential":
        from accelerate import cpu_offload

        cpu_offload(module, device)
        return module
    return module.to(device)


def prepare_pipeline(pipeline: Pipeline, settings: Settings, device: torch.device, dtype: torch.dtype) -> Pipeline:
    """A diffusers pipeline ready for inference: on its device, in its precision, within the memory there is.

    Args:
        pipeline: a ``DiffusionPipeline`` as it was loaded, on the CPU.
        settings: options ``offload`` (:data:`OFFLOADS`), ``tiling`` (the VAE works in tiles: less memory, faint seams are possible above
            its training size; off unless asked for) and ``attention_slicing`` (half the attention at a time; parts with attention of
            their own kind are left alone).
        device: from :func:`pick_device`.
        dtype: from :func:`pick_dtype`.

    Returns:
        The same pipeline; its own progress bar is off.

    Raises:
        InputError: ``bad_option``.
    """
    modules = _modules(pipeline)
    wish: Any = pipeline
    for module in modules.values():
        module.eval().requires_grad_(False)
        if not any(tensor.dtype == dtype for tensor in module.parameters()):
            module.to(dtype)                             # what was loaded in its precision is left alone: a few layers may be kept finer
    wish.set_progress_bar_config(disable=True)
    vae = modules.get("vae")
    if vae is not None:
        if hasattr(vae, "enable_slicing"):
            vae.enable_slicing()                         # one picture at a time: the same result, and less memory
        if settings.option("tiling", False) and hasattr(vae, "enable_tiling"):
            vae.enable_tiling()
    if settings.option("attention_slicing", False):
        slice_attention(list(modules.values()))
    offload = pick_offload(settings, device, [weight_bytes(module, dtype) for module in modules.values()])
    if offload == "model" and getattr(pipeline, "model_cpu_offload_seq", None):
        wish.enable_model_cpu_offload(device=device)
    elif offload in ("model", "sequential"):
        wish.enable_sequential_cpu_offload(device=device)
    else:
        wish.to(device)
    return pipeline


def slice_attention(modules: list[torch.nn.Module]) -> int:
    """Have diffusers' plain attention layers work through half of their heads at a time; the number of layers changed."""
    from diffusers.models.attention_processor import Attention, AttnProcessor, AttnProcessor2_0

    plain = [layer for module in modules for layer in module.modules()
             if isinstance(layer, Attention) and type(layer.processor) in (AttnProcessor, AttnProcessor2_0)]
    for layer in plain:
        layer.set_attention_slice(max(1, layer.sliceable_head_dim // 2))
    return len(plain)


def _modules(pipeline: Any) -> dict[str, torch.nn.Module]:
    """The networks of a pipeline by their name in it."""
    import torch

    return {name: part for name, part in pipeline.components.items() if isinstance(part, torch.nn.Module)}


@contextlib.contextmanager
def memory_guard(model: str, smaller: str) -> Iterator[None]:
    """Turn running out of memory into an error with a smaller setting as its hint.

    Args:
        model: title of the model.
        smaller: what to ask for instead, for example ``Set its option steps_at_once to 1``.

    Raises:
        BackendError: ``out_of_memory``; what the device held is released before.
    """
    import torch

    try:
        yield
    except (MemoryError, RuntimeError) as cause:         # torch.OutOfMemoryError is a RuntimeError
        if not is_exhaustion(cause):
            raise
        failure = BackendError("out_of_memory", f"There was not enough memory for {model}.", smaller)
        traceback.clear_frames(cause.__traceback__)      # the frames that failed hold the tensors that filled it
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise failure from cause


def is_exhaustion(failure: BaseException) -> bool:
    """Whether an exception says that memory ran out, in the words of any allocator."""
    if isinstance(failure, MemoryError) or type(failure).__name__ == "OutOfMemoryError":
        return True
    return isinstance(failure, RuntimeError) and any(words in str(failure).lower() for words in EXHAUSTED)
