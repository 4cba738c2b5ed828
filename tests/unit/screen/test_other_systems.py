"""Windows and macOS at the seam of their system calls: what is asked, and what becomes of the answers."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assistant.core.errors import NoScreen
from assistant.core.geometry import Rect
from assistant.screen.capture.handlers.macos_desktop import MacDesktop
from assistant.screen.capture.handlers.mss_screen import DisplayLost, MssScreen
from assistant.screen.capture.handlers.windows_desktop import WindowsDesktop
from assistant.screen.windows import DesktopWindow

BOXES = {0x1_0000_0001: (0, 0, 2560, 1440), 0x1_0000_0002: (-1920, 0, 0, 1080)}
WINDOWS = {
    11: ("Notes – ünï", "Editor", (100, 100, 900, 700), True, False),
    12: ("Hidden", "Editor", (0, 0, 10, 10), False, False),
    13: ("Minimised", "Editor", (0, 0, 10, 10), True, True),
    14: ("Elsewhere", "Editor", (0, 0, 10, 10), True, False),
    0x1_0000_000F: ("Browser", "Chrome", (50, 50, 1050, 850), True, False),
    16: ("Program Manager", "Progman", (0, 0, 2560, 1440), True, False),
    17: ("", "Tray", (0, 0, 10, 10), True, False),
}


class User32:
    """Two monitors, and five windows of which two can be seen."""

    def __init__(self) -> None:
        self.boxes = BOXES

        def foreground() -> int:
            return 0x1_0000_000F

        self.GetForegroundWindow = foreground

    def EnumDisplayMonitors(self, _context: None, _clip: None, callback: Any, _data: int) -> int:
        return int(all([callback(handle, None, None, None) for handle in self.boxes]))

    def GetMonitorInfoW(self, handle: Any, info: Any) -> int:
        assert info._obj.size == ctypes.sizeof(info._obj)
        box = info._obj.monitor
        box.left, box.top, box.right, box.bottom = self.boxes[handle.value]
        info._obj.device = rf"\\.\DISPLAY{handle.value & 15}"
        return 1

    def GetCursorPos(self, point: Any) -> int:
        point._obj.x, point._obj.y = -5, 7
        return 1

    def EnumWindows(self, callback: Any, _data: int) -> int:
        return int(all([callback(handle, None) for handle in WINDOWS]))

    def IsWindowVisible(self, handle: Any) -> int:
        return int(WINDOWS[handle.value][3])

    def IsIconic(self, handle: Any) -> int:
        return int(WINDOWS[handle.value][4])

    def InternalGetWindowText(self, handle: Any, text: Any, _size: int) -> int:
        text.value = WINDOWS[handle.value][0]
        return len(text.value)

    def GetClassNameW(self, handle: Any, text: Any, _size: int) -> int:
        text.value = WINDOWS[handle.value][1]
        return len(text.value)

    def GetWindowRect(self, handle: Any, box: Any) -> int:
        box._obj.left, box._obj.top, box._obj.right, box._obj.bottom = WINDOWS[handle.value][2]
        return 1

    def GetWindowThreadProcessId(self, _handle: Any, process: Any) -> int:
        process._obj.value = 4321
        return 1


class Dwm:
    """Knows the frame of window 11 alone; window 14 is on another virtual desktop."""

    def DwmGetWindowAttribute(self, handle: Any, attribute: int, value: Any, _size: int) -> int:
        if attribute == 14:
            value._obj.value = int(handle.value == 14)
            return 0
        if handle.value != 11:
            return -1
        value._obj.left, value._obj.top, value._obj.right, value._obj.bottom = (107, 100, 893, 693)
        return 0


class Kernel32:
    """Opens every process, and counts what was not closed."""

    def __init__(self) -> None:
        self.open = 0

        def open_process(_access: int, _inherit: bool, process: Any) -> int:
            assert process.value == 4321
            self.open += 1
            return 0x1_0000_0099

        self.OpenProcess = open_process

    def QueryFullProcessImageNameW(self, handle: Any, _flags: int, text: Any, _length: Any) -> int:
        assert handle.value == 0x1_0000_0099
        text.value = r"C:\Program Files\Editor\editor.exe"
        return 1

    def CloseHandle(self, _handle: Any) -> int:
        self.open -= 1
        return 1


@pytest.fixture
def kernel() -> Kernel32:
    return Kernel32()


@pytest.fixture
def windows(kernel: Kernel32) -> WindowsDesktop:
    libraries = SimpleNamespace(user32=User32(), dwmapi=Dwm(), kernel32=kernel)
    return WindowsDesktop(libraries, ctypes.CFUNCTYPE)


def test_windows_monitors_and_pointer(windows: WindowsDesktop) -> None:
    found = [(m.index, m.name, m.rect) for m in windows.monitors()]
    assert found == [(1, r"\\.\DISPLAY1", Rect(0, 0, 2560, 1440)), (2, r"\\.\DISPLAY2", Rect(-1920, 0, 1920, 1080))]
    assert windows.pointer() == (-5, 7)


def test_windows_windows(windows: WindowsDesktop, kernel: Kernel32) -> None:
    assert windows.ask_windows()() == [
        DesktopWindow("Notes – ünï", Rect(107, 100, 786, 593), False, "editor"),
        DesktopWindow("Browser", Rect(50, 50, 1000, 800), True, "editor"),
    ]
    assert kernel.open == 0


def test_windows_without_a_monitor(kernel: Kernel32) -> None:
    user = User32()
    user.boxes = {}
    libraries = SimpleNamespace(user32=user, dwmapi=Dwm(), kernel32=kernel)
    with pytest.raises(DisplayLost):
        WindowsDesktop(libraries, ctypes.CFUNCTYPE).monitors()


def _box(x: float, y: float, width: float, height: float) -> Any:
    return SimpleNamespace(origin=SimpleNamespace(x=x, y=y), size=SimpleNamespace(width=width, height=height))


class Quartz:
    """A Retina display and a plain one; three windows and the menu bar."""

    kCGWindowListOptionOnScreenOnly = 1
    kCGWindowListExcludeDesktopElements = 16
    kCGNullWindowID = 0

    def CGGetActiveDisplayList(self, _most: int, _displays: None, _count: None) -> tuple[int, tuple[int, ...], int]:
        return 0, (77, 78), 2

    def CGDisplayBounds(self, display: int) -> Any:
        return _box(0, 0, 1440, 900) if display == 77 else _box(1440, 0, 1920, 1080)

    def CGDisplayCopyDisplayMode(self, display: int) -> int:
        return display

    def CGDisplayModeGetPixelWidth(self, mode: int) -> int:
        return 2880 if mode == 77 else 1920

    def CGEventCreate(self, _source: None) -> str:
        return "event"

    def CGEventGetLocation(self, _event: str) -> Any:
        return SimpleNamespace(x=12.5, y=900.25)

    def CGWindowListCopyWindowInfo(self, options: int, window: int) -> list[dict[str, Any]]:
        assert (options, window) == (17, 0)
        bounds = {"X": 10.0, "Y": 20.0, "Width": 300.0, "Height": 200.0}
        return [
            {"kCGWindowLayer": 25, "kCGWindowOwnerPID": 5, "kCGWindowBounds": bounds, "kCGWindowOwnerName": "Menu"},
            {"kCGWindowLayer": 0, "kCGWindowOwnerPID": 6, "kCGWindowBounds": bounds, "kCGWindowOwnerName": "Notes"},
            {
                "kCGWindowLayer": 0,
                "kCGWindowOwnerPID": 7,
                "kCGWindowBounds": bounds,
                "kCGWindowOwnerName": "Safari",
                "kCGWindowName": "Ünï",
            },
            {"kCGWindowLayer": 0, "kCGWindowOwnerPID": 7, "kCGWindowBounds": bounds, "kCGWindowOwnerName": "Safari"},
        ]


class Workspace:
    def frontmostApplication(self) -> Any:
        return SimpleNamespace(processIdentifier=lambda: 7)


def test_macos_monitors_and_pointer() -> None:
    mac = MacDesktop(Quartz(), Workspace())
    found = [(m.index, m.rect, m.scale) for m in mac.monitors()]
    assert found == [(1, Rect(0, 0, 1440, 900), 2.0), (2, Rect(1440, 0, 1920, 1080), 1.0)]
    assert mac.pointer() == (12, 900)


def test_macos_windows() -> None:
    rect = Rect(10, 20, 300, 200)
    assert MacDesktop(Quartz(), Workspace()).ask_windows()() == [
        DesktopWindow("", rect, False, "Notes"),
        DesktopWindow("Ünï", rect, True, "Safari"),
        DesktopWindow("", rect, False, "Safari"),
    ]


def test_a_retina_frame_has_its_windows_in_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """mss takes points and gives pixels on macOS."""

    class Grabber:
        def grab(self, box: dict[str, int]) -> Any:
            assert box == {"left": 0, "top": 0, "width": 1440, "height": 900}
            return SimpleNamespace(raw=bytearray(2880 * 1800 * 4), width=2880, height=1800)

        def close(self) -> None: ...

    monkeypatch.setattr("mss.MSS", Grabber)
    screen = MssScreen(
        "mss on macOS",
        open_desktop=lambda: MacDesktop(Quartz(), Workspace()),
        is_compatible=lambda: True,
        is_installed=lambda: True,
        instructions="",
    )
    frame = screen.capture("pointer")
    assert frame.picture().pixels.shape == (1800, 2880, 3)
    assert frame.picture().pixels.dtype == np.uint8
    assert frame.windows[0].rect == Rect(20, 40, 600, 400)


def test_a_display_that_is_lost_is_tried_again_once() -> None:
    opened: list[int] = []

    def broken() -> Any:
        opened.append(1)
        raise DisplayLost("no answer")

    screen = MssScreen("x", open_desktop=broken, is_compatible=bool, is_installed=bool, instructions="")
    with pytest.raises(NoScreen, match="no answer"):
        screen.monitors()
    assert len(opened) == 2
