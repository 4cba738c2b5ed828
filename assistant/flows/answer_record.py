"""Keeps an answer in the history while it streams, so that a crash at any moment loses at most one piece of it."""

from __future__ import annotations

from collections.abc import Callable

from assistant.core.errors import NothingHeard, StorageError
from assistant.core.events import (
    Delta,
    Done,
    Failed,
    Heard,
    Notice,
    Outcome,
    Progress,
    ScreenRead,
    Stopped,
)
from assistant.history.store import History

HEARD = "heard"
"""In a question's `usage`: its text holds the transcript of its clip."""


class AnswerRecord:
    """Writes one answer's events into its two messages.

    Each piece is one commit as it comes (engines batch them to at most 60 a second). When the disk refuses, the
    answer goes on to the screen, and the user is told once.

    Args:
        typed: what the user typed beside the speech; the transcript is added to it.
    """

    def __init__(self, history: History, question: int, answer: int, typed: str) -> None:
        self._history = history
        self._question = question
        self._answer = answer
        self._typed = typed
        self._text = ""
        self._stored = True
        self.heard = False
        """Whether the question's speech is in its text."""

    def take(self, event: Progress) -> list[Progress]:
        """Stores what an event brings; returns what the caller should see of it."""
        try:
            self._store(event)
        except StorageError as error:
            if self._stored:
                self._stored = False
                return [event, Notice(f"This answer is not being saved. {error}")]
        return [event]

    def close(self, outcome: Outcome, emit: Callable[[Progress], None]) -> Outcome:
        """Stores how the answer ended. What the user should know of it becomes part of the answer's text."""
        if isinstance(outcome, Failed) and isinstance(outcome.error, NothingHeard) and not self._text:
            self._history.remove_message(self._answer)
            self._history.remove_message(self._question)
            return outcome
        if isinstance(outcome, Done):
            for notice in outcome.completion.notices:
                delta = Delta(f"\n\n*Note: {notice}*")
                self.take(delta)
                emit(delta)
        try:
            self._finish(outcome)
        except StorageError as error:
            emit(Notice(f"This answer could not be saved. {error}"))
        return self._with_text(outcome)

    def _store(self, event: Progress) -> None:
        if isinstance(event, Delta):
            self._text += event.text
            if self._stored:
                self._history.append(self._answer, event.text)
        elif isinstance(event, Heard):
            said = event.text.strip()
            text = f"{self._typed}\n\n{said}" if self._typed else said
            self._history.update(self._question, text=text, usage={HEARD: True})
            self.heard = True
        elif isinstance(event, ScreenRead):
            self._history.update(self._question, screen_text=event.text)

    def _finish(self, outcome: Outcome) -> None:
        text = None if self._stored else self._text
        if isinstance(outcome, Done):
            usage = {
                "prompt_tokens": outcome.completion.usage.prompt_tokens,
                "completion_tokens": outcome.completion.usage.completion_tokens,
            }
            self._history.update(
                self._answer, text=text, state="done", usage=usage, timings=dict(outcome.completion.timings)
            )
        elif isinstance(outcome, Failed):
            self._history.update(self._answer, text=text, state="failed", error=str(outcome.error))
        else:
            self._history.update(self._answer, text=text, state="cancelled")

    def _with_text(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Stopped):
            return Stopped(self._text)
        if isinstance(outcome, Failed):
            return Failed(outcome.error, self._text)
        return outcome
