# SPDX-License-Identifier: GPL-3.0-or-later
"""Editing pipelines in the published layouts with tiny networks of random weights."""

from __future__ import annotations

from pathlib import Path

import torch


def write_flux2_klein(folder: Path) -> None:
    """FLUX.2 klein's classes, files and names with tiny widths."""
    from diffusers import AutoencoderKLFlux2, FlowMatchEulerDiscreteScheduler, Flux2KleinPipeline, Flux2Transformer2DModel
    from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    letters = [*(chr(code) for code in range(33, 127)), "Ġ", "Ċ", "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = Qwen2TokenizerFast(vocab={letter: number for number, letter in enumerate(letters)}, merges=[], pad_token="<|endoftext|>",
                                   eos_token="<|im_end|>", unk_token="<|endoftext|>")
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    reader = Qwen3ForCausalLM(Qwen3Config(vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=28,
                                          num_attention_heads=2, num_key_value_heads=1, head_dim=8, max_position_embeddings=1024))
    vae = AutoencoderKLFlux2(block_out_channels=(8,) * 4, layers_per_block=1, latent_channels=4, norm_num_groups=4,
                             down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
    transformer = Flux2Transformer2DModel(patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16,
                                          num_attention_heads=2, joint_attention_dim=48, timestep_guidance_channels=16,
                                          axes_dims_rope=(4,) * 4, guidance_embeds=False)
    Flux2KleinPipeline(FlowMatchEulerDiscreteScheduler(), vae, reader, tokenizer, transformer, is_distilled=True).save_pretrained(folder)
    (folder / "text_encoder" / "model.safetensors").unlink()
    reader.save_pretrained(folder / "text_encoder", max_shard_size="120KB")


def write_qwen_image_edit(folder: Path) -> None:
    """Qwen-Image-Edit's classes and layout with tiny widths."""
    from diffusers import AutoencoderKLQwenImage, FlowMatchEulerDiscreteScheduler, QwenImageEditPlusPipeline, QwenImageTransformer2DModel
    from transformers import (
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2TokenizerFast,
        Qwen2VLImageProcessor,
        Qwen2VLProcessor,
        Qwen2VLVideoProcessor,
    )

    torch.manual_seed(0)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>",
               "<|video_pad|>"]
    numbers = {letter: number for number, letter in enumerate([*(chr(code) for code in range(33, 127)), "Ġ", "Ċ", *special])}
    tokenizer = Qwen2TokenizerFast(vocab=numbers, merges=[], pad_token="<|endoftext|>", eos_token="<|im_end|>", unk_token="<|endoftext|>",
                                   additional_special_tokens=special[1:])
    turning = {"mrope_section": [1, 1, 2], "rope_type": "default", "type": "default", "rope_theta": 1e6}
    reader = Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(
        text_config={"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2,
                     "rope_parameters": turning, "vocab_size": len(numbers)},
        vision_config={"depth": 2, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16},
        vision_start_token_id=numbers["<|vision_start|>"], vision_end_token_id=numbers["<|vision_end|>"],
        image_token_id=numbers["<|image_pad|>"], video_token_id=numbers["<|video_pad|>"]))
    processor = Qwen2VLProcessor(image_processor=Qwen2VLImageProcessor(), tokenizer=tokenizer, video_processor=Qwen2VLVideoProcessor())
    vae = AutoencoderKLQwenImage(base_dim=4, z_dim=4, dim_mult=[1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True],
                                 latents_mean=[0.0] * 4, latents_std=[1.0] * 4)
    transformer = QwenImageTransformer2DModel(patch_size=2, in_channels=16, out_channels=4, num_layers=2, attention_head_dim=16,
                                              num_attention_heads=2, joint_attention_dim=16, axes_dims_rope=(8, 4, 4))
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15, base_image_seq_len=256,
                                                max_image_seq_len=4096)
    QwenImageEditPlusPipeline(scheduler, vae, reader, tokenizer, processor, transformer).save_pretrained(folder)
