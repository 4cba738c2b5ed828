"""Boxes to sections: which window each piece of text belongs to, and its blocks in reading order. Pure computation."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.media import Window
from assistant.engine.light.boxes import Box, text_height
from assistant.engine.light.charts import Chart, find_charts
from assistant.engine.light.layout_blocks import blocks
from assistant.engine.light.layout_rows import Row, is_menu, phrase_text, phrases, rows
from assistant.engine.light.tables import Table, tables

Piece = Table | Chart | Row

_TITLE_BAR = 45
"""Pixels above a window's rectangle in which its title may stand, where the rectangle is without its frame."""

_SAME_TITLE = 0.85
_SHORTENED = 12
"""Characters that a shortened title must have left to be known by."""

_BUTTONS = 5.0
"""In line heights: how far from the edges the window's icon and its buttons reach."""

_BUTTON_EDGE = 2.5
"""In line heights: how far from a window's lower edge its buttons stand at most."""

_BUTTON_LENGTH = 28
_MOST_BUTTONS = 5

_BUTTON_TEXT = 4
"""The icons of a title bar are read as this many characters at most."""


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
        buttons: what stands there instead in forms and dialogs.
    """

    title: str
    active: bool
    body: tuple[Block, ...]
    status: tuple[Row, ...] = ()
    buttons: tuple[str, ...] = ()


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
    """Whether a box at a window's top reads like its title, or like the beginning of one that was shortened."""
    if not window.title or box.middle_y >= window.rect.y + _TITLE_BAR:
        return False
    read, title = box.text.lower().rstrip("….- "), window.title.lower()
    if len(read) >= _SHORTENED and title.startswith(read):
        return True
    return difflib.SequenceMatcher(None, read, title).ratio() >= _SAME_TITLE


def _section(boxes: Sequence[Box], window: Window | None) -> Section:
    bar = _title_bar(boxes, window) if window else []
    charts, inner = find_charts([box for box in boxes if box not in bar])
    if window is None:
        return Section("", False, _body(inner, charts))
    last = _last_line(inner, window)
    body = _body([box for box in inner if box not in last], charts)
    buttons = _buttons(last, window) if last else ()
    return Section(window.title, window.active, body, (last,) if last and not buttons else (), buttons)


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
        and len(box.text) <= _BUTTON_TEXT
        and min(window.rect.right - box.x, box.right - window.rect.x) < _BUTTONS * title.height
    ]
    return [title, *buttons]


def _body(boxes: Sequence[Box], charts: Sequence[Chart]) -> tuple[Block, ...]:
    found = [block for part in _at_menus(rows(boxes)) for block in blocks([box for row in part for box in row])]
    pieces = [Block(tuple(tables(rows(block)))) for block in found]
    return (*pieces, *(Block((chart,)) for chart in charts))


def _at_menus(found: Sequence[Row]) -> list[list[Row]]:
    """Rows parted at menu bars, which stand alone: no column reaches across one."""
    parts: list[list[Row]] = []
    for row in found:
        if not parts or is_menu(row) or is_menu(parts[-1][-1]):
            parts.append([])
        parts[-1].append(row)
    return parts


def _last_line(boxes: Sequence[Box], window: Window) -> Row:
    """The last row, where it lies at the window's lower edge: a status line well apart from the text above, or
    buttons. Empty where there is none."""
    found = rows(boxes)
    if len(found) < 2:
        return ()
    unit = text_height(boxes)
    last, before = found[-1], found[-2]
    to_edge = window.rect.bottom - max(box.bottom for box in last)
    gap = min(box.y for box in last) - max(box.bottom for box in before)
    if to_edge < 1.2 * unit and gap > 1.5 * unit:
        return last
    return last if to_edge < _BUTTON_EDGE * unit and gap > 0 and _buttons(last, window) else ()


def _buttons(row: Row, window: Window) -> tuple[str, ...]:
    """The row's texts where they are buttons: few and short, in the middle or at the right of a window."""
    texts = [phrase_text(phrase) for phrase in phrases(row)]
    left, right = row[0].x, max(box.right for box in row)
    off_middle = abs((left + right) / 2 - (window.rect.x + window.rect.width / 2))
    placed = off_middle < 0.1 * window.rect.width or window.rect.right - right < 0.25 * window.rect.width
    placed = placed and left - window.rect.x > 0.1 * window.rect.width
    short = all(len(text) <= _BUTTON_LENGTH and text[:1].isalpha() and text[-1] not in ".,:;" for text in texts)
    return tuple(texts) if placed and short and len(texts) <= _MOST_BUTTONS else ()
