"""`hearsight dictate`: speech from the microphone or a file becomes text by the same rules as under the held key."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path

from assistant.audio.recorder import Recorder
from assistant.cli.session import Session, add_engine_arguments, interruptible, tell
from assistant.cli.terminal import safe, say
from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError, NothingHeard
from assistant.core.prompt import Options
from assistant.desktop.typing.main import Typist
from assistant.desktop.typing.models import Target
from assistant.dictation import rules_file
from assistant.flows.dictate import Dictate, Written
from assistant.flows.dictation_follow import Live, Spoken
from assistant.flows.dictation_speech import LiveSpeech
from assistant.flows.listening import Listening

_EXAMPLES = """examples:
  hearsight dictate                              speak, press Enter, read the text
  hearsight dictate --insert --delay 3           three seconds to click into a window, then speak
  hearsight dictate --audio memo.m4a --language de
  hearsight dictate --json | jq -r .text
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLES
    parser.add_argument("--audio", metavar="FILE", help="instead of the microphone: sound in any format FFmpeg reads")
    parser.add_argument(
        "--insert", action="store_true", help="type it into the window that has the focus when the recording starts"
    )
    parser.add_argument("--delay", type=_seconds, default=0.0, metavar="SECONDS", help="wait before the recording")
    parser.add_argument(
        "--silence", type=_seconds, default=0.0, metavar="SECONDS",
        help="end after so much silence (without a terminal to press Enter in: 2)",
    )  # fmt: skip
    parser.add_argument("--language", default="", metavar="CODE", help="such as en (default: the settings')")
    parser.add_argument("--raw", action="store_true", help="as recognised, without the text rules")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_engine_arguments(parser)


def run(args: argparse.Namespace) -> int:
    session = Session.open()
    engine = session.engine(args)
    typist = Typist()
    with session.history() as history, interruptible() as cancel:
        chosen = session.settings
        options = Options(language=args.language or chosen.dictation.language or chosen.voice.language)
        rules = rules_file.load(session.paths.config / rules_file.NAME)
        flow = Dictate(engine, rules, typist, history.dictations, options, when_moved=chosen.dictation.when_moved)
        try:
            return _Run(args, session, flow, cancel).run()
        finally:
            engine.unload()
            typist.close()


class _Run:
    """One call."""

    def __init__(self, args: argparse.Namespace, session: Session, flow: Dictate, cancel: CancelToken) -> None:
        self._args, self._session, self._flow, self._cancel = args, session, flow, cancel

    def run(self) -> int:
        args = self._args
        if args.delay:
            tell(f"Starting in {args.delay:g} s.")
            self._cancel.wait(args.delay)
            self._cancel.check()
        target = self._flow.typist.target() if args.insert else None
        if args.audio:
            spoken, written = self._from_file(Path(args.audio), target)
        else:
            spoken, written = self._from_microphone(target)
        if spoken.error is not None:
            raise spoken.error
        text = spoken.text if args.raw else written.text
        if not text:
            raise NothingHeard("Nothing was said.", action="Check the microphone with: hearsight doctor")
        self._show(text, spoken)
        return self._insert(written, text) if args.insert else 0

    def _from_file(self, path: Path, target: Target | None) -> tuple[Spoken, Written]:
        """A file is only read: it isn't kept in the dictation history."""
        from assistant.audio.files import open_sound

        spoken = self._flow.recognise(open_sound(path).blocks(), self._cancel)
        return spoken, Written(0, self._flow.compose(spoken, target), target, {})

    def _from_microphone(self, target: Target | None) -> tuple[Spoken, Written]:
        speech, lost = LiveSpeech(), list[HearsightError]()
        stop = CancelToken()

        def on_lost(error: HearsightError) -> None:
            lost.append(error)
            stop.set()

        def open_recorder(folder: Path) -> Recorder:
            device = self._session.settings.voice.device
            return Recorder(
                device, folder, on_first=_say_listening, on_level=_unseen, on_lost=on_lost, on_samples=speech.feed
            )

        listening = Listening(self._session.paths.recordings, 0, open_recorder, "dictate")
        listening.record()
        self._end_with(stop, speech)
        threading.Thread(target=_close, args=(stop, listening, speech), name="closing", daemon=True).start()
        spoken = self._flow.follow(speech, _Meter(), CancelToken())
        written = self._flow.write_down(spoken, target, listening.folder, to_type=self._args.insert)
        self._flow.keep_recording(written.id, listening.folder)
        for error in lost:
            tell(f"hearsight: {error}")
        return spoken, written

    def _end_with(self, stop: CancelToken, speech: LiveSpeech) -> None:
        """Enter, Ctrl+C or silence, whichever comes first."""
        self._cancel.on_set(stop.set)
        silence = self._args.silence or (0.0 if sys.stdin.isatty() else 2.0)
        if silence:
            speech.watch_silence(silence, stop.set)
        if sys.stdin.isatty():
            threading.Thread(target=_wait_for_enter, args=(stop,), name="enter", daemon=True).start()

    def _show(self, text: str, spoken: Spoken) -> None:
        if self._args.json:
            found = {
                "text": text,
                "heard": spoken.text,
                "language": spoken.language,
                "seconds": round(spoken.seconds, 3),
            }
            print(json.dumps(found, ensure_ascii=False), flush=True)
        else:
            say(safe(text).rstrip() if sys.stdout.isatty() else text.rstrip())

    def _insert(self, written: Written, text: str) -> int:
        if not written.id:
            self._flow.typist.insert(text, written.target, cancel=CancelToken())
            return 0
        delivered = self._flow.insert(Written(written.id, text, written.target, written.timings), CancelToken())
        if delivered.problem is not None:
            self._flow.settle(written.id, delivered.problem)
            raise delivered.problem
        return 0


class _Meter:
    """The words as they come, on one line of a terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def __call__(self, live: Live) -> None:
        if self._live:
            text = safe(live.confirmed + live.unconfirmed).strip()[-70:]
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _close(stop: CancelToken, listening: Listening, speech: LiveSpeech) -> None:
    while not stop.wait(60.0):
        continue
    listening.finish()
    speech.end()


def _wait_for_enter(stop: CancelToken) -> None:
    sys.stdin.readline()
    stop.set()


def _say_listening() -> None:
    tell("Listening. Press Enter to end." if sys.stdin.isatty() else "Listening.")


def _unseen(_level: float) -> None:
    """A terminal shows no level."""


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 600:
        raise argparse.ArgumentTypeError("between 0 and 600 seconds")
    return seconds
