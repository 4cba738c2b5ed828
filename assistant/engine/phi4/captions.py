"""What is said about a turn's pictures in words: a screen's windows, and which picture is which. Quoted, as data.

A title can be anything, a web page's above all: it stands in quotation marks that it can't hold itself, on one line and
cut, and its letters never become control tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.core.media import Picture, Window

_MOST_WINDOWS = 6
_MOST_LETTERS = 80
_OWN_PROGRAM = "hearsight"
_QUOTES = str.maketrans({'"': "'", "“": "'", "”": "'", "„": "'", "«": "'", "»": "'", "<": "‹", ">": "›"})


def caption(pictures: Sequence[Picture]) -> str:
    """Lines that end with a newline each; empty where there is nothing to say."""
    lines = [_windows(picture, alone=len(pictures) == 1) for picture in pictures if picture.is_screen]
    if len(pictures) > 1 and any(picture.name for picture in pictures):
        names = ", ".join(_quoted(picture.name or "picture") for picture in pictures)
        lines.insert(0, f"The pictures in order: {names}.\n")
    return "".join(lines)


def _windows(picture: Picture, *, alone: bool) -> str:
    """Titles from the topmost window down, without Hearsight's own."""
    shown = [window for window in picture.windows if window.program.lower() != _OWN_PROGRAM and window.title.strip()]
    if not shown:
        return ""
    where = "this screen" if alone or not picture.name else _quoted(picture.name)
    titles = ", ".join(map(_window, shown[:_MOST_WINDOWS]))
    return f"Titles of the windows on {where}: {titles}.\n"


def _window(window: Window) -> str:
    return _quoted(window.title) + (" (active)" if window.active else "")


def _quoted(text: str) -> str:
    line = " ".join(text.translate(_QUOTES).split())
    return f'"{line[: _MOST_LETTERS - 1] + "…" if len(line) > _MOST_LETTERS else line}"'
