"""Sessions over a loaded model: with the fast parts, and with the reference ones behind the same interface."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch

from assistant.core.cancel import CancelToken
from assistant.engine.phi4 import native_patches
from assistant.engine.phi4.adapters import Adapter
from assistant.engine.phi4.attention import Attention
from assistant.engine.phi4.decode import DecodeLoop
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import Weights
from assistant.engine.phi4.native import Native
from assistant.engine.phi4.native_decoder import NativeDecode, NativeDecoder
from assistant.engine.phi4.pictures import PicturePatches, prepare_picture
from assistant.engine.phi4.request import Request
from assistant.engine.phi4.sampling import DecodeOptions
from assistant.engine.phi4.session import Generated, Session
from assistant.engine.phi4.sound import LogMel, prepare_sound
from tests.helpers.tiny_phi4 import tiny_native

CPU = torch.device("cpu")
Make = Callable[[Native], Session]


def tiny() -> Native:
    """A model of 512 tokens and two layers whose long factors hold from 49 positions on."""
    made = tiny_native()
    native_patches.patch(made.model)
    return Native(made.model, made.config, made.adapters, CPU, torch.float32, Path(), {"": CPU})


def fast(native: Native, attention: Attention = "sdpa", *, long_early: bool = False) -> Session:
    @cache
    def weights(adapter: Adapter) -> Weights:
        return Weights.of(native, adapter, "float32 lora")

    decoder = Decoder(native.config, weights, attention=attention)
    return Session(native, decoder, DecodeLoop(decoder), long_early=long_early)


def reference(native: Native) -> Session:
    decoder = NativeDecoder(native)
    return Session(native, decoder, NativeDecode(decoder))


def text(length: int, seed: int = 0) -> list[int]:
    """Random ids of the tiny vocabulary, none of them special."""
    return [int(each) for each in np.random.default_rng(seed).integers(10, 512, length)]


def request(*elements: int | PicturePatches | LogMel, adapter: Adapter = None) -> Request:
    return Request(elements, adapter, "vision" if adapter == "vision" else "speech")


def answer(session: Session, asked: Request, tokens: int = 8) -> Generated:
    """Greedy, and never ended early."""
    return session.generate(asked, DecodeOptions(tokens, eos=()), lambda _token: None, CancelToken())


def noise(seconds: float, seed: int = 0) -> LogMel:
    generator = np.random.default_rng(seed)
    return prepare_sound((generator.standard_normal(int(seconds * 16000)) * 0.1).astype(np.float32))


def picture(width: int, height: int, seed: int = 0) -> PicturePatches:
    generator = np.random.default_rng(seed)
    return prepare_picture(generator.integers(0, 256, (height, width, 3), np.uint8))


def relative(ours: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference over the largest expected value."""
    return float((ours - expected).abs().max() / expected.abs().max())
