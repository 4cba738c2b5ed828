"""The accessibility API of macOS at its seam: what is asked of it, and what is made of its answers."""

from __future__ import annotations

import time
from typing import Any

import pytest

from assistant.desktop.cursor.handlers.macos import MacAccessibility
from assistant.desktop.cursor.main import CursorReader
from assistant.desktop.cursor.models import UNKNOWN, Cursor

TEXT = "One two. Three four"
NO_VALUE = -25212
"""kAXErrorNoValue."""


class Services:
    """ApplicationServices with one focused field, as pyobjc shows it: answers are (error, value)."""

    kAXValueCFRangeType = 4

    def __init__(self, **attributes: Any) -> None:
        self.attributes = {"AXRole": "AXTextArea", "AXSelectedTextRange": (len(TEXT), 0), **attributes}

    def AXUIElementCreateSystemWide(self) -> str:
        return "system"

    def AXUIElementSetMessagingTimeout(self, element: str, seconds: float) -> int:
        assert seconds > 0
        return 0

    def AXUIElementGetPid(self, element: str, _: None) -> tuple[int, int]:
        return 0, 7

    def AXUIElementCopyAttributeValue(self, element: str, name: str, _: None) -> tuple[int, Any]:
        if element == "system":
            return (0, "field") if name == "AXFocusedUIElement" else (NO_VALUE, None)
        return (0, self.attributes[name]) if name in self.attributes else (NO_VALUE, None)

    def AXValueGetValue(self, value: tuple[int, int], kind: int, _: None) -> tuple[bool, tuple[int, int]]:
        return kind == self.kAXValueCFRangeType, value

    def AXValueCreate(self, kind: int, value: tuple[int, int]) -> tuple[int, int]:
        return value

    def AXUIElementCopyParameterizedAttributeValue(
        self, element: str, name: str, wanted: tuple[int, int], _: None
    ) -> tuple[int, str]:
        assert name == "AXStringForRange"
        return 0, TEXT[wanted[0] : wanted[0] + wanted[1]]


@pytest.mark.parametrize(
    ("attributes", "pid", "told"),
    [
        ({}, 7, Cursor(TEXT)),
        ({"AXSelectedTextRange": (3, 5)}, 0, Cursor("One")),
        ({"AXSelectedTextRange": (0, 0)}, 7, Cursor("")),
        ({"AXSubrole": "AXSecureTextField", "AXRole": "AXTextField"}, 7, Cursor(is_password=True)),
        ({"AXRole": "AXButton"}, 7, UNKNOWN),
        ({}, 8, UNKNOWN),
    ],
)
def test_the_focused_field(attributes: dict[str, Any], pid: int, told: Cursor) -> None:
    assert MacAccessibility(Services(**attributes)).read(pid, 5.0) == told


def test_without_the_framework_nothing_is_known() -> None:
    assert MacAccessibility().read(0, 5.0) == UNKNOWN


class Hung:
    def __init__(self) -> None:
        self.asked = 0

    def is_compatible(self) -> bool:
        return True

    def read(self, pid: int, seconds: float) -> Cursor:
        self.asked += 1
        time.sleep(seconds * 20)
        return Cursor("late")


def test_a_look_that_hangs_is_left_alone_and_not_repeated() -> None:
    way = Hung()
    reader = CursorReader([way], seconds=0.05)
    assert [reader.read(0), reader.read(0)] == [UNKNOWN, UNKNOWN]
    assert way.asked == 1
