"""What `hearsight transcribe` shows: texts on stdout, and on stderr how far it is."""

from __future__ import annotations

import json
import sys
import time

from assistant.cli.terminal import one_line, say
from assistant.core.events import Segment
from assistant.flows.paragraphs import Paragraph, Paragraphs, clock
from assistant.flows.transcribe import FileTranscript
from assistant.flows.transcript_forms import Form, as_json, written


class Printer:
    """One file on stdout: text paragraph by paragraph, the other forms when all of it is known."""

    def __init__(self, form: Form, heading: str) -> None:
        """Args: heading: the file's name where several files share the output, else empty."""
        self._form, self._heading = form, heading
        self._paragraphs = Paragraphs()
        self._printed = False

    def segment(self, segment: Segment) -> None:
        if self._form == "txt":
            for paragraph in self._paragraphs.feed(segment):
                self._print(paragraph)

    def finish(self, result: FileTranscript, engine: str) -> None:
        if self._form == "json":
            print(json.dumps(as_json(result, engine), ensure_ascii=False), flush=True)
        elif self._form == "txt":
            for paragraph in self._paragraphs.finish():
                self._print(paragraph)
            self._head()
        else:
            self._head()
            say(written(result, self._form, engine), end="")

    def _print(self, paragraph: Paragraph) -> None:
        self._head()
        if self._printed:
            say()
        self._printed = True
        say(one_line(paragraph.text))
        sys.stdout.flush()

    def _head(self) -> None:
        """Says once which file follows; subtitles have no place for that but an empty line."""
        if self._heading:
            say(
                "" if self._form == "srt" else f"NOTE {self._heading}\n" if self._form == "vtt" else f"{self._heading}:"
            )
            self._heading = ""


class Meter:
    """How far a file is, on one line of a terminal, or every ten seconds in a log. A context manager."""

    def __init__(self, name: str) -> None:
        self._name, self._out = name, sys.stderr
        self._live = self._out.isatty()
        self._every = 0.2 if self._live else 10.0
        self._shown = time.monotonic() - (self._every if self._live else 0.0)
        self._width = 0

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def advance(self, seconds: float, total: float) -> None:
        if time.monotonic() - self._shown < self._every:
            return
        self._shown = time.monotonic()
        share = f" of {clock(total)} ({min(100, round(100 * seconds / total))} %)" if total else ""
        self._show(f"{self._name}: {clock(seconds)}{share}")

    def clear(self) -> None:
        if self._width:
            self._out.write(f"\r{'':<{self._width}}\r")
            self._out.flush()
            self._width = 0

    def _show(self, line: str) -> None:
        if self._live:
            self._out.write(f"\r{line:<{self._width}}")
            self._width = len(line)
        else:
            self._out.write(line + "\n")
        self._out.flush()
