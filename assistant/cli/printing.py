"""Prints a turn as it happens: the answer to stdout, what is being done to stderr where a person watches."""

from __future__ import annotations

import sys

from assistant.cli.terminal import safe
from assistant.core.events import Delta, Heard, Notice, Partial, Stage


class TurnPrinter:
    """Takes a flow's events.

    Args:
        answer: whether the answer's pieces go to stdout as they come (not when only JSON is wanted).
        quiet: no progress on stderr.
    """

    def __init__(self, *, answer: bool = True, quiet: bool = False) -> None:
        self._answer = answer
        self._watched = sys.stderr.isatty() and not quiet
        self._status = ""

    def __call__(self, event: object) -> None:
        if isinstance(event, Delta):
            self._clear()
            if self._answer:
                print(safe(event.text), end="", flush=True)
        elif isinstance(event, Stage):
            self._show(f"{event.text} …")
        elif isinstance(event, Partial):
            self._show(f"“{safe(event.text)}” …")
        elif isinstance(event, Heard):
            self._line(f"You said: {safe(event.text)}")
        elif isinstance(event, Notice):
            self._line(f"Note: {event.text}")

    def end(self) -> None:
        """Closes the answer's last line."""
        self._clear()
        if self._answer:
            print(flush=True)

    def _line(self, text: str) -> None:
        self._clear()
        if self._watched:
            print(text, file=sys.stderr, flush=True)

    def _show(self, status: str) -> None:
        self._clear()
        if self._watched:
            self._status = status.replace("\n", " ")[-100:]
            print(f"\r{self._status}", end="", file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._status:
            print("\r" + " " * len(self._status) + "\r", end="", file=sys.stderr, flush=True)
            self._status = ""
