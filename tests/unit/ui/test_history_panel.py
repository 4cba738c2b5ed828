"""The history pane: groups, paging, search, renaming, pinning, deleting."""

from __future__ import annotations

import time
from datetime import date, datetime

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtWidgets import QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from assistant.history.models import Conversation
from assistant.history.store import History
from assistant.ui.history_panel.model import PAGE, HistoryModel
from assistant.ui.history_panel.panel import HistoryPanel
from assistant.ui.history_panel.rows import NEW_TITLE, grouped
from assistant.ui.words import clock, day_group
from assistant.workers.background import Background
from tests.helpers.windows import ask

TODAY = date(2026, 3, 15)


@pytest.fixture
def panel(qtbot: QtBot, history: History, background: Background) -> HistoryPanel:
    made = HistoryPanel(history, background)
    qtbot.addWidget(made)
    made.resize(264, 500)
    made.show()
    return made


def titles(panel: HistoryPanel) -> list[str]:
    return [row.heading or row.title for row in panel.model.rows]


@pytest.mark.parametrize(
    ("day", "group"),
    [
        (datetime(2026, 3, 15, 23, 59), "Today"),
        (datetime(2026, 3, 16, 1, 0), "Today"),
        (datetime(2026, 3, 14, 0, 0), "Yesterday"),
        (datetime(2026, 3, 8, 12, 0), "Previous 7 days"),
        (datetime(2026, 3, 7, 12, 0), "Previous 30 days"),
        (datetime(2026, 2, 12, 12, 0), "February 2026"),
    ],
)
def test_groups(day: datetime, group: str) -> None:
    assert day_group(day.timestamp(), TODAY) == group


def test_lengths() -> None:
    assert [clock(seconds) for seconds in (0, 7.4, 59.6, 750, 3723)] == ["0:00", "0:07", "1:00", "12:30", "1:02:03"]


def test_pinned_come_first_under_a_heading_of_their_own() -> None:
    now = time.time()
    rows = grouped([Conversation(1, "old", 0, now - 9e6, True), Conversation(2, "", now, now, False)])
    assert [(row.heading, row.title) for row in rows[:2]] == [("Pinned", ""), ("", "old")]
    assert [row.heading or row.title for row in rows[2:]] == ["Today", NEW_TITLE]


def test_shows_what_is_there_and_opens_by_click(qtbot: QtBot, panel: HistoryPanel, history: History) -> None:
    panel.refresh()
    assert panel._hint.text() == "Your conversations will be here."
    first = ask(history, "First question?")
    ask(history, "Second question?")
    panel.refresh()
    assert titles(panel) == ["Today", "Second question?", "First question?"]
    with qtbot.waitSignal(panel.opened) as opened:
        rect = panel.list.visualRect(panel.model.index(2))
        qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.topLeft() + QPoint(30, 10))
    assert opened.args == [first]


def test_thousands_come_in_pages(qtbot: QtBot, history: History) -> None:
    for number in range(3 * PAGE):
        history.new_conversation(f"Conversation {number}")
    history._db.write(lambda db: db.execute("UPDATE conversations SET updated = id"))
    model = HistoryModel(history)
    model.show_conversations()
    assert sum(1 for row in model.rows if row.conversation) == PAGE
    while model.canFetchMore(QModelIndex()):
        model.fetchMore(QModelIndex())
    shown = [row.title for row in model.rows if row.conversation]
    assert shown == [f"Conversation {number}" for number in reversed(range(3 * PAGE))]


def test_search_finds_marks_and_jumps(qtbot: QtBot, panel: HistoryPanel, history: History) -> None:
    conversation = ask(history, "About the lighthouse", "The keeper lit the lamp.")
    ask(history, "Something else")
    panel.refresh()
    qtbot.keyClicks(panel.search, "keeper")
    qtbot.waitUntil(lambda: [row.title for row in panel.model.rows] == ["About the lighthouse"])
    row = panel.model.rows[0]
    assert "\x02keeper\x03" in row.snippet
    panel.grab()
    with qtbot.waitSignal(panel.hit_opened) as opened:
        qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert opened.args == [conversation, history.messages(conversation)[1].id]
    panel.search.clear()
    assert len(panel.model.rows) == 3


def test_a_search_without_hits_says_so(qtbot: QtBot, panel: HistoryPanel, history: History) -> None:
    ask(history, "Something")
    qtbot.keyClicks(panel.search, "zebra")
    qtbot.waitUntil(lambda: panel._hint.text() == "Nothing found.")


def test_f2_renames_in_place(qtbot: QtBot, panel: HistoryPanel, history: History) -> None:
    conversation = ask(history, "A long title?")
    panel.refresh()
    panel.show_open(conversation)
    panel.rename_open()
    editor = panel.list.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "Short")
    with qtbot.waitSignal(panel.renamed) as renamed:
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert renamed.args == [conversation, "Short"]


def test_del_removes_the_chosen_one(qtbot: QtBot, panel: HistoryPanel, history: History) -> None:
    conversation = ask(history, "Gone soon?")
    panel.refresh()
    panel.list.setCurrentIndex(panel.model.index_of(conversation))
    with qtbot.waitSignal(panel.removed) as removed:
        qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert removed.args == [conversation, "Gone soon?"]


def test_the_menu_offers_only_what_works(qtbot: QtBot, panel: HistoryPanel, history: History) -> None:
    conversation = ask(history, "One?")
    panel.refresh()
    panel._menu(1, QPoint(0, 0))
    menu = panel.findChild(QMenu)
    assert [action.text().split("\t")[0] for action in menu.actions() if action.text()] == ["Pin", "Rename", "Delete"]
    with qtbot.waitSignal(panel.pinned) as pinned:
        menu.actions()[0].trigger()
    assert pinned.args == [conversation, True]
    menu.close()


def test_rows_have_names_for_screen_readers(panel: HistoryPanel, history: History) -> None:
    history.pin(ask(history, "Pinned one?"), True)
    panel.refresh()
    assert panel.model.data(panel.model.index(1), Qt.ItemDataRole.AccessibleTextRole) == "Pinned one?, pinned"
