"""Capturing, with the CUDA calls recorded instead of made: what they capture is tried in `test_decode.py`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from assistant.core.cancel import CancelToken
from assistant.engine.phi4 import graphs
from assistant.engine.phi4.decode import DecodeLoop, DecodeOptions
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import Weights
from assistant.engine.phi4.sampling import TOP_K
from tests.helpers.tiny_phi4 import tiny_native

_FREE = DecodeOptions(4, suppress=(), eos=())


class Cuda:
    """Stands in for `torch.cuda`: a captured step isn't run, and a replay does nothing.

    Attributes:
        captured: the buckets of keys, with the stream that was the current one.
        fails: raised while capturing.
    """

    def __init__(self) -> None:
        self.current: Any = "the usual stream"
        self.captured = 0
        self.streams = 0
        self.fails: Exception | None = None

    def Stream(self) -> Any:
        self.streams += 1
        return SimpleNamespace(wait_stream=lambda _other: None)

    def CUDAGraph(self) -> Any:
        return SimpleNamespace(replay=lambda: None, pool=lambda: (0, 1))

    def current_stream(self) -> Any:
        return SimpleNamespace(wait_stream=lambda _other: None, name=self.current)

    def set_stream(self, stream: Any) -> None:
        self.current = stream.name

    @contextmanager
    def stream(self, _stream: Any) -> Iterator[None]:
        yield

    @contextmanager
    def graph(self, _graph: Any, *, pool: Any, stream: Any, capture_error_mode: str) -> Iterator[None]:
        assert capture_error_mode == "thread_local"
        self.captured += 1
        self.current = stream
        if self.fails:
            raise self.fails
        yield
        self.current = "the usual stream"


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Cuda:
    made = Cuda()
    monkeypatch.setattr(graphs, "torch", SimpleNamespace(cuda=made, no_grad=torch.no_grad))
    return made


@pytest.fixture
def decoder() -> Decoder:
    native = tiny_native(layers=1)
    return Decoder(native.config, Weights.of(native, None, "bf16 merged"), capacity=1024)


def test_a_broken_capture_leaves_the_usual_stream_and_decoding_goes_on(cuda: Cuda, decoder: Decoder) -> None:
    plain = _answer(DecodeLoop(decoder), decoder)
    cuda.fails = RuntimeError("operation not permitted when stream is capturing")
    notices: list[str] = []
    loop = DecodeLoop(decoder, captured=True, notice=notices.append)
    assert _answer(loop, decoder) == plain
    assert cuda.current == "the usual stream"
    assert len(notices) == 1 and "not permitted" in notices[0]
    assert _answer(loop, decoder) == plain and cuda.captured == 1


@pytest.mark.parametrize("wrapped", [False, True], ids=["said", "hidden by the capture's end"])
def test_memory_that_ends_while_capturing_is_told_and_captured_again(
    cuda: Cuda, decoder: Decoder, wrapped: bool
) -> None:
    error = torch.OutOfMemoryError("CUDA out of memory")
    cuda.fails = error
    if wrapped:
        cuda.fails = RuntimeError("capture was invalidated")
        cuda.fails.__context__ = error
    notices: list[str] = []
    loop = DecodeLoop(decoder, captured=True, notice=notices.append)
    with pytest.raises(RuntimeError):
        _answer(loop, decoder)
    assert not notices and cuda.current == "the usual stream"
    cuda.fails = None
    _answer(loop, decoder)
    assert cuda.captured == 2, "it wasn't given up"


def test_what_was_rehearsed_is_not_captured_again(cuda: Cuda, decoder: Decoder) -> None:
    """Each bucket, greedy and drawn, has a graph; growing throws them away, and so does giving memory back."""
    loop = DecodeLoop(decoder, captured=True)
    decoder.reserve(2048)
    decoder.prefill(decoder.embed([5] * 1000), "short")
    for top_k in (0, TOP_K):
        loop.rehearse(60, "short", top_k)
    assert cuda.captured == 2 and decoder.cache.length == 1000
    decoder.prefill(decoder.embed([6] * 60), "short")
    for temperature in (0.0, 0.7):
        decoder.cache.rewind(1060)
        logits = torch.zeros(decoder.sizes.vocab)
        options = DecodeOptions(4, temperature, suppress=(), eos=())
        loop.run(logits, "short", options, lambda _token: None, CancelToken())
    assert cuda.captured == 2, "the answer found its steps ready"
    decoder.reserve(4096)
    loop.rehearse(0, "short", 0)
    assert cuda.captured == 3
    loop.forget()
    loop.rehearse(0, "short", 0)
    assert cuda.captured == 4 and cuda.streams == 2


def _answer(loop: DecodeLoop, decoder: Decoder) -> list[int]:
    decoder.cache.rewind(0)
    logits = decoder.prefill(decoder.embed([5, 77, 300]), "short")
    return loop.run(logits, "short", _FREE, lambda _token: None, CancelToken())
