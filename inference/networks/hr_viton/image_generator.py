# SPDX-License-Identifier: GPL-3.0-or-later
"""The image generator of HR-VITON: the modulated generator that reads one segmentation map at all scales."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ..modulation import GeneratorConfig, ModulatedGenerator


class ImageGenerator(ModulatedGenerator):
    """Agnostic person, DensePose and warped garment in, the dressed person out."""

    def __init__(self, config: GeneratorConfig | None = None) -> None:
        super().__init__(config or GeneratorConfig())


def module_names(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A published checkpoint under the names of the modules: it was saved when the normalisation was called ``ace`` and held ``Spade``."""
    return {name.replace("ace", "alias").replace(".Spade", ""): value for name, value in published.items()}
