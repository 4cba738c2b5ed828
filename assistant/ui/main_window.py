"""The main window. It shows its outline before the rest of the program is even imported: `MainWindow()` needs only Qt,
and `attach` fills it once controller, history and settings are there (see `window_parts` and `session`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow

from assistant.ui.skeleton import Skeleton

if TYPE_CHECKING:
    from assistant.history.store import History
    from assistant.settings.store import SettingsStore
    from assistant.ui.conversation.chips import Play
    from assistant.ui.conversation.view import ConversationView
    from assistant.ui.session import Session
    from assistant.ui.settings.editor import SettingsEditor
    from assistant.ui.window_parts import WindowParts
    from assistant.workers.background import Background
    from assistant.workers.controller import Controller
    from assistant.workers.downloads import Downloads

SIZE, SMALLEST = (1100, 720), (760, 520)


class MainWindow(QMainWindow):
    """Behaves as a window; what is in it are the `WindowParts`, what they do is the `Session`'s.

    Args:
        controller, history, settings_store: given together, they are attached at once.
        play: plays a clip on the calling thread; without it recordings have no play button.
        downloads: fetches missing models from the engine's settings.
        state_file: where the window's place is kept between runs.
        dark: the colours of the outline, until `attach`.

    Attributes:
        hides_on_close: whether closing leaves the program running.
        parts, session, background: once attached.
    """

    quit_requested = Signal()
    """The user closed the window where that ends the program, or pressed Ctrl+Q."""
    parts: WindowParts
    session: Session
    background: Background

    def __init__(
        self,
        controller: Controller | None = None,
        history: History | None = None,
        settings_store: SettingsStore | None = None,
        *,
        play: Play | None = None,
        downloads: Downloads | None = None,
        state_file: Path | None = None,
        dark: bool = False,
    ) -> None:
        super().__init__()
        self._state_file = state_file
        self._attached = False
        self.hides_on_close = False
        self.setWindowTitle("Hearsight")
        self.setMinimumSize(*SMALLEST)
        self.resize(*SIZE)
        self._restore_place()
        if controller is not None and history is not None and settings_store is not None:
            self.attach(controller, history, settings_store, play=play, downloads=downloads)
        else:
            self.setCentralWidget(Skeleton(dark=dark))

    def attach(
        self,
        controller: Controller,
        history: History,
        settings_store: SettingsStore,
        *,
        play: Play | None = None,
        downloads: Downloads | None = None,
    ) -> None:
        """Fills the window and connects it with what it shows and commands. Once."""
        from assistant.ui.icons import application_icon
        from assistant.ui.session import Session
        from assistant.ui.window_parts import WindowParts
        from assistant.workers.background import Background

        self.setWindowIcon(application_icon())
        self.background = Background(self, threads=3)
        self.parts = WindowParts(self, history, self.background, play)
        self.session = Session(self, controller, history, settings_store, play, downloads)
        self._attached = True
        self.setCentralWidget(self.parts)
        self._restore_panes()
        self.session.begin()
        self.parts.composer.editor.setFocus()

    @property
    def conversation(self) -> ConversationView:
        return self.session.conversation

    @property
    def settings(self) -> SettingsEditor:
        return self.session.settings

    def appear(self, *, focus: bool) -> None:
        """Brings the window up; without focus where the user is at work in another program."""
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not focus)
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        if focus:
            self.activateWindow()
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, False)

    @Slot()
    def show_and_raise(self) -> None:
        """The window as the user wants it now: on top, with the focus."""
        self.appear(focus=True)

    @Slot()
    def show_settings(self, page: str = "general") -> None:
        """Opens the settings, beside this window."""
        self.session.show_settings(page or "general")

    def closeEvent(self, event: QCloseEvent) -> None:
        self._keep_state()
        if self.hides_on_close:
            event.ignore()
            self.hide()
        else:
            super().closeEvent(event)
            # After the event: whoever quits on this may take the window apart.
            QTimer.singleShot(0, self, self.quit_requested.emit)

    def shut_down(self) -> None:
        """Writes what waits and ends the background threads; the window is of no use after."""
        self._keep_state()
        if self._attached:
            self.session.end()
            self.background.close()

    def _restore_place(self) -> None:
        if self._state_file is not None and self._state_file.exists():
            from assistant.ui import window_state

            window_state.restore_place(self._state_file, self)

    def _restore_panes(self) -> None:
        if self._state_file is not None and self._state_file.exists():
            from assistant.ui import window_state

            window_state.restore_panes(self._state_file, self.parts.splitter)

    def _keep_state(self) -> None:
        if self._state_file is not None and self._attached and self.isVisible():
            from assistant.ui import window_state

            window_state.keep(self._state_file, self, self.parts.splitter)
