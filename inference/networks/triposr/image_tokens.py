# SPDX-License-Identifier: GPL-3.0-or-later
"""A vision transformer that turns the picture into tokens (ViT-B/16 trained by DINO, Caron et al. 2021, arXiv:2104.14294).

Written out here rather than taken from ``transformers``: its releases name the parameters differently from the published checkpoint, and
resize the position embedding to a target size, where this model was trained with a scale.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of RGB in 0..1; what DINO was trained with."""
LAYER_NORM_EPS = 1e-12
GRID_MARGIN = 0.1
"""Added to the wanted number of patches before the scale of the position embedding is taken (DINO's guard against rounding); it is part of
what the checkpoint was trained with and moves tokens by a quarter of a standard deviation."""


class ImageTokens(nn.Module):
    """Picture -> class token and patch tokens, after the last normalisation."""

    def __init__(self, width: int = 768, layers: int = 12, heads: int = 12, hidden: int = 3072, trained_size: int = 224,
                 patch: int = 16) -> None:
        super().__init__()
        self.model = VisionTransformer(width, layers, heads, hidden, trained_size, patch)

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) RGB in 0..1, sides multiples of the patch -> (B, 1 + patches, width); the class token is first."""
        mean, std = (pictures.new_tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
        return self.model((pictures - mean) / std)


class VisionTransformer(nn.Module):
    """The whole transformer; its pooler is in the checkpoint and is not used."""

    def __init__(self, width: int, layers: int, heads: int, hidden: int, trained_size: int, patch: int) -> None:
        super().__init__()
        self.embeddings = Embeddings(width, trained_size // patch, patch)
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(Layer(width, heads, hidden) for _ in range(layers))})
        self.layernorm = nn.LayerNorm(width, LAYER_NORM_EPS)
        self.pooler = nn.ModuleDict({"dense": nn.Linear(width, width)})

    def forward(self, pictures: Tensor) -> Tensor:
        tokens = self.embeddings(pictures)
        for layer in self.encoder["layer"]:
            tokens = layer(tokens)
        return self.layernorm(tokens)


class Embeddings(nn.Module):
    """Patches, a class token and positions, resized to the picture's grid."""

    def __init__(self, width: int, grid: int, patch: int) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position_embeddings = nn.Parameter(torch.zeros(1, 1 + grid * grid, width))
        self.patch_embeddings = nn.ModuleDict({"projection": nn.Conv2d(3, width, patch, patch)})
        self.grid = grid

    def forward(self, pictures: Tensor) -> Tensor:
        patches = self.patch_embeddings["projection"](pictures)
        rows, columns = patches.shape[-2:]
        tokens = torch.cat([self.cls_token.expand(len(patches), -1, -1), patches.flatten(2).transpose(1, 2)], 1)
        return tokens + self.positions(rows, columns)

    def positions(self, rows: int, columns: int) -> Tensor:
        """(1, 1 + rows * columns, width); the trained grid, enlarged bicubically with DINO's scale."""
        if (rows, columns) == (self.grid, self.grid):
            return self.position_embeddings
        of_class, of_patches = self.position_embeddings[:, :1], self.position_embeddings[:, 1:]
        square = of_patches.transpose(1, 2).unflatten(2, (self.grid, self.grid))
        scale = ((rows + GRID_MARGIN) / self.grid, (columns + GRID_MARGIN) / self.grid)
        # half precision has no bicubic kernel on every device
        square = F.interpolate(square.float(), scale_factor=scale, mode="bicubic", align_corners=False).to(square.dtype)
        return torch.cat([of_class, square.flatten(2).transpose(1, 2)], 1)


class Layer(nn.Module):
    """Normalise, attend, add; normalise, transform, add."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.attention = nn.ModuleDict({
            "attention": nn.ModuleDict({name: nn.Linear(width, width) for name in ("query", "key", "value")}),
            "output": nn.ModuleDict({"dense": nn.Linear(width, width)}),
        })
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, hidden)})
        self.output = nn.ModuleDict({"dense": nn.Linear(hidden, width)})
        self.layernorm_before = nn.LayerNorm(width, LAYER_NORM_EPS)
        self.layernorm_after = nn.LayerNorm(width, LAYER_NORM_EPS)
        self.heads = heads

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self._attend(self.layernorm_before(tokens))
        hidden = F.gelu(self.intermediate["dense"](self.layernorm_after(tokens)))
        return tokens + self.output["dense"](hidden)

    def _attend(self, tokens: Tensor) -> Tensor:
        parts = self.attention["attention"]
        query, key, value = (parts[name](tokens).unflatten(2, (self.heads, -1)).transpose(1, 2) for name in ("query", "key", "value"))
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.attention["output"]["dense"](mixed.transpose(1, 2).flatten(2))
