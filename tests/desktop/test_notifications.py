"""The notifier and the HUD that speaks through it, on a real session bus with a server whose ways we choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from assistant.desktop.notifications import main
from assistant.desktop.notifications.main import Notifier, status
from assistant.desktop.notifications.models import Note
from assistant.ui.hud.notified import NotifiedHud
from assistant.workers.dictation_tools import Unplaced
from tests.helpers.display import wait_until
from tests.helpers.notification_service import NotificationService
from tests.helpers.portal_service import Bus
from tests.helpers.scripted_controller import ScriptedController
from tests.helpers.windows import a_screen, controller, history, light

__all__ = ["controller", "history", "light"]

pytestmark = pytest.mark.desktop

SAID = Note("Listening…", "My secret", " plan", "0:01")
Serve = Callable[..., NotificationService]


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with Bus() as made:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", made.address)
        yield made


@pytest.fixture
def serve(bus: Bus) -> Iterator[Serve]:
    services: list[NotificationService] = []

    def start(*capabilities: str) -> NotificationService:
        services.append(NotificationService(*capabilities))
        return services[-1]

    yield start
    for service in services:
        service.stop()


@pytest.fixture
def pressed() -> list[str]:
    return []


@pytest.fixture
def notifier(bus: Bus, pressed: list[str]) -> Iterator[Notifier]:
    made = Notifier(pressed.append)
    made.start()
    yield made
    made.stop()
    assert not made.is_alive()


def test_one_notification_is_updated_at_most_four_times_a_second(notifier: Notifier, serve: Serve) -> None:
    server = serve()
    for second in range(2000):
        notifier.show(Note("Listening…", hint=str(second)))
    wait_until(lambda: bool(server.told) and server.told[-1].body == "1999")
    for word in ("one", "two"):
        notifier.show(Note(word))
        wait_until(lambda word=word: server.told[-1].summary == word)
    assert [told.replaced for told in server.told] == [0, *[1] * (len(server.told) - 1)]
    assert all(later.time - earlier.time > 0.2 for earlier, later in pairwise(server.told))
    assert all(told.is_transient and told.urgency == 0 for told in server.told)
    count = len(server.told)
    notifier.show(Note("two"))
    notifier.hide()
    wait_until(lambda: server.closed == [1])
    assert len(server.told) == count


@pytest.mark.parametrize(
    ("capabilities", "anyway", "body"),
    [
        ((), False, "My secret plan\n0:01"),
        (("persistence",), False, "0:01"),
        (("persistence",), True, "My secret plan\n0:01"),
        (("body-markup",), False, "My secret<i> plan</i>\n0:01"),
    ],
)
def test_words_are_left_out_where_they_would_be_kept(
    capabilities: tuple[str, ...], anyway: bool, body: str, notifier: Notifier, serve: Serve
) -> None:
    server = serve(*capabilities)
    notifier.show(Note("Listening…", "My secret", " plan", "0:01", even_if_kept=anyway))
    wait_until(lambda: bool(server.told))
    assert server.told[0].body == body


def test_another_server_that_keeps_notifications_never_gets_the_words(
    notifier: Notifier, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "_AGAIN_SECONDS", 0.1)
    first = serve()
    notifier.show(SAID)
    wait_until(lambda: bool(first.told))
    first.stop()
    first.stop = lambda: None  # type: ignore[method-assign]
    second = serve("persistence")
    notifier.show(Note("Listening…", "My secret", " plan goes on", "0:02"))
    wait_until(lambda: bool(second.told))
    assert (second.told[0].replaced, second.told[0].body) == (0, "0:02")


def test_words_are_never_markup(notifier: Notifier, serve: Serve) -> None:
    server = serve("body-markup")
    notifier.show(Note("Listening…", "<b>a</b> & b"))
    wait_until(lambda: bool(server.told))
    assert server.told[0].body == "&lt;b&gt;a&lt;/b&gt; &amp; b"


def test_buttons_come_back_and_putting_it_away_too(notifier: Notifier, serve: Serve, pressed: list[str]) -> None:
    server = serve("actions")
    notifier.show(Note("Where to?", actions=(("here", "Insert here"),)))
    wait_until(lambda: bool(server.told))
    assert server.told[0].actions == ["here", "Insert here"]
    server.press("here")
    wait_until(lambda: pressed == ["here"])
    notifier.show(Note("Not typed."))
    wait_until(lambda: len(server.told) == 2)
    server.close_it(2)
    wait_until(lambda: pressed == ["here", ""])


def test_a_server_that_comes_later_is_found(notifier: Notifier, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing shows notifications" in status()[1]
    monkeypatch.setattr(main, "_AGAIN_SECONDS", 0.1)
    notifier.show(SAID)
    server = serve()
    wait_until(lambda: bool(server.told))
    assert status() == (True, "Ours 1.0, which shows what is said as well")


@pytest.fixture
def hud(qtbot: QtBot, light: None, bus: Bus, controller: ScriptedController) -> Iterator[NotifiedHud]:
    made = NotifiedHud(controller)  # type: ignore[arg-type]
    yield made
    made.shut_down()
    # Python's collector may run in another thread, where Qt's objects must not end.
    shiboken6.delete(made)


def dictate(controller: ScriptedController) -> None:
    controller.job = "dictate"
    controller.about_to_capture.emit()
    controller.go("arming")
    controller.frame_frozen.emit(None)
    controller.go("listening")


def test_a_dictation_in_a_notification(hud: NotifiedHud, controller: ScriptedController, serve: Serve) -> None:
    server = serve("actions")
    dictate(controller)
    controller.dictated.emit("the new plan", " is")
    wait_until(lambda: bool(server.told) and server.told[-1].body.startswith("the new plan is\n0:00 · Let go to type"))
    assert server.told[-1].summary == "Listening…" and server.told[-1].actions == ["stop", "Stop"]
    controller.go("thinking")
    wait_until(lambda: server.told[-1].summary == "Transcribing…")
    assert server.told[-1].body == "the new plan is"
    controller.go("idle")
    hud.dismiss()
    wait_until(lambda: bool(server.closed))
    assert not hud.isVisible()


@pytest.mark.parametrize("words", ["partial", "dictated", "delta"])
def test_no_words_reach_a_server_that_keeps_them(
    words: str, hud: NotifiedHud, controller: ScriptedController, serve: Serve
) -> None:
    server = serve("persistence", "actions")
    controller.settings.general.show_window_on_answer = False
    dictate(controller)
    for state in ("listening", "thinking", "answering"):
        controller.go(state)
        if words == "delta":
            controller.delta.emit(1, "hush hush")
        elif words == "partial":
            controller.partial.emit("hush hush")
        else:
            controller.dictated.emit("hush", " hush")
        hud._appear()
        wait_until(lambda: hud.notifier._shown is not None and hud.notifier._shown == hud.notifier._wanted)
    assert server.told
    assert not [told for told in server.told if "hush" in f"{told.summary} {told.body} {told.actions}"]


def test_a_question_in_a_notification(
    qtbot: QtBot, hud: NotifiedHud, controller: ScriptedController, serve: Serve
) -> None:
    server = serve("actions", "persistence")
    dictate(controller)
    controller.go("thinking")
    controller.dictation_unplaced.emit(Unplaced(7, "Another window has the focus.", "Letter to Anna", True))
    controller.go("idle")
    wait_until(lambda: bool(server.told) and "Go back" in server.told[-1].actions)
    assert server.told[-1].body == "Another window has the focus." and server.told[-1].urgency == 1
    assert "Anna" not in str(server.told)
    server.press("choice here")
    qtbot.waitUntil(lambda: ("dictating.place", 7, "here") in controller.calls)


def test_what_is_pressed_while_it_listens(
    qtbot: QtBot, hud: NotifiedHud, controller: ScriptedController, serve: Serve
) -> None:
    server = serve("actions")
    controller.go("arming")
    controller.frame_frozen.emit(a_screen())
    controller.go("listening")
    wait_until(lambda: bool(server.told) and "leave-out" in server.told[-1].actions)
    server.press("leave-out")
    qtbot.waitUntil(lambda: ("leave_out_screen",) in controller.calls)
    hud._tick()
    wait_until(lambda: server.told[-1].actions == ["stop", "Stop"])
    server.press("stop")
    qtbot.waitUntil(lambda: ("cancel",) in controller.calls)
