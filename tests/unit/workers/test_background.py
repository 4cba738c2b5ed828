"""Work leaves the GUI thread and its result comes back to it."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QObject, QThread, Slot
from pytestqt.qtbot import QtBot

from assistant.core.errors import BadInput, HearsightError
from assistant.workers.background import Background


class Receiver(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.got: list[object] = []
        self.threads: list[QThread] = []

    @Slot(object)
    def take(self, result: object) -> None:
        self.got.append(result)
        self.threads.append(QThread.currentThread())


@pytest.fixture
def receiver(qapp: object) -> Receiver:
    return Receiver()


def test_works_elsewhere_and_delivers_here(qtbot: QtBot, background: Background, receiver: Receiver) -> None:
    background.run(threading.get_ident, receiver.take)
    qtbot.waitUntil(lambda: bool(receiver.got))
    assert receiver.got != [threading.get_ident()]
    assert receiver.threads == [receiver.thread()]


def test_errors_for_people_go_to_who_asked(qtbot: QtBot, background: Background, receiver: Receiver) -> None:
    def work() -> None:
        raise BadInput("The file is empty.")

    background.run(work, receiver.take, receiver.take)
    qtbot.waitUntil(lambda: bool(receiver.got))
    assert isinstance(receiver.got[0], BadInput)


def test_a_bug_becomes_a_calm_sentence(
    qtbot: QtBot, background: Background, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    def work() -> None:
        raise KeyError("secret")

    background.run(work, receiver.take, receiver.take)
    qtbot.waitUntil(lambda: bool(receiver.got))
    error = receiver.got[0]
    assert isinstance(error, HearsightError) and "secret" not in str(error)
    assert "background work failed" in caplog.text


def test_what_is_no_longer_wanted_is_not_delivered(qtbot: QtBot, background: Background, receiver: Receiver) -> None:
    held = threading.Event()
    token = background.run(held.wait, receiver.take)
    token.set()
    held.set()
    background.run(lambda: "last", receiver.take)
    qtbot.waitUntil(lambda: bool(receiver.got))
    assert receiver.got == ["last"]


def test_a_receiver_that_is_gone_is_left_alone(qtbot: QtBot, background: Background, receiver: Receiver) -> None:
    gone = Receiver()
    held = threading.Event()
    background.run(held.wait, gone.take)
    gone.deleteLater()
    qtbot.wait(20)
    held.set()
    background.run(lambda: "after", receiver.take)
    qtbot.waitUntil(lambda: bool(receiver.got))
    assert gone.got == []
