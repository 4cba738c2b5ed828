"""Binding global keys: nothing that goes wrong there stops the window, and each thing is told once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from assistant.app.keys import Keys
from assistant.core.errors import BadInput, HearsightError, HotkeyTaken
from assistant.desktop.hotkeys.chosen import ChosenHotkeys
from assistant.desktop.hotkeys.models import HotkeyHandler, OnKey, OnProblem

BOTH = {"ask": "Ctrl+Alt+Space", "dictate": "Ctrl+Alt+D"}


class Scripted(ChosenHotkeys):
    """A handler whose system we are: it grabs nothing, and fails as told."""

    def __init__(self, fails: Callable[[Mapping[str, str]], None]) -> None:
        super().__init__(lambda: (None, "unused"))
        self.fails = fails
        self.asked: list[tuple[str, ...]] = []
        self.bound: tuple[str, ...] = ()
        self.stopped = False

    def start(self, bindings: Mapping[str, str], on_event: OnKey, on_problem: OnProblem | None = None) -> None:
        self.asked.append(tuple(bindings))
        self.bound = ()
        self.fails(bindings)
        self.bound = tuple(bindings)

    def stop(self) -> None:
        self.stopped = True


class Bound:
    """What a handler was asked for, and what the user was told."""

    def __init__(self, handler: HotkeyHandler) -> None:
        self.told: list[str] = []
        self.keys = Keys(handler, lambda _: None, self.told.append)
        self.keys.start()

    def bind(self) -> list[str]:
        """The first binding is through when the thread has ended."""
        self.keys.bind(BOTH)
        self.keys.stop()
        assert not self.keys.is_alive()
        return self.told


def refuse(error: Exception, *names: str) -> Callable[[Mapping[str, str]], None]:
    def fails(bindings: Mapping[str, str]) -> None:
        if set(names) & set(bindings):
            raise error

    return fails


def test_both_keys_in_one_go() -> None:
    handler = Scripted(lambda _: None)
    assert Bound(handler).bind() == []
    assert handler.asked == [("ask", "dictate")] and handler.stopped


def test_the_window_waits_for_keys_that_are_grabbed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.app.keys._BIND_SECONDS", 30.0)
    handler = Scripted(lambda _: None)
    bound = Bound(handler)
    bound.keys.bind(BOTH)
    assert handler.bound == ("ask", "dictate")
    bound.keys.stop()


@pytest.mark.parametrize("error", [HotkeyTaken("Another program holds it."), BadInput("That is no key.")])
def test_a_key_that_is_taken_doesnt_cost_the_other_one_and_is_told_once(error: HearsightError) -> None:
    handler = Scripted(refuse(error, "ask"))
    assert Bound(handler).bind() == [error.message]
    assert handler.bound == ("dictate",)


def test_a_portal_that_fails_is_asked_and_complained_about_once() -> None:
    handler = Scripted(refuse(HearsightError("The portal is silent."), "ask", "dictate"))
    assert Bound(handler).bind() == ["The portal is silent."]
    assert handler.asked == [("ask", "dictate")]


def test_what_nobody_expected_is_told_in_plain_words() -> None:
    [words] = Bound(Scripted(refuse(RuntimeError("secret"), "ask"))).bind()
    assert words.startswith("The global keys don't work: something went wrong inside Hearsight (RuntimeError).")
    assert "hearsight trigger --bindings" in words and "secret" not in words


def test_after_a_failure_keys_can_be_bound_again() -> None:
    handler = Scripted(refuse(RuntimeError(), "ask"))
    bound = Bound(handler)
    bound.keys.bind(BOTH)
    while not bound.told:
        time.sleep(0.01)
    handler.fails = lambda _: None
    assert len(bound.bind()) == 1
    assert handler.bound == ("ask", "dictate")


def test_a_portal_that_doesnt_answer_stalls_nobody() -> None:
    begun, answer = threading.Event(), threading.Event()

    def hangs() -> tuple[HotkeyHandler | None, str]:
        begun.set()
        answer.wait(30)
        return None, "No keys here."

    handler = ChosenHotkeys(hangs)
    bound = Bound(handler)
    began = time.monotonic()
    bound.keys.bind(BOTH)
    assert begun.wait(10)
    assert not handler.is_held("ask")
    assert not handler.grab_escape(lambda: None)
    handler.release_escape()
    assert time.monotonic() - began < 10
    answer.set()
    bound.keys.stop()
    assert bound.told == ["No keys here."]


def test_a_handler_that_was_found_is_kept_and_one_that_was_not_is_looked_for_again() -> None:
    found = Scripted(lambda _: None)
    answers: Iterator[tuple[HotkeyHandler | None, str]] = iter(((None, "Not yet."), (found, "")))
    handler = ChosenHotkeys(lambda: next(answers))
    with pytest.raises(HearsightError, match="Not yet"):
        handler.start(BOTH, lambda _: None)
    for _ in range(2):
        handler.start(BOTH, lambda _: None)
    assert len(found.asked) == 2
