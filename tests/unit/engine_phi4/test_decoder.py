"""Our forward pass against the native module, in float32: prompts, pieces, steps, both rope sides, adapters."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from assistant.engine.phi4.adapters import LINEARS, Adapter, Side
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import Form, Weights
from tests.helpers.tiny_phi4 import SWITCH, VOCAB, TinyNative, tiny_native

_CLOSE = 2e-6


@pytest.fixture(scope="module")
def native() -> TinyNative:
    return tiny_native()


@pytest.fixture(scope="module")
def tokens() -> Tensor:
    return torch.randint(3, VOCAB, (SWITCH * 2,), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize(("length", "side"), [(1, "short"), (SWITCH, "short"), (SWITCH + 1, "long"), (90, "long")])
def test_a_prompt_gives_the_native_logits(
    native: TinyNative, tokens: Tensor, attention: Any, length: int, side: Side
) -> None:
    decoder = Decoder(native.config, Weights.of(native, None, "float32 lora"), attention=attention)
    ours = decoder.prefill(decoder.embed(tokens[:length].tolist()), side)
    assert _relative(ours, _native(native.model, tokens[:length])) < _CLOSE
    assert decoder.cache.length == length


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_pieces_and_steps_give_what_the_whole_gives(native: TinyNative, tokens: Tensor, attention: Any) -> None:
    decoder = Decoder(native.config, Weights.of(native, None, "float32 lora"), attention=attention)
    for piece in tokens[:40].split([17, 1, 22]):
        logits = decoder.prefill(decoder.embed(piece.tolist()), "short")
    assert _relative(logits, _native(native.model, tokens[:40])) < _CLOSE
    for length in range(41, 45):
        logits = decoder.step(int(tokens[length - 1]), "short")
        assert _relative(logits, _native(native.model, tokens[:length])) < _CLOSE


def test_rewinding_is_exact(native: TinyNative, tokens: Tensor) -> None:
    decoder = Decoder(native.config, Weights.of(native, None, "float32 lora"))
    decoder.prefill(decoder.embed(tokens[:20].tolist()), "short")
    once = decoder.prefill(decoder.embed(tokens[20:30].tolist()), "short")
    decoder.cache.rewind(20)
    decoder.prefill(decoder.embed(tokens[40:48].tolist()), "short")
    decoder.cache.rewind(20)
    again = decoder.prefill(decoder.embed(tokens[20:30].tolist()), "short")
    assert torch.equal(once, again)


@pytest.mark.parametrize("adapter", ["vision", "speech"])
@pytest.mark.parametrize("form", ["float32 lora", "bf16 merged"])
def test_adapters_act_as_low_rank_additions(native: TinyNative, tokens: Tensor, adapter: Adapter, form: Form) -> None:
    decoder = Decoder(native.config, Weights.of(native, adapter, form), attention="eager")
    ours = decoder.prefill(decoder.embed(tokens[:30].tolist()), "short")
    plain = _native(native.model, tokens[:30])
    assert _relative(ours, plain) > 1e-2
    assert _relative(ours, _with_adapter(native, adapter, tokens[:30])) < 5e-6


def test_the_base_survives_every_form(native: TinyNative) -> None:
    before = native.model.model.layers[0].mlp.down_proj.weight.clone()
    for form in ("bf16 merged", "bf16 lora"):
        Weights.of(native, "vision", form)
    assert torch.equal(before, native.model.model.layers[0].mlp.down_proj.weight)


def _native(model: Any, tokens: Tensor) -> Tensor:
    with torch.no_grad():
        logits: Tensor = model(input_ids=tokens[None], use_cache=False, logits_to_keep=1).logits
    return logits[0, -1].float()


def _with_adapter(native: TinyNative, adapter: Adapter, tokens: Tensor) -> Tensor:
    """The native model with hooks that add `scale * B A x`."""
    assert adapter is not None
    weights = native.adapters[adapter]
    hooks = []
    for index, layer in enumerate(native.model.model.layers):
        for path in LINEARS:
            a, b = weights.a[f"layers.{index}.{path}"], weights.b[f"layers.{index}.{path}"]
            hook = lambda _m, x, y, a=a, b=b: y + weights.scale * (x[0] @ a.T) @ b.T  # noqa: E731
            hooks.append(layer.get_submodule(path).register_forward_hook(hook))
    try:
        return _native(native.model, tokens)
    finally:
        for hook in hooks:
            hook.remove()


def _relative(ours: Tensor, theirs: Tensor) -> float:
    """The largest difference over the largest value."""
    return float((ours - theirs).abs().max() / theirs.abs().max())


@pytest.mark.parametrize("part", ["rope tables", "cache"])
def test_where_growing_finds_no_memory_the_decoder_goes_on(
    native: TinyNative, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """The long side's rows stand behind the short side's: a table that only half grew would turn by wrong angles."""
    decoder = Decoder(native.config, Weights.of(native, None, "bf16 merged"), capacity=1024)
    rows = decoder.embed([5, 6, 7])
    before = decoder.prefill(rows, "long")
    decoder.cache.rewind(0)

    def fail(*_arguments: object) -> None:
        raise torch.OutOfMemoryError

    with monkeypatch.context() as patched:
        patched.setattr(decoder.rope, "_angles", fail) if part == "rope tables" else patched.setattr(
            decoder.cache, "_empty", fail
        )
        with pytest.raises(torch.OutOfMemoryError):
            decoder.reserve(3000)
    assert decoder.cache.capacity == 1024 <= decoder.rope.positions
    assert torch.equal(decoder.prefill(rows, "long"), before)
    decoder.reserve(3000)
    assert decoder.cache.capacity == decoder.rope.positions == 3072
