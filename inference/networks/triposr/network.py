# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of TripoSR, and how it is read from its published files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ...errors import BackendError
from ...records import Floats
from .image_tokens import ImageTokens
from .radiance import Decoder, Radiance, query
from .triplane import Backbone, TriplaneTokens, Upsampler

VIT_HEAD_WIDTH = 64
"""Of every size of ViT; the checkpoint's shapes tell all else."""
VIT_PATCH_NAME = "image_tokenizer.model.embeddings.patch_embeddings.projection.weight"
CONFIG_FILE, WEIGHTS_FILE = "config.yaml", "model.safetensors"


@dataclass(frozen=True)
class Configuration:
    """Sizes; the defaults are the published ones.

    Attributes:
        image_size: pixels of the square picture.
        vit_width, vit_layers, vit_heads, vit_hidden, vit_trained_size, vit_patch: of the image tokenizer.
        plane_size, plane_channels: of the triplane tokens.
        heads, head_width, layers: of the backbone.
        features: channels of a scene plane.
        decoder_width, decoder_layers: of the decoder's hidden layers.
        radius: half-size of the scene's cube.
        density_bias: added to the density before its exponential.
    """

    image_size: int = 512
    vit_width: int = 768
    vit_layers: int = 12
    vit_heads: int = 12
    vit_hidden: int = 3072
    vit_trained_size: int = 224
    vit_patch: int = 16
    plane_size: int = 32
    plane_channels: int = 1024
    heads: int = 16
    head_width: int = 64
    layers: int = 16
    features: int = 40
    decoder_width: int = 64
    decoder_layers: int = 9
    radius: float = 0.87
    density_bias: float = -1.0

    @classmethod
    def of(cls, published: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Configuration:
        """From the content of ``config.yaml`` and the tensors it belongs to, which tell the image tokenizer's sizes.

        Raises:
            KeyError, TypeError, ValueError: something in it is missing or of the wrong kind.
        """
        patches = weights[VIT_PATCH_NAME].shape
        positions = weights["image_tokenizer.model.embeddings.position_embeddings"].shape[1]
        backbone, renderer, decoder = published["backbone"], published["renderer"], published["decoder"]
        layers = {name.split(".")[4] for name in weights if name.startswith("image_tokenizer.model.encoder.layer.")}
        return cls(
            image_size=int(published["cond_image_size"]), vit_width=patches[0], vit_layers=len(layers),
            vit_heads=max(1, patches[0] // VIT_HEAD_WIDTH), vit_patch=patches[2],
            vit_trained_size=round((positions - 1) ** 0.5) * patches[2],
            vit_hidden=weights["image_tokenizer.model.encoder.layer.0.intermediate.dense.weight"].shape[0],
            plane_size=int(published["tokenizer"]["plane_size"]), plane_channels=int(published["tokenizer"]["num_channels"]),
            heads=int(backbone["num_attention_heads"]), head_width=int(backbone["attention_head_dim"]), layers=int(backbone["num_layers"]),
            features=int(published["post_processor"]["out_channels"]), decoder_width=int(decoder["n_neurons"]),
            decoder_layers=int(decoder["n_hidden_layers"]), radius=float(renderer["radius"]),
            density_bias=float(renderer.get("density_bias", cls.density_bias)))


class TripoSR(nn.Module):
    """Picture -> scene planes -> density and colour anywhere."""

    def __init__(self, configuration: Configuration = Configuration()) -> None:
        super().__init__()
        c = self.configuration = configuration
        self.image_tokenizer = ImageTokens(c.vit_width, c.vit_layers, c.vit_heads, c.vit_hidden, c.vit_trained_size, c.vit_patch)
        self.tokenizer = TriplaneTokens(c.plane_size, c.plane_channels)
        self.backbone = Backbone(c.plane_channels, c.heads, c.head_width, c.layers, c.vit_width)
        self.post_processor = Upsampler(c.plane_channels, c.features)
        self.decoder = Decoder(3 * c.features, c.decoder_width, c.decoder_layers)

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) RGB in 0..1 -> (B, 3, features, 2 plane_size, 2 plane_size) scene planes."""
        context = self.image_tokenizer(pictures)
        tokens = self.backbone(self.tokenizer(len(pictures)), context)
        return self.post_processor(self.tokenizer.planes(tokens))

    def at(self, planes: Tensor, points: Tensor) -> Radiance:
        """Density and colour of one scene's (3, C, S, S) planes at (N, 3) scene points."""
        return query(self.decoder, planes, points, self.configuration.radius, self.configuration.density_bias)

    def scene(self, planes: Tensor, chunk_size: int) -> Scene:
        """The scene of one picture's (3, C, S, S) planes."""
        return Scene(self.decoder, planes, self.configuration.radius, self.configuration.density_bias, chunk_size)


class Scene:
    """One reconstructed scene, asked with NumPy points in chunks.

    Args:
        decoder: with its weights.
        planes: (3, C, S, S) of the scene.
        radius, bias: of the configuration.
        chunk_size: points at once; bounds the memory.
    """

    def __init__(self, decoder: Decoder, planes: Tensor, radius: float, bias: float, chunk_size: int = 8192) -> None:
        self._decoder, self._planes, self.radius, self._bias, self._chunk = decoder, planes, radius, bias, chunk_size

    def log_density(self, points: npt.NDArray[np.floating]) -> Floats:
        """(N, 3) scene points -> (N,) logarithm of the density."""
        return self._ask(points, lambda found: (found.density.float() + found.bias)[:, None])[:, 0]

    def colours(self, points: npt.NDArray[np.floating]) -> Floats:
        """(N, 3) scene points -> (N, 3) RGB in 0..1."""
        return self._ask(points, lambda found: found.rgb)

    def _ask(self, points: npt.NDArray[np.floating], what: Callable[[Radiance], Tensor]) -> Floats:
        with torch.inference_mode():
            parts = [what(query(self._decoder, self._planes, self._tensor(points[start:start + self._chunk]), self.radius, self._bias))
                     .float().cpu().numpy() for start in range(0, max(len(points), 1), self._chunk)]
        return np.concatenate(parts)

    def _tensor(self, points: npt.NDArray[np.floating]) -> Tensor:
        return torch.from_numpy(np.asarray(points, np.float32)).to(self._planes.device, self._planes.dtype)


def load(folder: Path, device: torch.device, dtype: torch.dtype) -> TripoSR:
    """The network with the weights of a model folder.

    Raises:
        BackendError: ``bad_model`` if the files do not belong together.
    """
    import yaml
    from safetensors.torch import load_file

    weights = load_file(folder / WEIGHTS_FILE)
    try:
        configuration = Configuration.of(yaml.safe_load((folder / CONFIG_FILE).read_text("utf-8")), weights)
        with torch.device("meta"):
            network = TripoSR(configuration)
        network.load_state_dict(weights, assign=True)
    except (KeyError, TypeError, ValueError, RuntimeError, yaml.YAMLError) as cause:
        raise BackendError("bad_model", f"The files in {folder} are not a TripoSR model: {' '.join(str(cause).split())[:200]}",
                           "Run `dressform models pull triposr` again.") from cause
    return network.to(device, dtype).eval()
