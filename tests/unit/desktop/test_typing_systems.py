"""Typing on systems that CI lacks, at the seam to the system: what is asked of it, and what becomes of the text."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.core.cancel import CancelToken
from assistant.core.errors import FocusMoved, InsertRefused, TargetLost
from assistant.desktop.typing.handlers import windows
from assistant.desktop.typing.handlers.macos import MacTyping
from assistant.desktop.typing.handlers.windows import WindowsTyping
from assistant.desktop.typing.handlers.windows_calls import KEY_UP, UNICODE, Input, WindowsCalls

TEXT = "Grüße,\t世界\n👩‍👩‍👧 שלום " * 60


class User32:
    """user32 as far as typing needs it. What is sent is turned into text as Windows does: one unit after the other."""

    def __init__(self) -> None:
        self.front, self.windows, self.accepts = 7, {7, 8}, True
        self.password_style, self.held = 0, 0
        self.units: list[int] = []
        self.chords: list[int] = []
        self.sends = 0
        self.move_after = 0
        for name in dir(self):
            if name[0].isupper():
                setattr(self, name, Function(getattr(self, name)))

    @property
    def text(self) -> str:
        return b"".join(unit.to_bytes(2, "little") for unit in self.units).decode("utf-16-le")

    def GetForegroundWindow(self) -> int:
        return self.front

    def IsWindow(self, window: Any) -> bool:
        return window.value in self.windows

    def GetWindowTextW(self, window: Any, buffer: Any, size: int) -> None:
        buffer.value = f"Window {window.value}"

    def GetWindowThreadProcessId(self, window: Any, number: Any) -> int:
        if number is not None:
            number._obj.value = 100 + window.value
        return 1

    def GetGUIThreadInfo(self, thread: int, info: Any) -> bool:
        info._obj.focus = 9
        return True

    def GetClassNameW(self, window: Any, buffer: Any, size: int) -> None:
        buffer.value = "Edit"

    def GetWindowLongW(self, window: Any, index: int) -> int:
        return self.password_style

    def GetAsyncKeyState(self, key: int) -> int:
        self.held = max(0, self.held - 1)
        return 0x8000 if self.held else 0

    def SendMessageTimeoutW(self, *_: Any) -> int:
        return 1

    def SetForegroundWindow(self, window: Any) -> None:
        self.front = window.value

    def SendInput(self, count: int, array: Any, size: int) -> int:
        assert size == ctypes.sizeof(Input)
        if not self.accepts:
            return 0
        self.sends += 1
        for item in array:
            self._press(item.of.keyboard)
        if self.sends == self.move_after:
            self.front = 8
        return count

    def _press(self, keyboard: Any) -> None:
        if keyboard.flags & UNICODE and not keyboard.flags & KEY_UP:
            self.units.append(keyboard.scan)
        elif not keyboard.flags & UNICODE and not keyboard.flags & KEY_UP:
            self.chords.append(keyboard.key)
            self.units += [{0x0D: 10, 0x09: 9}[keyboard.key]] if keyboard.key in (0x0D, 0x09) else []


class Function:
    """A function of a library: ctypes lets its types be set."""

    def __init__(self, work: Any) -> None:
        self._work = work

    def __call__(self, *arguments: Any) -> Any:
        return self._work(*arguments)


class Kernel32:
    def __init__(self) -> None:
        self.program = r"C:\Windows\notepad.exe"
        self.OpenProcess = Function(lambda *_: 1)
        self.CloseHandle = Function(lambda *_: 1)
        self.QueryFullProcessImageNameW = Function(self._name)

    def _name(self, handle: Any, flags: int, path: Any, size: Any) -> int:
        path.value = self.program
        return 1


@pytest.fixture
def user() -> User32:
    return User32()


@pytest.fixture
def typing(user: User32) -> WindowsTyping:
    return WindowsTyping(WindowsCalls(user, Kernel32()))


def test_sendinput_gets_structures_of_the_size_that_windows_checks() -> None:
    assert ctypes.sizeof(Input) == (40 if ctypes.sizeof(ctypes.c_void_p) == 8 else 28)


def test_windows_types_every_character(user: User32, typing: WindowsTyping) -> None:
    target = typing.target()
    assert target is not None
    assert (target.title, target.program, target.pid, target.is_password) == ("Window 7", "notepad.exe", 107, False)
    inserted = typing.insert(TEXT, target, CancelToken())
    assert user.text == TEXT
    assert (inserted.characters, inserted.receipt, inserted.undo) == (len(TEXT), False, "undo")
    typing.undo(inserted)
    assert user.chords[-2:] == [0x11, 0x5A]


def test_windows_types_nowhere_else(user: User32, typing: WindowsTyping) -> None:
    target = typing.target()
    assert target is not None
    user.front = 8
    with pytest.raises(FocusMoved):
        typing.insert(TEXT, target, CancelToken())
    user.windows = {8}
    with pytest.raises(TargetLost):
        typing.insert(TEXT, target, CancelToken())
    assert user.text == ""


def test_windows_stops_when_the_focus_moves_and_says_how_far_it_came(user: User32, typing: WindowsTyping) -> None:
    target = typing.target()
    assert target is not None
    user.move_after = 1
    with pytest.raises(InsertRefused) as error:
        typing.insert(TEXT, target, CancelToken())
    assert TEXT.startswith(user.text)
    assert 0 < len(user.text) < len(TEXT)
    assert str(len(user.text)) in error.value.kept


def test_windows_refuses_password_fields_and_elevated_programs(user: User32, typing: WindowsTyping) -> None:
    target = typing.target()
    assert target is not None
    user.accepts = False
    with pytest.raises(InsertRefused, match="more rights"):
        typing.insert("x", target, CancelToken())
    user.accepts, user.password_style = True, 0x20
    assert typing.target().is_password  # type: ignore[union-attr]
    with pytest.raises(InsertRefused, match="password"):
        typing.insert("x", target, CancelToken())
    assert user.text == ""


def test_windows_waits_for_held_modifiers(user: User32, typing: WindowsTyping, monkeypatch: pytest.MonkeyPatch) -> None:
    target = typing.target()
    assert target is not None
    user.held = 12
    typing.insert("x", target, CancelToken())
    assert (user.text, user.held) == ("x", 0)
    monkeypatch.setattr(windows, "_HANDS_SECONDS", 0.05)
    user.held = 10**6
    with pytest.raises(InsertRefused, match="held"):
        typing.insert("y", target, CancelToken())


class Quartz(SimpleNamespace):
    """Quartz as far as typing needs it: events that are posted become text."""

    def __init__(self) -> None:
        super().__init__(kCGWindowListOptionOnScreenOnly=1, kCGWindowListExcludeDesktopElements=16)
        self.kCGWindowListOptionAll, self.kCGNullWindowID, self.kCGHIDEventTap = 0, 0, 0
        self.kCGEventSourceStateHIDSystemState = 1
        for i, name in enumerate(("Shift", "Control", "Alternate", "Command", "SecondaryFn")):
            setattr(self, f"kCGEventFlagMask{name}", 1 << i)
        self.held, self.typed, self.keys = 0, "", []
        self.windows = [{"kCGWindowOwnerPID": 5, "kCGWindowLayer": 0, "kCGWindowNumber": 77, "kCGWindowName": "Note"}]

    def CGPreflightPostEventAccess(self) -> bool:
        return True

    def CGWindowListCopyWindowInfo(self, options: int, window: int) -> list[dict[str, Any]]:
        return self.windows

    def CGEventSourceFlagsState(self, source: int) -> int:
        self.held = max(0, self.held - 1)
        return 4 if self.held else 0

    def CGEventCreateKeyboardEvent(self, source: Any, code: int, down: bool) -> Any:
        return SimpleNamespace(code=code, down=down, text="", flags=0)

    def CGEventSetFlags(self, event: Any, flags: int) -> None:
        event.flags = flags

    def CGEventKeyboardSetUnicodeString(self, event: Any, length: int, text: str) -> None:
        assert length == len(text.encode("utf-16-le")) // 2 <= 20
        event.text = text

    def CGEventPost(self, tap: int, event: Any) -> None:
        if event.down:
            self.keys.append((event.code, event.flags))
            self.typed += event.text or {36: "\n", 48: "\t"}.get(event.code, "")


class AppKit(SimpleNamespace):
    def __init__(self, pid: int = 5) -> None:
        app = SimpleNamespace(processIdentifier=lambda: self.pid, bundleIdentifier=lambda: "com.apple.TextEdit")
        space = SimpleNamespace(frontmostApplication=lambda: app)
        super().__init__(pid=pid, NSWorkspace=SimpleNamespace(sharedWorkspace=lambda: space))


def test_macos_types_every_character() -> None:
    quartz, typing = Quartz(), None
    typing = MacTyping(quartz, AppKit(), lambda: False)
    target = typing.target()
    assert target is not None
    assert (target.title, target.program, target.pid) == ("Note", "com.apple.TextEdit", 5)
    quartz.held = 3
    inserted = typing.insert(TEXT, target, CancelToken())
    assert quartz.typed == TEXT
    typing.undo(inserted)
    assert quartz.keys[-1] == (6, quartz.kCGEventFlagMaskCommand)


def test_macos_types_nowhere_else_and_into_no_password_field() -> None:
    quartz, kit, secure = Quartz(), AppKit(), [False]
    typing = MacTyping(quartz, kit, lambda: secure[0])
    target = typing.target()
    assert target is not None
    secure[0] = True
    assert typing.target().is_password  # type: ignore[union-attr]
    with pytest.raises(InsertRefused, match="password"):
        typing.insert("x", target, CancelToken())
    kit.pid = 6
    with pytest.raises(FocusMoved):
        typing.insert("x", target, CancelToken())
    quartz.windows = []
    with pytest.raises(TargetLost):
        typing.insert("x", target, CancelToken())
    assert quartz.typed == ""
