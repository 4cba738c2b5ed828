"""Real pixels of a real X server: what was drawn is what is captured."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.bench.xvfb import XServer
from assistant.core.errors import BadInput, NoScreen
from assistant.core.geometry import Rect
from assistant.screen.capture import main
from assistant.screen.capture.handlers.grim import Grim
from assistant.screen.capture.handlers.mss_systems import mss_on_x11
from tests.helpers.display import move_pointer, typing_into, use_display, wait_until, window_with_text

pytestmark = pytest.mark.desktop

LEFT, RIGHT = Rect(0, 0, 1920, 1080), Rect(1920, 0, 1280, 1024)
NAVY, TEAL = (0x10, 0x20, 0x80), (0x00, 0x80, 0x70)


@pytest.fixture(scope="module")
def two_screens() -> Iterator[XServer]:
    with XServer(3200, 1080, monitors=[LEFT, RIGHT]) as server:
        yield server


@pytest.fixture
def on_two_screens(two_screens: XServer, monkeypatch: pytest.MonkeyPatch) -> XServer:
    use_display(two_screens, monkeypatch)
    two_screens.run("xsetroot", "-solid", "#102080")
    return two_screens


def test_every_pixel_is_the_one_that_was_drawn(display: XServer) -> None:
    display.run("xsetroot", "-solid", "#102080")
    picture = main.capture("all")
    assert picture.is_screen
    assert picture.pixels.shape == (1080, 1920, 3)
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.flags.c_contiguous
    assert (picture.pixels == NAVY).all()


def test_a_frame_stays_as_it_was(display: XServer) -> None:
    display.run("xsetroot", "-solid", "#102080")
    frame = main.freeze()
    display.run("xsetroot", "-solid", "#008070")
    assert (main.capture().pixels == TEAL).all()
    assert (frame.picture().pixels == NAVY).all()


@pytest.mark.usefixtures("display")
def test_a_frame_is_stamped_when_it_is_taken() -> None:
    before = time.monotonic()
    assert before <= main.freeze().taken <= time.monotonic()


@pytest.mark.usefixtures("on_two_screens")
def test_both_monitors_are_known() -> None:
    assert [(m.index, m.name, m.rect) for m in main.monitors()] == [(1, "M1", LEFT), (2, "M2", RIGHT)]


@pytest.mark.parametrize(("x", "y", "name", "size"), [(10, 10, "Screen 1", LEFT), (3000, 500, "Screen 2", RIGHT)])
def test_the_monitor_under_the_pointer_is_taken(x: int, y: int, name: str, size: Rect, on_two_screens: XServer) -> None:
    move_pointer(on_two_screens, x, y)
    picture = main.capture("pointer")
    assert (picture.name, picture.width, picture.height) == (name, size.width, size.height)


def test_a_pointer_beside_all_monitors_belongs_to_the_nearest(on_two_screens: XServer) -> None:
    move_pointer(on_two_screens, 2500, 1070)
    assert main.capture("pointer").name == "Screen 2"


@pytest.mark.usefixtures("on_two_screens")
def test_a_monitor_can_be_named_by_its_number() -> None:
    assert main.capture(2).pixels.shape == (1024, 1280, 3)
    assert main.capture("all").pixels.shape == (1080, 3200, 3)
    with pytest.raises(BadInput, match="no screen 3"):
        main.capture(3)


def test_the_second_monitor_shows_its_own_part(on_two_screens: XServer) -> None:
    with window_with_text(on_two_screens, "right", title="Right", x=2000, y=100, width=600, height=400):
        wait_until(lambda: [w.title for w in main.capture(2).windows] == ["Right"])
        wait_until(lambda: bool((main.capture(2).pixels[300, 300] == 255).all()))
        picture = main.capture(2)
        assert tuple(picture.pixels[900, 1200]) == NAVY
        window = picture.windows[0]
        assert window.active
        inside = picture.pixels[
            window.rect.y + 200 : window.rect.bottom - 20, window.rect.x + 20 : window.rect.right - 20
        ]
        assert (inside == 255).all()
        assert main.capture(1).windows == ()


def test_the_active_window_s_monitor_can_be_asked_for(on_two_screens: XServer) -> None:
    move_pointer(on_two_screens, 10, 10)
    with window_with_text(on_two_screens, "x", title="Far", x=2000, y=100, width=300, height=200):
        wait_until(lambda: main.capture("active").name == "Screen 2")
    wait_until(lambda: main.capture("active").name == "Screen 1")


def test_windows_come_from_the_topmost_down_with_titles_and_programs(display: XServer) -> None:
    with (
        window_with_text(display, "below", title="Unten – ünï ☃", x=100, y=100, width=500, height=300),
        window_with_text(display, "above", title="Above", x=300, y=200, width=500, height=300),
    ):
        wait_until(lambda: len(main.capture("all").windows) == 2)
        wait_until(lambda: main.capture("all").windows[0].active)
        above, below = main.capture("all").windows
        assert (above.title, above.active) == ("Above", True)
        assert (below.title, below.active) == ("Unten – ünï ☃", False)
        assert (above.program, below.program) == ("Above", "Unten – ünï ☃")
        assert below.rect.contains(110, 110)
        assert below.rect.width >= 500
        assert below.rect.height > 300  # the frame with its title bar belongs to it


def test_a_minimised_window_is_left_out_and_one_half_outside_is_clipped(display: XServer) -> None:
    with window_with_text(display, "x", title="Edge", x=1700, y=900, width=500, height=300):
        wait_until(lambda: len(main.capture("all").windows) == 1)
        rect = main.capture("all").windows[0].rect
        assert (rect.right, rect.bottom) == (1920, 1080)
        assert rect.width < 500
        display.run("xdotool", "search", "--onlyvisible", "--name", "^Edge$", "windowminimize")
        wait_until(lambda: main.capture("all").windows == ())


@pytest.mark.usefixtures("display")
def test_many_threads_may_capture() -> None:
    sizes: list[tuple[int, ...]] = []
    threads = [threading.Thread(target=lambda: sizes.append(main.freeze("all").data.shape)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [(1080, 1920, 4)] * 8


def test_without_a_display_the_reason_and_the_remedy_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NoScreen) as caught:
        main.capture()
    assert "no display" in caught.value.message
    assert caught.value.action


def test_a_display_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    monkeypatch.setenv("DISPLAY", ":4095")
    with pytest.raises(NoScreen, match=":4095"):
        main.capture()
    assert ("mss on X11", False) in [(name, works) for name, works, _ in main.status()]


def test_a_server_that_dies_is_an_error_and_its_successor_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = mss_on_x11()
    with XServer(640, 480, window_manager=False) as server:
        use_display(server, monkeypatch)
        assert handler.capture("all").width == 640
        server.kill()
        with pytest.raises(NoScreen):
            handler.capture("all")
    with XServer(800, 600, window_manager=False) as server:
        use_display(server, monkeypatch)
        assert handler.capture("all").width == 800
    handler.close()


def test_a_colour_depth_that_can_t_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with XServer(640, 480, depth=16, window_manager=False) as server:
        use_display(server, monkeypatch)
        with pytest.raises(NoScreen, match="depth"):
            mss_on_x11().capture("all")


def test_a_monitor_that_reaches_beyond_the_screen_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    with XServer(800, 600, monitors=[Rect(0, 0, 800, 600), Rect(400, 300, 800, 600)], window_manager=False) as server:
        use_display(server, monkeypatch)
        assert mss_on_x11().capture(2).data.shape == (300, 400, 4)


def test_without_a_window_manager_there_are_no_windows_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with XServer(640, 480, window_manager=False) as server:
        use_display(server, monkeypatch)
        assert mss_on_x11().capture("pointer").windows == ()


def test_grim_s_picture_is_read_and_its_refusal_is_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that is asked is stood in for at the system-call seam: its pipe."""
    program = tmp_path / "grim"
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    program.write_text("#!/bin/sh\nprintf 'P6\\n2 1\\n255\\n\\001\\002\\003\\377\\376\\375'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    frame = Grim().capture("pointer")
    assert frame.picture().pixels.tolist() == [[[1, 2, 3], [255, 254, 253]]]
    program.write_text("#!/bin/sh\necho 'no wlr-screencopy' >&2\nexit 1\n")
    with pytest.raises(NoScreen, match="Wayland") as caught:
        Grim().capture("pointer")
    assert "--image" in caught.value.action


def test_a_window_on_another_desktop_is_left_out(display: XServer) -> None:
    with window_with_text(display, "x", title="Here", x=100, y=100, width=300, height=200):
        wait_until(lambda: len(main.capture("all").windows) == 1)
        display.run("xdotool", "set_desktop", "1")
        try:
            wait_until(lambda: main.capture("all").windows == ())
        finally:
            display.run("xdotool", "set_desktop", "0")
        wait_until(lambda: len(main.capture("all").windows) == 1)


def test_a_title_that_only_old_programs_set_is_read(display: XServer, tmp_path: Path) -> None:
    """xterm sets WM_NAME alone, as COMPOUND_TEXT."""
    with typing_into(display, tmp_path / "typed", title="Täst ☃"):
        wait_until(lambda: [w.title for w in main.capture("all").windows] == ["Täst ☃"])
        assert main.capture("all").windows[0].program == "XTerm"
