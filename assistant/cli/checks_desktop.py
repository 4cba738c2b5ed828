"""The checks of `hearsight doctor` that are about the session: screen, keys, typing into other programs, the HUD."""

from __future__ import annotations

import os
import sys

from assistant.cli.check_rows import Row
from assistant.core.errors import NoScreen


def display() -> Row:
    from assistant.desktop.display import require_display

    kind = os.environ.get("XDG_SESSION_TYPE", "") or ("wayland" if os.environ.get("WAYLAND_DISPLAY") else "x11")
    kind = {"win32": "Windows", "darwin": "macOS"}.get(sys.platform, kind)
    try:
        require_display()
    except NoScreen as error:
        return Row("display", False, False, error.message, error.action)
    name = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY", "")
    return Row("display", True, True, f"{kind} {name}".rstrip())


def capture() -> Row:
    from assistant.screen.capture.main import status

    rows = status()
    working = [f"{name}: {detail}" for name, works, detail in rows if works]
    if working:
        return Row("screen capture", True, True, "; ".join(working))
    reasons = [f"{name}: {why}" for name, _, why in rows if "another kind of session" not in why]
    detail = "No way to take a picture of this screen."
    return Row("screen capture", False, False, detail, " ".join(reasons) or "Log in to a desktop.")


def hotkeys() -> Row:
    from assistant.desktop.hotkeys.main import available

    works, detail = available()
    if works:
        return Row("global keys", True, True, detail)
    return Row("global keys", False, False, "No global keys on this session.", detail)


def typing() -> Row:
    """Every way that this session has; the first is the best."""
    from assistant.desktop.typing.handlers.clipboard_only import ClipboardOnly
    from assistant.desktop.typing.main import status

    here = [way for way in status() if "another kind of session" not in way.reason]
    working = [way.name for way in here if way.works]
    lacking = " ".join(f"{way.name}: {way.reason}" for way in here if not way.works)
    if any(name != ClipboardOnly.name for name in working):
        # A better way that is missing is worth a word even where another one works.
        is_best = here[0].works
        return Row("typing", True, True, ", ".join(working) + ("" if is_best else f". Better: {lacking}"))
    detail = "Dictated text can only be copied, to be pasted by hand." if working else "No way to other programs."
    return Row("typing", bool(working), False, detail, lacking or "Log in to a desktop.")


def hud() -> Row:
    """On Wayland it is a notification, since a window would take the focus."""
    from assistant.desktop.hotkeys.main import is_up_to_the_desktop

    if not is_up_to_the_desktop() or not os.environ.get("QT_QPA_PLATFORM", "wayland").startswith("wayland"):
        return Row("HUD", True, True, "a window of its own")
    from assistant.desktop.notifications.main import status

    works, detail = status()
    if works:
        return Row("HUD", True, True, f"notifications of {detail}")
    return Row("HUD", False, False, "Nothing can show it: the window and the tray's icon tell it all.", detail)
