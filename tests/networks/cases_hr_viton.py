# SPDX-License-Identifier: GPL-3.0-or-later
"""Small cases of the networks of HR-VITON and VITON-HD."""

from __future__ import annotations

from typing import Any


def waves(*shape: int) -> Any:
    """Values between -1 and 1 that no axis repeats."""
    import torch

    count = 1
    for size in shape:
        count *= size
    return torch.sin(torch.arange(count, dtype=torch.float32) * 0.37).reshape(shape)


def conditions() -> tuple[Any, tuple[Any, ...]]:
    """The condition generator at 64 x 32."""
    import torch
    from dressform.inference.networks.hr_viton.condition_generator import ConditionConfig, ConditionGenerator

    class Flat(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.generator = ConditionGenerator(ConditionConfig(width=4))

        def forward(self, cloth: torch.Tensor, person: torch.Tensor) -> dict[str, torch.Tensor]:
            found = self.generator(cloth, person)
            return {"flow": found.flows[-1], "segmentation": found.segmentation[..., ::2, ::2], "cloth": found.cloth, "mask": found.mask}

    return Flat(), (waves(1, 4, 64, 32), waves(1, 16, 64, 32))


def picture() -> tuple[Any, tuple[Any, ...]]:
    """The image generator at 256 x 128, with a misaligned area."""
    import torch
    from dressform.inference.networks.modulation import GeneratorConfig, seeded_noise
    from dressform.inference.networks.tryon_segmentation import one_hot
    from dressform.inference.networks.viton_hd.image_generator import AliasGenerator

    class Drawn(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.generator = AliasGenerator(GeneratorConfig(width=4, coarse_classes=8, hidden=8))

        def forward(self, x: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.generator.draw(x, one_hot(labels, 7), mask, seeded_noise(2))[..., ::4, ::4]

    labels = (torch.arange(256)[:, None] // 23 + torch.arange(128)[None] // 17) % 7
    return Drawn(), (waves(1, 9, 256, 128), labels[None], (waves(1, 1, 256, 128) + 1) / 2)


def segmentation() -> tuple[Any, tuple[Any, ...]]:
    """The segmentation generator at 32 x 32."""
    from dressform.inference.networks.viton_hd.segmentation import SegmentationGenerator

    return SegmentationGenerator(width=4), (waves(1, 21, 32, 32),)


def matching() -> tuple[Any, tuple[Any, ...]]:
    """The matching of a garment of 256 x 256, with its grid."""
    import torch
    from dressform.inference.networks.viton_hd.geometric_matching import GeometricMatching, MatchingConfig

    class Grid(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.matching = GeometricMatching(MatchingConfig(width=4, height=256, width_px=256))

        def forward(self, person: torch.Tensor, garment: torch.Tensor) -> dict[str, torch.Tensor]:
            moves = self.matching(person, garment)
            return {"moves": moves, "grid": self.matching.grid(moves)[:, ::8, ::8]}

    return Grid(), (waves(1, 7, 64, 64), waves(1, 3, 64, 64))


CASES = {"hr_viton_conditions": conditions,
         "viton_hd_picture": picture, "viton_hd_segmentation": segmentation, "viton_hd_matching": matching}
