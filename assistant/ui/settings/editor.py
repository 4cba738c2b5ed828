"""The settings as they are now: one change at a time, applied at once, written to disk off the GUI thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from assistant.core.errors import HearsightError
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.settings.models import Settings
    from assistant.settings.store import SettingsStore

_SAVE_MS = 300
"""A dragged value is written once, not at each step."""


class SettingsEditor(QObject):
    """What pages change and the window listens to."""

    changed = Signal(object)
    """The new `Settings`."""
    failed = Signal(str)

    def __init__(
        self, settings: Settings, store: SettingsStore, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._store = store
        self._background = background
        self._saving = QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.setInterval(_SAVE_MS)
        self._saving.timeout.connect(self._save)

    @property
    def settings(self) -> Settings:
        return self._settings

    def value(self, section: str, field: str) -> Any:
        return getattr(getattr(self._settings, section), field)

    def description(self, section: str, field: str) -> str:
        """The sentence that explains a setting."""
        fields = type(getattr(self._settings, section)).model_fields
        return fields[field].description or ""

    def change(self, section: str, field: str, value: Any) -> None:
        """Applies a value at once and writes it soon."""
        if value != self.value(section, field):
            self._settings = self._settings.changed(section, field, value)
            self.changed.emit(self._settings)
            self._saving.start()

    def flush(self) -> None:
        """Writes what waits, at the end of the program."""
        if self._saving.isActive():
            self._saving.stop()
            self._store.save(self._settings)

    @Slot()
    def _save(self) -> None:
        self._background.run(partial(self._store.save, self._settings), self._saved, self._on_error)

    @Slot(object)
    def _saved(self, _nothing: None) -> None:
        """Nothing to say: that a change holds is what everyone expects."""

    @Slot(object)
    def _on_error(self, error: HearsightError) -> None:
        self.failed.emit(f"The settings can't be saved. {error}")
