# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of FASHN VTON 1.5: two streams of patches, the garment's and the person's, that attend to each other and then merge.

Blocks are those of multimodal diffusion transformers (Esser et al., ICML 2024) with parallel single blocks (Dehghani et al. 2023) and
rotary positions (Su et al. 2021); a few single blocks first mix the person's patches alone. It predicts the velocity of a rectified flow
whose time 0 is noise and whose time 1 is the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

FREQUENCIES = 256
"""Width of the sinusoids that code the time."""
TIME_SCALE = 1000.0
"""Times 0..1 are coded as if they were steps 0..1000."""
NULL_CATEGORY = 0
CATEGORIES = {"tops": 1, "bottoms": 2, "one-pieces": 3}
"""Rows of the category embedding; row 0 says nothing about the garment."""
Rotation = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Config:
    """Widths and depths; the defaults are those of the published checkpoint.

    Attributes:
        hidden_size: width of a token.
        heads: of the attention.
        double_blocks, single_blocks, mixer_blocks: depths.
        mlp_ratio: hidden width of the MLPs, in token widths.
        patch: edge of a patch in pixels.
        channels: of a picture.
        axes: channels of a head that are turned by the (unused) first, the row and the column position.
        theta: base of the rotary frequencies.
        classes: garment categories without the null category.
    """

    hidden_size: int = 1280
    heads: int = 10
    double_blocks: int = 8
    single_blocks: int = 16
    mixer_blocks: int = 4
    mlp_ratio: float = 4.0
    patch: int = 12
    channels: int = 3
    axes: tuple[int, int, int] = (16, 56, 56)
    theta: float = 10_000.0
    classes: int = 3

    @classmethod
    def of_checkpoint(cls, shapes: Mapping[str, tuple[int, ...]]) -> Config:
        """The configuration whose parameters have these names and shapes; the axes keep the published proportions."""
        hidden, channels_in, patch, _ = shapes["x_embedder.proj.weight"]
        head = shapes["double_blocks.0.img_attn.norm.query_norm.scale"][0]
        side = 2 * (7 * head // 32)

        def depth(name: str) -> int:
            return len({key.split(".")[1] for key in shapes if key.startswith(name + ".")})

        return cls(hidden, hidden // head, depth("double_blocks"), depth("single_blocks"), depth("x_patch_mixer"),
                   shapes["double_blocks.0.img_mlp.0.weight"][0] / hidden, patch, (channels_in - 1) // 2, (head - 2 * side, side, side),
                   classes=shapes["y_embedder.weight"][0] - 1)


class TryOnModel(nn.Module):
    """Noisy picture, person and garment -> velocity; parameters have the published names."""

    def __init__(self, config: Config = Config()) -> None:
        super().__init__()
        self.config = config
        width, picture = config.hidden_size, config.channels
        # published with the weights and read by no step of inference
        self.register_buffer("patch_mixer_token", torch.zeros(1, 1, config.patch**2 * picture))
        self.t_embedder = TimeEmbedding(width)
        self.y_embedder = nn.Embedding(config.classes + 1, width)
        self.x_embedder = Patches(2 * picture + 1, width, config.patch)
        self.garment_embedder = Patches(picture + 1, width, config.patch)
        self.x_patch_mixer = nn.ModuleList(SingleBlock(config) for _ in range(config.mixer_blocks))
        self.double_blocks = nn.ModuleList(DoubleBlock(config) for _ in range(config.double_blocks))
        self.single_blocks = nn.ModuleList(SingleBlock(config) for _ in range(config.single_blocks))
        self.final_layer = FinalLayer(config)

    def forward(self, noisy: Tensor, times: Tensor, person: Tensor, garment: Tensor, person_pose: Tensor, garment_pose: Tensor,
                category: Tensor, conditional: Tensor | None = None) -> Tensor:
        """Velocity at a time.

        Args:
            noisy: (B, 3, H, W), height and width multiples of the patch.
            times: (B,) 0..1.
            person, garment: (B, 3, H, W) RGB in -1..1.
            person_pose, garment_pose: (B, 1, H, W) drawn skeletons in -1..1.
            category: (B,) of :data:`CATEGORIES`.
            conditional: (B,) False where the person, the garment and the category are withheld; None withholds nothing.

        Returns:
            (B, 3, H, W).
        """
        if conditional is not None:
            shown = conditional.view(-1, 1, 1, 1).to(person.dtype)
            person, garment, person_pose, garment_pose = (image * shown for image in (person, garment, person_pose, garment_pose))
            category = torch.where(conditional, category, torch.full_like(category, NULL_CATEGORY))
        rows, columns = (n // self.config.patch for n in noisy.shape[2:])
        vector = self.t_embedder(times) + self.y_embedder(category)
        rotation = rotary(rows, columns, self.config.axes, self.config.theta, noisy.device)
        twice = (rotation[0].repeat(2, 1), rotation[1].repeat(2, 1))           # both streams lie on the same grid
        tokens = self.x_embedder(torch.cat([noisy, person, person_pose], 1)).flatten(2).transpose(1, 2)
        cloth = self.garment_embedder(torch.cat([garment, garment_pose], 1)).flatten(2).transpose(1, 2)
        for block in self.x_patch_mixer:
            tokens = block(tokens, vector, rotation)
        for block in self.double_blocks:
            tokens, cloth = block(tokens, cloth, vector, twice)
        joint = torch.cat([cloth, tokens], 1)
        for block in self.single_blocks:
            joint = block(joint, vector, twice)
        return self._unpatched(self.final_layer(joint[:, cloth.shape[1]:], vector), rows, columns)

    def both_ways(self, noisy: Tensor, times: Tensor, person: Tensor, garment: Tensor, person_pose: Tensor, garment_pose: Tensor,
                  category: Tensor, at_once: bool = True) -> tuple[Tensor, Tensor]:
        """Velocity with and without the conditions, for guidance.

        Args:
            at_once: both in one batch; otherwise one after the other, in half the memory.
        """
        inputs = (noisy, times, person, garment, person_pose, garment_pose, category)
        shown = torch.ones(len(noisy), dtype=torch.bool, device=noisy.device)
        if not at_once:
            return self(*inputs), self(*inputs, conditional=~shown)
        with_them, without = self(*(torch.cat([x, x]) for x in inputs), conditional=torch.cat([shown, ~shown])).chunk(2)
        return with_them, without

    def _unpatched(self, tokens: Tensor, rows: int, columns: int) -> Tensor:
        edge = self.config.patch
        grid = tokens.reshape(len(tokens), rows, columns, self.config.channels, edge, edge)
        return grid.permute(0, 3, 1, 4, 2, 5).reshape(len(tokens), self.config.channels, rows * edge, columns * edge)


class TimeEmbedding(nn.Module):
    """(B,) times -> (B, width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.ModuleDict({"in_layer": nn.Linear(FREQUENCIES, width), "out_layer": nn.Linear(width, width)})

    def forward(self, times: Tensor) -> Tensor:
        half = FREQUENCIES // 2
        frequencies = torch.exp(-torch.log(torch.tensor(10_000.0)) * torch.arange(half) / half).to(times.device)
        angles = TIME_SCALE * times.float()[:, None] * frequencies[None]
        waves = torch.cat([angles.cos(), angles.sin()], 1).to(self.mlp["in_layer"].weight.dtype)
        embedded: Tensor = self.mlp["out_layer"](functional.silu(self.mlp["in_layer"](waves)))
        return embedded


class Patches(nn.Module):
    """(B, C, H, W) -> (B, width, H / patch, W / patch)."""

    def __init__(self, channels: int, width: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, width, patch, patch)

    def forward(self, image: Tensor) -> Tensor:
        patches: Tensor = self.proj(image)
        return patches


class Modulation(nn.Module):
    """(B, width) -> ``count`` tensors (B, 1, width): shifts, scales and gates."""

    def __init__(self, width: int, count: int) -> None:
        super().__init__()
        self.count = count
        self.lin = nn.Linear(width, count * width)

    def forward(self, vector: Tensor) -> tuple[Tensor, ...]:
        parts: Tensor = self.lin(functional.silu(vector))[:, None]
        return parts.chunk(self.count, -1)


class HeadNorm(nn.Module):
    """Root mean square over the head's channels, in float32, with a learned scale."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-6)
        return normed.to(x.dtype) * self.scale


class QueryKeyNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.query_norm, self.key_norm = HeadNorm(width), HeadNorm(width)


class StreamAttention(nn.Module):
    """One stream's projections in a double block."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.norm = QueryKeyNorm(width // heads)
        self.proj = nn.Linear(width, width)

    def heads_of(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return split_heads(self.qkv(x), self.heads, self.norm)


class DoubleBlock(nn.Module):
    """Two streams with weights of their own and one attention over both."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width, inner = config.hidden_size, int(config.hidden_size * config.mlp_ratio)
        for stream in ("img", "txt"):                              # the published names: txt is the garment
            setattr(self, f"{stream}_mod", Modulation(width, 6))
            setattr(self, f"{stream}_attn", StreamAttention(width, config.heads))
            setattr(self, f"{stream}_mlp", nn.Sequential(nn.Linear(width, inner), nn.GELU("tanh"), nn.Linear(inner, width)))

    def forward(self, person: Tensor, garment: Tensor, vector: Tensor, rotation: Rotation) -> tuple[Tensor, Tensor]:
        """(B, L, width) of each stream -> the same; ``rotation`` is of [garment, person]."""
        of_garment, of_person = self.txt_mod(vector), self.img_mod(vector)
        parts = [attention.heads_of(modulated(x, shift, scale)) for attention, x, (shift, scale, *_) in (
            (self.txt_attn, garment, of_garment), (self.img_attn, person, of_person))]
        q, k, v = (torch.cat(pair, 2) for pair in zip(*parts, strict=True))
        mixed = attend(q, k, v, rotation)
        length = garment.shape[1]
        garment = garment + of_garment[2] * self.txt_attn.proj(mixed[:, :length])
        garment = garment + of_garment[5] * self.txt_mlp(modulated(garment, of_garment[3], of_garment[4]))
        person = person + of_person[2] * self.img_attn.proj(mixed[:, length:])
        person = person + of_person[5] * self.img_mlp(modulated(person, of_person[3], of_person[4]))
        return person, garment


class SingleBlock(nn.Module):
    """Attention and MLP side by side over one sequence."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width, inner = config.hidden_size, int(config.hidden_size * config.mlp_ratio)
        self.heads, self.width = config.heads, width
        self.linear1 = nn.Linear(width, 3 * width + inner)
        self.linear2 = nn.Linear(width + inner, width)
        self.norm = QueryKeyNorm(width // config.heads)
        self.modulation = Modulation(width, 3)

    def forward(self, x: Tensor, vector: Tensor, rotation: Rotation) -> Tensor:
        """(B, L, width) -> (B, L, width)."""
        shift, scale, gate = self.modulation(vector)
        joined = self.linear1(modulated(x, shift, scale))
        q, k, v = split_heads(joined[..., :3 * self.width], self.heads, self.norm)
        mixed = attend(q, k, v, rotation)
        hidden = functional.gelu(joined[..., 3 * self.width:], approximate="tanh")
        result: Tensor = x + gate * self.linear2(torch.cat([mixed, hidden], -1))
        return result


class FinalLayer(nn.Module):
    """(B, L, width) -> (B, L, channels x patch x patch)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.linear = nn.Linear(config.hidden_size, config.patch**2 * config.channels)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(config.hidden_size, 2 * config.hidden_size))

    def forward(self, x: Tensor, vector: Tensor) -> Tensor:
        shift, scale = self.adaLN_modulation(vector)[:, None].chunk(2, -1)
        colours: Tensor = self.linear(modulated(x, shift, scale))
        return colours


def modulated(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Layer-normalised without parameters, then scaled and shifted."""
    return (1 + scale) * functional.layer_norm(x, x.shape[-1:], eps=1e-6) + shift


def split_heads(qkv: Tensor, heads: int, norm: QueryKeyNorm) -> tuple[Tensor, Tensor, Tensor]:
    """(B, L, 3 x width), packed query-key-value, then head -> three (B, heads, L, channels), queries and keys normalised."""
    q, k, v = qkv.reshape(*qkv.shape[:2], 3, heads, -1).permute(2, 0, 3, 1, 4)
    return norm.query_norm(q), norm.key_norm(k), v


def attend(q: Tensor, k: Tensor, v: Tensor, rotation: Rotation) -> Tensor:
    """(B, heads, L, channels) each -> (B, L, width)."""
    mixed = functional.scaled_dot_product_attention(rotated(q, rotation), rotated(k, rotation), v)
    return mixed.transpose(1, 2).flatten(2)


def rotary(rows: int, columns: int, axes: tuple[int, int, int], theta: float, device: torch.device) -> Rotation:
    """Cosine and sine, (rows x columns, channels / 2) float32, of each token's turn; the first axis never turns."""
    row, column = torch.meshgrid(torch.arange(rows, dtype=torch.float64), torch.arange(columns, dtype=torch.float64), indexing="ij")
    places = (torch.zeros(rows * columns, dtype=torch.float64), row.reshape(-1), column.reshape(-1))
    angles = torch.cat([place[:, None] * theta ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)[None]
                        for place, width in zip(places, axes, strict=True)], 1)
    return angles.cos().float().to(device), angles.sin().float().to(device)


def rotated(x: Tensor, rotation: Rotation) -> Tensor:
    """Neighbouring channels of (B, heads, L, channels) turned as pairs, in float32."""
    cosine, sine = rotation
    first, second = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([cosine * first - sine * second, sine * first + cosine * second], -1).flatten(-2).to(x.dtype)
