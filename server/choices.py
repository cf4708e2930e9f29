# SPDX-License-Identifier: GPL-3.0-or-later
"""What a panel offers to choose from. Standard library only: this runs in Blender's Python too.

The engine says of each backend whether it is ready and under which licence its results stand.

Blender keeps the place in a list, so new entries come last.
"""

from __future__ import annotations

Items = tuple[tuple[str, str, str], ...]

PUBLISHED = "Published model; its licence, size and memory are shown below"

TRYON: Items = (
    ("drape", "Drape (embedded)", "Body-guided warp of the garment photos. No download, no GPU; results may be sold"),
    ("none", "Keep the clothes", "Keep what the person wears in the photo"),
    ("fashn", "FASHN VTON 1.5", PUBLISHED),
    ("catvton", "CatVTON", PUBLISHED),
    ("idm-vton", "IDM-VTON", PUBLISHED),
    ("hr-viton", "HR-VITON", PUBLISHED),
    ("viton-hd", "VITON-HD", PUBLISHED),
    ("flux2-klein", "Instruction editing with FLUX.2 klein 4B", PUBLISHED),
    ("qwen-image-edit", "Instruction editing with Qwen-Image-Edit 2511", PUBLISHED),
)
RECONSTRUCTION: Items = (
    ("body", "Fitted body (embedded)", "Surface true to the silhouette on the fitted body. No download, no GPU; results may be sold"),
    ("triposr", "TripoSR", PUBLISHED),
)
MATTING: Items = (
    ("mediapipe", "MediaPipe (embedded)", "The person mask of MediaPipe, refined to a matte. No download"),
    ("rembg-u2net-human-seg", "U-2-Net for people", PUBLISHED),
    ("rembg-isnet-general-use", "ISNet", PUBLISHED),
    ("rembg-birefnet-portrait", "BiRefNet for portraits", PUBLISHED),
    ("rembg-birefnet-general", "BiRefNet", PUBLISHED),
    ("rembg-birefnet-general-lite", "BiRefNet, light", PUBLISHED),
    ("rembg-u2net", "U-2-Net by rembg", PUBLISHED),
    ("rembg-u2netp", "U-2-Net, small, by rembg", PUBLISHED),
    ("u2net", "U-2-Net", PUBLISHED),
    ("u2netp", "U-2-Net, small", PUBLISHED),
)
PARSER: Items = (
    ("dressform", "Dressform (embedded)", "The small parser that Dressform brings, told better by the fitted body. No download"),
    ("schp-lip", "SCHP, 20 classes of LIP", PUBLISHED),
    ("schp-atr", "SCHP, 18 classes of ATR", PUBLISHED),
    ("segformer-clothes", "SegFormer, 18 classes of ATR", PUBLISHED),
)
POSE: Items = (
    ("mediapipe", "MediaPipe (embedded)", "No download"),
    ("dwpose", "DWPose", PUBLISHED),
)
STAGES: dict[str, Items] = {"tryon": TRYON, "reconstruction": RECONSTRUCTION, "matting": MATTING, "parser": PARSER, "pose": POSE}
"""Field of the request -> what it may be."""
STAGE_TITLES = {"tryon": "Try-on", "reconstruction": "Shape", "matting": "Cut-out", "parser": "Clothes", "pose": "Pose",
                "garment_mask": "Garment mask"}
DEVICES: Items = (
    ("auto", "Automatic", "The engine's best device"),
    ("cpu", "CPU", "Slower; leaves the GPU to Blender"),
    ("cuda", "NVIDIA GPU", "CUDA"),
    ("mps", "Apple GPU", "Metal"),
)
PRECISIONS: Items = (
    ("auto", "Automatic", "Half precision on a GPU, full precision on the CPU"),
    ("float16", "Half", "float16"),
    ("bfloat16", "Half, wide range", "bfloat16; of newer GPUs"),
    ("float32", "Full", "float32; twice the memory"),
)
OFFLOADS: Items = (
    ("auto", "Automatic", "What fits into the memory of the GPU"),
    ("none", "All on the GPU", "Quickest"),
    ("model", "One part at a time", "Less memory, a little slower"),
    ("sequential", "One layer at a time", "Least memory, much slower"),
)
EMBEDDED = {stage: items[0][0] for stage, items in STAGES.items()}


def options(chosen: dict[str, str], precision: str, offload: str) -> dict[str, dict[str, str]]:
    """The backend options of a request: what was set otherwise than automatic, for each published backend chosen.

    Args:
        chosen: field of the request -> name of the backend.
        precision, offload: of :data:`PRECISIONS` and :data:`OFFLOADS`.
    """
    wanted = {name: value for name, value in (("precision", precision), ("offload", offload)) if value != "auto"}
    published = [name for stage, name in chosen.items() if name not in (EMBEDDED[stage], "none")]
    return {name: dict(wanted) for name in published} if wanted else {}


def size_words(size: int | None) -> str:
    """Bytes of a download in words."""
    if not size:
        return "download of unknown size"
    return f"{f'{size / 1024**3:.1f} GB' if size >= 1024**3 else f'{max(1, round(size / 1024**2))} MB'} to download"


def licence_words(licence: str, commercial: str, conditions: str) -> str:
    """Under which licence results stand, in one or two sentences."""
    use = {"yes": "Results may be sold", "no": "Results may NOT be sold", "conditions": "Under conditions"}[commercial]
    more = f" {conditions}" if conditions and commercial != "yes" else ""
    return f"{use} ({licence or 'embedded'}).{more}"
