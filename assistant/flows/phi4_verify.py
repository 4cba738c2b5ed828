"""Whether the Phi-4 model on this machine is whole and answers as the published one: files first, then its answers.

The answers are asked for in a process of its own: this one never imports torch, and the weights' memory is free again
when that process ends.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineCrashed, EngineOutOfMemory, EngineUnavailable, HearsightError
from assistant.engine.phi4.torch_build import missing_packages
from assistant.models.phi4.stored import verify_files
from assistant.models.progress import Progress, Report

_LOOK_SECONDS = 0.1
_KILLED = -9

Answers = Callable[[Path, Callable[[str, float], None]], "list[Checked]"]


@dataclass(frozen=True)
class Checked:
    """One thing that was looked at, and what came out, for people."""

    name: str
    passed: bool
    words: str


def verify(folder: Path, report: Report, cancel: CancelToken, answers: Answers | None = None) -> list[Checked]:
    """Checks a native folder's files; when they are right, also what the model answers.

    Args:
        answers: asks the model, in the child process; by default the engine's self-check. Must be picklable.

    Raises:
        Cancelled: `cancel` was set.
    """
    try:
        found = [Checked("Files", True, verify_files(folder, report, cancel))]
    except HearsightError as error:
        return [Checked("Files", False, str(error))]
    try:
        return found + _in_child(folder, answers or ask_engine, report, cancel)
    except HearsightError as error:
        return [*found, Checked("Answers", False, str(error))]


def ask_engine(folder: Path, report: Callable[[str, float], None]) -> list[Checked]:
    """The engine's own self-check; in the child, because it imports torch.

    Raises:
        EngineUnavailable: what the engine needs isn't installed.
    """
    absent = missing_packages()
    if absent:
        raise EngineUnavailable(
            f"The model can't be asked: {', '.join(absent)} isn't installed.",
            action="Install it with: python3 packaging/run.py --with phi4 models verify phi4",
        )
    from assistant.engine.phi4.self_check import self_check

    return [Checked(finding.name, finding.passed, finding.words) for finding in self_check(folder, report)]


def _in_child(folder: Path, answers: Answers, report: Report, cancel: CancelToken) -> list[Checked]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(theirs, folder, answers), name="hearsight-check", daemon=True)
    child.start()
    theirs.close()
    try:
        return _outcome(ours, report, cancel)
    except EOFError:
        child.join()
        raise _ended(child.exitcode) from None
    finally:
        child.kill()
        child.join()
        ours.close()


def _outcome(pipe: Connection, report: Report, cancel: CancelToken) -> list[Checked]:
    """Hands on what the child says until it is done."""
    while True:
        while not pipe.poll(_LOOK_SECONDS):
            cancel.check()
        message = pipe.recv()
        if isinstance(message, HearsightError):
            raise message
        if isinstance(message, list):
            return message
        report(message)


def _child(pipe: Connection, folder: Path, answers: Answers) -> None:
    def told(_words: str, share: float) -> None:
        pipe.send(Progress("phi4", "asking", round(share * 100), 100))

    try:
        pipe.send(answers(folder, told))
    except HearsightError as error:
        pipe.send(error)


def _ended(code: int | None) -> HearsightError:
    if code == _KILLED:
        return EngineOutOfMemory(
            "The system ended the process that asked the model; most likely the memory was full.",
            action="Close other programs and try again.",
        )
    return EngineCrashed(
        f"The process that asked the model ended in mid-work ({code}).", action="Run: hearsight doctor"
    )
