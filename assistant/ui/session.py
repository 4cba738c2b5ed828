"""What makes the window live: connects its parts with the controller, the history and the settings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication

from assistant.ui.appearance import apply_theme
from assistant.ui.bars import Action
from assistant.ui.composer.composer import SCREENSHOT_KEY
from assistant.ui.conversation.picture_window import PictureWindow
from assistant.ui.conversation.view import ConversationView
from assistant.ui.conversation_actions import ConversationActions
from assistant.ui.images import image_of
from assistant.ui.markdown.inline import is_web_address
from assistant.ui.screenshot import Screenshot
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.words import time_of_day

if TYPE_CHECKING:
    from assistant.core.media import Picture
    from assistant.flows.drafts import Draft
    from assistant.history.dictations import Dictation
    from assistant.history.models import Attachment, Message
    from assistant.history.store import History
    from assistant.settings.models import Settings
    from assistant.settings.store import SettingsStore
    from assistant.ui.conversation.chips import Play
    from assistant.ui.dictations.window import DictationsWindow
    from assistant.ui.main_window import MainWindow
    from assistant.ui.settings.window import SettingsWindow
    from assistant.workers.controller import Controller
    from assistant.workers.downloads import Downloads

DICTATIONS_KEY = "Ctrl+Shift+D"


class Session(QObject):
    """One window's time with its controller: shows what that says, and tells it what the user does."""

    def __init__(
        self,
        window: MainWindow,
        controller: Controller,
        history: History,
        settings_store: SettingsStore,
        play: Play | None,
        downloads: Downloads | None,
    ) -> None:
        super().__init__(window)
        self._window, self._controller, self._downloads = window, controller, downloads
        self._parts = parts = window.parts
        self._settings_window: SettingsWindow | None = None
        self._dictations_window: DictationsWindow | None = None
        self._history, self._play = history, play
        background = window.background
        self.settings = SettingsEditor(settings_store.load(), settings_store, background, self)
        self.conversation = ConversationView(controller, history, background, play, parts)
        parts.stack.addWidget(self.conversation)
        self._screenshot = Screenshot(controller, window)
        self._actions = ConversationActions(controller, history, background, parts.bars, self)
        self._connect_history()
        self._connect_conversation()
        self._connect_composer()
        self._connect_controller()
        self._add_shortcuts()

    def begin(self) -> None:
        """Shows how things stand now."""
        self._parts.empty.set_ask_key(str(self.settings.value("shortcuts", "ask")))
        self._parts.history.refresh()
        self._parts.history.show_open(self._controller.conversation)
        self.conversation.open(self._controller.conversation)
        self._parts.status.show_status(self._controller.engine_status)

    def end(self) -> None:
        """Writes what waits."""
        for window in (self._settings_window, self._dictations_window):
            if window is not None:
                window.close()
        self.settings.flush()

    def show_settings(self, page: str) -> None:
        from assistant.ui.settings.window import SettingsWindow

        if self._settings_window is None:
            window = SettingsWindow(
                self._controller, self.settings, self._window.background, self._downloads, self._window
            )
            window.destroyed.connect(self._forget_settings)
            window.dictations_wanted.connect(self.show_dictations)
            self._settings_window = window
        self._settings_window.show_page(page)

    @Slot()
    def show_dictations(self) -> None:
        """Opens the dictation history, or brings it to the front."""
        from assistant.ui.dictations.window import DictationsWindow

        if self._dictations_window is None:
            store, background = self._history.dictations, self._window.background
            window = DictationsWindow(self._controller, store, background, self._play, self._window)
            window.destroyed.connect(self._forget_dictations)
            self._dictations_window = window
        self._dictations_window.show()
        self._dictations_window.raise_()
        self._dictations_window.activateWindow()

    def _connect_history(self) -> None:
        panel, controller = self._parts.history, self._controller
        panel.opened.connect(controller.open_conversation)
        panel.hit_opened.connect(self._open_hit)
        panel.new_requested.connect(self._new_conversation)
        panel.settings_requested.connect(self._window.show_settings)
        panel.renamed.connect(controller.rename_conversation)
        panel.pinned.connect(self._actions.pin)
        panel.removed.connect(self._actions.remove_conversation)
        panel.failed.connect(self._parts.bars.say)
        self._actions.failed.connect(self._parts.bars.say)
        self.settings.failed.connect(self._parts.bars.say)

    def _connect_conversation(self) -> None:
        view, controller, empty = self.conversation, self._controller, self._parts.empty
        view.picture_opened.connect(self._open_picture)
        view.link_clicked.connect(self._open_link)
        view.retry_requested.connect(controller.retry)
        view.corrected.connect(controller.edit_transcript)
        view.delete_requested.connect(self._actions.delete_answer)
        view.suggested.connect(self._parts.composer.suggest)
        view.emptied.connect(self._show_empty)
        view.failed.connect(self._parts.bars.say)
        self._actions.message_removed.connect(view.refresh)
        empty.press.connect(controller.press)
        empty.release.connect(controller.release)
        empty.type_requested.connect(self._parts.composer.editor.setFocus)
        empty.screenshot_requested.connect(self._screenshot.start)

    def _connect_composer(self) -> None:
        composer, controller = self._parts.composer, self._controller
        composer.asked.connect(controller.ask)
        composer.stop_requested.connect(controller.cancel)
        composer.recording_changed.connect(controller.record_clip)
        composer.screenshot_requested.connect(self._screenshot.start)
        composer.picture_opened.connect(self._open_attached)
        composer.failed.connect(self._parts.bars.say)
        composer.transcription_wanted.connect(controller.transcribing.add)
        self._parts.transcription.cancelled.connect(controller.transcribing.cancel)
        controller.transcription.connect(self._parts.transcription.show_progress)
        self._parts.status.clicked.connect(partial(self.show_settings, "engine"))
        self.settings.changed.connect(self._on_settings)

    def _connect_controller(self) -> None:
        parts, controller = self._parts, self._controller
        controller.conversation_changed.connect(parts.history.show_open)
        controller.history_changed.connect(parts.history.refresh)
        controller.state_changed.connect(self._on_state)
        controller.level.connect(parts.composer.show_level)
        controller.engine_changed.connect(parts.status.show_status)
        controller.notice.connect(self._on_notice)
        controller.composer_clip.connect(parts.composer.on_recorded)
        controller.composer_picture.connect(parts.composer.add_picture)
        controller.nothing_heard.connect(self._on_nothing_heard)
        controller.recovered.connect(self._on_recovered)
        controller.dictations_recovered.connect(self._on_dictations_recovered)

    def _add_shortcuts(self) -> None:
        for keys, action in (
            ("Ctrl+N", self._new_conversation),
            ("Ctrl+F", self._parts.history.start_search),
            ("F2", self._parts.history.rename_open),
            ("Esc", self._on_escape),
            ("Ctrl+,", self._window.show_settings),
            (DICTATIONS_KEY, self.show_dictations),
            ("Ctrl+Q", self._window.quit_requested.emit),
            (SCREENSHOT_KEY, self._screenshot.start),
        ):
            QShortcut(QKeySequence(keys), self._window).activated.connect(action)

    @Slot(bool)
    def _show_empty(self, empty: bool) -> None:
        """Shows the ways to ask where there is no conversation."""
        self._parts.stack.setCurrentWidget(self._parts.empty if empty else self.conversation)

    @Slot(int, int)
    def _open_hit(self, conversation: int, message: int) -> None:
        self._controller.open_conversation(conversation)
        self.conversation.jump_to(message)

    @Slot()
    def _new_conversation(self) -> None:
        self._controller.new_conversation()
        self._parts.composer.editor.setFocus()

    @Slot(str)
    def _on_state(self, state: str) -> None:
        self._parts.composer.set_working(state in ("thinking", "answering"))

    @Slot(str, str)
    def _on_notice(self, text: str, action: str) -> None:
        self._parts.bars.say(text, [found] if (found := self._offer(action)) else [])

    def _offer(self, action: str) -> Action | None:
        """What a notice's action does, and how it is called."""
        offers: dict[str, Action] = {
            "retry": ("Try again", self.retry_last),
            "settings": ("Settings", partial(self.show_settings, "voice")),
            "models": ("Engine settings", partial(self.show_settings, "engine")),
            "light": ("Use the light engine", self._controller.use_light_engine),
            "dictations": ("Dictation history", self.show_dictations),
        }
        return offers.get(action)

    @Slot(str)
    def act(self, action: str) -> None:
        """Does what the HUD's one button asks for, in the window."""
        self._window.show_and_raise()
        if offer := self._offer(action):
            offer[1]()

    @Slot(object)
    def _on_nothing_heard(self, pictures: tuple[Picture, ...]) -> None:
        """Nothing was sent: the screen waits here for its question."""
        for picture in pictures:
            self._parts.composer.add_picture(picture)
        waits = " The screen waits below for your question." if pictures else ""
        self._parts.bars.say(f"Nothing was said, so nothing was sent.{waits}")

    @Slot(object)
    def _on_recovered(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            self._parts.bars.offer(
                f"{draft.seconds:.0f} s of speech from {time_of_day(draft.started)} were kept when Hearsight ended.",
                [
                    ("Ask it now", partial(self._controller.ask_recovered, draft)),
                    ("Discard", partial(self._controller.discard_recovered, draft)),
                ],
            )

    @Slot(object, object)
    def _on_dictations_recovered(self, sounds: list[Draft], texts: list[Dictation]) -> None:
        """What a crash kept from being typed."""
        dictating, bars = self._controller.dictating, self._parts.bars
        for draft in sounds:
            actions: list[Action] = [
                ("Recognise and copy", partial(dictating.recognise_recovered, draft)),
                ("Discard", partial(dictating.discard_recovered, draft)),
            ]
            when = time_of_day(draft.started)
            bars.offer(f"{draft.seconds:.0f} s of dictation from {when} were kept when Hearsight ended.", actions)
        for text in texts:
            when = time_of_day(text.created)
            actions = [
                ("Copy", partial(dictating.settle_recovered, text, True)),
                ("Show", partial(self._show_recovered, text)),
            ]
            bars.offer(f"A dictation from {when} was not typed when Hearsight ended. Its text is kept.", actions)

    def _show_recovered(self, text: Dictation) -> None:
        self._controller.dictating.settle_recovered(text, False)
        self.show_dictations()

    @Slot()
    def _forget_dictations(self) -> None:
        self._dictations_window = None

    @Slot()
    def _on_escape(self) -> None:
        search = self._parts.history.search
        if search.hasFocus():
            search.clear()
            self._parts.composer.editor.setFocus()
        else:
            self._controller.cancel()

    @Slot(object)
    def _on_settings(self, settings: Settings) -> None:
        self._controller.apply_settings(settings)
        self._parts.empty.set_ask_key(settings.shortcuts.ask)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, settings.general.theme, settings.general.font_size)

    @Slot(object, object)
    def _open_picture(self, attachment: Attachment, message: Message) -> None:
        title = f"{attachment.name or 'Picture'}: what the model saw"
        PictureWindow(title, attachment.path, message.screen_text, self._window.background, self._window).show()

    @Slot(object)
    def _open_attached(self, picture: Picture) -> None:
        title = picture.name or "Picture"
        PictureWindow(title, image_of(picture), None, self._window.background, self._window).show()

    @Slot(str)
    def _open_link(self, address: str) -> None:
        if is_web_address(address):
            QDesktopServices.openUrl(QUrl(address))

    @Slot()
    def retry_last(self) -> None:
        """Asks the last question of the open conversation again."""
        if views := self.conversation.views:
            self._controller.retry(views[-1].message.id)

    @Slot()
    def _forget_settings(self) -> None:
        self._settings_window = None
