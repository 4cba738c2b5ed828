"""Boxes to rows: what stands on one line, from the left."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.engine.light.boxes import Box, text_height

Row = tuple[Box, ...]
"""Boxes on one line, from the left. Never empty."""

_SAME_LINE = 0.5
"""Share of the smaller line height by which two middles may differ on one line."""

_WORD_GAP = 0.7
"""In line heights: closer neighbours are one phrase that the detector cut."""

_FIRST_MENUS = ("File", "Datei", "Fichier", "Archivo", "Soubor", "Plik", "Arquivo", "Bestand", "Arkiv")


def rows(boxes: Sequence[Box]) -> list[Row]:
    """Groups boxes into rows, from the top; each box is in exactly one row."""
    found: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: (b.middle_y, b.x)):
        if found and _on_line(found[-1], box):
            found[-1].append(box)
        else:
            found.append([box])
    return [tuple(sorted(row, key=lambda b: (b.x, b.y))) for row in found]


def phrases(row: Row) -> list[Row]:
    """Splits a row where a gap is wider than the one between words."""
    unit = text_height(row)
    found: list[list[Box]] = [[row[0]]]
    for box in row[1:]:
        if box.x - max(b.right for b in found[-1]) < _WORD_GAP * unit:
            found[-1].append(box)
        else:
            found.append([box])
    return [tuple(phrase) for phrase in found]


def phrase_text(phrase: Sequence[Box]) -> str:
    return " ".join(box.text for box in phrase)


def is_menu(row: Row) -> bool:
    """Whether a row is a menu bar: only short words without digits, and the first one as menus begin."""
    words = [word for box in row for word in box.text.split()]
    return len(words) >= 3 and words[0] in _FIRST_MENUS and all(len(w) <= 12 and w.isalpha() for w in words)


def _on_line(row: Sequence[Box], box: Box) -> bool:
    middle = sum(b.middle_y for b in row) / len(row)
    tolerance = _SAME_LINE * min(box.height, *(b.height for b in row))
    return abs(box.middle_y - middle) <= tolerance
