"""The tensor list that config.json stands for."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
import safetensors

from assistant.core.errors import ModelBroken
from assistant.models.phi4.keys import lora_parts, native_key
from assistant.models.phi4.layout import expected
from assistant.models.phi4.native_config import sizes_of_native, to_native
from assistant.models.phi4.shards import size_of
from tests.helpers.golden import Golden
from tests.helpers.phi4_checkpoint import PUBLISHED, small_config

_I, _S = "model.embed_tokens_extend.image_embed", "model.embed_tokens_extend.audio_embed"


def test_the_published_list() -> None:
    """The numbers that people who read the real weights confirmed."""
    specs = expected(PUBLISHED)
    assert len(specs) == 2047
    assert {dtype for dtype, _ in specs.values()} == {"BF16"}
    assert sum(math.prod(shape) for _, shape in specs.values()) == 5_574_460_384
    assert sum(size_of(spec) for spec in specs.values()) == 11_148_920_768
    assert "lm_head.weight" not in specs, "tied to the embedding"
    assert specs[f"{_S}.encoder.relative_attention_bias_layer.bias_values.weight"] == ("BF16", (1000, 16))


@pytest.mark.parametrize(
    ("group", "tensors", "values"),
    [
        ("lora_vision", 256, 369_098_752),
        ("lora_speech", 256, 461_373_440),
        ("language", 194, 3_836_021_760),
        ("image", 419 + 16 + 13 + 6, 398_085_280 + 15_239_504 + 15_240_656 + 12_984_576),
        ("audio_encoder", 879, 441_238_304),
        ("audio_projection", 8, 25_178_112),
    ],
)
def test_the_published_groups(group: str, tensors: int, values: int) -> None:
    found = [shape for name, (_, shape) in expected(PUBLISHED).items() if _group(name) == group]
    assert (len(found), sum(math.prod(shape) for shape in found)) == (tensors, values)


def _group(name: str) -> str:
    parts = lora_parts(name)
    if parts is not None:
        return f"lora_{parts[2]}"
    for prefix, group in ((_I, "image"), (f"{_S}.encoder", "audio_encoder"), (_S, "audio_projection")):
        if name.startswith(prefix + "."):
            return group
    return "language"


def test_the_authors_own_small_checkpoint(golden: Golden) -> None:
    import json

    config = json.loads((golden.checkpoint / "config.json").read_text())
    found = {}
    for path in golden.checkpoint.glob("model-*.safetensors"):
        with safetensors.safe_open(path, "numpy") as file:
            found |= {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    assert {name: shape for name, (_, shape) in expected(config).items()} == found


def test_an_untied_head_is_a_tensor_of_its_own() -> None:
    specs = expected(small_config(tie_word_embeddings=False))
    assert specs["lm_head.weight"] == specs["model.embed_tokens.weight"]


@pytest.mark.parametrize("key", ["hidden_size", "audio_processor", "vision_lora", "torch_dtype", "num_attention_heads"])
def test_a_config_that_lacks_something_is_refused(key: str) -> None:
    config = copy.deepcopy(PUBLISHED)
    del config[key]
    with pytest.raises(ModelBroken, match=r"config\.json lacks sizes"):
        expected(config)


@pytest.mark.parametrize("value", [0, "x", None, [], -1.5])
def test_nonsense_in_a_config_is_refused(value: Any) -> None:
    with pytest.raises(ModelBroken):
        expected(small_config(num_attention_heads=value))


def test_1535_base_tensors_remain_and_no_two_share_a_name() -> None:
    base = [native_key(name) for name in expected(PUBLISHED) if lora_parts(name) is None]
    assert len(base) == len(set(base)) == 1535


def test_a_native_config_leads_to_the_same_sizes() -> None:
    config = small_config()
    again = expected(sizes_of_native(to_native(config, [1])))
    wanted = {name: spec for name, spec in expected(config).items() if lora_parts(name) is None}
    assert {name: spec for name, spec in again.items() if lora_parts(name) is None} == wanted


def test_the_native_config_says_what_transformers_would_guess_wrong() -> None:
    native = to_native(PUBLISHED, [200020, 199999])
    assert native["audio_config"]["bias_max_distance"] == 500, "its default of 1000 would make 2000 rows"
    assert native["audio_config"]["depthwise_separable_out_channel"] == 1024
    assert (native["num_attention_heads"], native["tie_word_embeddings"]) == (24, True)
    assert native["rope_parameters"]["long_factor"][-1] == 47.77
    assert native["rope_parameters"]["partial_rotary_factor"] == 0.75
    assert native["sliding_window"] is None, "262144 never bites in a context of 131072"
    assert to_native(PUBLISHED | {"sliding_window": 2048}, [1])["sliding_window"] == 2048
    assert native["vision_config"]["num_hidden_layers"] == 27


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("model.layers.3.mlp.down_proj.lora_A.vision.weight", ("layers.3.mlp.down_proj", "A", "vision")),
        ("base_model.model.model.layers.0.self_attn.qkv_proj.lora_B.weight", ("layers.0.self_attn.qkv_proj", "B", "")),
        ("model.layers.1.self_attn.o_proj.lora_B.speech.weight", ("layers.1.self_attn.o_proj", "B", "speech")),
        (f"{_S}.audio_projection.vision.0.weight", None),
        ("model.layers.0.mlp.down_proj.base_layer.weight", None),
    ],
)
def test_lora_names(key: str, parts: tuple[str, str, str] | None) -> None:
    assert lora_parts(key) == parts
