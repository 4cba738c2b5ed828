"""A file's transcript as a conversation of the history: written paragraph by paragraph, so that a crash at any moment
loses at most one, and kept like any other answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.core.errors import HearsightError
from assistant.core.events import Segment
from assistant.engine.base import Capabilities
from assistant.flows.paragraphs import Paragraph, Paragraphs, clock
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
        return "".join(map(self._write, self._paragraphs.feed(segment)))

    def finish(self, result: FileTranscript) -> str:
        """Ends a file that was heard to its end; returns the last of the text."""
        text = self._rest()
        for sentence in filter(None, (result.notice, str(result.problem or ""))):
            text += self._append(f"*Note: {sentence}*")
        if not result.transcript.segments:
            text += self._append(NOBODY_SPEAKS)
            self._history.update(self.answer, usage={})
        else:
            self._history.update(self.answer, usage=self._usage(result.transcript.language))
        self._history.update(self.answer, state="done")
        return text

    def stop(self) -> str:
        """Ends one that the user stopped."""
        text = self._rest()
        self._history.update(self.answer, state="cancelled")
        return text

    def fail(self, error: HearsightError) -> str:
        """Ends one that can't go on; what was recognised stays, and can be asked about."""
        text = self._rest()
        self._history.update(self.answer, state="interrupted", error=str(error))
        return text

    def _rest(self) -> str:
        return "".join(map(self._write, self._paragraphs.finish()))

    def _write(self, paragraph: Paragraph) -> str:
        # The time in front also keeps a sentence like "1. First" from being taken for markup.
        return self._append(f"[{clock(paragraph.start)}] {paragraph.text}")

    def _append(self, text: str) -> str:
        text = text if self._empty else f"\n\n{text}"
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
