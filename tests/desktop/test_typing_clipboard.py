"""What the user had copied: kept in every format, put back only after the text was read, and never overwritten."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.bench.targets import Editor, focus, wait_until
from assistant.bench.xvfb import XServer
from assistant.core.errors import NotRead
from assistant.desktop.typing.handlers.x11_desktop import X11Desktop
from assistant.desktop.typing.handlers.x11_paste import X11Paste
from assistant.desktop.typing.main import Typist
from assistant.desktop.typing.models import Target
from tests.helpers.targets import clipboard, clipboard_manager, copy, formats, owner_of

pytestmark = pytest.mark.desktop

TEXT = "Überraschung 🎉"
SIZE = 50_000_000


@pytest.fixture
def typist(display: XServer) -> Iterator[Typist]:
    made = Typist(locked=lambda: False)
    yield made
    made.close()


@pytest.fixture
def impatient(display: XServer) -> Iterator[Typist]:
    """Waits half a second for the target's read."""
    made = Typist([X11Paste(X11Desktop(), read_seconds=0.5)], locked=lambda: False)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared_editor(x_server: XServer) -> Iterator[Editor]:
    with Editor(x_server.env, "Pad") as editor:
        focus(x_server, editor)
        yield editor


@pytest.fixture
def editor(display: XServer, shared_editor: Editor) -> Editor:
    focus(display, shared_editor)
    shared_editor.clear()
    return shared_editor


def pinned(typist: Typist) -> Target:
    target = typist.target()
    assert target is not None
    return target


def test_every_format_comes_back(typist: Typist, display: XServer, editor: Editor, tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("text__plain", "text__html", "image__png", "application__x-own")}
    for i, file in enumerate(files.values()):
        file.write_bytes(b"text" if i == 0 else os.urandom(1000 + i))
    with owner_of(display, **files):
        typist.insert(TEXT, pinned(typist))
    editor.wait_for(TEXT)
    wait_until(lambda: clipboard(display, "text/plain") == b"text", "the user's clipboard")
    for name, file in files.items():
        assert clipboard(display, name.replace("__", "/")) == file.read_bytes()


def test_an_image_of_50_mb_comes_back_byte_for_byte(
    typist: Typist, display: XServer, editor: Editor, tmp_path: Path
) -> None:
    image = tmp_path / "image.png"
    image.write_bytes(os.urandom(SIZE))
    with owner_of(display, image__png=image):
        inserted = typist.insert(TEXT, pinned(typist))
    editor.wait_for(TEXT)
    assert inserted.notices == ()
    wait_until(lambda: "image/png" in formats(display), "the image")
    assert clipboard(display, "image/png") == image.read_bytes()


def test_an_empty_clipboard_is_empty_again(typist: Typist, display: XServer, editor: Editor) -> None:
    with owner_of(display):
        """Its end leaves nobody who holds the clipboard."""
    typist.insert(TEXT, pinned(typist))
    editor.wait_for(TEXT)
    wait_until(lambda: clipboard(display) == b"", "the empty clipboard")


def test_what_the_user_copies_meanwhile_stays(typist: Typist, display: XServer, editor: Editor) -> None:
    copy(display, "before")
    typist.insert(TEXT, pinned(typist))
    copy(display, "copied right after")
    time.sleep(0.6)
    assert clipboard(display) == b"copied right after"


def test_a_hung_owner_is_left_alone_when_the_keys_will_do(typist: Typist, display: XServer, editor: Editor) -> None:
    with owner_of(display, text__plain=Path(__file__)) as owner:
        owner.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        inserted = typist.insert("Plain words, (typed).", pinned(typist))
        assert time.monotonic() - started < 5
        editor.wait_for("Plain words, (typed).")
        assert (inserted.handler, inserted.receipt) == ("key presses on X11", False)
        owner.send_signal(signal.SIGCONT)
        assert clipboard(display, "text/plain") == Path(__file__).read_bytes()
        typist.undo(inserted)
        editor.wait_for("")


def test_a_hung_owner_that_loses_its_content_is_said(typist: Typist, display: XServer, editor: Editor) -> None:
    with owner_of(display, text__plain=Path(__file__)) as owner:
        owner.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        inserted = typist.insert(TEXT, pinned(typist))
        assert time.monotonic() - started < 5
    editor.wait_for(TEXT)
    assert len(inserted.notices) == 1
    assert "could not be kept" in inserted.notices[0]


def test_a_text_that_is_not_read_stays_and_the_rest_comes_back_after_a_late_read(
    impatient: Typist, display: XServer, editor: Editor
) -> None:
    copy(display, "the user's own")
    target = pinned(impatient)
    editor.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(NotRead) as error:
            impatient.insert(TEXT, target)
        assert "in the clipboard" in error.value.kept
        assert clipboard(display).decode() == TEXT
    finally:
        editor.process.send_signal(signal.SIGCONT)
    editor.wait_for(TEXT)
    wait_until(lambda: clipboard(display) == b"the user's own", "the user's clipboard")


def test_a_clipboard_managers_read_is_no_receipt(impatient: Typist, display: XServer, editor: Editor) -> None:
    target = pinned(impatient)
    with clipboard_manager(display) as manager:
        assert manager.stdout is not None
        editor.process.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(NotRead):
                impatient.insert(TEXT, target)
            assert manager.stdout.readline().decode().strip() == ascii(TEXT)
            assert clipboard(display).decode() == TEXT
        finally:
            editor.process.send_signal(signal.SIGCONT)
        editor.wait_for(TEXT)


def test_clipboard_managers_are_told_that_it_is_not_for_them(
    impatient: Typist, display: XServer, editor: Editor
) -> None:
    target = pinned(impatient)
    editor.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(NotRead):
            impatient.insert(TEXT, target)
        assert clipboard(display, "x-kde-passwordManagerHint") == b"secret"
    finally:
        editor.process.send_signal(signal.SIGCONT)
    editor.wait_for(TEXT)
    impatient.copy(TEXT)
    assert clipboard(display).decode() == TEXT
    assert "x-kde-passwordManagerHint" not in formats(display)


def test_the_users_clipboard_outlives_hearsight(display: XServer, editor: Editor, tmp_path: Path) -> None:
    image = tmp_path / "image.png"
    image.write_bytes(os.urandom(3_000_000))
    typist = Typist(locked=lambda: False)
    with owner_of(display, image__png=image, text__plain=Path(__file__)):
        typist.insert(TEXT, pinned(typist))
    typist.close()
    assert clipboard(display, "image/png") == image.read_bytes()
    assert clipboard(display, "text/plain") == Path(__file__).read_bytes()
    copy(display, "something else")
    assert clipboard(display) == b"something else"
