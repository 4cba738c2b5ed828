"""Whether a window can open here. Qt ends the whole process when it can't reach its display, so ask first."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

from assistant.core.errors import NoScreen

_REMEDY = "Log in to a desktop, or use it in the terminal: hearsight ask, hearsight transcribe, hearsight demo."


def require_display() -> None:
    """Checks that the display that Qt would use answers.

    Raises:
        NoScreen: there is none, or it does not answer.
    """
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM", "") in ("offscreen", "minimal"):
        return
    if os.environ.get("WAYLAND_DISPLAY", ""):
        return
    display = os.environ.get("DISPLAY", "")
    if not display:
        raise NoScreen("There is no display here, so no window can open.", action=_REMEDY)
    if not _answers(display):
        raise NoScreen(f"The display {display} does not answer, so no window can open.", action=_REMEDY)


def _answers(display: str) -> bool:
    """Whether an X server listens; only local displays can be asked cheaply, remote ones are believed."""
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display)
    if local is None:
        return True
    path = f"/tmp/.X11-unix/X{local[1]}"
    # Linux's abstract socket first, as libxcb does; some sandboxes have only the file.
    for address in (f"\0{path}", path):
        if address == path and not Path(path).exists():
            continue
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2.0)
            try:
                probe.connect(address)
            except OSError:
                continue
            return True
    return False
