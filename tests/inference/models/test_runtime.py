# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices, precisions, offload and running out of memory."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: make setup-models")

from dressform.inference.backend import Settings  # noqa: E402
from dressform.inference.errors import BackendError, InputError  # noqa: E402
from dressform.inference.models import runtime  # noqa: E402

GB = 1024**3


def options(**values):
    return Settings(values)


def test_a_device_that_is_not_there_is_refused_with_words():
    if torch.backends.mps.is_available():
        pytest.skip("this machine has Metal")
    with pytest.raises(InputError) as failure:
        runtime.pick_device(Settings(device="mps"))
    assert failure.value.code == "no_such_device"
    assert "auto" in failure.value.hint


def test_a_card_number_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="cuda:97"):
        runtime.pick_device(Settings(device="cuda:97"))


def test_auto_follows_the_engines_device(monkeypatch):
    monkeypatch.setenv(runtime.DEVICE_VARIABLE, "cpu")
    assert runtime.pick_device(Settings()).type == "cpu"


def test_precision_is_half_on_a_gpu_and_full_on_the_cpu():
    assert runtime.pick_dtype(options(), torch.device("cuda")) is torch.float16
    assert runtime.pick_dtype(options(), torch.device("cpu")) is torch.float32
    assert runtime.pick_dtype(options(precision="bf16"), torch.device("cuda")) is torch.bfloat16
    with pytest.raises(InputError, match="int3"):
        runtime.pick_dtype(options(precision="int3"), torch.device("cpu"))


@pytest.mark.parametrize(("free_gb", "kept"), [(24, "none"), (12, "model"), (4, "sequential")])
def test_the_quickest_offload_that_fits_is_taken(monkeypatch, free_gb, kept):
    monkeypatch.setattr(runtime, "free_memory", lambda device: free_gb * GB)
    assert runtime.pick_offload(options(), torch.device("cuda"), [7 * GB, 3 * GB, 1 * GB]) == kept


def test_an_offload_that_was_asked_for_is_taken_and_a_wrong_word_is_refused(monkeypatch):
    monkeypatch.setattr(runtime, "free_memory", lambda device: 80 * GB)
    assert runtime.pick_offload(options(offload="sequential"), torch.device("cuda"), [GB]) == "sequential"
    assert runtime.pick_offload(options(offload="model"), torch.device("cpu"), [GB]) == "none"
    with pytest.raises(InputError, match="sideways"):
        runtime.pick_offload(options(offload="sideways"), torch.device("cpu"), [GB])


def test_weights_are_counted_in_the_precision_they_will_have():
    module = torch.nn.Linear(10, 10)
    assert runtime.weight_bytes(module, torch.float16) == 110 * 2
    assert runtime.weight_bytes(module, torch.float32) == 110 * 4


def test_a_prepared_module_is_in_its_precision_and_learns_nothing():
    module = runtime.prepare_module(torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Dropout()), options(), torch.device("cpu"),
                                    torch.bfloat16)
    assert not module.training
    assert all(not p.requires_grad and p.dtype is torch.bfloat16 for p in module.parameters())


@pytest.mark.parametrize("words", ["MPS backend out of memory (MPS allocated: 17.5 GB)",
                                   "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: 9 bytes",
                                   "Failed to allocate memory for requested buffer of size 4096"])
def test_every_allocators_words_for_running_out_become_one_error(words):
    with pytest.raises(BackendError) as failure, runtime.memory_guard("The Model", "Set its option steps to 1."):
        raise RuntimeError(words)
    assert failure.value.code == "out_of_memory"
    assert "The Model" in failure.value.message
    assert failure.value.hint == "Set its option steps to 1."


def test_a_real_allocation_that_is_too_big_becomes_the_error():
    with pytest.raises(BackendError, match="not enough memory"), runtime.memory_guard("The Model", ""):
        torch.empty(2**62, dtype=torch.uint8)


def test_other_failures_pass_unchanged():
    with pytest.raises(RuntimeError, match="shapes do not fit"), runtime.memory_guard("The Model", ""):
        raise RuntimeError("shapes do not fit")


def test_what_the_failed_step_held_is_let_go():
    import gc
    import weakref

    held = []

    def step():
        tensor = torch.zeros(8)
        held.append(weakref.ref(tensor))
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(BackendError), runtime.memory_guard("The Model", ""):
        step()
    gc.collect()
    assert held[0]() is None


@pytest.fixture
def tiny_pipeline():
    diffusers = pytest.importorskip("diffusers", reason="diffusers is not installed: make setup-models")
    torch.manual_seed(0)
    unet = diffusers.UNet2DModel(sample_size=8, block_out_channels=(8, 8), layers_per_block=1, norm_num_groups=4, attention_head_dim=2,
                                 down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"))
    return diffusers.DDPMPipeline(unet, diffusers.DDPMScheduler(num_train_timesteps=4))


def test_a_prepared_pipeline_has_its_precision_and_no_bar_of_its_own(tiny_pipeline):
    ready = runtime.prepare_pipeline(tiny_pipeline, options(offload="model", tiling=True), torch.device("cpu"), torch.bfloat16)
    assert ready is tiny_pipeline
    assert ready.unet.dtype is torch.bfloat16
    assert not any(p.requires_grad for p in ready.unet.parameters())
    assert ready._progress_bar_config == {"disable": True}


def test_layers_that_visit_the_device_one_at_a_time_give_the_same_numbers(monkeypatch):
    monkeypatch.setattr(runtime, "pick_offload", lambda *_: "sequential")
    module = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2)).eval()
    with torch.no_grad():
        whole = module(torch.ones(1, 4))
        ready = runtime.prepare_module(module, options(), torch.device("cpu"), torch.float32)
        assert {p.device.type for p in ready.parameters()} == {"meta"}
        assert torch.equal(ready(torch.ones(1, 4)), whole)


def test_a_pipeline_whose_parts_take_turns_draws_the_same_picture(monkeypatch, tiny_pipeline):
    def draw():
        return tiny_pipeline(num_inference_steps=2, output_type="np", generator=torch.Generator().manual_seed(0)).images

    tiny_pipeline.set_progress_bar_config(disable=True)
    whole = draw()
    monkeypatch.setattr(runtime, "pick_offload", lambda *_: "model")
    runtime.prepare_pipeline(tiny_pipeline, options(), torch.device("cpu"), torch.float32)
    assert (draw() == whole).all()


def test_layers_that_were_loaded_finer_on_purpose_stay_so(tiny_pipeline):
    tiny_pipeline.unet.to(torch.bfloat16)
    tiny_pipeline.unet.conv_norm_out.to(torch.float32)
    runtime.prepare_pipeline(tiny_pipeline, options(), torch.device("cpu"), torch.bfloat16)
    assert tiny_pipeline.unet.conv_norm_out.weight.dtype is torch.float32


def test_sliced_attention_gives_the_same_picture_and_spares_layers_of_another_kind(tiny_pipeline):
    unet = tiny_pipeline.unet.eval()
    sample = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        whole = unet(sample, 1).sample

        layers = [layer for layer in unet.modules() if hasattr(layer, "set_processor")]

        class Own(type(layers[0].processor)):
            pass

        layers[0].set_processor(Own())
        assert runtime.slice_attention([unet]) == len(layers) - 1
        assert type(layers[0].processor) is Own
        assert torch.allclose(unet(sample, 1).sample, whole, atol=1e-5)
