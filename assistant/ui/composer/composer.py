"""The composer: text, attachments and the buttons around them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from assistant.ui.buttons import IconButton
from assistant.ui.composer.attachments import Attachments
from assistant.ui.composer.editor import Editor
from assistant.ui.composer.file_loading import NAME_FILTER, SHORT_SECONDS, FileLoading
from assistant.ui.composer.microphone import MicrophoneButton
from assistant.ui.composer.screen_menu import ScreenMenu
from assistant.ui.icons import icon

if TYPE_CHECKING:
    from assistant.core.media import Clip, Picture
    from assistant.ui.conversation.chips import Play
    from assistant.workers.background import Background

SCREENSHOT_KEY = "Ctrl+Shift+S"
_ATTACH = f"Attach pictures or recordings (sound over {SHORT_SECONDS:.0f} s, or several files, becomes a transcript)"


class Composer(QFrame):
    """Says what the user wants; what comes of it is the window's business."""

    asked = Signal(str, object, object)
    """Text, tuple of `Picture`, `Clip` or None."""
    stop_requested = Signal()
    recording_changed = Signal(bool)
    screenshot_requested = Signal(str)
    picture_opened = Signal(object)
    transcription_wanted = Signal(list)
    """Paths of recordings that are too long, or too many, for a question."""
    failed = Signal(str)

    def __init__(self, background: Background, play: Play | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("composer")
        self._working = False
        self._ask_when_recorded = False
        self.editor = Editor(self)
        self.attachments = Attachments(background, play, self)
        self.microphone = MicrophoneButton(self)
        self._loading = FileLoading(background, self)
        self._heard = QLabel("", self)
        self._heard.setObjectName("listening")
        self._build()
        self._connect()
        self._refresh()

    @property
    def is_empty(self) -> bool:
        return not (self.editor.toPlainText().strip() or self.attachments.pictures or self.attachments.clip)

    def set_working(self, working: bool) -> None:
        """While an answer is under way, Send is Stop."""
        self._working = working
        self._refresh()

    @Slot(object)
    def add_picture(self, picture: Picture) -> None:
        self.attachments.add_picture(picture)
        self.editor.setFocus()

    @Slot(object)
    def add_clip(self, clip: Clip) -> None:
        """Takes a recording; it is asked at once where the user pressed Send while it was recorded."""
        self.attachments.set_clip(clip)
        self.editor.setFocus()
        if self._ask_when_recorded:
            self._ask_when_recorded = False
            self.submit()

    @Slot(object)
    def on_recorded(self, clip: Clip | None) -> None:
        """What the microphone button brought."""
        if clip is not None:
            self.add_clip(clip)
        else:
            self._ask_when_recorded = False
            self.failed.emit("Nothing was heard. Hold the microphone while you speak, or check it in the settings.")

    @Slot(float)
    def show_level(self, level: float) -> None:
        """The microphone delivers: only now it is true that it listens."""
        if self.microphone.recording:
            self.microphone.show_level(level)
            self._heard.setText("Listening…")

    @Slot(list)
    def attach_files(self, paths: list[Path]) -> None:
        self._loading.load_files(paths)

    @Slot()
    def submit(self) -> None:
        """Asks, if there is something to ask and nothing is being answered."""
        if self.microphone.recording:
            self._ask_when_recorded = True
            self.microphone.stop()
        elif not self._working and not self.is_empty:
            text, pictures, clip = self.editor.toPlainText().strip(), self.attachments.pictures, self.attachments.clip
            if not text and clip is None:
                self.failed.emit("What would you like to know about it? Type the question, or say it.")
                return
            self.editor.clear()
            self.attachments.clear()
            self.asked.emit(text, pictures, clip)

    @Slot(str)
    def suggest(self, question: str) -> None:
        """Asks a question that the window offers; what is being written here stays."""
        if self._working:
            self.failed.emit("An answer is under way. Ask again when it is done, or stop it.")
        else:
            self.asked.emit(question, (), None)

    def _build(self) -> None:
        self._attach = IconButton("attach", _ATTACH, self)
        self._screen = IconButton("screen", "Take a picture of the screen", self)
        self._screen_menu = ScreenMenu(self._screen, SCREENSHOT_KEY)
        self._screen.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._send = QToolButton(self)
        self._send.setObjectName("send")
        self._send.setFixedSize(30, 30)
        self._send.setIconSize(QSize(16, 16))
        self._send.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        for button in (self._attach, self._screen, self.microphone):
            button.setFixedSize(30, 30)
            buttons.addWidget(button)
        buttons.addWidget(self._heard)
        buttons.addStretch(1)
        buttons.addWidget(self._send)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 8, 8)
        layout.setSpacing(4)
        layout.addWidget(self.attachments)
        layout.addWidget(self.editor)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.editor.submitted.connect(self.submit)
        self.editor.textChanged.connect(self._refresh)
        self.editor.image_pasted.connect(self._loading.load_image)
        self.editor.files_given.connect(self.attach_files)
        self.editor.focused.connect(self._show_active)
        self.attachments.changed.connect(self._refresh)
        self.attachments.picture_opened.connect(self.picture_opened)
        self._screen_menu.chosen.connect(self.screenshot_requested)
        self._loading.picture_loaded.connect(self.add_picture)
        self._loading.clip_loaded.connect(self.add_clip)
        self._loading.long_given.connect(self.transcription_wanted)
        self._loading.failed.connect(self.failed)
        self._attach.clicked.connect(self._choose_files)
        self._send.clicked.connect(self._on_send)
        self.microphone.recording_changed.connect(self._on_recording)

    @Slot()
    def _choose_files(self) -> None:
        dialog = QFileDialog(self, "Attach pictures or recordings", "", NAME_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self._on_files)
        dialog.open()

    @Slot(list)
    def _on_files(self, names: list[str]) -> None:
        self.attach_files([Path(name) for name in names])

    @Slot()
    def _on_send(self) -> None:
        if self._working:
            self.stop_requested.emit()
        else:
            self.submit()

    @Slot(bool)
    def _on_recording(self, recording: bool) -> None:
        self._heard.setText("Opening the microphone…" if recording else "")
        self._refresh()
        self.recording_changed.emit(recording)

    @Slot(bool)
    def _show_active(self, active: bool) -> None:
        self.setProperty("active", active)
        self.style().unpolish(self)
        self.style().polish(self)

    @Slot()
    def _refresh(self) -> None:
        name = "Stop the answer" if self._working else "Send"
        self._send.setIcon(icon("stop" if self._working else "send", "on_accent"))
        self._send.setAccessibleName(name)
        self._send.setToolTip(name)
        self._send.setEnabled(self._working or self.microphone.recording or not self.is_empty)
