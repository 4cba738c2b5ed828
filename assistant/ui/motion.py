"""Whether the user asked the system for less motion. Qt tells that on no system, so each is asked in its own way."""

from __future__ import annotations

import configparser
import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

_SPI_GETCLIENTAREAANIMATION = 0x1042
_SECONDS = 2.0


def is_reduced() -> bool:
    """Asks the system; for a thread in the background, as it may start a small program."""
    if sys.platform == "win32":
        return _windows()
    if sys.platform == "darwin":
        return _answer("defaults", "read", "com.apple.universalaccess", "reduceMotion") == "1"
    return _kde() or _answer("gsettings", "get", "org.gnome.desktop.interface", "enable-animations") == "false"


def _windows() -> bool:
    """Settings, Accessibility, Visual effects, Animation effects."""
    animates = ctypes.c_int(1)
    library = getattr(ctypes, "windll").user32  # noqa: B009 - only there on Windows
    library.SystemParametersInfoW(_SPI_GETCLIENTAREAANIMATION, 0, ctypes.byref(animates), 0)
    return animates.value == 0


def _kde() -> bool:
    """Plasma's animation speed, at "instant"."""
    folder = Path(os.environ.get("XDG_CONFIG_HOME", "") or Path.home() / ".config")
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        parser.read(folder / "kdeglobals", encoding="utf-8")
        return parser.getfloat("KDE", "AnimationDurationFactor", fallback=1.0) == 0.0
    except (configparser.Error, OSError, ValueError):
        return False


def _answer(*command: str) -> str:
    """What a system's own settings program prints; "" where it isn't there."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
