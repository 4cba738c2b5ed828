"""Whether the program in a terminal asks for a password: it has the echo off but still takes whole lines."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

_FIRST_PTS_MAJOR, _LAST_PTS_MAJOR = 136, 143
"""Device numbers of pseudo-terminals (Linux, Documentation/admin-guide/devices.txt)."""


def asks_password(terminal: int) -> bool:
    """Looks at the terminal's one pseudo-terminal; False where it has several tabs, or the system doesn't tell.

    An editor or a shell takes single keys (no ICANON); sudo, ssh and passwd turn off nothing but the echo.

    Args:
        terminal: the terminal's process.
    """
    if not sys.platform.startswith("linux") or terminal <= 0:
        return False
    devices = {device for child in _children(terminal) if (device := _device(child))}
    return len(devices) == 1 and _is_silent(devices.pop())


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in listed.read_text().split()]
    return found


def _device(pid: int) -> str:
    """The process's pseudo-terminal; empty when it has none (proc_pid_stat(5), the seventh field)."""
    try:
        number = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[4])
    except (OSError, ValueError, IndexError):
        return ""
    major, minor = os.major(number), os.minor(number)
    if not _FIRST_PTS_MAJOR <= major <= _LAST_PTS_MAJOR:
        return ""
    return f"/dev/pts/{(major - _FIRST_PTS_MAJOR) * 256 + minor}"


def _is_silent(device: str) -> bool:
    import termios

    try:
        handle = os.open(device, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        flags = termios.tcgetattr(handle)[3]
    except termios.error:
        return False
    finally:
        os.close(handle)
    return bool(flags & termios.ICANON) and not flags & termios.ECHO
