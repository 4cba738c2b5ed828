"""Which step a decoder gets: our own kernels, layers compiled by PyTorch, or its plain operations.

What is faster is tried against what is plain before it is used, on the very device and weights.
"""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Callable
from typing import Literal, TypeAlias

import torch

from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.step import LayerStep, Place, Step, compiled_layers

StepKind: TypeAlias = Literal["auto", "plain", "compiled", "kernels"]
"""How one step is computed. "auto" is our kernels on a CUDA device where they work, and the plain step elsewhere: on a
processor the weights' size hides everything else."""

Notice: TypeAlias = Callable[[str], None]

_log = logging.getLogger(__name__)
_TRIED_TOKENS = 20
_CLOSE = {torch.float32: 1e-4, torch.bfloat16: 5e-2, torch.float16: 2e-2}
"""The largest logit difference over the largest logit that rounding explains, over all layers."""


def step_of(kind: StepKind, decoder: Decoder, notice: Notice) -> Step:
    """The step of a kind, or the plain one where that can't be had, which `notice` is told."""
    device = decoder.weights.device
    if kind == "compiled":
        return _compiled(decoder, notice)
    if kind == "kernels" or (kind == "auto" and device.type == "cuda" and _is_alone(decoder)):
        return _kernels(decoder, notice)
    return LayerStep()


def has_compiler() -> bool:
    """Whether torch.compile can build code for the processor here."""
    names = ("cl",) if sys.platform == "win32" else ("g++", "clang++", "c++")
    return any(shutil.which(name) for name in names)


def agrees(step: Step, decoder: Decoder) -> bool:
    """Whether a step gives the plain one's logits, after some tokens and where the cache now ends; nothing is kept."""
    plain, place, start = LayerStep(), Place.on(decoder.weights.device), decoder.cache.length
    tokens = [(37 * index) % decoder.sizes.vocab for index in range(_TRIED_TOKENS)]
    with torch.no_grad():
        try:
            decoder.prefill(decoder.embed(tokens[:-1]), "short")
            place.set(tokens[-1], decoder, "short")
            ours, theirs = (one(decoder, place, decoder.cache.capacity) for one in (step, plain))
        finally:
            decoder.cache.rewind(start)
    return float((ours - theirs).abs().max()) <= _CLOSE[decoder.weights.dtype] * float(theirs.abs().max())


def _is_alone(decoder: Decoder) -> bool:
    """Whether all layers are on one device."""
    return len(set(decoder.weights.devices())) == 1


def _kernels(decoder: Decoder, notice: Notice) -> Step:
    """Our kernels, unless Triton is missing, can't compile here, or computes something else than the plain step."""
    try:
        from assistant.engine.phi4.fused import FusedStep
    except ImportError:
        notice("Decoding runs slower than it could: the package triton isn't installed.")
        return LayerStep()
    step = FusedStep()
    try:
        agreed = agrees(step, decoder)
        if decoder.weights.device.type == "cuda":
            # What trying tiles took is given back: the card may be a small one.
            torch.cuda.empty_cache()
        if agreed:
            return step
        notice("Decoding runs slower than it could: the fast kernels compute wrong numbers on this device.")
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # Whatever a compiler or driver throws here, the plain step answers.
        _log.warning("our kernels can't be used", exc_info=True)
        reason = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        notice(f"Decoding runs slower than it could: the fast kernels can't be built here ({reason}).")
    return LayerStep()


def _compiled(decoder: Decoder, notice: Notice) -> Step:
    if decoder.weights.device.type == "cpu" and not has_compiler():
        notice("Decoding runs slower than it could: there is no C++ compiler here to compile it with.")
        return LayerStep()
    return LayerStep(compiled_layers(), _at_once(decoder))


def _at_once(decoder: Decoder) -> int:
    """Layers in one compiled region: on CUDA one, since a captured step costs the host nothing and one layer compiles
    quickly; on a processor as many as divide the model, up to 8, since every call is checked before it is made."""
    if decoder.weights.device.type == "cuda":
        return 1
    return next(size for size in range(8, 0, -1) if decoder.sizes.layers % size == 0)
