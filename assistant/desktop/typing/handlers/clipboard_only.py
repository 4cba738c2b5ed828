"""The last way: the text is put into the clipboard, and the user is told to paste it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

from assistant.core.cancel import CancelToken
from assistant.core.errors import InsertRefused
from assistant.desktop.typing.handlers.x11_desktop import X11Desktop
from assistant.desktop.typing.models import Inserted, Target, Where
from assistant.desktop.typing.system_clipboard import copy_by
from assistant.desktop.typing.watch import Watch

_SAID = "The text is in the clipboard: paste it where you want it ({})."


class ClipboardOnly:
    """See `TypingHandler`; nothing is typed, so it goes with every window.

    Args:
        x11: the X server's clipboard, for sessions that have one.
    """

    name = "clipboard only"

    def __init__(self, x11: X11Desktop) -> None:
        self._x11 = x11

    def is_compatible(self) -> bool:
        return True

    def is_installed(self) -> bool:
        return self._x11.is_here() or shutil.which(_program()[0]) is not None

    def install_instructions(self) -> str:
        return "Copying on Wayland needs wl-copy: install the package wl-clipboard."

    def target(self) -> Target | None:
        return Target("", "", "")

    def where(self, target: Target) -> Where:  # noqa: ARG002 - nothing is typed anywhere
        return "focused"

    def refuses(self, text: str, target: Target) -> str:  # noqa: ARG002 - every text can be copied
        return ""

    def insert(self, text: str, target: Target, cancel: CancelToken) -> Inserted:
        cancel.check()
        watch = Watch()
        self.copy(text)
        watch.lap("save")
        keys = "Cmd+V" if sys.platform == "darwin" else "Ctrl+V"
        return Inserted(self.name, len(text), False, watch.seconds(), (_SAID.format(keys),), target)

    def undo(self, inserted: Inserted) -> None:
        raise InsertRefused(f"By “{inserted.handler}” nothing was typed that could be taken back.")

    def activate(self, target: Target) -> None:
        """Nothing is typed anywhere."""

    def copy(self, text: str) -> None:
        if self._x11.is_here():
            try:
                self._x11.clipboard.copy(text)
            except TimeoutError as error:
                raise InsertRefused("Another program keeps the clipboard to itself.") from error
            return
        data = b"\xff\xfe" + text.encode("utf-16-le") if sys.platform == "win32" else text.encode()
        copy_by(_program(), data)

    def close(self) -> None:
        self._x11.close()


def _program() -> Sequence[str]:
    """The program that copies what it is given; `clip` takes UTF-16 with its mark."""
    if sys.platform == "win32":
        return ("clip",)
    if sys.platform == "darwin":
        return ("pbcopy",)
    return ("wl-copy",) if os.environ.get("WAYLAND_DISPLAY") else ("xclip", "-selection", "clipboard")
