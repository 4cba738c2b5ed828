"""What a streamed answer looks like in the document, and what it must never do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QTextDocument
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from assistant.ui.appearance import apply_theme
from assistant.ui.markdown.code_header import CodeHeader
from assistant.ui.markdown.view import MarkdownView
from assistant.ui.theme import DARK
from assistant.workers.background import Background
from tests.unit.ui.markdown.test_blocks import SAMPLE


@pytest.fixture
def holder(qtbot: QtBot, light: None) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    QVBoxLayout(widget)
    widget.resize(500, 900)
    widget.show()
    return widget


@pytest.fixture
def view(holder: QWidget, background: Background) -> Iterator[MarkdownView]:
    made = MarkdownView(background)
    holder.layout().addWidget(made)
    yield made
    holder.hide()


def shape(document: QTextDocument) -> list[tuple[str, bool]]:
    """Each line of the document, and whether it is a list item."""
    block, lines = document.begin(), []
    while block.isValid():
        lines.append((block.text(), block.textList() is not None))
        block = block.next()
    return lines


def test_streaming_ends_where_showing_at_once_does(
    qtbot: QtBot, view: MarkdownView, holder: QWidget, background: Background
) -> None:
    whole = MarkdownView(background)
    holder.layout().addWidget(whole)
    whole.show_markdown(SAMPLE)
    for at in range(0, len(SAMPLE), 7):
        view.append(SAMPLE[at : at + 7])
        if at % 3 == 0:
            qtbot.wait(1)
            view._render()
    view.finish()
    qtbot.waitUntil(lambda: shape(view.document()) == shape(whole.document()))
    assert view.text_so_far == SAMPLE
    assert view.height() == whole.height()


def test_structure(view: MarkdownView) -> None:
    view.show_markdown(SAMPLE)
    lines = dict(shape(view.document()))
    assert lines["still four"] is False and lines["nested"] is True
    assert {"Title", "quoted\u2028more", "def f():", "    return 1", "1", "2"} <= set(lines)


def test_a_growing_code_block_is_appended_to(view: MarkdownView) -> None:
    view.append("```python\na = 1\n")
    view._render()
    view.append("b = 2\nc = 3\n")
    view._render()
    view.append("```\n\ndone")
    view._render()
    assert [line for line, _ in shape(view.document())] == ["a = 1", "b = 2", "c = 3", "done"]


def test_code_is_coloured_and_can_be_copied(qtbot: QtBot, view: MarkdownView) -> None:
    view.show_markdown("```python\ndef f():\n    return 1\n```\n")
    qtbot.waitUntil(lambda: bool(view.document().begin().layout().formats()))
    (header,) = view.findChildren(CodeHeader)
    header._copy.click()
    assert QGuiApplication.clipboard().text() == "def f():\n    return 1"
    assert header._copy.accessibleName() == "Copied"


def test_html_is_shown_not_obeyed(view: MarkdownView) -> None:
    view.show_markdown('<b>x</b> <img src="file:///etc/passwd"> <script>alert(1)</script>')
    text = view.toPlainText()
    assert "<b>x</b>" in text and "<script>" in text
    assert not view.document().begin().charFormat().isImageFormat()


def test_pictures_are_named_and_never_fetched(view: MarkdownView) -> None:
    view.show_markdown("![a chart](http://example.org/x.png)")
    assert view.toPlainText() == "[a chart]"
    assert view.loadResource(2, QUrl("http://example.org/x.png")) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("[here](https://example.org/a)", "https://example.org/a"),
        ("see https://example.org/b.", "https://example.org/b"),
        ("[x](javascript:alert(1))", ""),
        ("[x](file:///etc/passwd)", ""),
        ("[x](mailto:a@b.c)", ""),
    ],
)
def test_only_web_pages_are_links(view: MarkdownView, text: str, address: str) -> None:
    view.show_markdown(text)
    fragments = list(iter_fragments(view.document()))
    assert [f.charFormat().anchorHref() for f in fragments if f.charFormat().isAnchor()] == (
        [address] if address else []
    )
    if address:
        assert next(f for f in fragments if f.charFormat().isAnchor()).charFormat().toolTip() == address


def iter_fragments(document: QTextDocument) -> Iterator[object]:
    iterator = document.begin().begin()
    while not iterator.atEnd():
        yield iterator.fragment()
        iterator += 1


def test_a_click_asks_and_opens_nothing_by_itself(qtbot: QtBot, view: MarkdownView) -> None:
    view.show_markdown("[here](https://example.org/a)")
    with qtbot.waitSignal(view.link_clicked) as clicked:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(12, 12))
    assert clicked.args == ["https://example.org/a"]
    assert "here" in view.toPlainText()


def test_selection_goes_across_paragraphs(view: MarkdownView) -> None:
    view.show_markdown("one\n\n- two\n\n```\nthree\n```\n")
    view.selectAll()
    assert [word for word in view.textCursor().selectedText().split("\u2029") if word] == ["one", "two", "three"]


def test_height_follows_the_width(qtbot: QtBot, view: MarkdownView, holder: QWidget) -> None:
    view.show_markdown("words " * 200)
    wide = view.height()
    holder.resize(250, 900)
    qtbot.waitUntil(lambda: view.height() > 1.6 * wide)


def test_a_new_theme_redraws(qapp: QApplication, qtbot: QtBot, view: MarkdownView) -> None:
    view.show_markdown("plain")
    apply_theme(qapp, "dark", 16)
    try:
        fragment = next(iter_fragments(view.document()))
        assert fragment.charFormat().foreground().color().name().upper() == DARK.text
        assert view.font().pixelSize() == 16
    finally:
        apply_theme(qapp, "light", 13)
