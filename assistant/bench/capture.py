"""Key-down to a frozen 4K frame against a bare mss grab, and key-down to the first audio buffer.

The screen's part presses the real hotkey (XTest) on an X server of its own with windows on it; the bare grab is taken
in turn with it, on the same screen, by an mss object that is just as warm.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import statistics
import time
from collections.abc import Iterator
from typing import Any

from assistant.bench.report import Goal, Report
from assistant.bench.xvfb import XServer
from assistant.core.errors import HearsightError

WIDTH, HEIGHT = 3840, 2160
_RUNS = 30
_AUDIO_RUNS = 15
_KEY = "F9"
_SHORTCUT = {"ask": _KEY}
_WINDOWS = 8
_SECONDS = 10.0
_GOAL = 1.5


def measure(args: argparse.Namespace) -> Report:
    from assistant.bench import capture_audio

    report = measure_screen(args.runs or _RUNS)
    report.metrics |= capture_audio.measure(args.runs or _AUDIO_RUNS)
    report.goals += [Goal(key, "<=", goal) for key, goal in capture_audio.GOALS.items()]
    return report


def measure_screen(runs: int) -> Report:
    """Starts the X server, takes the times and ends it."""
    with XServer(WIDTH, HEIGHT) as server, _logged_in(server), _windows(_WINDOWS):
        rows = _run(runs)
    middle = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
    metrics = {
        **middle,
        "screen_ratio": middle["key_to_frame_ms"] / middle["bare_grab_ms"],
        "call_ratio": middle["call_to_frame_ms"] / middle["bare_grab_ms"],
    }
    note = f"{WIDTH}×{HEIGHT}, {_WINDOWS} windows, medians of {runs}; frame_to_rgb_ms comes after the frame is frozen"
    return Report("capture", metrics, [Goal("screen_ratio", "<=", _GOAL)], [dict(row) for row in rows], [note])


def _run(runs: int) -> list[dict[str, float]]:
    """Two runs more than asked for: the first ones warm what stays warm in the app."""
    import mss

    from assistant.desktop.hotkeys.handlers.x11 import X11Hotkeys
    from assistant.desktop.hotkeys.models import KeyEvent
    from assistant.screen.capture.main import freeze, prepare

    frozen: queue.SimpleQueue[tuple[float, float, Any]] = queue.SimpleQueue()

    def on_event(event: KeyEvent) -> None:
        if event.kind == "press":
            heard = time.perf_counter()
            frame = freeze("pointer")
            frozen.put((heard, time.perf_counter(), frame))

    prepare()
    hotkeys = X11Hotkeys()
    hotkeys.start(_SHORTCUT, on_event)
    try:
        with mss.MSS() as bare, _Hand() as hand:
            return [_once(bare, hand, frozen) for _ in range(runs + 2)][2:]
    finally:
        hotkeys.stop()


def _once(bare: Any, hand: _Hand, frozen: queue.SimpleQueue[tuple[float, float, Any]]) -> dict[str, float]:
    before = time.perf_counter()
    shot = bare.grab(bare.monitors[1])
    bare_seconds = time.perf_counter() - before
    del shot
    pressed = hand.press()
    heard, done, frame = frozen.get(timeout=_SECONDS)
    hand.release()
    converting = time.perf_counter()
    frame.picture()
    return {
        "bare_grab_ms": bare_seconds * 1e3,
        "key_to_frame_ms": (done - pressed) * 1e3,
        "key_to_event_ms": (heard - pressed) * 1e3,
        "call_to_frame_ms": (done - heard) * 1e3,
        "frame_to_rgb_ms": (time.perf_counter() - converting) * 1e3,
    }


class _Hand:
    """Presses the key through XTest."""

    def __enter__(self) -> _Hand:
        import xcffib.xtest

        from assistant.core import x11
        from assistant.desktop.hotkeys.handlers.x11_keymap import Keymap
        from assistant.desktop.hotkeys.shortcuts import parse_shortcut

        self._connection = x11.connect()
        self._test = self._connection(xcffib.xtest.key)
        self._keycode = Keymap(self._connection).keycodes(parse_shortcut(_KEY))[0]
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.disconnect()

    def press(self) -> float:
        """Gives the time just before the key goes down."""
        before = time.perf_counter()
        self._fake(2)
        return before

    def release(self) -> None:
        self._fake(3)
        time.sleep(0.02)

    def _fake(self, event: int) -> None:
        """Key press is event 2, key release 3 (X11 core protocol)."""
        self._test.FakeInput(event, self._keycode, 0, 0, 0, 0, 0)
        self._connection.flush()


@contextlib.contextmanager
def _logged_in(server: XServer) -> Iterator[None]:
    """This process on the bench's display, and back to its own afterwards."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "XAUTHORITY")
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    os.environ["DISPLAY"] = server.display
    try:
        yield
    finally:
        del os.environ["DISPLAY"]
        os.environ |= kept


@contextlib.contextmanager
def _windows(count: int) -> Iterator[None]:
    """Windows with titles, which every capture lists."""
    import xcffib.xproto as x

    from assistant.core import x11

    connection = x11.connect()
    screen = connection.setup.roots[connection.pref_screen]
    utf8, net_name = (
        connection.core.InternAtom(False, len(name), name).reply().atom for name in ("UTF8_STRING", "_NET_WM_NAME")
    )
    for i in range(count):
        window, title = connection.generate_id(), f"Window {i}"
        place = (100 + 200 * i, 100 + 100 * i, 800, 600)
        colour = [0x336699 + 0x101010 * i]
        kind = x.WindowClass.InputOutput
        connection.core.CreateWindow(screen.root_depth, window, screen.root, *place, 0, kind, 0, x.CW.BackPixel, colour)
        connection.core.ChangeProperty(x.PropMode.Replace, window, net_name, utf8, 8, len(title), title)
        connection.core.MapWindow(window)
    connection.flush()
    try:
        _wait_for_windows(count)
        yield
    finally:
        connection.disconnect()


def _wait_for_windows(count: int) -> None:
    from assistant.screen.capture.main import freeze

    last = time.monotonic() + _SECONDS
    while len(freeze("all").windows) < count:
        if time.monotonic() > last:
            raise HearsightError("The bench's windows don't show up.", action="Run 'hearsight doctor'.")
        time.sleep(0.05)
