"""The engine: which models answer, whether they are here, and their memory."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel

from assistant.flows.engines import model_names
from assistant.models.disk import megabytes
from assistant.models.phi4.pull import NAME
from assistant.models.phi4.stored import FETCHED, SIZE
from assistant.ui.buttons import TextButton
from assistant.ui.settings.download_row import DownloadRow
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.settings.folder_field import FolderField
from assistant.ui.settings.page import Page
from assistant.ui.status_line import engine_words
from assistant.ui.theme import SPACE
from assistant.workers.background import Background
from assistant.workers.signals import EngineStatus

if TYPE_CHECKING:
    from assistant.workers.controller import Controller
    from assistant.workers.downloads import Downloads

_SPEECH = (("whisper-base", "Whisper base"), ("whisper-tiny.en", "Whisper tiny, English"))
_LANGUAGE = (("qwen2.5-coder-1.5b", "Qwen2.5-Coder 1.5B"), ("qwen2.5-coder-0.5b", "Qwen2.5-Coder 0.5B"))
_ENGINES = (("auto", "The best that runs here"), ("phi4", "Phi-4 multimodal"), ("light", "Light"))
_PRECISIONS = (("auto", "What fits"), ("bf16", "bf16, as it was made"), ("int8", "int8"), ("int4", "int4, for 8 GB"))
_TILES = (("12", "Quick"), ("36", "Small text"))
_SAMPLE = ("fake", "Sample answers, for testing")


class EnginePage(Page):
    """What is chosen here is loaded when the work under way has ended."""

    def __init__(
        self, editor: SettingsEditor, controller: Controller, background: Background, downloads: Downloads | None
    ) -> None:
        super().__init__("Engine", editor, "engine")
        self._controller, self._background, self._downloads = controller, background, downloads
        self._rows_of_models: tuple[DownloadRow, ...] = ()
        self._add_state()
        if downloads is not None:
            self._add_models(downloads)
        chosen = editor.value("engine", "choice")
        self.add_choice("choice", "Engine", (*_ENGINES, _SAMPLE) if chosen == "fake" else _ENGINES, "What answers.")
        self._add_big_model()
        self.add_choice("speech", "Speech model", _SPEECH, "Base knows 99 languages; tiny is quicker and English only.")
        self.add_choice("language_model", "Language model", _LANGUAGE, "1.5B answers better, 0.5B is quicker.")
        self.add_number("threads", "Processor threads", 0, 256)
        self.add_number("idle_unload_minutes", "Free memory when idle", 0, 1440, step=5, unit=" min", decimals=1)
        controller.engine_changed.connect(self._show_status)
        editor.changed.connect(self._look)
        self._show_status(controller.engine_status)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def _add_state(self) -> None:
        self._state = QLabel(self)
        self._state.setWordWrap(True)
        self._toggle = TextButton("", self)
        self._toggle.clicked.connect(self._on_toggle)
        row = QHBoxLayout()
        row.setContentsMargins(0, SPACE[1], 0, SPACE[2])
        row.addWidget(self._state, 1)
        row.addWidget(self._toggle)
        self.add_layout(row)

    def _add_big_model(self) -> None:
        """What concerns the Phi-4 engine alone."""
        field = FolderField("The fetched one", "The Phi-4 model's folder", self)
        field.show_folder(self.editor.value("engine", "phi4_folder"))
        field.chosen.connect(partial(self.editor.change, "engine", "phi4_folder"))
        self.add_row("Phi-4 model", "A folder with the model, as published or converted.", field)
        if self._downloads is not None:
            self._add_big_download(self._downloads)
            self._rows_of_models = (self.light, self.big)
        self.add_choice("precision", "Phi-4 precision", _PRECISIONS, "Smaller forms fit smaller GPUs.")
        sentence = "How closely the Phi-4 model looks: small text is read better, and takes twice the time."
        self.add_choice("max_tiles", "Phi-4 pictures", _TILES, sentence)
        self.add_switch("hear_first", "Phi-4 writes down first")

    def _add_models(self, downloads: Downloads) -> None:
        offline = partial(self.editor.value, "privacy", "offline")
        self.light = DownloadRow(downloads, self._background, self._names, offline, _light_words, parent=self)
        self.light.arrived.connect(self._controller.load_engine)
        self.rows.insertWidget(self.rows.count() - 1, self.light)

    def _add_big_download(self, downloads: Downloads) -> None:
        offline = partial(self.editor.value, "privacy", "offline")
        self.big = DownloadRow(
            downloads, self._background, self._big_names, offline, _big_words, "Download Phi-4", parent=self
        )
        self.big.arrived.connect(self._controller.renew_engine)
        self.rows.insertWidget(self.rows.count() - 1, self.big)

    def _names(self) -> tuple[str, ...]:
        return model_names(self.editor.settings)

    def _big_names(self) -> tuple[str, ...]:
        """None where a folder of the user's takes its place."""
        return () if self.editor.value("engine", "phi4_folder") else (NAME,)

    @Slot(object)
    def _show_status(self, status: EngineStatus) -> None:
        self._status = status
        self._state.setText(engine_words(status))
        loaded = status.state in ("ready", "busy")
        self._toggle.setText("Free its memory" if loaded else "Load it now")
        self._toggle.setEnabled(status.state in ("off", "ready", "error"))

    @Slot()
    def _on_toggle(self) -> None:
        if self._status.state == "ready":
            self._controller.unload_engine()
        else:
            self._controller.load_engine()

    @Slot()
    def _look(self) -> None:
        for row in self._rows_of_models:
            row.look()


def _light_words(missing: list[str]) -> str:
    return f"Not on this machine yet: {' and '.join(missing)}." if missing else "The chosen models are here."


def _big_words(missing: list[str]) -> str:
    if not missing:
        return ""
    return (
        f"Phi-4 multimodal isn't on this machine yet: {megabytes(FETCHED)} to fetch, "
        f"{megabytes(FETCHED + SIZE)} on the disk. It needs a GPU with 8 GB or more."
    )
