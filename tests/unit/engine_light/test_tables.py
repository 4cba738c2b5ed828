"""Tables from boxes: columns, empty cells, joined cells, numbers, and the facts computed from them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine.light.boxes import Box
from assistant.engine.light.facts import facts
from assistant.engine.light.layout_rows import rows
from assistant.engine.light.layout_text import table_text
from assistant.engine.light.numbers import number
from assistant.engine.light.sheets import without_frame
from assistant.engine.light.tables import Table, tables
from tests.unit.engine_light.test_layout import box

COLUMNS = (60, 220, 360, 500)


def grid(cells: list[list[str]], *, right: bool = True) -> list[Box]:
    """Boxes of a sheet: words at the left of their column, numbers at its right."""
    found = []
    for at, row in enumerate(cells):
        for left, text in zip(COLUMNS, row, strict=False):
            if text:
                x = left + 100 - 8 * len(text) if right and number(text) else left
                found.append(box(text, x, 50 + 30 * at))
    return found


def table(boxes: list[Box]) -> Table:
    found = [piece for piece in tables(rows(boxes)) if isinstance(piece, Table)]
    assert len(found) == 1
    return found[0]


BUDGET = [
    ["Item", "Q1", "Q2", "Q3"],
    ["Rent", "1,200", "1,200", "1,250"],
    ["Travel", "310", "", "640"],
    ["Software", "95", "95", "120"],
    ["Phone", "45", "45", ""],
]


def test_cells_come_back_with_the_empty_ones_in_place() -> None:
    assert [list(row) for row in table(grid(BUDGET)).cells] == BUDGET


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["", "7", "42", "1,305", "€9.50"]), min_size=3, max_size=3), min_size=3, max_size=8
    )
)
def test_any_sheet_with_row_names_keeps_its_cells(values: list[list[str]]) -> None:
    cells = [["Name", "First", "Second", "Third"]] + [[f"row {at}", *row] for at, row in enumerate(values)]
    for column in range(1, 4):
        cells[1][column] = cells[1][column] or "3"
        cells[-1][column] = cells[-1][column] or "5"
    found = [piece for piece in tables(rows(grid(cells))) if isinstance(piece, Table)]
    assert [list(row) for part in found for row in part.cells] == cells


def test_what_the_detector_joined_is_cut_again() -> None:
    cells = [
        [box("Day", 40, 50), box("Minutes", 200, 50), box("Pulse", 300, 50)],
        [box("Monday", 40, 80), box("45", 240, 80), box("148", 316, 80)],
        [box("Tuesday", 40, 110), box("60", 240, 110), box("96", 324, 110)],
        [box("Friday", 40, 140), box("75           132", 240, 140, 100)],
        [box("Sunday", 40, 170), box("30", 240, 170), box("155", 316, 170)],
    ]
    assert table([b for row in cells for b in row]).cells[3] == ("Friday", "75", "132")


def test_running_text_is_not_cut_into_cells() -> None:
    lines = [
        "the boat leaves the harbour at nine and again at two",
        "a ticket for the way there and back is nine euros",
    ]
    boxes = [box(line, 40, 50 + 24 * at) for at, line in enumerate(lines * 3)]
    assert not any(isinstance(piece, Table) for piece in tables(rows(boxes)))
    assert [piece[0].text for piece in tables(rows(boxes)) if not isinstance(piece, Table)] == lines * 3


def test_a_form_is_written_as_pairs() -> None:
    boxes = [box("Name:", 40, 50), box("Ada", 200, 50), box("Room:", 40, 80), box("E 217", 200, 80)]
    assert table_text(table(boxes)) == "Name: Ada\nRoom: E 217"


def test_a_sheet_loses_its_frame() -> None:
    framed = Table(
        (
            ("", "A", "B", "C", "D"),
            ("1", "Item", "March", "April", ""),
            ("2", "Rent", "1,200", "1,250", ""),
            ("3", "Phone", "45", "", ""),
        )
    )
    assert table_text(framed) == (
        "| Item | March | April |\n| Rent | 1,200 | 1,250 |\n| Phone | 45 |  |\n(sheet: columns A B C D, rows 1 2 3)"
    )


def test_a_table_without_a_frame_stays() -> None:
    plain = Table((("Name", "Count"), ("Apples", "3"), ("Pears", "4")))
    assert without_frame(plain).table == plain


def test_facts_name_the_rows() -> None:
    lines = facts(table(grid(BUDGET)))
    assert lines[0] == "highest Q1: Rent (1,200); lowest Q1: Phone (45); sum of Q1: 1,650; average Q1: 412.5; rows: 4"
    assert "sum of Q2: 1,340;" in lines[1] and lines[1].endswith("rows: 3")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.decimals(-9999, 9999, places=2), min_size=3, max_size=12))
def test_facts_are_right(values: list[Decimal]) -> None:
    cells = (("Name", "Amount"), *((f"name{chr(97 + at)}", f"{value:.2f}") for at, value in enumerate(values)))
    (line,) = facts(Table(cells))
    names = {f"name{chr(97 + at)}": value for at, value in enumerate(values)}
    parts = dict(part.split(": ", 1) for part in line.split("; "))
    assert Decimal(parts["sum of Amount"].replace(",", "")) == sum(values)
    assert parts["rows"] == str(len(values))
    for word, right in (("lowest Amount", min(values)), ("highest Amount", max(values))):
        name, written = parts[word].split(" ")
        assert Decimal(written.strip("()")) == right == names[name]


def test_totals_and_row_numbers_are_not_added_up() -> None:
    cells = (("", "Item", "Cost"), ("1", "Tea", "2"), ("2", "Milk", "3"), ("3", "Bread", "4"), ("4", "Total", "9"))
    assert facts(Table(cells)) == [
        "highest Cost: Bread (4); lowest Cost: Tea (2); sum of Cost: 9; average Cost: 3; rows: 3"
    ]


def test_sizes_are_compared_across_their_units() -> None:
    cells = (("Name", "Size"), ("song", "403.20 KiB"), ("film", "1.5 GiB"), ("photo", "2 MiB"))
    (line,) = facts(Table(cells))
    assert "lowest Size: song (403.20 KiB)" in line and "highest Size: film (1.5 GiB)" in line


def test_unlike_units_make_no_facts() -> None:
    assert facts(Table((("Name", "Amount"), ("a", "3 kg"), ("b", "4 km"), ("c", "5 h")))) == []


def test_words_make_no_facts() -> None:
    assert facts(Table((("Name", "State"), ("a", "open"), ("b", "closed"), ("c", "open")))) == []


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1,234.50", "1234.50", ""),
        ("1'234", "1234", ""),
        ("12 500", "12500", ""),
        ("3,5", "3.5", ""),
        ("€ 4", "4", "€"),
        ("-$12.30", "-12.30", "$"),
        ("(300)", "-300", ""),
        ("-8.9", "-8.9", ""),
        ("27%", "27", "%"),
        ("45 min", None, ""),
        ("14:30", None, ""),
        ("2025-01-03", None, ""),
        ("A-1042", None, ""),
        ("", None, ""),
    ],
)
def test_numbers(text: str, value: str | None, unit: str) -> None:
    found = number(text)
    assert (found and (found.value, found.unit)) == (value and (Decimal(value), unit))
