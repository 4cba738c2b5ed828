"""Sections to plain text: compact, because each token costs the language model time."""

from __future__ import annotations

from assistant.engine.light.facts import facts, number
from assistant.engine.light.layout import Block, Section
from assistant.engine.light.layout_rows import Row, is_menu, phrase_text, phrases
from assistant.engine.light.tables import Table


def section_text(section: Section, sections: int) -> str:
    """One window: its title, its body, its status line."""
    lines = [heading] if (heading := _heading(section, sections)) else []
    lines += [_block_text(block) for block in section.body]
    lines += [f"Status line: {_row_text(row)}" for row in section.status]
    return "\n".join(lines)


def _heading(section: Section, sections: int) -> str:
    if section.title:
        return f'[{"Active window" if section.active else "Window"} "{section.title}"]'
    if section.active:
        return "[Active window]"
    return "[Outside the windows]" if sections > 1 else ""


def _block_text(block: Block) -> str:
    return "\n".join(_piece_text(piece) for piece in block.pieces)


def _piece_text(piece: Table | Row) -> str:
    return table_text(piece) if isinstance(piece, Table) else _row_text(piece)


def _row_text(row: Row) -> str:
    text = "   ".join(phrase_text(phrase) for phrase in phrases(row))
    return f"Menu: {text}" if is_menu(row) else text


def table_text(table: Table) -> str:
    """Cells between bars, then the facts; a form's labels and values as `label: value`."""
    if _is_form(table):
        return "\n".join(f"{label.rstrip(':')}: {value}" for label, value in table.cells)
    lines = ["| " + " | ".join(row) + " |" for row in table.cells]
    return "\n".join(lines + [f"({fact})" for fact in facts(table)])


def _is_form(table: Table) -> bool:
    if table.columns != 2:
        return False
    labels = [label for label, _ in table.cells if label]
    return sum(label.endswith(":") for label in labels) * 2 > len(labels) and not any(map(number, labels))
