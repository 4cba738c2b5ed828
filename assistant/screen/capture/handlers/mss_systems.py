"""Where mss works, and with which `Desktop`: X11, Windows and macOS."""

from __future__ import annotations

import importlib.util
import os
import sys

from assistant.screen.capture.handlers.mss_screen import DisplayLost, MssScreen
from assistant.screen.capture.models import Desktop


def mss_on_x11() -> MssScreen:
    return MssScreen(
        "mss on X11",
        open_desktop=_x11_desktop,
        is_compatible=_is_x11,
        is_installed=lambda: importlib.util.find_spec("xcffib") is not None,
        instructions="Install the package xcffib.",
        which=lambda: os.environ.get("DISPLAY", ""),
    )


def mss_on_windows() -> MssScreen:
    return MssScreen(
        "mss on Windows",
        open_desktop=_windows_desktop,
        is_compatible=lambda: sys.platform == "win32",
        is_installed=lambda: True,
        instructions="",
    )


def mss_on_macos() -> MssScreen:
    return MssScreen(
        "mss on macOS",
        open_desktop=_macos_desktop,
        is_compatible=lambda: sys.platform == "darwin",
        is_installed=_macos_allows,
        instructions="Allow Hearsight in System Settings > Privacy & Security > Screen Recording, then start it again.",
    )


def _is_x11() -> bool:
    """On Wayland the X server that serves old programs shows only those, and black around them."""
    wayland = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland"
    return sys.platform not in ("win32", "darwin") and bool(os.environ.get("DISPLAY")) and not wayland


def _x11_desktop() -> Desktop:
    try:
        from assistant.screen.capture.handlers.x11_desktop import X11Desktop
    except (ImportError, OSError) as error:
        raise DisplayLost("xcffib or the system's libxcb is missing") from error
    return X11Desktop()


def _windows_desktop() -> Desktop:
    from assistant.screen.capture.handlers.windows_desktop import WindowsDesktop

    return WindowsDesktop()


def _macos_desktop() -> Desktop:
    from assistant.screen.capture.handlers.macos_desktop import MacDesktop

    return MacDesktop()


def _macos_allows() -> bool:
    from assistant.screen.capture.handlers.macos_desktop import may_capture

    return may_capture()
