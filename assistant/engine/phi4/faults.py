"""What torch's errors mean to the user: memory that ran out, or a GPU that must be let go of."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from assistant.core.errors import EngineCrashed, EngineOutOfMemory

_KEPT = "Your question is kept."
_OFFER = "or choose the light engine in the settings."


def is_out_of_memory(error: BaseException) -> bool:
    """CUDA has a class of its own for it; Apple's GPUs and the processor only have words."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in words or "can't allocate memory" in words)


def no_memory(device: str) -> EngineOutOfMemory:
    """Once nothing more can be given back."""
    where = "this machine's memory" if device in ("cpu", "mps") else "the GPU's memory"
    return EngineOutOfMemory(
        f"There is not enough left of {where} for this question.",
        kept=_KEPT,
        action=f"Close other programs, ask with fewer pictures or in a new conversation, {_OFFER}",
    )


@contextmanager
def told(device: str) -> Iterator[None]:
    """Turns what escapes from torch into errors for people.

    Raises:
        EngineOutOfMemory: see `no_memory`.
        EngineCrashed: the GPU failed; the process that used it must end before it can be used again.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            raise no_memory(device) from error
        if device not in ("cpu", "mps") and "cuda" in str(error).lower():
            raise EngineCrashed(
                "The GPU failed while it computed.", kept=_KEPT, action=f"Try again: the engine starts anew; {_OFFER}"
            ) from error
        raise


def give_back() -> None:
    """Returns what torch holds for later to the device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
