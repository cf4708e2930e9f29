# SPDX-License-Identifier: GPL-3.0-or-later
"""DWPose."""

from __future__ import annotations

from ..card import ModelCard, ModelFile

CARDS: tuple[ModelCard, ...] = (
    ModelCard(
        id="dwpose", title="DWPose-l (384) with YOLOX-l", task="pose", repository="yzd-v/DWPose",
        page="https://github.com/IDEA-Research/DWPose",
        files=(ModelFile("yolox_l.onnx", bytes=216_746_733, sha256="7860ae79de6c89a3c1eb72ae9a2756c0ccfbe04b7791bb5880afabd97855a411"),
               ModelFile("dw-ll_ucoco_384.onnx", bytes=134_399_116,
                         sha256="724f4ff2439ed61afb86fb8a1951ec39c6220682803b4a8bd4f598cd913b1843")),
        licence="Apache-2.0", commercial="yes", vram_gb=1.5, input_size=(288, 384),
        citation="Yang, Zeng, Yuan and Li: Effective Whole-body Pose Estimation with Two-stages Distillation. ICCV Workshops 2023.",
        checked=("parity of everything around the two networks", "tiny weights")),
)
