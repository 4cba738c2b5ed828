"""The tray icon, where the desktop has a tray."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from assistant.ui.icons import application_icon

if TYPE_CHECKING:
    from assistant.ui.main_window import MainWindow
    from assistant.workers.controller import Controller


class Tray(QObject):
    """Ask, dictate, show, new conversation, quit. Without a tray it is just absent, and closing the window quits."""

    quit_requested = Signal()

    def __init__(self, controller: Controller, window: MainWindow) -> None:
        super().__init__(window)
        self._controller, self._window = controller, window
        self._icon: QSystemTrayIcon | None = None
        self._menu = QMenu()
        for words, action in (
            ("Ask hands-free", self._ask),
            ("Dictate hands-free", self._dictate),
            ("Paste last dictation again", self._paste_again),
            ("Undo last dictation", self._undo),
            ("Dictation history", self._show_dictations),
            ("Show Hearsight", window.show_and_raise),
            ("New conversation", self._new_conversation),
            ("Quit", self.quit_requested.emit),
        ):
            self._menu.addAction(words).triggered.connect(action)
        controller.state_changed.connect(self._on_state)
        window.settings.changed.connect(self._apply)
        self._apply()

    @property
    def is_shown(self) -> bool:
        return self._icon is not None

    @property
    def menu(self) -> QMenu:
        return self._menu

    def hide(self) -> None:
        """Before the program ends: some desktops keep dead icons."""
        if self._icon is not None:
            self._icon.hide()

    @Slot()
    def _apply(self) -> None:
        """Shows the icon where there is a tray, and lets closing hide the window only then."""
        if self._icon is None and QSystemTrayIcon.isSystemTrayAvailable():
            self._icon = QSystemTrayIcon(application_icon(), self)
            self._icon.setContextMenu(self._menu)
            self._icon.activated.connect(self._on_activated)
            self._icon.setToolTip("Hearsight")
            self._icon.show()
        self._window.hides_on_close = self._icon is not None and bool(
            self._window.settings.value("general", "close_to_tray")
        )

    @Slot()
    def _ask(self) -> None:
        self._controller.tap("ask")

    @Slot()
    def _dictate(self) -> None:
        self._controller.tap("dictate")

    @Slot()
    def _paste_again(self) -> None:
        self._controller.dictating.paste_again()

    @Slot()
    def _undo(self) -> None:
        self._controller.dictating.undo()

    @Slot()
    def _show_dictations(self) -> None:
        self._window.show_and_raise()
        self._window.session.show_dictations()

    @Slot()
    def _new_conversation(self) -> None:
        self._controller.new_conversation()
        self._window.show_and_raise()

    @Slot(str)
    def _on_state(self, state: str) -> None:
        if self._icon is not None:
            self._icon.setToolTip("Hearsight" if state == "idle" else f"Hearsight: {state}")

    @Slot(QSystemTrayIcon.ActivationReason)
    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            self._window.show_and_raise()
