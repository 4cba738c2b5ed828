"""Boxes to sections: which window each piece of text belongs to, and its blocks in reading order. Pure computation."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.media import Window
from assistant.engine.light.boxes import Box, text_height
from assistant.engine.light.layout_blocks import blocks
from assistant.engine.light.layout_rows import Row, rows
from assistant.engine.light.tables import Table, tables

Piece = Table | Row

_TITLE_BAR = 45
"""Pixels above a window's rectangle in which its title may stand, where the rectangle is without its frame."""

_SAME_TITLE = 0.7

_BUTTONS = 5.0
"""In line heights: how far from the right edge minimise, maximise and close may begin."""

_BUTTON_TEXT = 4
"""Their icons are read as this many characters at most."""


@dataclass(frozen=True)
class Block:
    """What belongs together, from the top: rows of text and tables."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Section:
    """One window (or what lies outside of all windows).

    Attributes:
        title: the window's title; "" outside of windows, or where the windows aren't known.
        status: the line at the window's lower edge, apart from its body.
    """

    title: str
    active: bool
    body: tuple[Block, ...]
    status: tuple[Row, ...]


def lay_out(boxes: Sequence[Box], windows: Sequence[Window] = ()) -> list[Section]:
    """Sorts boxes into sections: the active window first, then the others from the topmost, then the desktop.

    Every box comes out exactly once; those of a title bar (title, icons of its buttons) as the section's title.
    """
    groups = _by_window(boxes, windows)
    order = sorted(range(len(windows)), key=lambda i: (not windows[i].active, i))
    sections = [_section(groups[i], windows[i]) for i in order if groups[i] or windows[i].active]
    if groups[len(windows)]:
        sections.append(_section(groups[len(windows)], None))
    return sections


def _by_window(boxes: Sequence[Box], windows: Sequence[Window]) -> list[list[Box]]:
    """The boxes of each window, and last of none."""
    groups: list[list[Box]] = [[] for _ in range(len(windows) + 1)]
    for box in boxes:
        groups[_window_of(box, windows)].append(box)
    return groups


def _window_of(box: Box, windows: Sequence[Window]) -> int:
    for at, window in enumerate(windows):
        if window.rect.contains(box.middle_x, box.middle_y):
            return at
    for at, window in enumerate(windows):
        above = window.rect.y - _TITLE_BAR <= box.middle_y < window.rect.y
        if above and window.rect.x <= box.middle_x < window.rect.right and _is_title(box, window):
            return at
    return len(windows)


def _is_title(box: Box, window: Window) -> bool:
    near = box.middle_y < window.rect.y + _TITLE_BAR
    same = difflib.SequenceMatcher(None, box.text.lower(), window.title.lower()).ratio() >= _SAME_TITLE
    return bool(window.title) and near and same


def _section(boxes: Sequence[Box], window: Window | None) -> Section:
    if window is None:
        return Section("", False, _body(boxes), ())
    bar = _title_bar(boxes, window)
    inner, status = _status_line([box for box in boxes if box not in bar], window)
    return Section(window.title, window.active, _body(inner), status)


def _title_bar(boxes: Sequence[Box], window: Window) -> list[Box]:
    """The box with the title, and what was read on the window's buttons beside it."""
    title = next((box for box in boxes if _is_title(box, window)), None)
    if title is None:
        return []
    buttons = [
        box
        for box in boxes
        if box is not title
        and abs(box.middle_y - title.middle_y) < 0.5 * title.height
        and window.rect.right - box.x < _BUTTONS * title.height
        and len(box.text) <= _BUTTON_TEXT
    ]
    return [title, *buttons]


def _body(boxes: Sequence[Box]) -> tuple[Block, ...]:
    return tuple(Block(tuple(tables(rows(block)))) for block in blocks(boxes))


def _status_line(boxes: Sequence[Box], window: Window) -> tuple[list[Box], tuple[Row, ...]]:
    """The last row, where it lies at the window's lower edge and well apart from the text above."""
    found = rows(boxes)
    if len(found) < 3:
        return list(boxes), ()
    unit = text_height(boxes)
    last, before = found[-1], found[-2]
    at_edge = window.rect.bottom - max(box.bottom for box in last) < 1.2 * unit
    apart = min(box.y for box in last) - max(box.bottom for box in before) > 1.5 * unit
    if at_edge and apart:
        return [box for box in boxes if box not in last], (last,)
    return list(boxes), ()
