"""A file's transcript as a conversation of the history: written as it is recognised, so that a crash loses nothing of
it, and kept like any other answer.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.core.errors import HearsightError
from assistant.core.events import Segment
from assistant.engine.base import Capabilities
from assistant.flows.paragraphs import Paragraphs, clock
from assistant.flows.transcript_context import TRANSCRIPT
from assistant.history.models import Message
from assistant.history.store import History

if TYPE_CHECKING:
    from assistant.flows.transcribe import FileTranscript

NOBODY_SPEAKS = "*Nobody speaks in this recording.*"


class TranscriptRecord:
    """One file's question and answer.

    Attributes:
        conversation, question, answer: their ids.

    Raises:
        StorageError: from any call, when the history can't be written; what was written stays.
    """

    def __init__(self, history: History, path: Path, seconds: float, engine: Capabilities) -> None:
        self._history, self._path = history, path
        self._paragraphs = Paragraphs()
        self._empty = True
        length = f" ({clock(seconds)})" if seconds else ""
        self.conversation = history.new_conversation(path.name)
        self.question = history.add_message(
            self.conversation, "user", f"Transcribe “{path.name}”{length}.", state="sent"
        )
        self.answer = history.add_message(
            self.conversation, "assistant", state="streaming", engine=engine.name, model=engine.model
        )
        for message in (self.question, self.answer):
            history.update(message, usage=self._usage())

    def feed(self, segment: Segment) -> str:
        """Takes the next segment; returns what it adds to the answer's text, already stored."""
        text = " ".join(segment.text.split())
        if not text:
            return ""
        deque(self._paragraphs.feed(segment), maxlen=0)
        if not self._paragraphs.began:
            return self._append(f" {text}")
        # The time in front also keeps a sentence like "1. First" from being taken for markup.
        return self._append_paragraph(f"[{clock(segment.start)}] {text}")

    def finish(self, result: FileTranscript) -> str:
        """Ends a file that was heard to its end; returns the last of the text."""
        text = ""
        for sentence in filter(None, (result.notice, str(result.problem or ""))):
            text += self._append_paragraph(f"*Note: {sentence}*")
        if not result.transcript.segments:
            text += self._append_paragraph(NOBODY_SPEAKS)
            self._history.update(self.answer, usage={})
        else:
            self._history.update(self.answer, usage=self._usage(result.transcript.language))
        self._history.update(self.answer, state="done")
        return text

    def stop(self) -> None:
        """Ends one that the user stopped."""
        self._history.update(self.answer, state="cancelled")

    def fail(self, error: HearsightError) -> None:
        """Ends one that can't go on; what was recognised stays, and can be asked about."""
        self._history.update(self.answer, state="interrupted", error=str(error))

    def _append_paragraph(self, text: str) -> str:
        return self._append(text if self._empty else f"\n\n{text}")

    def _append(self, text: str) -> str:
        self._empty = False
        self._history.append(self.answer, text)
        return text

    def _usage(self, language: str = "") -> dict[str, Any]:
        return {TRANSCRIPT: {"file": str(self._path.absolute()), "language": language}}


def file_of(message: Message | None) -> Path | None:
    """The file that a message transcribes, or asks to; None for any other message."""
    told = message.usage.get(TRANSCRIPT) if message is not None else None
    return Path(str(told["file"])) if isinstance(told, dict) and told.get("file") else None


def language_of(message: Message) -> str:
    """Of a transcript, as ISO 639-1; "" where it isn't known."""
    told = message.usage.get(TRANSCRIPT)
    return str(told.get("language", "")) if isinstance(told, dict) else ""
