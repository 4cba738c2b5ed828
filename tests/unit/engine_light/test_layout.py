"""The layout on made-up boxes: nothing lost, order kept, columns and windows apart."""

from __future__ import annotations

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.geometry import Rect
from assistant.core.media import Window
from assistant.engine.light.boxes import Box, Span
from assistant.engine.light.layout import Section, lay_out
from assistant.engine.light.layout_text import section_text
from assistant.engine.light.screen_text import cut

LINE = 24.0


def box(text: str, x: float, y: float, width: float | None = None) -> Box:
    """A box as the recogniser gives it, with its words' places."""
    width = 8.0 * len(text) if width is None else width
    starts = [match.start() for match in re.finditer(r"\S+", text)]
    letter = width / max(1, len(text))
    words = [
        Span(x + at * letter, x + (at + len(word)) * letter) for at, word in zip(starts, text.split(), strict=True)
    ]
    return Box(x, y, width, 22, text, 1.0, tuple(words))


def column(lines: list[str], x: float, y: float = 100, step: float = LINE) -> list[Box]:
    return [box(line, x, y + at * step) for at, line in enumerate(lines)]


def text_of(sections: list[Section]) -> str:
    return "\n".join(section_text(section, len(sections)) for section in sections)


def places(text: str, words: list[str]) -> list[int]:
    found = [text.find(word) for word in words]
    assert -1 not in found, [word for word, at in zip(words, found, strict=True) if at < 0]
    return found


spots = st.tuples(st.integers(0, 1800), st.integers(0, 1000), st.integers(8, 300), st.integers(8, 40))


@settings(max_examples=150, deadline=None)
@given(st.lists(spots, max_size=40), st.booleans())
def test_every_box_comes_out_exactly_once(found: list[tuple[int, int, int, int]], with_windows: bool) -> None:
    boxes = [Box(x, y, w, h, f"w{at}x") for at, (x, y, w, h) in enumerate(found)]
    windows = (
        Window("Left, a window without a like", Rect(0, 0, 900, 1000)),
        Window("", Rect(600, 100, 900, 800), active=True),
    )
    text = text_of(lay_out(boxes, windows if with_windows else ()))
    read = re.findall(r"w\d+x", text.split("(")[0] if "(w" in text else text)
    assert sorted(read) == sorted(b.text for b in boxes)


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_is_stable_under_jitter(chance: random.Random) -> None:
    lines = ["Dear Anna,", "the boat leaves at nine,", "please bring the tickets.", "Yours, Ben"]
    boxes = column(lines, 100)
    moved = [Box(b.x + chance.uniform(-2, 2), b.y + chance.uniform(-2, 2), b.width, b.height, b.text) for b in boxes]
    chance.shuffle(moved)
    assert text_of(lay_out(moved)) == "\n".join(lines)


def test_two_columns_of_text_are_read_one_after_the_other() -> None:
    left = [f"left column line {at} is running text here" for at in range(6)]
    right = [f"right column line {at} is running text too" for at in range(6)]
    text = text_of(lay_out([*column(left, 40), *column(right, 480)]))
    assert text.split("\n") == left + right


def test_a_side_bar_does_not_mix_with_the_page() -> None:
    bar = ["Home", "News", "Places", "Shop", "About"]
    page = [f"paragraph line {at} of the page beside the bar" for at in range(6)]
    text = text_of(lay_out([*column(bar, 20, 107, 33), *column(page, 300)]))
    assert text.split("\n") == bar + page


def test_a_headline_above_two_columns_comes_first_and_a_footer_last() -> None:
    left = [f"left column line {at} is running text here" for at in range(5)]
    right = [f"right column line {at} is running text too" for at in range(5)]
    top, end = (
        "A headline that goes across both of the columns of this page, all of it",
        "Imprint, contact and data protection: everything below this line goes across as well",
    )
    boxes = [box(top, 40, 40, 900), *column(left, 40), *column(right, 480), box(end, 40, 300)]
    assert text_of(lay_out(boxes)).split("\n") == [top, *left, *right, end]


LEFT = Window("Left", Rect(0, 0, 600, 800))
RIGHT = Window("Right", Rect(600, 0, 600, 800), active=True)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 30), st.integers(18, 34))
def test_windows_side_by_side_never_interleave(left: int, right: int, shift: int, step: int) -> None:
    a = [f"a{at}a" for at in range(left)]
    b = [f"b{at}b" for at in range(right)]
    text = text_of(lay_out([*column(a, 500), *column(b, 620, 100 + shift, step)], [LEFT, RIGHT]))
    assert max(places(text, b)) < min(places(text, a)), "the active window comes first, whole"


def test_sections_carry_titles_and_the_active_one_is_marked() -> None:
    boxes = [box("Left", 280, 4), box("Right", 880, 4), *column(["one", "two"], 50), *column(["three", "four"], 700)]
    text = text_of(lay_out(boxes, [LEFT, RIGHT]))
    assert text.startswith('[Active window "Right"]\n')
    assert '[Window "Left"]' in text
    assert text.count("Left") == text.count("Right") == 1, "the title on the picture is the section's title"


def test_a_covered_spot_belongs_to_the_window_on_top() -> None:
    dialog = Window("Dialog", Rect(200, 200, 300, 200))
    behind = Window("Behind", Rect(0, 0, 1000, 1000), active=True)
    sections = lay_out([box("question", 250, 250), box("document", 50, 250)], [dialog, behind])
    by_title = {section.title: text_of([section]) for section in sections}
    assert "question" in by_title["Dialog"] and "document" in by_title["Behind"]


def test_text_outside_of_all_windows_comes_last() -> None:
    text = text_of(lay_out([box("Trash", 1500, 900), box("hello", 50, 50)], [LEFT]))
    assert text.index("hello") < text.index("Trash")


def test_menu_status_line_and_buttons_are_named() -> None:
    window = Window("Editor", Rect(0, 0, 800, 600), active=True)
    menu = [box(name, 10 + 70 * at, 30) for at, name in enumerate(["File", "Edit", "View", "Help"])]
    body = column(["first line of the text", "second line of the text", "third"], 10, 80)
    status = [box("Line 3 of 3", 10, 576)]
    text = text_of(lay_out([*menu, *body, *status], [window]))
    assert "Menu: File   Edit   View   Help" in text
    assert text.endswith("Status line: Line 3 of 3")
    buttons = [box("Cancel", 600, 560), box("Save", 700, 560)]
    assert text_of(lay_out([*menu, *body, *buttons], [window])).endswith("Buttons: [Cancel] [Save]")


def test_icons_of_the_title_bar_are_no_text() -> None:
    window = Window("Budget", Rect(0, 0, 800, 600), active=True)
    boxes = [box("Budget", 380, 4), Box(770, 4, 24, 20, "X"), box("hello", 20, 90)]
    assert text_of(lay_out(boxes, [window])) == '[Active window "Budget"]\nhello'


def test_chart_values_stand_with_their_labels() -> None:
    labels = [box(name, 100 + 100 * at, 400) for at, name in enumerate(["May", "June", "July", "August"])]
    values = [
        Box(label.middle_x - 8, 380 - value * 3, 16, 22, str(value))
        for label, value in zip(labels, (12, 80, 45, 31), strict=True)
    ]
    axis = [Box(40, 380 - value * 3, 16, 22, str(value)) for value in (20, 40, 60)]
    text = text_of(lay_out([box("Guests", 250, 40), *labels, *values, *axis]))
    assert text.startswith("Guests\n")
    for pair in ("May = 12", "June = 80", "July = 45", "August = 31", "highest Value: June (80)"):
        assert pair in text


def test_a_table_is_not_taken_for_a_chart() -> None:
    rows = [["Name", "A", "B"], ["x", "1", "2"], ["y", "3", "4"], ["z", "5", "6"]]
    boxes = [box(cell, 50 + 120 * c, 50 + 30 * r) for r, row in enumerate(rows) for c, cell in enumerate(row)]
    assert "Chart" not in text_of(lay_out(boxes))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text("abc \n", min_size=1, max_size=200), min_size=1, max_size=4), st.integers(0, 500))
def test_the_budget_holds_and_says_what_it_cost(texts: list[str], budget: int) -> None:
    text, dropped = cut(texts, budget)
    whole = "\n\n".join(texts)
    assert len(text) <= max(budget, 0)
    assert (dropped == 0) == (len(whole) <= budget)
    assert dropped <= len(whole)
    if "did not fit" in text:
        assert whole.startswith(text[: text.rindex("\n[")])


def test_the_active_window_is_cut_last() -> None:
    active, other = "a\n" * 50, "b\n" * 50
    text, dropped = cut([active, other], 150)
    assert text.count("a") >= 50 and dropped > 0
    assert f"[{dropped} more characters" in text
