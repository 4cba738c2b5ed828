"""Sections to plain text: compact, because each token costs the language model time."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.engine.light.charts import Chart
from assistant.engine.light.facts import facts
from assistant.engine.light.layout import Block, Piece, Section
from assistant.engine.light.layout_rows import Row, is_menu, phrase_text, phrases
from assistant.engine.light.numbers import number
from assistant.engine.light.sheets import without_frame
from assistant.engine.light.tables import Table


def section_text(section: Section, sections: int) -> str:
    """One window: its title, its body, its status line or buttons."""
    lines = [heading] if (heading := _heading(section, sections)) else []
    lines += [_block_text(block) for block in section.body]
    lines += [f"Status line: {_row_text(row)}" for row in section.status]
    lines += ["Buttons: " + " ".join(f"[{text}]" for text in section.buttons)] if section.buttons else []
    return "\n".join(lines)


def _heading(section: Section, sections: int) -> str:
    if section.title:
        return f'[{"Active window" if section.active else "Window"} "{section.title}"]'
    if section.active:
        return "[Active window]"
    return "[Outside the windows]" if sections > 1 else ""


def _block_text(block: Block) -> str:
    """A block's pieces; lone numbers under each other, such as a sheet's empty rows, on one line."""
    lines: list[str] = []
    counting = False
    for piece in block.pieces:
        text = _piece_text(piece)
        lone = text.isdigit()
        if lone and counting:
            lines[-1] += f" {text}"
        else:
            lines.append(text)
        counting = lone
    return "\n".join(lines)


def _piece_text(piece: Piece) -> str:
    if isinstance(piece, Table):
        return table_text(piece)
    return chart_text(piece) if isinstance(piece, Chart) else _row_text(piece)


def _row_text(row: Row) -> str:
    text = "   ".join(phrase_text(phrase) for phrase in phrases(row))
    return f"Menu: {text}" if is_menu(row) else text


def table_text(table: Table) -> str:
    """Cells between bars, then the facts; a form's labels and values as `label: value`."""
    if _is_form(table):
        return "\n".join(_pair(row[0], "   ".join(cell for cell in row[1:] if cell)) for row in table.cells)
    sheet = without_frame(table)
    lines = ["| " + " | ".join(row) + " |" for row in sheet.table.cells]
    frame = [f"columns {sheet.columns}"] * bool(sheet.columns) + [f"rows {sheet.rows}"] * bool(sheet.rows)
    lines += [f"(sheet: {', '.join(frame)})"] if frame else []
    return "\n".join(lines + [f"({fact})" for fact in facts(sheet.table)])


def chart_text(chart: Chart) -> str:
    """`Chart: January = 12, February = 15`, then what is computed from it."""
    lines = ["Chart: " + ", ".join(f"{label} = {' and '.join(values)}" for label, values in chart.values)]
    if chart.axis:
        lines.append("(axis: " + " ".join(chart.axis) + ")")
    single = [(label, values[0]) for label, values in chart.values if len(values) == 1]
    if len(single) == len(chart.values):
        lines += [f"({fact})" for fact in facts(Table((("Label", "Value"), *single)))]
    return "\n".join(lines)


def _pair(label: str, value: str) -> str:
    return f"{label.rstrip(':')}: {value}" if label else value


def _is_form(table: Table) -> bool:
    """Whether a table is labels and fields: nearly all rows have one of each, and the labels are words, not a header
    over columns of numbers."""
    pairs = sum(1 for row in table.cells if row[0] and sum(map(bool, row[1:])) == 1)
    labels: Sequence[str] = [row[0] for row in table.cells if row[0]]
    if pairs * 10 < len(table.cells) * 7 or any(map(number, labels)):
        return False
    return sum(label.endswith(":") for label in labels) * 2 > len(labels) or not facts(table)
