"""The main window: history at the left, the conversation, the composer, the status line."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from assistant.ui import window_state
from assistant.ui.bars import Action, BarStack
from assistant.ui.composer.composer import SCREENSHOT_KEY, Composer
from assistant.ui.conversation.chips import Play
from assistant.ui.conversation.empty import EmptyState
from assistant.ui.conversation.picture_window import PictureWindow
from assistant.ui.conversation.view import ConversationView
from assistant.ui.conversation_actions import ConversationActions
from assistant.ui.history_panel.panel import WIDTH, HistoryPanel
from assistant.ui.icons import application_icon
from assistant.ui.images import image_of
from assistant.ui.markdown.inline import is_web_address
from assistant.ui.screenshot import Screenshot
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.status_line import StatusLine
from assistant.ui.theme import SPACE, TEXT_WIDTH
from assistant.ui.words import time_of_day
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.core.media import Picture
    from assistant.flows.drafts import Draft
    from assistant.history.models import Attachment, Message
    from assistant.history.store import History
    from assistant.settings.models import Settings
    from assistant.settings.store import SettingsStore
    from assistant.ui.settings.window import SettingsWindow
    from assistant.workers.controller import Controller
    from assistant.workers.downloads import Downloads

SIZE, SMALLEST = (1100, 720), (760, 520)


class MainWindow(QMainWindow):
    """Shows what the controller says, and tells it what the user does."""

    closed = Signal()
    """The window was closed where that ends the program."""

    def __init__(
        self,
        controller: Controller,
        history: History,
        settings_store: SettingsStore,
        *,
        play: Play | None = None,
        downloads: Downloads | None = None,
        state_file: Path | None = None,
    ) -> None:
        super().__init__()
        self._controller, self._history = controller, history
        self._state_file = state_file
        self._play = play
        self._downloads = downloads
        self.hides_on_close = False
        self.background = Background(self, threads=3)
        self.settings = SettingsEditor(settings_store.load(), settings_store, self.background, self)
        self._settings_window: SettingsWindow | None = None
        self.setWindowTitle("Hearsight")
        self.setWindowIcon(application_icon())
        self.setMinimumSize(*SMALLEST)
        self._build()
        self._screenshot = Screenshot(controller, self)
        self._actions = ConversationActions(controller, history, self.background, self.bars, self)
        self._connect_parts()
        self._connect_controller()
        self._add_shortcuts()
        if state_file is None or not window_state.restore(state_file, self, self._splitter):
            self.resize(*SIZE)
            self._splitter.setSizes([WIDTH, SIZE[0] - WIDTH])
        self.history.refresh()
        self.conversation.open(controller.conversation)
        self.status.show_status(controller.engine_status)
        for notice in (settings_store.notice, history.notice):
            if notice:
                self.bars.say(notice)
        self.composer.editor.setFocus()

    def appear(self, *, focus: bool) -> None:
        """Brings the window up; without focus where the user is at work in another program."""
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not focus)
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        if focus:
            self.activateWindow()
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, False)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._keep_state()
        if self.hides_on_close:
            event.ignore()
            self.hide()
        else:
            super().closeEvent(event)
            self.closed.emit()

    def shut_down(self) -> None:
        """Writes what waits and ends the background threads; the window is of no use after."""
        self._keep_state()
        self.settings.flush()
        self.background.close()

    @Slot()
    def show_and_raise(self) -> None:
        """The window as the user wants it now: on top, with the focus."""
        self.appear(focus=True)

    @Slot()
    def show_settings(self, page: str = "general") -> None:
        """Opens the settings, beside this window."""
        from assistant.ui.settings.window import SettingsWindow

        if self._settings_window is None:
            window = SettingsWindow(self._controller, self.settings, self.background, self._downloads, self)
            window.destroyed.connect(self._forget_settings)
            self._settings_window = window
        self._settings_window.show_page(page or "general")

    def _build(self) -> None:
        self.history = HistoryPanel(self._history, self.background, self)
        self.conversation = ConversationView(self._controller, self._history, self.background, self._play, self)
        self.empty = EmptyState(self.settings.value("shortcuts", "ask"), SCREENSHOT_KEY, self)
        self.bars = BarStack(self)
        self.composer = Composer(self.background, self._play, self)
        self.status = StatusLine(self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.conversation)
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._stack, 1)
        column.addLayout(_centred(self.bars, self.composer))
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.history)
        self._splitter.addWidget(right)
        self._splitter.setStretchFactor(1, 1)
        self.history.setMinimumWidth(180)
        right.setMinimumWidth(440)
        whole = QWidget(self)
        whole.setObjectName("page")
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._splitter, 1)
        rows.addWidget(self.status)
        self.setCentralWidget(whole)

    def _connect_parts(self) -> None:
        controller = self._controller
        self.history.opened.connect(controller.open_conversation)
        self.history.hit_opened.connect(self._open_hit)
        self.history.new_requested.connect(self._new_conversation)
        self.history.settings_requested.connect(self.show_settings)
        self.history.renamed.connect(controller.rename_conversation)
        self.history.pinned.connect(self._actions.pin)
        self.history.removed.connect(self._actions.remove_conversation)
        self.conversation.picture_opened.connect(self._open_picture)
        self.conversation.link_clicked.connect(self._open_link)
        self.conversation.retry_requested.connect(controller.retry)
        self.conversation.corrected.connect(controller.edit_transcript)
        self.conversation.delete_requested.connect(self._actions.delete_answer)
        self.conversation.emptied.connect(self._show_empty)
        self.empty.press.connect(controller.press)
        self.empty.release.connect(controller.release)
        self.empty.type_requested.connect(self.composer.editor.setFocus)
        self.empty.screenshot_requested.connect(self._screenshot.start)
        self.composer.asked.connect(controller.ask)
        self.composer.stop_requested.connect(controller.cancel)
        self.composer.recording_changed.connect(controller.record_clip)
        self.composer.screenshot_requested.connect(self._screenshot.start)
        self.composer.picture_opened.connect(self._open_attached)
        self.status.clicked.connect(partial(self.show_settings, "engine"))
        self.settings.changed.connect(self._on_settings)
        self._actions.message_removed.connect(self.conversation.refresh)
        for part in (self.history, self.conversation, self.composer, self.settings, self._actions):
            part.failed.connect(self.bars.say)

    def _connect_controller(self) -> None:
        controller = self._controller
        controller.conversation_changed.connect(self.history.show_open)
        controller.history_changed.connect(self.history.refresh)
        controller.state_changed.connect(self._on_state)
        controller.level.connect(self.composer.show_level)
        controller.engine_changed.connect(self.status.show_status)
        controller.notice.connect(self._on_notice)
        controller.composer_clip.connect(self.composer.on_recorded)
        controller.composer_picture.connect(self.composer.add_picture)
        controller.nothing_heard.connect(self._on_nothing_heard)
        controller.recovered.connect(self._on_recovered)

    def _add_shortcuts(self) -> None:
        for keys, action in (
            ("Ctrl+N", self._new_conversation),
            ("Ctrl+F", self.history.start_search),
            ("F2", self.history.rename_open),
            ("Esc", self._on_escape),
            ("Ctrl+,", self.show_settings),
            ("Ctrl+Q", self.closed.emit),
            (SCREENSHOT_KEY, self._screenshot.start),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(action)

    def _keep_state(self) -> None:
        if self._state_file is not None and self.isVisible():
            window_state.keep(self._state_file, self, self._splitter)

    @Slot(int, int)
    def _open_hit(self, conversation: int, message: int) -> None:
        self._controller.open_conversation(conversation)
        self.conversation.jump_to(message)

    @Slot()
    def _new_conversation(self) -> None:
        self._controller.new_conversation()
        self.composer.editor.setFocus()

    @Slot(bool)
    def _show_empty(self, empty: bool) -> None:
        self._stack.setCurrentWidget(self.empty if empty else self.conversation)

    @Slot(str)
    def _on_state(self, state: str) -> None:
        self.composer.set_working(state in ("thinking", "answering"))

    @Slot(str, str)
    def _on_notice(self, text: str, action: str) -> None:
        offers: dict[str, Action] = {
            "retry": ("Try again", self._retry_last),
            "settings": ("Settings", partial(self.show_settings, "voice")),
            "models": ("Engine settings", partial(self.show_settings, "engine")),
        }
        self.bars.say(text, [offers[action]] if action in offers else [])

    @Slot(object)
    def _on_nothing_heard(self, pictures: tuple[Picture, ...]) -> None:
        """Nothing was sent: the screen waits here for its question."""
        for picture in pictures:
            self.composer.add_picture(picture)
        self.bars.say("Nothing was said, so nothing was sent." + (" The screen waits below." if pictures else ""))

    @Slot(object)
    def _on_recovered(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            self.bars.offer(
                f"A recording from {time_of_day(draft.started)} was not answered before Hearsight ended. It was kept.",
                [
                    ("Ask it now", partial(self._controller.ask_recovered, draft)),
                    ("Discard", partial(self._controller.discard_recovered, draft)),
                ],
            )

    @Slot()
    def _on_escape(self) -> None:
        if self.history.search.hasFocus():
            self.history.search.clear()
            self.composer.editor.setFocus()
        else:
            self._controller.cancel()

    @Slot(object)
    def _on_settings(self, settings: Settings) -> None:
        self._controller.apply_settings(settings)
        self.empty.set_ask_key(settings.shortcuts.ask)

    @Slot(object, object)
    def _open_picture(self, attachment: Attachment, message: Message) -> None:
        title = f"{attachment.name or 'Picture'}: what the model saw"
        PictureWindow(title, attachment.path, message.screen_text, self.background, self).show()

    @Slot(object)
    def _open_attached(self, picture: Picture) -> None:
        PictureWindow(picture.name or "Picture", image_of(picture), None, self.background, self).show()

    @Slot(str)
    def _open_link(self, address: str) -> None:
        if is_web_address(address):
            QDesktopServices.openUrl(QUrl(address))

    @Slot()
    def _retry_last(self) -> None:
        if views := self.conversation.views:
            self._controller.retry(views[-1].message.id)

    @Slot()
    def _forget_settings(self) -> None:
        self._settings_window = None


def _centred(*widgets: QWidget) -> QHBoxLayout:
    """The widgets in a column as wide as the conversation's text."""
    column = QVBoxLayout()
    column.setSpacing(SPACE[1])
    holder = QWidget()
    holder.setMaximumWidth(TEXT_WIDTH + 20)
    holder.setLayout(column)
    column.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        column.addWidget(widget)
    row = QHBoxLayout()
    row.setContentsMargins(SPACE[3], 0, SPACE[3], SPACE[2])
    row.addStretch(1)
    row.addWidget(holder, 1000)
    row.addStretch(1)
    return row
