"""Converted folders load in transformers: every tensor finds its place, for the published sizes and for others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from assistant.models.phi4.install import prepare  # noqa: E402
from assistant.models.phi4.keys import lora_parts, native_key  # noqa: E402
from assistant.models.phi4.layout import expected  # noqa: E402
from assistant.models.phi4.native_config import to_native  # noqa: E402
from tests.helpers.golden import Golden  # noqa: E402
from tests.helpers.phi4_checkpoint import PUBLISHED, load, small_config, write_checkpoint  # noqa: E402


def _require_loads(native: Path) -> Any:
    model, info = transformers.Phi4MultimodalForCausalLM.from_pretrained(
        native, dtype=torch.bfloat16, output_loading_info=True
    )
    assert {key: list(found) for key, found in info.items() if found} == {}
    return model


def test_the_small_checkpoint_loads(golden: Golden, tmp_path: Path) -> None:
    model = _require_loads(prepare(golden.checkpoint, tmp_path))
    assert model.config.audio_config.bias_max_distance == 500
    assert model.generation_config.eos_token_id == [200020, 199999]


@pytest.mark.parametrize("shards", [1, 4])
def test_other_sizes_ranks_and_rope_factors_load(tmp_path: Path, shards: int) -> None:
    config = small_config(vocabulary=200_064)
    hub = write_checkpoint(tmp_path / "hub", config, shards)
    native = prepare(hub, tmp_path / "models")
    model = _require_loads(native)
    rope = model.config.rope_parameters
    assert rope["long_factor"] == config["rope_scaling"]["long_factor"]
    assert rope["original_max_position_embeddings"] == 4096
    state = model.state_dict()
    for name, (_, data) in load(*native.glob("model-*.safetensors")).items():
        assert state[name].view(torch.uint8).numpy().tobytes() == data, name


def test_the_published_sizes_are_those_of_the_native_modules() -> None:
    with torch.device("meta"):
        config = transformers.Phi4MultimodalConfig(**to_native(PUBLISHED, [200020, 199999]))
        model = transformers.Phi4MultimodalForCausalLM(config)
    found = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    wanted = {native_key(name): shape for name, (_, shape) in expected(PUBLISHED).items() if lora_parts(name) is None}
    assert found == wanted and len(found) == 1535
