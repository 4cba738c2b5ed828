"""grim, the screenshot program of Wayland compositors with the wlr-screencopy protocol (sway, Hyprland, river, ...)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import numpy as np
from numpy.typing import NDArray

from assistant.core.errors import NoScreen
from assistant.core.geometry import Rect
from assistant.screen.capture.targets import region
from assistant.screen.frames import Frame, Monitor, Target

_SECONDS = 5.0
_NO_SUPPORT = "This Wayland session lets no program take a picture of the screen directly."
_REMEDY = "Give a picture with --image or paste one, or log in to an X11 session."


class Grim:
    """All outputs as one picture: which one has the pointer is a secret of the compositor."""

    name = "grim on Wayland"

    def is_compatible(self) -> bool:
        return bool(os.environ.get("WAYLAND_DISPLAY")) or os.environ.get("XDG_SESSION_TYPE") == "wayland"

    def is_installed(self) -> bool:
        return shutil.which("grim") is not None

    def install_instructions(self) -> str:
        return f"On sway, Hyprland and other wlroots compositors install the program grim. Elsewhere: {_REMEDY}"

    def monitors(self) -> list[Monitor]:
        return [_whole(_grab())]

    def capture(self, target: Target) -> Frame:
        pixels = _grab()
        _, name = region(target, [_whole(pixels)], None)
        return Frame(pixels, name)


def _whole(pixels: NDArray[np.uint8]) -> Monitor:
    return Monitor(1, "", Rect(0, 0, pixels.shape[1], pixels.shape[0]))


def _grab() -> NDArray[np.uint8]:
    try:
        done = subprocess.run(["grim", "-t", "ppm", "-"], capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoScreen(f"grim can't take the screen: {error}.", action=_REMEDY) from error
    if done.returncode != 0:
        raise NoScreen(_NO_SUPPORT, action=_REMEDY)
    return parse_ppm(done.stdout)


def parse_ppm(data: bytes) -> NDArray[np.uint8]:
    """Reads a binary PPM as grim writes it: "P6", width, height, 255, then R, G, B.

    Returns:
        uint8, shape (height, width, 3).

    Raises:
        NoScreen: it is something else, or cut short.
    """
    header = re.match(rb"P6\s(\d+)\s(\d+)\s255\s", data)
    if header is None:
        raise NoScreen("grim gave something that is not a picture.", action=_REMEDY)
    width, height, start = int(header[1]), int(header[2]), header.end()
    if len(data) - start < width * height * 3:
        raise NoScreen("grim's picture was cut short.", action=_REMEDY)
    return np.frombuffer(data, np.uint8, width * height * 3, start).reshape(height, width, 3)
