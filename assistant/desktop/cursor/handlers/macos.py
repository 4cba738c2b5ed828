"""macOS: the accessibility API, which the permission to type opens as well.

Attributes: https://developer.apple.com/documentation/applicationservices/axattributeconstants_h
"""

from __future__ import annotations

import importlib
import logging
import sys
import time
from typing import Any

from assistant.desktop.cursor.models import LONGEST, UNKNOWN, Cursor

_log = logging.getLogger(__name__)

_SECURE = "AXSecureTextField"
_FIELDS = ("AXTextField", "AXTextArea", "AXComboBox")
_OBJECT = "\ufffc"
_MIN_SECONDS = 0.001
"""To AXUIElementSetMessagingTimeout 0 means its own default of seconds."""


class MacAccessibility:
    """See `CursorHandler`.

    Args:
        services: the module `ApplicationServices`; imported when left out.
    """

    def __init__(self, services: Any = None) -> None:
        self._made = services

    def is_compatible(self) -> bool:
        return sys.platform == "darwin"

    def read(self, pid: int, seconds: float) -> Cursor:
        try:
            if self._made is None:
                self._made = importlib.import_module("ApplicationServices")
            return _Look(self._made, time.monotonic() + seconds).cursor(pid)
        except (ImportError, LookupError, TypeError, ValueError, TimeoutError) as error:
            _log.debug("the focused field is not told: %s", type(error).__name__)
            return UNKNOWN


class _Look:
    """Every question raises LookupError where it isn't answered, and TimeoutError once the time is over."""

    def __init__(self, services: Any, last: float) -> None:
        self._ax, self._last = services, last

    def cursor(self, pid: int) -> Cursor:
        field = self._ask(self._ax.AXUIElementCreateSystemWide(), "AXFocusedUIElement")
        if pid and self._answer(self._ax.AXUIElementGetPid(field, None)) != pid:
            return UNKNOWN
        if self._is_secure(field):
            return Cursor(is_password=True)
        return Cursor(self._before(field)) if self._ask(field, "AXRole") in _FIELDS else UNKNOWN

    def _is_secure(self, field: Any) -> bool:
        """Most fields have no subrole."""
        try:
            return bool(self._ask(field, "AXSubrole") == _SECURE)
        except LookupError:
            return False

    def _before(self, field: Any) -> str | None:
        """The range begins where a selection begins; lengths are in UTF-16 units, as the API counts."""
        kind = self._ax.kAXValueCFRangeType
        told, (place, _) = self._ax.AXValueGetValue(self._ask(field, "AXSelectedTextRange"), kind, None)
        if not told:
            return None
        start = max(int(place) - LONGEST, 0)
        if int(place) == start:
            return ""
        wanted = self._ax.AXValueCreate(kind, (start, int(place) - start))
        self._bound(field)
        asked = self._ax.AXUIElementCopyParameterizedAttributeValue(field, "AXStringForRange", wanted, None)
        text = str(self._answer(asked))
        return None if _OBJECT in text else text

    def _ask(self, element: Any, name: str) -> Any:
        self._bound(element)
        return self._answer(self._ax.AXUIElementCopyAttributeValue(element, name, None))

    def _bound(self, element: Any) -> None:
        left = self._last - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._ax.AXUIElementSetMessagingTimeout(element, max(left, _MIN_SECONDS))

    def _answer(self, answered: tuple[int, Any]) -> Any:
        error, value = answered
        if error or value is None:
            raise LookupError
        return value
