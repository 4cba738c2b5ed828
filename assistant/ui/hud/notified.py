"""The HUD of Wayland sessions: a notification, since a window of ours would take the focus there.

Wayland has no window that leaves the focus alone but layer-shell's, which Qt's packages for Python lack; sway and
KWin give a new window the focus whatever Qt's flags say.
"""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot

from assistant.core.media import Picture
from assistant.desktop.notifications.main import Notifier
from assistant.desktop.notifications.models import Note
from assistant.ui.hud.body import Shown
from assistant.ui.hud.hud import Hud
from assistant.workers.controller import Controller

_BUSY = ("arming", "listening", "latched", "thinking", "answering")
_STOP = ("stop", "Stop")
_LEAVE_OUT = ("leave-out", "Leave out the screen")
_GO_BACK = {"back": "Go back"}
"""In place of a button's words that tell a window's title."""
_ACTION, _CHOICE = "action ", "choice "


class NotifiedHud(Hud):
    """Is never shown itself: what it would show goes into one notification, its buttons with it.

    No picture is in it, and words only where the server doesn't keep them (see `Note`).
    """

    _pressed = Signal(str)
    """A button's key; emitted by the notifier's thread."""

    def __init__(self, controller: Controller) -> None:
        self._up = False
        super().__init__(controller)
        # Wayland's portals give nobody Escape for a moment; the notification has a button instead.
        self.body.escape_hint = ""
        self._pressed.connect(self._on_pressed)
        self.notifier = Notifier(self._pressed.emit)
        self.notifier.start()

    @Slot()
    def hide_for_capture(self) -> None:
        self._put_away()

    @Slot()
    def dismiss(self) -> None:
        super().dismiss()
        self._put_away()

    def shut_down(self) -> None:
        super().shut_down()
        self.notifier.stop()

    def _put_away(self) -> None:
        self._up = False
        self.notifier.hide()

    def _appear(self) -> None:
        self._up = True
        self._place()

    @Slot()
    def _place(self) -> None:
        """Whatever changed: the notifier paces itself and sends nothing twice."""
        if self._up:
            self.notifier.show(self._note(self.body.shown))

    def _note(self, shown: Shown) -> Note:
        actions = [(_CHOICE + key, _GO_BACK.get(key, label)) for key, label in shown.choices]
        if shown.action is not None:
            actions.append((_ACTION + shown.action[0], shown.action[1]))
        if self._engaged and self._state in _BUSY:
            actions += [_STOP, *([_LEAVE_OUT] if self._picture is not None and self.is_recording else [])]
        return Note(
            shown.doing or "Hearsight",
            shown.words,
            shown.unsure,
            shown.sentence,
            tuple(actions),
            is_urgent=not shown.doing and not self.is_recording,
            even_if_kept=self._controller.settings.privacy.words_in_notifications,
        )

    @Slot(str)
    def _on_pressed(self, key: str) -> None:
        if key == _STOP[0]:
            self._controller.cancel()
        elif key == _LEAVE_OUT[0]:
            self._picture: Picture | None = None
            self._controller.leave_out_screen()
        elif key.startswith(_CHOICE):
            self.body.chosen.emit(key.removeprefix(_CHOICE))
        elif key.startswith(_ACTION):
            self._act(key.removeprefix(_ACTION))
        else:
            self.dismiss()
