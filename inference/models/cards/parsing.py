# SPDX-License-Identifier: GPL-3.0-or-later
"""Human parsers: SCHP and SegFormer."""

from __future__ import annotations

from ..card import ModelCard, ModelFile

SCHP_PAGE = "https://github.com/GoGoDuck912/Self-Correction-Human-Parsing"
SCHP_PAPER = "Li et al., Self-Correction for Human Parsing, TPAMI 2020"
SCHP_LICENCE = "MIT (code)"
SCHP_TERMS = "the authors state a licence for the code only, and {} is offered for research: ask them before selling results"


def _schp(id: str, title: str, file: str, bytes: int, sha256: str, edge: int, data: str) -> ModelCard:
    files = (ModelFile("model.safetensors", f"SCHP/{file}", bytes, sha256, convert=True),)
    return ModelCard(id, title, "parsing", "zhengchong/CatVTON", files, SCHP_LICENCE, "conditions", page=SCHP_PAGE,
                     conditions=SCHP_TERMS.format(data), vram_gb=1.5, input_size=(edge, edge), citation=SCHP_PAPER,
                     checked=("keys", "parity", "tiny weights"))


CARDS: tuple[ModelCard, ...] = (
    _schp("schp-lip", "SCHP, 20 classes of LIP", "exp-schp-201908261155-lip.pth", 267_449_349,
          "24fa3254ceeb74c8435458994a64b522fb439a3635b7b86ff470457e0413da00", 473, "the LIP dataset it was trained on"),
    _schp("schp-atr", "SCHP, 18 classes of ATR", "exp-schp-201908301523-atr.pth", 267_445_237,
          "e9d7c91ce3b4e7133df56b599fc817b533e3439c5e8d282a59126d2fda339a2a", 512, "the ATR dataset it was trained on"),
    ModelCard("segformer-clothes", "SegFormer B2, 18 classes of ATR", "parsing", "mattmdjaga/segformer_b2_clothes",
              (ModelFile("config.json"), ModelFile("model.safetensors")), "NVIDIA Source Code License for SegFormer", "no",
              conditions="the licence of the network it was fine-tuned from allows research and evaluation only", vram_gb=1.5,
              input_size=(512, 512), citation="Xie et al., SegFormer: Simple and Efficient Design for Semantic Segmentation with "
              "Transformers, NeurIPS 2021", checked=("tiny weights",)),
)
