# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that cut persons and garments out: the U-2-Net family, ISNet, BiRefNet.

Sizes and checksums of the ONNX files are those of rembg's release; the original checkpoints lie on their authors' drives, which publish
none.
"""

from __future__ import annotations

from ..card import Commercial, ModelCard, ModelFile, Task

RELEASE = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"
U2NET_PAGE, ISNET_PAGE = "https://github.com/xuebinqin/U-2-Net", "https://github.com/xuebinqin/DIS"
BIREFNET_PAGE, CLOTH_PAGE = "https://github.com/ZhengPeng7/BiRefNet", "https://github.com/levindabhi/cloth-segmentation"
U2NET_PAPER = "Qin et al., U2-Net: Going Deeper with Nested U-Structure for Salient Object Detection, Pattern Recognition 2020"
ISNET_PAPER = "Qin et al., Highly Accurate Dichotomous Image Segmentation, ECCV 2022"
BIREFNET_PAPER = "Zheng et al., Bilateral Reference for High-Resolution Dichotomous Image Segmentation, CAAI AIR 2024"
CLOTH_SOURCE = "Dabhi, Clothes Segmentation using U2NET, 2021; trained on iMaterialist (Fashion) 2019"
PARITY = ("keys", "parity", "tiny weights")


def _onnx(name: str, title: str, file: str, edge: int, licence: str, page: str, citation: str, bytes: int | None = None,
          sha256: str | None = None, task: Task = "matting", vram_gb: float = 0.0, commercial: Commercial = "yes") -> ModelCard:
    files = (ModelFile(f"{name}.onnx", RELEASE + file, bytes, sha256),)
    return ModelCard(f"rembg-{name.replace('_', '-')}", title, task, "", files, licence, commercial, page=page, vram_gb=vram_gb,
                     input_size=(edge, edge), citation=citation, checked=("tiny weights",))


def _torch(id: str, title: str, file: str, edge: int, licence: str, page: str, citation: str, task: Task = "matting",
           checked: tuple[str, ...] = PARITY) -> ModelCard:
    return ModelCard(id, title, task, "", (ModelFile("model.safetensors", file, convert=True),), licence, "yes", page=page,
                     input_size=(edge, edge), citation=citation, checked=checked)


CARDS: tuple[ModelCard, ...] = (
    _onnx("u2net_human_seg", "U-2-Net for people (rembg)", "u2net_human_seg.onnx", 320, "Apache-2.0", U2NET_PAGE, U2NET_PAPER, 175_997_641,
          "01eb6a29a5c4d8edb30b56adad9bb3a2a0535338e480724a213e0acfd2d1c73c"),
    _onnx("u2net", "U-2-Net (rembg)", "u2net.onnx", 320, "Apache-2.0", U2NET_PAGE, U2NET_PAPER, 175_997_641,
          "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491"),
    _onnx("u2netp", "U-2-Net, small (rembg)", "u2netp.onnx", 320, "Apache-2.0", U2NET_PAGE, U2NET_PAPER, 4_574_861,
          "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"),
    _onnx("isnet-general-use", "ISNet (rembg)", "isnet-general-use.onnx", 1024, "Apache-2.0", ISNET_PAGE, ISNET_PAPER, 178_648_008,
          "60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a"),
    _onnx("birefnet-portrait", "BiRefNet for portraits (rembg)", "BiRefNet-portrait-epoch_150.onnx", 1024, "MIT", BIREFNET_PAGE,
          BIREFNET_PAPER, None, "1ba1c8ff5a7bbfadc8d8d13fb11d7be793f91f23d9d466549e37a854f6668f99", vram_gb=6.0),
    _onnx("birefnet-general", "BiRefNet (rembg)", "BiRefNet-general-epoch_244.onnx", 1024, "MIT", BIREFNET_PAGE, BIREFNET_PAPER, None,
          "58f621f00f5d756097615970a88a791584600dcf7c45b18a0a6267535a1ebd3c", vram_gb=6.0),
    _onnx("birefnet-general-lite", "BiRefNet, light (rembg)", "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx", 1024, "MIT", BIREFNET_PAGE,
          BIREFNET_PAPER, 224_005_088, "5600024376f572a557870a5eb0afb1e5961636bef4e1e22132025467d0f03333", vram_gb=4.0),
    _onnx("u2net_cloth_seg", "U-2-Net for garments (rembg)", "u2net_cloth_seg.onnx", 768, "MIT", CLOTH_PAGE, CLOTH_SOURCE,
          task="garment-mask"),
    _torch("u2net", "U-2-Net", "u2net.pth", 320, "Apache-2.0", U2NET_PAGE, U2NET_PAPER),
    _torch("u2netp", "U-2-Net, small", "u2netp.pth", 320, "Apache-2.0", U2NET_PAGE, U2NET_PAPER),
    _torch("u2net-cloth", "U-2-Net for garments", "cloth_segm_u2net_latest.pth", 768, "MIT", CLOTH_PAGE, CLOTH_SOURCE, task="garment-mask",
           checked=("tiny weights",)),
)
