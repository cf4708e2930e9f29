# SPDX-License-Identifier: GPL-3.0-or-later
"""Points on a thing give its mask, by Segment Anything of either generation in its published layout."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make setup-models")
pytest.importorskip("transformers", reason="transformers is not installed: make setup-models")

import torch
from dressform.inference.backend import Settings
from dressform.inference.errors import BackendError, InputError
from dressform.inference.person import segment_anything
from dressform.inference.person.marked import with_clothes_at
from dressform.inference.person.sam_choice import MODELS, chosen_model
from dressform.inference.person.segment_anything import mask_from_points
from dressform.inference.points import as_read
from dressform.inference.records import Framing, Label, Person, Photo, Pose
from PIL import Image

EDGE = 64
CPU = Settings(device="cpu")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Tiny networks wait for their threads longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("DRESSFORM_MODELS", str(tmp_path))
    return tmp_path


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 255, (90, 150, 3), np.uint8)


def write_sam(folder: Path) -> None:
    """A tiny SAM in the published layout."""
    from transformers import SamConfig, SamMaskDecoderConfig, SamModel, SamPromptEncoderConfig, SamVisionConfig

    torch.manual_seed(1)
    vision = SamVisionConfig(hidden_size=16, output_channels=8, num_hidden_layers=2, num_attention_heads=2, image_size=EDGE, patch_size=8,
                             window_size=2, global_attn_indexes=[1], num_pos_feats=4, mlp_dim=16)
    config = SamConfig(vision_config=vision,
                       prompt_encoder_config=SamPromptEncoderConfig(hidden_size=8, image_size=EDGE, patch_size=8, mask_input_channels=4),
                       mask_decoder_config=SamMaskDecoderConfig(hidden_size=8, mlp_dim=8, num_hidden_layers=1, num_attention_heads=2,
                                                                iou_head_hidden_dim=8))
    SamModel(config).save_pretrained(folder)


def write_sam2(folder: Path) -> None:
    """A tiny SAM 2 in the published layout, which is that of the model for videos."""
    from transformers import Sam2HieraDetConfig, Sam2VideoConfig, Sam2VideoModel, Sam2VisionConfig

    torch.manual_seed(2)
    backbone = Sam2HieraDetConfig(hidden_size=8, num_attention_heads=1, image_size=[EDGE, EDGE], blocks_per_stage=[1, 1, 2, 1],
                                  embed_dim_per_stage=[8, 16, 32, 64], num_attention_heads_per_stage=[1, 1, 2, 2],
                                  window_size_per_stage=[4, 4, 4, 4], global_attention_blocks=[3],
                                  window_positional_embedding_background_size=[2, 2])
    vision = Sam2VisionConfig(backbone_config=backbone, backbone_channel_list=[64, 32, 16, 8], fpn_hidden_size=32,
                              backbone_feature_sizes=[[EDGE // 4] * 2, [EDGE // 8] * 2, [EDGE // 16] * 2])
    prompts = {"hidden_size": 32, "image_size": EDGE, "patch_size": 16}
    decoder = {"hidden_size": 32, "mlp_dim": 16, "num_attention_heads": 2, "iou_head_hidden_dim": 16}
    memory = {"memory_attention_hidden_size": 32, "memory_encoder_hidden_size": 32, "memory_encoder_output_channels": 16,
              "memory_fuser_embed_dim": 32, "memory_attention_feed_forward_hidden_size": 32, "mask_downsampler_embed_dim": 32,
              "memory_attention_num_layers": 1, "memory_attention_rope_feat_sizes": [4, 4]}
    config = Sam2VideoConfig(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder, image_size=EDGE, **memory)
    Sam2VideoModel(config).save_pretrained(folder)


WRITERS = {"sam-vit-base": write_sam, "sam2.1-hiera-small": write_sam2}


@pytest.mark.parametrize("model", WRITERS)
@pytest.mark.parametrize("points", [[(70.0, 40.0)], [(70.0, 40.0), (80.0, 30.0), (60.0, 50.0)]])
def test_the_published_layout_is_read_and_answers_at_the_pictures_size(models, picture, model, points):
    WRITERS[model](models / model)
    mask = mask_from_points(picture, points, None, CPU)
    assert mask.shape == picture.shape[:2]
    assert mask.dtype == np.float32
    assert (mask >= 0).all()
    assert (mask <= 1).all()
    assert np.array_equal(mask, mask_from_points(picture, points, None, CPU))
    assert not np.array_equal(mask, mask_from_points(picture, [(10.0, 80.0)], None, CPU))


def _pointing(second, seen):
    """A network whose mask is a disc round the first point, in its own square."""
    shape = SimpleNamespace(image_size=1024)
    config = SimpleNamespace(prompt_encoder_config=shape) if second else SimpleNamespace(vision_config=shape)

    class Pointing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.config = config
            self.any = torch.nn.Parameter(torch.zeros(1))

        def forward(self, pixel_values, input_points, input_labels, multimask_output):
            seen.append((pixel_values, input_points, input_labels, multimask_output))
            y, x = torch.meshgrid(torch.arange(256) + 0.5, torch.arange(256) + 0.5, indexing="ij")
            centre = input_points[0, 0, 0] / 4
            disc = 12.0 - torch.hypot(x - centre[0], y - centre[1])
            return SimpleNamespace(pred_masks=torch.stack([-disc, disc])[None, None], iou_scores=torch.tensor([[[0.2, 0.9]]]))

    return Pointing()


@pytest.mark.parametrize("model", WRITERS)
def test_points_and_mask_keep_their_places(models, monkeypatch, model):
    seen = []
    monkeypatch.setattr(segment_anything, "_network", lambda *_: _pointing(model.startswith("sam2"), seen))
    monkeypatch.setattr(segment_anything, "require", lambda model: models)
    mask = mask_from_points(np.zeros((600, 400, 3), np.uint8), [(300.0, 150.0)], None, Settings({"model": model}, device="cpu"))
    rows, columns = np.nonzero(mask > 0.5)
    assert rows.mean() + 0.5 == pytest.approx(150, abs=2)
    assert columns.mean() + 0.5 == pytest.approx(300, abs=2)
    pixel_values, points, labels, several = seen[0]
    assert pixel_values.shape == (1, 3, 1024, 1024)
    assert labels.tolist() == [[[1]]]
    assert several
    if model == "sam-vit-base":
        assert points[0, 0, 0].tolist() == pytest.approx([300 * 1024 / 600, 150 * 1024 / 600], abs=1.0)
        assert not pixel_values[..., 700:].any()                                # beside the picture


def test_a_point_that_is_not_on_it_is_told_as_such(models, monkeypatch):
    seen = []
    monkeypatch.setattr(segment_anything, "_network", lambda *_: _pointing(True, seen))
    monkeypatch.setattr(segment_anything, "require", lambda model: models)
    mask_from_points(np.zeros((100, 100, 3), np.uint8), [(50.0, 50.0), (10.0, 10.0)], [1, 0], CPU)
    assert seen[0][2].tolist() == [[[1, 0]]]
    assert not seen[0][3]                                                       # several points mean one thing


def test_the_best_model_that_is_there_is_taken(models):
    assert chosen_model(CPU) == "sam2.1-hiera-small"
    write_sam(models / "sam-vit-base")
    assert chosen_model(CPU) == "sam-vit-base"
    assert chosen_model(Settings({"model": MODELS[0]})) == MODELS[0]
    with pytest.raises(InputError):
        chosen_model(Settings({"model": "nothing"}))


@pytest.mark.parametrize(("points", "code"), [([], "no_points"), ([(150.0, 10.0)], "bad_points"), ([(-1.0, 10.0)], "bad_points")])
def test_points_that_cannot_be_meant_are_told(models, picture, points, code):
    with pytest.raises(InputError) as failure:
        mask_from_points(picture, points, None, CPU)
    assert failure.value.code == code


def test_the_missing_model_is_named(models, picture):
    with pytest.raises(BackendError) as failure:
        mask_from_points(picture, [(5.0, 5.0)], None, CPU)
    assert failure.value.code == "model_missing"
    assert "dressform models pull sam2.1-hiera-small" in failure.value.hint


def test_a_damaged_model_is_told(models, picture):
    (models / "sam-vit-base").mkdir()
    for name in ("config.json", "model.safetensors"):
        (models / "sam-vit-base" / name).write_text("{}")
    with pytest.raises(BackendError) as failure:
        mask_from_points(picture, [(5.0, 5.0)], None, CPU)
    assert failure.value.code == "bad_model"


@pytest.fixture
def person(tmp_path):
    """A grey figure that the parser took for skirt and face."""
    path = tmp_path / "person.png"
    Image.fromarray(np.full((200, 100, 3), 128, np.uint8)).save(path)
    labels = np.zeros((200, 100), np.uint8)
    labels[20:60, 30:70], labels[60:180, 30:70] = Label.FACE, Label.LEGS
    labels[100:140, 30:70] = Label.SKIRT
    points = np.tile(np.float32([50, 110]), (33, 1))
    pose = Pose(points, np.ones(33, np.float32), np.zeros((33, 3), np.float32))
    photo = Photo(np.full((200, 100, 3), 128, np.uint8), None, path, "f" * 64)
    return Person(photo, pose, (labels > 0).astype(np.float32), labels, Framing.FULL, photo.pixels)


def _mask_of(monkeypatch, rows):
    def mask(pixels, points, labels, settings):
        found = np.zeros(pixels.shape[:2], np.float32)
        found[rows] = 1.0
        return found

    monkeypatch.setattr("dressform.inference.person.segment_anything.mask_from_points", mask)


def test_clothes_at_the_points_become_one_garment_and_the_face_is_never_one(monkeypatch, person):
    _mask_of(monkeypatch, slice(50, 160))
    labels = with_clothes_at(person, [(50.0, 120.0)], (), "sam", CPU).labels
    assert (labels[60:160, 30:70] == Label.SKIRT).all()
    assert (labels[20:60, 30:70] == Label.FACE).all()
    assert (labels[160:180, 30:70] == Label.LEGS).all()
    assert not labels[:, :30].any()


def test_what_the_parser_saw_no_clothes_in_is_named_by_its_height(monkeypatch, person):
    _mask_of(monkeypatch, slice(60, 90))
    assert (with_clothes_at(person, [(50.0, 70.0)], (), "sam", CPU).labels[60:90, 30:70] == Label.UPPER).all()
    _mask_of(monkeypatch, slice(145, 180))
    assert (with_clothes_at(person, [(50.0, 150.0)], (), "sam", CPU).labels[145:180, 30:70] == Label.LOWER).all()


def test_points_beside_the_person_are_told(monkeypatch, person):
    _mask_of(monkeypatch, slice(0, 15))
    with pytest.raises(InputError) as failure:
        with_clothes_at(person, [(5.0, 5.0)], (), "sam", CPU)
    assert failure.value.code == "bad_points"


def test_points_of_a_large_file_follow_its_reduction(tmp_path):
    path = tmp_path / "large.png"
    Image.fromarray(np.zeros((400, 200, 3), np.uint8)).save(path)
    photo = Photo(np.zeros((100, 50, 3), np.uint8), None, path, "0" * 64)
    assert as_read([(100.0, 200.0)], photo) == [(25.0, 50.0)]
