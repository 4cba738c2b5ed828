"""`hearsight transcribe`: speech in files becomes text, subtitles or JSON on stdout; progress goes to stderr."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from assistant.cli.session import Session, add_engine_arguments, interruptible, tell
from assistant.cli.terminal import one_line, say
from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput, HearsightError
from assistant.core.events import Segment
from assistant.core.prompt import Options
from assistant.engine.base import Engine
from assistant.flows import subtitles
from assistant.flows.transcribe import FileTranscript, transcribe_file

_EXAMPLES = """examples:
  hearsight transcribe meeting.m4a > meeting.txt
  hearsight transcribe --format srt talk.mp4 > talk.srt
  hearsight transcribe --json --language de one.wav two.wav   (one object a line)
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLES
    parser.add_argument("files", nargs="+", metavar="FILE", help="sound or video, in any format FFmpeg reads")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a file and line")
    form.add_argument("--format", choices=("txt", "srt", "vtt"), default="txt", help="default: txt")
    parser.add_argument("--language", type=_language, metavar="CODE", help="such as en (default: detected)")
    add_engine_arguments(parser)


def run(args: argparse.Namespace) -> int:
    session = Session.open()
    options = Options(language=args.language or session.settings.voice.language)
    form = "json" if args.json else args.format
    engine = session.engine(args)
    failed = False
    with interruptible() as cancel:
        try:
            for file in args.files:
                printer = _Printer(form, file if len(args.files) > 1 else "")
                failed |= not _transcribe(Path(file), engine, options, printer, cancel)
        finally:
            engine.unload()
    return int(failed)


def _transcribe(path: Path, engine: Engine, options: Options, printer: _Printer, cancel: CancelToken) -> bool:
    """Does one file; says whether all went well. One that fails doesn't stop the others."""
    meter = _Meter(path.name, sys.stderr)
    try:
        result = transcribe_file(path, engine, options, emit=printer.segment, advance=meter.advance, cancel=cancel)
    except BadInput as error:
        meter.clear()
        tell(f"hearsight: {_with_name(path, error)}")
        return False
    meter.clear()
    printer.finish(result, engine.capabilities.name)
    if result.problem is not None:
        tell(f"hearsight: {_with_name(path, result.problem)} What could be read is transcribed.")
    return result.problem is None


class _Printer:
    """One file's output: text as it is recognised, the other forms when all of it is known."""

    def __init__(self, form: str, heading: str) -> None:
        """Args: heading: the file's name where several files share the output, else empty."""
        self._form, self._heading = form, heading

    def segment(self, segment: Segment) -> None:
        if self._form == "txt" and segment.text:
            self._head()
            say(one_line(segment.text))
            sys.stdout.flush()

    def finish(self, result: FileTranscript, engine: str) -> None:
        segments = result.transcript.segments
        if self._form == "json":
            print(json.dumps(_as_json(result, engine), ensure_ascii=False), flush=True)
        elif self._form == "txt":
            self._head()
        else:
            self._head()
            text = subtitles.srt(segments) if self._form == "srt" else subtitles.vtt(segments)
            say(text, end="")

    def _head(self) -> None:
        """Says once which file follows; subtitles have no place for that but an empty line."""
        if self._heading:
            say(
                "" if self._form == "srt" else f"NOTE {self._heading}\n" if self._form == "vtt" else f"{self._heading}:"
            )
            self._heading = ""


class _Meter:
    """How far a file is, on one line of a terminal, or every ten seconds in a log."""

    def __init__(self, name: str, out: TextIO) -> None:
        self._name, self._out = name, out
        self._live = out.isatty()
        self._every = 0.2 if self._live else 10.0
        self._shown = time.monotonic() - (self._every if self._live else 0.0)
        self._width = 0

    def advance(self, seconds: float, total: float) -> None:
        of = f" of {_clock(total)}" if total else ""
        self.show(f"{_clock(seconds)}{of}", seconds, total)

    def show(self, text: str, done: float, total: float) -> None:
        if time.monotonic() - self._shown < self._every:
            return
        self._shown = time.monotonic()
        share = f" ({min(100, round(100 * done / total))} %)" if total else ""
        line = f"{self._name}: {text}{share}"
        if self._live:
            self._out.write(f"\r{line:<{self._width}}")
            self._width = len(line)
        else:
            self._out.write(line + "\n")
        self._out.flush()

    def clear(self) -> None:
        if self._width:
            self._out.write(f"\r{'':<{self._width}}\r")
            self._out.flush()


def _as_json(result: FileTranscript, engine: str) -> dict[str, Any]:
    transcript = result.transcript
    found: dict[str, Any] = {
        "text": transcript.text,
        "segments": [{"start": round(s.start, 3), "end": round(s.end, 3), "text": s.text} for s in transcript.segments],
        "language": transcript.language,
        "duration": round(transcript.duration, 3),
        "engine": engine,
    }
    return found if result.problem is None else {**found, "error": str(result.problem)}


def _with_name(path: Path, error: HearsightError) -> str:
    text = str(error)
    return text if path.name in text else f"{path.name}: {text}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def _language(text: str) -> str:
    if not (2 <= len(text) <= 3 and text.isascii() and text.isalpha()):
        raise argparse.ArgumentTypeError("a code of two or three letters, such as en")
    return text.lower()
