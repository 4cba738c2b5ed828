"""`hearsight demo`: the whole job on the shipped sample: a screen and a spoken question about it."""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from importlib.resources import as_file, files
from pathlib import Path

from assistant.audio.files import read_clip
from assistant.cli.printing import TurnPrinter
from assistant.cli.session import Session, add_engine_arguments, interruptible, tell
from assistant.cli.terminal import safe
from assistant.core.errors import HearsightError
from assistant.core.events import Completion, Done, Failed, Heard
from assistant.core.geometry import Rect
from assistant.core.media import Clip, Picture, Window
from assistant.flows.ask import Ask, Question
from assistant.history.store import History
from assistant.screen.pictures import load_picture


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Asks a spoken question about a sample screen and prints each step and the streamed answer."
    add_engine_arguments(parser)


def run(args: argparse.Namespace) -> int:
    picture, clip, facts = load_sample()
    session = Session.open()
    engine = session.engine(args)
    print(f"Screen: a sample of {picture.width} x {picture.height} pixels, {clip.seconds:.1f} s of speech about it.")
    with tempfile.TemporaryDirectory(prefix="hearsight-demo-") as folder, interruptible() as cancel:
        history = History(Path(folder) / "history.db", Path(folder) / "media")
        history.open()
        printer = _DemoPrinter()
        try:
            ask = Ask(engine, history, session.options())
            print(f"Engine: {engine.capabilities.model} on {engine.capabilities.device}.")
            started = time.perf_counter()
            ask.load(printer, cancel)
            print(f"Loaded in {time.perf_counter() - started:.1f} s. Nothing leaves this machine.")
            outcome = ask.answer(Question("", (picture,), clip), printer, cancel)
        finally:
            engine.unload()
            history.close()
    printer.end()
    if isinstance(outcome, Failed):
        raise outcome.error
    if not isinstance(outcome, Done):
        tell("Cancelled.")
        return 130
    return _judge(outcome.completion, facts, checked=engine.capabilities.name != "fake")


class _DemoPrinter(TurnPrinter):
    """Shows what was understood also where nobody watches stderr: that is what the demo is for."""

    def __init__(self) -> None:
        super().__init__()
        self._began = False

    def __call__(self, event: object) -> None:
        if isinstance(event, Heard):
            print(f"You said: {safe(event.text)}\nAnswer: ", end="", flush=True)
        else:
            super().__call__(event)


def load_sample() -> tuple[Picture, Clip, list[str]]:
    """The shipped screen, speech, and the patterns that a right answer holds."""
    folder = files("resources") / "demo"
    with as_file(folder / "screen.png") as screen, as_file(folder / "speech.wav") as speech:
        facts = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["answer"]
        windows = tuple(
            Window(w["title"], Rect(**w["rect"]), w["active"], w["program"])
            for w in json.loads((folder / "windows.json").read_text(encoding="utf-8"))
        )
        return Picture(load_picture(screen).pixels, "Sample screen", windows, is_screen=True), read_clip(speech), facts


def _judge(completion: Completion, facts: list[str], *, checked: bool) -> int:
    seconds = completion.timings
    print(
        f"Speech {seconds.get('speech', 0):.1f} s, screen {seconds.get('screen', 0):.1f} s, "
        f"first word after {seconds.get('first_token', 0):.1f} s, all after {seconds.get('total', 0):.1f} s; "
        f"{completion.usage.prompt_tokens} + {completion.usage.completion_tokens} tokens."
    )
    missing = [fact for fact in facts if not re.search(fact, completion.text, re.IGNORECASE)]
    if not checked:
        return 0
    if missing:
        raise HearsightError(
            "The answer does not hold what the sample screen says.",
            action="Check the model files with: hearsight models verify",
        )
    print("The answer holds what the sample screen says.")
    return 0
