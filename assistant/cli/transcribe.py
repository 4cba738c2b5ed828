"""`hearsight transcribe`: speech in files becomes text, subtitles or JSON, on stdout or as files in a folder. What it
says of its work goes to stderr.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import cast

from assistant.cli.session import Session, add_engine_arguments, interruptible, tell
from assistant.cli.transcribe_output import Meter, Printer
from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import BadInput, HearsightError
from assistant.core.prompt import Options
from assistant.engine.base import Engine
from assistant.flows import sound_files
from assistant.flows.paragraphs import clock
from assistant.flows.sound_files import Source
from assistant.flows.transcribe import FileTranscript, transcribe_file
from assistant.flows.transcribe_batch import Batch, Job, plan
from assistant.flows.transcribe_pieces import PiecesFile
from assistant.flows.transcript_forms import FORMS, Form

_EXAMPLES = """examples:
  hearsight transcribe meeting.m4a > meeting.txt
  hearsight transcribe --format srt talk.mp4 > talk.srt
  hearsight transcribe --json --language de one.wav two.wav   (one object a line)
  hearsight transcribe --format srt --output subtitles --recursive films

With --output, what is done and unchanged is not done again, and what was interrupted goes on where it was: give the
same command again. A text that you edited is never overwritten, unless --again says so.
Of a video the sound is taken; of several sound tracks the first.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "files", nargs="+", metavar="PATH", help="sound or video in any format FFmpeg reads, or a folder of such files"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a file; on stdout one a line")
    form.add_argument("--format", choices=FORMS, default="txt", help="default: txt, with paragraphs at pauses")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="write one file for each instead of to stdout")
    parser.add_argument("--recursive", action="store_true", help="also look into the folders of a folder")
    parser.add_argument("--again", action="store_true", help="with --output: do all anew, overwrite what is there")
    parser.add_argument("--language", type=_language, metavar="CODE", help="such as en (default: detected)")
    add_engine_arguments(parser)


def run(args: argparse.Namespace) -> int:
    session = Session.open()
    options = Options(language=args.language or session.settings.voice.language)
    form: Form = "json" if args.json else cast(Form, args.format)
    sources = sound_files.find(map(Path, args.files), recursive=args.recursive)
    engine = session.engine(args)
    with interruptible() as cancel:
        try:
            if args.output is None:
                return _to_stdout(sources, form, engine, options, cancel)
            batch = Batch(args.output, form, engine.capabilities, options.language, again=args.again)
            return _to_folder(plan(sources, args.output, form), batch, engine, options, cancel)
        finally:
            engine.unload()


def _to_stdout(sources: list[Source], form: Form, engine: Engine, options: Options, cancel: CancelToken) -> int:
    failed = False
    for source in sources:
        printer = Printer(form, str(source.path) if len(sources) > 1 else "")
        failed |= not _print(source.path, engine, options, printer, cancel)
    return int(failed)


def _print(path: Path, engine: Engine, options: Options, printer: Printer, cancel: CancelToken) -> bool:
    """Does one file; says whether all went well. One that fails doesn't stop the others."""
    with Meter(path.name) as meter:
        try:
            result = transcribe_file(path, engine, options, emit=printer.segment, advance=meter.advance, cancel=cancel)
        except BadInput as error:
            meter.clear()
            tell(f"hearsight: {_with_name(path, error)}")
            return False
    printer.finish(result, engine.capabilities.name)
    return _tell_of(path, result)


def _to_folder(jobs: list[Job], batch: Batch, engine: Engine, options: Options, cancel: CancelToken) -> int:
    failed = skipped = 0
    for number, job in enumerate(jobs, start=1):
        try:
            state = batch.state(job)
            if state == "done":
                skipped += 1
                failed += _tell_done(job, batch.problem(job))
            elif state == "not ours":
                failed += 1
                tell(
                    f"hearsight: {job.target} was edited or comes from elsewhere: left as it is (--again replaces it)."
                )
            else:
                failed += not _write(job, f"{number}/{len(jobs)} {job.name}", batch, engine, options, cancel)
        except BadInput as error:
            failed += 1
            tell(f"hearsight: {_with_name(job.source, error)}")
    tell(f"{len(jobs) - failed} of {len(jobs)} done{f', {skipped} of them before' if skipped else ''}.")
    return int(failed > 0)


def _write(job: Job, name: str, batch: Batch, engine: Engine, options: Options, cancel: CancelToken) -> bool:
    """Does one file of a batch; an interruption keeps the pieces that are done."""
    with ExitStack() as stack:
        pieces = stack.enter_context(batch.pieces(job))
        _tell_where(job, pieces)
        meter = stack.enter_context(Meter(name))
        try:
            result = transcribe_file(
                job.source, engine, options, emit=lambda _: None, advance=meter.advance, cancel=cancel, pieces=pieces
            )
        except Cancelled:
            meter.clear()
            tell(f"{job.name}: stopped. The same command goes on from here.")
            raise
        except BadInput:
            pieces.discard()
            raise
        batch.finish(job, result)
        pieces.discard()
    tell(f"{job.target}")
    return _tell_of(job.source, result)


def _tell_where(job: Job, pieces: PiecesFile) -> None:
    if pieces.reached:
        tell(f"{job.name}: goes on after {clock(pieces.reached)}, where it was interrupted.")
    elif pieces.stale:
        tell(f"{job.name}: starts anew, because the file or the engine changed since it was interrupted.")


def _tell_done(job: Job, problem: str) -> bool:
    """Says that nothing is to do; whether something was wrong with the file."""
    tell(f"{job.target} is done and {job.source.name} unchanged.")
    if problem:
        tell(f"hearsight: {problem}")
    return bool(problem)


def _tell_of(path: Path, result: FileTranscript) -> bool:
    if result.notice:
        tell(result.notice)
    if result.problem is not None:
        tell(f"hearsight: {_with_name(path, result.problem)} What could be read is transcribed.")
    return result.problem is None


def _with_name(path: Path, error: HearsightError) -> str:
    text = str(error)
    return text if path.name in text else f"{path.name}: {text}"


def _language(text: str) -> str:
    if not (2 <= len(text) <= 3 and text.isascii() and text.isalpha()):
        raise argparse.ArgumentTypeError("a code of two or three letters, such as en")
    return text.lower()
