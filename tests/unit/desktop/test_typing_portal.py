"""Pasting through the RemoteDesktop portal, on a real bus with a portal as the specification has it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.core.cancel import CancelToken
from assistant.core.errors import InsertRefused
from assistant.desktop.typing.handlers import portal_session
from assistant.desktop.typing.handlers.portal import Portal
from assistant.desktop.typing.models import Target
from tests.helpers.display import wait_until
from tests.helpers.portal import FakePortal, message_bus_address

TEXT = "Grüße, 世界 👩‍👩‍👧‍👦!" * 500
USERS_OWN = {"text/plain;charset=utf-8": b"the user's own", "image/png": bytes(range(256)) * 40}
NOWHERE = Target("", "", "")


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with message_bus_address() as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-9")
        yield address


@pytest.fixture
def desktop(bus: str) -> Iterator[FakePortal]:
    portal = FakePortal(bus, USERS_OWN)
    yield portal
    portal.stop()


@pytest.fixture
def typing(tmp_path: Path, desktop: FakePortal) -> Iterator[Portal]:
    handler = Portal(tmp_path / "token")
    yield handler
    handler.close()


def test_a_text_is_pasted_and_the_users_clipboard_comes_back(typing: Portal, desktop: FakePortal) -> None:
    assert typing.is_compatible()
    assert typing.is_installed()
    inserted = typing.insert(TEXT, NOWHERE, CancelToken())
    assert inserted.receipt
    wait_until(lambda: desktop.pasted == [TEXT.encode()])
    assert "look where" in inserted.notices[-1]
    wait_until(lambda: desktop.calls.count("SetSelection") == 2)
    time.sleep(0.1)
    for mime, data in USERS_OWN.items():
        desktop.paste(mime)
        wait_until(lambda: len(desktop.pasted) > 1)
        assert desktop.pasted.pop() == data


def test_the_permission_is_asked_for_once(typing: Portal, desktop: FakePortal, tmp_path: Path) -> None:
    typing.insert("one", NOWHERE, CancelToken())
    typing.insert("two", NOWHERE, CancelToken())
    assert desktop.calls.count("Start") == 1
    typing.close()
    again = Portal(tmp_path / "token")
    again.insert("three", NOWHERE, CancelToken())
    again.close()
    assert desktop.tokens == ["", "token-1"]
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600


def test_a_session_that_the_desktop_ended_is_made_anew(typing: Portal, desktop: FakePortal) -> None:
    typing.insert("one", NOWHERE, CancelToken())
    desktop.end_session()
    time.sleep(0.3)
    assert typing.insert("two", NOWHERE, CancelToken()).receipt
    wait_until(lambda: desktop.pasted == [b"one", b"two"])


def test_a_user_who_says_no_is_heard(bus: str) -> None:
    desktop, typing = FakePortal(bus, {}, allows=False), Portal()
    try:
        assert "not allowed" in typing.refuses("x", NOWHERE)
        with pytest.raises(InsertRefused):
            typing.insert("x", NOWHERE, CancelToken())
    finally:
        typing.close()
        desktop.stop()


def test_without_a_portal_the_text_is_refused(bus: str) -> None:
    assert "RemoteDesktop" in Portal().refuses("x", NOWHERE)


def test_what_could_go_wrong_unseen_is_refused(typing: Portal) -> None:
    assert "terminal" in typing.refuses("a\nb", NOWHERE)
    assert "focus" in typing.refuses("x", Target("sway:1", "", "foot"))
    assert typing.refuses("x", NOWHERE) == ""
    assert portal_session.KEYSYMS["v"] == ord("v")
