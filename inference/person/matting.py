# SPDX-License-Identifier: GPL-3.0-or-later
"""What cuts the person out: MediaPipe's networks, or one published network, each sharpened to the photo's own resolution.

Implementations of :data:`.backends.MATTING`: ``(photo, pose, settings, progress) -> (matte, foreground)``, as of :func:`.matte.cut_out`.
"""

from __future__ import annotations

from functools import partial

from ..backend import Settings
from ..progress import ProgressCallback
from ..records import Floats, Image, Photo, Pose
from .matte import cut_out, cut_out_with
from .pose import opaque_pixels


def embedded(photo: Photo, pose: Pose, settings: Settings, progress: ProgressCallback) -> tuple[Floats, Image]:
    """The mean of MediaPipe's two networks, corrected by the photo's colours."""
    return cut_out(photo, pose)


def _by_rembg(model: str, photo: Photo, pose: Pose, settings: Settings, progress: ProgressCallback) -> tuple[Floats, Image]:
    from .rembg_masks import INPUT_EDGE, salient_mask

    return cut_out_with(photo, pose, salient_mask(model, opaque_pixels(photo), settings), INPUT_EDGE[model])


def _by_u2net(model: str, photo: Photo, pose: Pose, settings: Settings, progress: ProgressCallback) -> tuple[Floats, Image]:
    from .u2net_masks import SALIENT_EDGE, salient_mask

    return cut_out_with(photo, pose, salient_mask(model, opaque_pixels(photo), settings), SALIENT_EDGE)


rembg_u2net_human_seg = partial(_by_rembg, "u2net_human_seg")
rembg_u2net = partial(_by_rembg, "u2net")
rembg_u2netp = partial(_by_rembg, "u2netp")
rembg_isnet_general_use = partial(_by_rembg, "isnet-general-use")
rembg_birefnet_portrait = partial(_by_rembg, "birefnet-portrait")
rembg_birefnet_general = partial(_by_rembg, "birefnet-general")
rembg_birefnet_general_lite = partial(_by_rembg, "birefnet-general-lite")
u2net = partial(_by_u2net, "u2net")
u2netp = partial(_by_u2net, "u2netp")
