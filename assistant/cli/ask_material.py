"""What a question on the command line may bring besides words, pictures and speech: a ready-made task, documents that
the answer has to come from, and the frames of a video."""

from __future__ import annotations

import argparse
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput
from assistant.core.media import Picture
from assistant.engine.phi4 import tasks
from assistant.engine.phi4.tasks import Kind

_OFFERED = {
    "describe": Kind.DESCRIBE,
    "read-text": Kind.READ_TEXT,
    "chart": Kind.CHART,
    "compare": Kind.COMPARE,
    "summarise": Kind.SUMMARISE,
    "translate": Kind.TRANSLATE,
    "transcribe-and-translate": Kind.TRANSCRIBE_AND_TRANSLATE,
    "video": Kind.VIDEO,
}
_TRANSLATING = (Kind.TRANSLATE, Kind.TRANSCRIBE_AND_TRANSLATE)
_LONGEST_DOCUMENT = 1_000_000
"""Bytes: more than the longest context of any engine holds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--video", metavar="FILE", help="a video to ask about: up to 16 frames with their times")
    parser.add_argument(
        "--document",
        action="append",
        default=[],
        metavar="FILE",
        help="a text file that the answer has to come from; repeatable, the most relevant first",
    )
    parser.add_argument("--task", choices=_OFFERED, help="what to do with the picture or sound, in tried words")
    parser.add_argument("--to", default="", metavar="LANGUAGE", help="what to translate to, in English: French")


def question(args: argparse.Namespace, words: str) -> str:
    """The question's text.

    Raises:
        BadInput: a task lacks its sound, pictures or language, or a document can't be read.
    """
    if args.document:
        _require(bool(words), "There is no question.", 'Give one: hearsight ask --document FILE "…".')
        words = tasks.grounded(words, [_document(Path(file)) for file in args.document])
    if args.task is None:
        _require(not args.to, "--to belongs to a task that translates.", "Add --task translate.")
        return words
    kind = _OFFERED[args.task]
    _check(args, kind)
    return "\n".join(part for part in (tasks.instruction(kind, args.to), words) if part)


def frames(args: argparse.Namespace, cancel: CancelToken) -> tuple[Picture, ...]:
    """The video's frames; none where there is no video.

    Raises:
        BadInput: it can't be read.
    """
    if args.video is None:
        return ()
    from assistant.engine.phi4.video import read_frames

    return read_frames(Path(args.video), cancel=cancel).pictures


def _check(args: argparse.Namespace, kind: Kind) -> None:
    needs = tasks.TASKS[kind].needs
    name = f"--task {args.task}"
    pictures = len(args.image) + bool(args.screen)
    _require("sound" not in needs or args.audio or args.mic, f"{name} needs sound.", "Add --audio FILE.")
    _require("picture" not in needs or pictures or args.video, f"{name} needs a picture.", "Add --image FILE.")
    _require(kind is not Kind.VIDEO or args.video, f"{name} needs a video.", "Add --video FILE.")
    _require(kind is not Kind.COMPARE or pictures > 1, f"{name} needs two pictures.", "Give --image twice.")
    _require((kind in _TRANSLATING) == bool(args.to), *_language_words(name, kind))


def _language_words(name: str, kind: Kind) -> tuple[str, str]:
    if kind in _TRANSLATING:
        return f"{name} needs a language.", "Add --to French, or another."
    return f"{name} doesn't translate.", "Leave out --to."


def _require(given: object, problem: str, action: str) -> None:
    if not given:
        raise BadInput(problem, action=action)


def _document(path: Path) -> tuple[str, str]:
    """Its name and its text."""
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_DOCUMENT + 1)
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror or error}.") from error
    _require(
        len(content) <= _LONGEST_DOCUMENT, f"{path.name} is longer than a megabyte.", "Give the part that matters."
    )
    try:
        return path.name, content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is no text in UTF-8.", action="Save it as plain text.") from error
