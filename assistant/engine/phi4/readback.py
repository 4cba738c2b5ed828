"""How the host gets to know the tokens that a device chose."""

from __future__ import annotations

from collections import deque
from typing import Protocol

import torch
from torch import Tensor


class Readback(Protocol):
    """Tokens come out in the order they were pushed.

    Attributes:
        late: whether a token may be pushed before the one before was read.
    """

    late: bool

    def push(self, token: Tensor) -> None:
        """Takes the token that the work queued so far leaves in `token`, int64 `[1]`."""
        ...

    def read(self) -> int: ...

    def clear(self) -> None:
        """Forgets what was pushed and not read."""
        ...


class DirectReadback:
    """Reads each token where it is: the device is the host, or can't copy beside its work."""

    late = False

    def push(self, token: Tensor) -> None:
        self._token = token

    def read(self) -> int:
        return int(self._token)

    def clear(self) -> None:
        return


class PinnedReadback:
    """Copies each token behind the step that chose it, and waits for that copy alone, not for the next step."""

    late = True

    def __init__(self) -> None:
        self._free = [_slot() for _ in range(2)]
        self._pushed: deque[tuple[Tensor, torch.cuda.Event]] = deque()

    def push(self, token: Tensor) -> None:
        slot, copied = self._free.pop()
        slot.copy_(token, non_blocking=True)
        copied.record()
        self._pushed.append((slot, copied))

    def read(self) -> int:
        slot, copied = self._pushed.popleft()
        copied.synchronize()
        self._free.append((slot, copied))
        return int(slot)

    def clear(self) -> None:
        while self._pushed:
            self.read()


def _slot() -> tuple[Tensor, torch.cuda.Event]:
    return torch.zeros(1, dtype=torch.int64, pin_memory=True), torch.cuda.Event()  # type: ignore[no-untyped-call]
