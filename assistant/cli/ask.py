"""`hearsight ask`: one question in text, speech, pictures or about the screen; the answer streams to stdout."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from assistant.cli import ask_material
from assistant.cli.printing import TurnPrinter
from assistant.cli.session import Session, add_engine_arguments, interruptible, tell
from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput, NoScreen
from assistant.core.events import Done, Failed, Outcome
from assistant.core.media import Clip, Picture
from assistant.flows.ask import Ask, Question

T = TypeVar("T")

_EXAMPLES = """examples:
  hearsight ask "What is a monad, in one sentence?"
  hearsight ask --screen "What does the error mean?"
  hearsight ask --screen all "Which window shows the invoice?"
  hearsight ask --image invoice.png "What is the total?"
  hearsight ask --audio question.wav --json
  hearsight ask --screen --mic 5
  hearsight ask --image chart.png --task chart
  hearsight ask --audio talk.mp3 --task translate --to French
  hearsight ask --video clip.mp4 "What happens at the end?"
  hearsight ask --document LICENSE "Which licence is this?"
"""


class _Screen(argparse.Action):
    """`--screen [N|all] [TEXT]`: a word that is neither a number nor `all` belongs to the text."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - argparse's signature
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        if values is None or values == "all" or str(values).isdecimal():
            namespace.screen = values or "pointer"
        else:
            namespace.screen = "pointer"
            namespace.first_words = [values]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLES
    parser.set_defaults(first_words=[])
    parser.add_argument("words", nargs="*", metavar="TEXT", help="the question")
    parser.add_argument(
        "--image", action="append", default=[], metavar="FILE", help="a picture to ask about; repeatable"
    )
    parser.add_argument("--audio", metavar="FILE", help="a spoken question, in any format FFmpeg reads")
    parser.add_argument(
        "--screen",
        nargs="?",
        action=_Screen,
        metavar="N|all",
        help="ask about the screen: monitor N, all, or the pointer's",
    )
    parser.add_argument("--mic", type=_seconds, metavar="SECONDS", help="record the question from the microphone")
    ask_material.add_arguments(parser)
    add_engine_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the streamed answer")


def run(args: argparse.Namespace) -> int:
    text = ask_material.question(args, " ".join([*args.first_words, *args.words]))
    if not (text or args.audio or args.mic):
        raise BadInput("There is no question.", action='Give one: hearsight ask "…", --audio FILE or --mic SECONDS.')
    pictures = tuple(_load_pictures(args.image))
    clip = _load_clip(args.audio) if args.audio else None
    session = Session.open()
    timings: dict[str, float] = {}
    with session.history() as history, interruptible() as cancel:
        pictures += ask_material.frames(args, cancel)
        engine = session.engine(args)
        keep = session.settings.privacy.keep_recordings
        ask = Ask(engine, history, session.options(), keep_recordings=keep)
        printer = TurnPrinter(answer=not args.json)
        try:
            pictures = (*_timed(timings, "capture", lambda: _take_screen(args.screen)), *pictures)
            _timed(timings, "load", lambda: ask.load(printer, cancel))
            question = Question(text, pictures, clip)
            if args.mic:
                question = _listen(ask, session, question, args.mic, printer, cancel)
            outcome = ask.answer(question, printer, cancel)
        finally:
            engine.unload()
        return _report(outcome, engine.capabilities, timings, printer, as_json=args.json)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 600:
        raise argparse.ArgumentTypeError("between 0 and 600 seconds")
    return seconds


def _timed(timings: dict[str, float], key: str, work: Callable[[], T]) -> T:
    started = time.perf_counter()
    try:
        return work()
    finally:
        timings[key] = round(time.perf_counter() - started, 4)


def _load_pictures(files: list[str]) -> list[Picture]:
    from assistant.screen.pictures import load_picture

    return [load_picture(Path(file)) for file in files]


def _load_clip(file: str) -> Clip:
    from assistant.audio.files import read_clip

    return read_clip(Path(file))


def _take_screen(wanted: str | None) -> tuple[Picture, ...]:
    """The screen as it is now; where there is no way to take it, the question goes on without."""
    if wanted is None:
        return ()
    from assistant.screen.capture.main import capture
    from assistant.screen.frames import target_of

    try:
        return (capture(target_of(wanted)),)
    except NoScreen as error:
        tell(f"The question goes on without the screen. {error}")
        return ()


def _listen(
    ask: Ask, session: Session, question: Question, seconds: float, printer: TurnPrinter, cancel: CancelToken
) -> Question:
    """Records the question while the engine works ahead, like the held key does."""
    from assistant.flows.microphone import listen

    tell(f"Listening for {seconds:g} s …")
    clip = listen(ask, question, seconds, session.paths.recordings, session.settings.voice.device, printer, cancel)
    return Question(question.text, question.pictures, clip)


def _report(outcome: Outcome, told: Any, timings: dict[str, float], printer: TurnPrinter, *, as_json: bool) -> int:
    printer.end()
    if isinstance(outcome, Failed):
        raise outcome.error
    if not isinstance(outcome, Done):
        tell("Cancelled.")
        return 130
    completion = outcome.completion
    if as_json:
        print(
            json.dumps(
                {
                    "text": completion.text,
                    "engine": told.name,
                    "model": told.model,
                    "transcript": completion.transcript,
                    "screen_text": completion.screen_text,
                    "notices": list(completion.notices),
                    "usage": {
                        "prompt_tokens": completion.usage.prompt_tokens,
                        "completion_tokens": completion.usage.completion_tokens,
                        "cached_tokens": completion.usage.cached_tokens,
                    },
                    "timings": {**timings, **{key: round(value, 4) for key, value in completion.timings.items()}},
                },
                ensure_ascii=False,
            )
        )
    return 0
