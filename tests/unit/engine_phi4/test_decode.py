"""The decode loop on fixed buffers: the native tokens, ends, cancelling, growing, drawing, and compiling once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._dynamo.utils import counters
from torch.fx.experimental.proxy_tensor import make_fx

from assistant.core.cancel import Cancelled, CancelToken
from assistant.engine.phi4 import cache, decode, steps
from assistant.engine.phi4.adapters import Side
from assistant.engine.phi4.decode import DecodeLoop, DecodeOptions
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.graphs import Turn
from assistant.engine.phi4.linears import Weights
from assistant.engine.phi4.sampling import Sampler
from assistant.engine.phi4.step import LayerStep, Place
from assistant.engine.phi4.steps import has_compiler
from tests.helpers.tiny_phi4 import SWITCH, VOCAB, TinyNative, tiny_native

_PROMPT = [5, 77, 300, 41, 8, 9, 120, 33]
_FREE = DecodeOptions(24, suppress=(), eos=())


@pytest.fixture(scope="module")
def native() -> TinyNative:
    return tiny_native()


@pytest.fixture
def decoder(native: TinyNative) -> Decoder:
    return Decoder(native.config, Weights.of(native, None, "float32 lora"), attention="eager")


def test_greedy_tokens_are_the_native_models(native: TinyNative, decoder: Decoder) -> None:
    assert _answer(decoder, _FREE) == _native_greedy(native, 24)
    assert decoder.cache.length == len(_PROMPT) + 23


def test_the_steps_logits_are_the_prefills(decoder: Decoder) -> None:
    logits: list[Tensor] = []
    tokens = _answer(decoder, _FREE, on_logits=logits.append)
    decoder.cache.rewind(0)
    for count, ours in enumerate(logits):
        whole = decoder.prefill(decoder.embed(_PROMPT + tokens[:count]), "short")
        assert (ours - whole).abs().max() / whole.abs().max() < 2e-6
        decoder.cache.rewind(0)


def test_on_the_long_side_too(native: TinyNative, decoder: Decoder) -> None:
    prompt = (_PROMPT * 8)[: SWITCH + 1]
    logits = decoder.prefill(decoder.embed(prompt), "long")
    assert DecodeLoop(decoder).run(logits, "long", _FREE, _ignore, CancelToken()) == _native_greedy(native, 24, prompt)


def test_an_end_token_ends_and_is_not_handed_on(decoder: Decoder) -> None:
    free = _answer(decoder, _FREE)
    decoder.cache.rewind(0)
    heard: list[int] = []
    end = free[5]
    tokens = _answer(decoder, DecodeOptions(24, suppress=(), eos=(end,)), heard.append)
    stop = free.index(end)
    assert tokens == free[: stop + 1] and heard == free[:stop]
    assert decoder.cache.length == len(_PROMPT) + stop


def test_suppressed_ids_never_come(decoder: Decoder) -> None:
    free = _answer(decoder, _FREE)
    decoder.cache.rewind(0)
    kept_out = (free[0], free[3], VOCAB + 7)
    assert not set(_answer(decoder, DecodeOptions(24, suppress=kept_out, eos=()))) & set(kept_out)


def test_cancelling_leaves_a_cache_that_goes_on(native: TinyNative, decoder: Decoder) -> None:
    cancel, heard = CancelToken(), list[int]()
    with pytest.raises(Cancelled):
        _answer(decoder, _FREE, lambda token: (heard.append(token), cancel.set() if len(heard) == 6 else None), cancel)
    assert len(heard) <= 8
    assert decoder.cache.length == len(_PROMPT) + len(heard) - 1
    logits = decoder.step(heard[-1], "short")
    rest = DecodeLoop(decoder).run(logits, "short", DecodeOptions(5, eos=(), suppress=()), _ignore, CancelToken())
    assert heard + rest == _native_greedy(native, 24)[: len(heard) + 5]


@pytest.mark.parametrize("side", ["short", "long"])
def test_the_cache_grows_in_mid_answer(native: TinyNative, monkeypatch: pytest.MonkeyPatch, side: Side) -> None:
    weights = Weights.of(native, None, "float32 lora")
    answers = []
    for bucket in (1024, 8):
        monkeypatch.setattr(cache, "BUCKET", bucket)
        monkeypatch.setattr(decode, "_AHEAD", 3)
        decoder = Decoder(native.config, weights, capacity=8)
        answers.append(_answer(decoder, _FREE, side=side))
    assert answers[0] == answers[1]
    assert decoder.cache.capacity == 32 and decoder.cache.generation == 3


def test_drawing_follows_the_temperature() -> None:
    torch.manual_seed(0)
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0, 5.0])
    sampler = Sampler(5, torch.device("cpu"))
    sampler.prepare(DecodeOptions(1, temperature=0.7, suppress=(4,)))
    drawn = torch.bincount(torch.cat([sampler.choose(logits, 3) for _ in range(8000)]), minlength=5) / 8000
    wanted = torch.softmax(logits[:3] / 0.7, dim=0)
    assert torch.allclose(drawn[:3], wanted, atol=0.02)
    assert drawn[3] == drawn[4] == 0


def test_at_temperature_nought_a_draw_is_the_greedy_choice() -> None:
    sampler = Sampler(50, torch.device("cpu"))
    sampler.prepare(DecodeOptions(1))
    logits = torch.randn(50)
    assert int(sampler.choose(logits, 10)) == int(sampler.choose(logits, 0)) == int(logits.argmax())


def test_a_step_replayed_from_its_trace_is_the_step(decoder: Decoder) -> None:
    """What a CUDA graph needs: nothing of the host's state in the step, and no operation that waits for the device."""
    options, place = DecodeOptions(24, suppress=(), eos=()), Place.on(torch.device("cpu"))
    sampler = Sampler(VOCAB, torch.device("cpu"))
    sampler.prepare(options)
    turn = Turn(LayerStep(), sampler, place)
    logits = decoder.prefill(decoder.embed(_PROMPT), "short")
    place.set(int(logits.argmax()), decoder, "short")
    traced = make_fx(lambda token, position, row: turn(decoder, 1024, 0), tracing_mode="real")(
        place.token, place.position, place.row
    )
    calls = {node.target for node in traced.graph.nodes if node.op == "call_function"}
    assert not {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default} & calls

    expected = _answer(decoder, _FREE, fresh=True)
    decoder.cache.rewind(len(_PROMPT))
    place.set(expected[0], decoder, "short")
    replayed = [expected[0]]
    for _ in range(23):
        traced(place.token, place.position, place.row)
        replayed.append(int(place.token))
    assert replayed == expected


# PyTorch's own compiler imports a part of itself that PyTorch calls deprecated.
@pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")
@pytest.mark.skipif(not has_compiler(), reason="torch.compile needs a C++ compiler")
def test_the_compiled_step_is_compiled_once(native: TinyNative, decoder: Decoder) -> None:
    """Over layers, positions, buckets, both rope sides and adapters of the same shapes."""
    torch._dynamo.reset()
    counters.clear()
    loop = DecodeLoop(decoder, step="compiled")
    plain = _answer(decoder, _FREE)
    decoder.cache.rewind(0)
    logits = decoder.prefill(decoder.embed(_PROMPT), "short")
    assert loop.run(logits, "short", _FREE, _ignore, CancelToken()) == plain
    merged = Decoder(native.config, Weights.of(native, "vision", "bf16 merged"))
    prompt = merged.embed((_PROMPT * 400)[:2040])
    DecodeLoop(merged, step="compiled").run(merged.prefill(prompt, "long"), "long", _FREE, _ignore, CancelToken())
    assert counters["stats"]["unique_graphs"] == 1
    assert not counters["graph_break"] and not counters["recompiles"]


def test_without_a_compiler_it_says_so(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "has_compiler", lambda: False)
    notices: list[str] = []
    DecodeLoop(decoder, step="compiled", notice=notices.append)
    assert len(notices) == 1 and "compiler" in notices[0]


def test_where_capturing_fails_it_decodes_uncaptured(decoder: Decoder) -> None:
    """There is no CUDA device in this test: capturing fails as it does on a device that can't."""
    notices: list[str] = []
    plain = _answer(decoder, _FREE)
    decoder.cache.rewind(0)
    loop = DecodeLoop(decoder, captured=True, notice=notices.append)
    logits = decoder.prefill(decoder.embed(_PROMPT), "short")
    assert loop.run(logits, "short", _FREE, _ignore, CancelToken()) == plain
    assert len(notices) == 1 and "captured" in notices[0]


def _answer(
    decoder: Decoder,
    options: DecodeOptions,
    on_token: Callable[[int], Any] | None = None,
    cancel: CancelToken | None = None,
    *,
    side: Side = "short",
    fresh: bool = False,
    on_logits: Callable[[Tensor], None] | None = None,
) -> list[int]:
    if fresh:
        decoder.cache.rewind(0)
    logits = decoder.prefill(decoder.embed(_PROMPT), side)
    loop = DecodeLoop(decoder)
    return loop.run(logits, side, options, on_token or _ignore, cancel or CancelToken(), on_logits=on_logits)


def _native_greedy(native: TinyNative, count: int, prompt: list[int] = _PROMPT) -> list[int]:
    """By the whole sequence at every token, without a cache."""
    tokens = list(prompt)
    for _ in range(count):
        with torch.no_grad():
            logits = native.model(input_ids=torch.tensor([tokens]), use_cache=False, logits_to_keep=1).logits
        tokens.append(int(logits[0, -1].argmax()))
    return tokens[len(prompt) :]


def _ignore(_token: int) -> None:
    return
