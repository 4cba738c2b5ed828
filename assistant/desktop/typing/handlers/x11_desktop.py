"""What the handlers of one X server share."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from typing import TYPE_CHECKING

from assistant.core.errors import HearsightError

if TYPE_CHECKING:
    from assistant.desktop.typing.handlers.x11_clipboard import Clipboard
    from assistant.desktop.typing.handlers.x11_session import Session

_INSTALL = "Install the Python package xcffib and the system's package libxcb1, and start Hearsight again."
_MOST_TYPED = 200
"""Characters. Typed text is seen to grow; a longer one is pasted."""


class X11Desktop:
    """The parts that the handlers of one X server share; each is made when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._clipboard: Clipboard | None = None

    def is_here(self) -> bool:
        """On Wayland the X server that serves old programs sees neither other windows nor their focus."""
        wayland = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland"
        return sys.platform not in ("win32", "darwin") and bool(os.environ.get("DISPLAY")) and not wayland

    def is_installed(self) -> bool:
        return importlib.util.find_spec("xcffib") is not None

    def install_instructions(self) -> str:
        return f"Typing on X11 needs xcffib. {_INSTALL}"

    @property
    def session(self) -> Session:
        with self._lock:
            if self._session is None:
                from assistant.desktop.typing.handlers.x11_session import Session

                self._session = Session()
            return self._session

    @property
    def clipboard(self) -> Clipboard:
        """Raises HearsightError when the X server doesn't answer."""
        with self._lock:
            if self._clipboard is None:
                import xcffib

                from assistant.desktop.typing.handlers.x11_clipboard import Clipboard

                try:
                    self._clipboard = Clipboard()
                except xcffib.ConnectionException as error:
                    raise HearsightError("The X server doesn't answer.", action="Start Hearsight again.") from error
            return self._clipboard

    def close(self) -> None:
        with self._lock:
            for part in (self._clipboard, self._session):
                if part is not None:
                    part.close()
            self._clipboard = self._session = None


def can_type(text: str) -> bool:
    """Whether a text is short and plain enough for pressing its keys one by one."""
    return 0 < len(text) <= _MOST_TYPED and text.isascii() and text.isprintable()
