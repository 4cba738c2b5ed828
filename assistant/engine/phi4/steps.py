"""Which step a decoder gets: our own kernels, layers compiled by PyTorch, or its plain operations.

What is faster is tried against what is plain before it is used, on the very device and weights.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import Literal, TypeAlias

from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.step import LayerStep, Step, compiled_layers

StepKind: TypeAlias = Literal["auto", "plain", "compiled"]
"""How one step is computed. "auto" is the plain one on a processor: the weights' size hides everything else there."""

Notice: TypeAlias = Callable[[str], None]


def step_of(kind: StepKind, decoder: Decoder, notice: Notice) -> Step:
    """The step of a kind, or the plain one where that can't be had, which `notice` is told."""
    if kind == "compiled":
        return _compiled(decoder, notice)
    return LayerStep()


def has_compiler() -> bool:
    """Whether torch.compile can build code for the processor here."""
    names = ("cl",) if sys.platform == "win32" else ("g++", "clang++", "c++")
    return any(shutil.which(name) for name in names)


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
