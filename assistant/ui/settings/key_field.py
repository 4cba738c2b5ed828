"""A field that takes a shortcut as it is pressed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

from assistant.core.errors import BadInput
from assistant.desktop.hotkeys.shortcuts import parse_shortcut

_MODIFIERS = (
    (Qt.KeyboardModifier.ControlModifier, "Ctrl"),
    (Qt.KeyboardModifier.AltModifier, "Alt"),
    (Qt.KeyboardModifier.ShiftModifier, "Shift"),
    (Qt.KeyboardModifier.MetaModifier, "Super"),
)
_MODIFIER_KEYS = (Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Shift, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)
_NAMES = {"PgUp": "PageUp", "PgDown": "PageDown", "Del": "Delete", "Ins": "Insert", "Esc": "Escape"}


class KeyField(QLineEdit):
    """Press the keys while it has the focus. Tab leaves it, Esc keeps the old one."""

    captured = Signal(str)
    refused = Signal(str)

    def __init__(self, shortcut: str, parent: QWidget | None = None) -> None:
        super().__init__(shortcut, parent)
        self._shortcut = shortcut
        self.setReadOnly(True)

    def show_shortcut(self, shortcut: str) -> None:
        self._shortcut = shortcut
        self.setText(shortcut)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.setText("Press the keys…")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setText(self._shortcut)

    def event(self, event: QEvent) -> bool:
        # The window's own shortcuts must not take the keys away from here.
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and not event.modifiers():
            self.setText(self._shortcut)
        elif key in _MODIFIER_KEYS:
            self.setText("+".join([*_modifiers(event), "…"]))
        else:
            self._take("+".join([*_modifiers(event), _name(key)]))

    def _take(self, text: str) -> None:
        try:
            shortcut = str(parse_shortcut(text))
        except BadInput as error:
            self.refused.emit(str(error))
            self.setText(self._shortcut)
            return
        self.show_shortcut(shortcut)
        self.refused.emit("")
        self.captured.emit(shortcut)


def _modifiers(event: QKeyEvent) -> list[str]:
    return [name for flag, name in _MODIFIERS if event.modifiers() & flag]


def _name(key: Qt.Key) -> str:
    text = QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)
    return _NAMES.get(text, text)
