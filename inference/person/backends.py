# SPDX-License-Identifier: GPL-3.0-or-later
"""The backends of the person stage by the names that requests use."""

from __future__ import annotations

from ..backend import Backend

MATTING: dict[str, Backend] = {backend.name: backend for backend in (
    Backend("mediapipe", "MediaPipe (embedded)", "person.matting:embedded"),
    Backend("rembg-u2net-human-seg", "U-2-Net for people", "person.matting:rembg_u2net_human_seg", ("rembg-u2net-human-seg",)),
    Backend("rembg-isnet-general-use", "ISNet", "person.matting:rembg_isnet_general_use", ("rembg-isnet-general-use",)),
    Backend("rembg-birefnet-portrait", "BiRefNet for portraits", "person.matting:rembg_birefnet_portrait", ("rembg-birefnet-portrait",)),
    Backend("rembg-birefnet-general", "BiRefNet", "person.matting:rembg_birefnet_general", ("rembg-birefnet-general",)),
    Backend("rembg-birefnet-general-lite", "BiRefNet, light", "person.matting:rembg_birefnet_general_lite",
            ("rembg-birefnet-general-lite",)),
    Backend("rembg-u2net", "U-2-Net by rembg", "person.matting:rembg_u2net", ("rembg-u2net",)),
    Backend("rembg-u2netp", "U-2-Net, small, by rembg", "person.matting:rembg_u2netp", ("rembg-u2netp",)),
    Backend("u2net", "U-2-Net", "person.matting:u2net", ("u2net",)),
    Backend("u2netp", "U-2-Net, small", "person.matting:u2netp", ("u2netp",)),
)}
"""What cuts the person out. Implementations: ``(photo, pose, settings, progress) -> (matte, foreground)``."""

PARSERS: dict[str, Backend] = {backend.name: backend for backend in (
    Backend("dressform", "Dressform (embedded)", "person.parser:judged"),
    Backend("schp-lip", "SCHP, 20 classes of LIP", "person.schp:lip", ("schp-lip",)),
    Backend("schp-atr", "SCHP, 18 classes of ATR", "person.schp:atr", ("schp-atr",)),
    Backend("segformer-clothes", "SegFormer, 18 classes of ATR", "person.segformer:clothes", ("segformer-clothes",)),
)}
"""What tells clothes from skin. Implementations: ``(figure, settings) -> (h, w, 13) probabilities``."""

POSES: dict[str, Backend] = {backend.name: backend for backend in (
    Backend("mediapipe", "MediaPipe (embedded)", "person.pose:embedded"),
    Backend("dwpose", "DWPose", "person.pose_by_dwpose:find_pose", ("dwpose",)),
)}
"""What finds the landmarks. Implementations: ``(photo, settings) -> (pose, warnings)``."""
