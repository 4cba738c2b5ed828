"""The HUD: a pill near the bottom of the screen that says what is happening, from key-down to the first words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from assistant.ui import images, motion
from assistant.ui.hud.body import Body
from assistant.ui.hud.dictation import DictationHud
from assistant.ui.hud.placement import bottom_centre, cut_corners, prepare, wait_for_server
from assistant.ui.hud.preview import SHARE, Preview
from assistant.ui.theme import RADIUS, color, tokens
from assistant.ui.words import clock
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.core.media import Picture
    from assistant.workers.controller import Controller

_RECORDING = ("arming", "listening", "latched")
_WORKING = ("thinking", "answering")
_READ_SECONDS = 6
_LONG_READ_SECONDS = 30
_ACTIONS = {"retry": "Try again", "settings": "Settings", "models": "Engine settings", "dictations": "Show it"}


class Hud(QWidget):
    """Shows spoken turns only: a typed question is answered where it was typed."""

    action_requested = Signal(str)
    """The one action of an error ("retry", "settings", "models", "dictations"), or "show" for the conversation."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._background = Background(self, threads=1)
        self._engaged = False
        self._state = "idle"
        self._began = 0.0
        self._picture: Picture | None = None
        self._answer = ""
        self._preview = Preview()
        # Compositors' rules know it by this, and must not mean the window.
        self.setWindowTitle("Hearsight HUD")
        prepare(self)
        self.body = Body(self)
        self.body.resized.connect(self._place)
        self.body.leave_out.connect(controller.leave_out_screen)
        self.body.enlarge.connect(self._enlarge)
        self.body.acted.connect(self._act)
        self._dictation = DictationHud(self, controller)
        self._clock = QTimer(self)
        self._clock.setInterval(250)
        self._clock.timeout.connect(self._tick)
        self._ending = QTimer(self)
        self._ending.setSingleShot(True)
        self._ending.timeout.connect(self.dismiss)
        self._listen()
        self._background.run(motion.is_reduced, self.body.set_still)

    @property
    def is_engaged(self) -> bool:
        """Whether a spoken turn is shown."""
        return self._engaged

    @property
    def is_recording(self) -> bool:
        return self._state in _RECORDING

    def say_briefly(self, text: str, seconds: float) -> None:
        """One sentence that goes by itself."""
        self.body.show_words(text)
        self._appear()
        self._ending.start(round(seconds * 1000))

    def ask(self, sentence: str, options: Sequence[tuple[str, str]], seconds: float) -> None:
        """Something that the user decides; without an answer it goes."""
        self.body.show_choice(sentence, options)
        self._appear()
        self._ending.start(round(seconds * 1000))

    @Slot()
    def hide_for_capture(self) -> None:
        """Takes HUD and preview off the screen, now: the screen may be captured on return."""
        if self.isVisible() or self._preview.isVisible():
            self._preview.hide()
            self.hide()
            wait_for_server()

    @Slot()
    def dismiss(self) -> None:
        self._engaged = False
        self._clock.stop()
        self._ending.stop()
        self._preview.hide()
        self.hide()
        self._dictation.give_up_asking()

    def shut_down(self) -> None:
        """Ends what runs in the background, at the end of the program."""
        self.dismiss()
        self._background.close()

    def paintEvent(self, _event: QPaintEvent) -> None:
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(color(look.surface))
        painter.setPen(color(look.muted, 0.5))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS[2], RADIUS[2])
        painter.end()

    def _listen(self) -> None:
        controller = self._controller
        controller.about_to_capture.connect(self.hide_for_capture)
        controller.state_changed.connect(self._on_state)
        controller.frame_frozen.connect(self._on_frame)
        controller.level.connect(self._on_level)
        controller.partial.connect(self._on_partial)
        controller.stage.connect(self._on_stage)
        controller.delta.connect(self._on_delta)
        controller.notice.connect(self._on_notice)
        controller.nothing_heard.connect(self._on_nothing_heard)
        controller.draft_kept.connect(self._on_draft)

    @Slot(str)
    def _on_state(self, state: str) -> None:
        before, self._state = self._state, state
        if state == "arming":
            self._begin()
        if not self._engaged:
            return
        if state in ("listening", "latched") and before in ("idle", "arming"):
            self._began = monotonic()
            self._clock.start()
        if state == "thinking":
            self._clock.stop()
            self.body.show_working("Transcribing" if self._controller.job == "dictate" else "Thinking")
        elif state == "answering":
            self._first_words()
        elif state == "idle":
            self._finish(before)
        self._tick()

    def _begin(self) -> None:
        """A spoken turn: nothing is on the screen before the picture was taken."""
        self.dismiss()
        self._engaged = True
        self._answer = ""
        self._picture = None
        self.body.begin(self._controller.job)

    @Slot(object)
    def _on_frame(self, picture: Picture | None) -> None:
        if not self._engaged:
            return
        self._picture = picture
        self.body.show_thumbnail(None)
        if picture is not None:
            self._background.run(partial(_small, picture, self.body.thumbnail_size), self.body.show_thumbnail)
        self._appear()

    @Slot(float)
    def _on_level(self, level: float) -> None:
        if self._engaged and self._state in _RECORDING:
            self.body.show_level(level)

    @Slot(str)
    def _on_partial(self, text: str) -> None:
        if self._engaged:
            self.body.show_transcript(text)

    @Slot(str)
    def _on_stage(self, text: str) -> None:
        if self._engaged and self._state in _WORKING and not self._answer:
            self.body.show_working(text)

    @Slot(int, str)
    def _on_delta(self, _answer: int, text: str) -> None:
        if self._engaged and self._state == "answering":
            self._answer += text
            self.body.show_answer(self._answer)

    @Slot(str, str)
    def _on_notice(self, text: str, action: str) -> None:
        if self._engaged:
            self.body.show_error(text, _ACTIONS.get(action, ""), action)
            self._appear()

    @Slot(object)
    def _on_nothing_heard(self, _pictures: object) -> None:
        if self._engaged:
            self.body.show_words("Nothing was said, so nothing was sent.")
            self._ending.start(_READ_SECONDS * 1000)

    @Slot(int, int)
    def _on_draft(self, _conversation: int, _message: int) -> None:
        if self._engaged:
            self.body.show_words("Not sent. What you said is kept in the conversation.")
            self._ending.start(_READ_SECONDS * 1000)

    def _first_words(self) -> None:
        """The window has the answer from here on, unless it stays hidden: then the HUD does."""
        if self._controller.settings.general.show_window_on_answer:
            self.dismiss()

    def _finish(self, before: str) -> None:
        """Stays while there is something to read: an error, a word about what was kept, the answer."""
        self._clock.stop()
        if self._answer:
            self.body.offer("Show", "show")
            self._ending.start(_LONG_READ_SECONDS * 1000)
        elif self.body.is_error:
            self._ending.start(_LONG_READ_SECONDS * 1000)
        elif self._dictation.is_asking:
            return
        elif before in _RECORDING or not self._ending.isActive():
            self._ending.start(0 if before in _WORKING else 400)

    @Slot()
    def _tick(self) -> None:
        if self._engaged and self._state in _RECORDING:
            elapsed = clock(monotonic() - self._began) if self._clock.isActive() else ""
            self.body.show_listening(self._state, elapsed)
            if self._state != "arming":
                self._appear()

    def _appear(self) -> None:
        if not self.isVisible():
            self._place()
            self.show()
            self.raise_()

    @Slot()
    def _place(self) -> None:
        size = self.body.sizeHint()
        self.body.resize(size)
        self.setGeometry(bottom_centre(size))
        cut_corners(self)

    @Slot()
    def _enlarge(self) -> None:
        if self._preview.isVisible():
            self._preview.hide()
        elif self._picture is not None:
            size = self.screen().availableSize() * SHARE * self.devicePixelRatio()
            self._background.run(partial(_fitted, self._picture, size), self._preview.show_image)

    @Slot(str)
    def _act(self, action: str) -> None:
        self.dismiss()
        if action:
            self.action_requested.emit(action)


def _small(picture: Picture, size: QSize) -> QImage:
    return images.scaled_to_fill(images.image_of(picture), size * 2)


def _fitted(picture: Picture, size: QSize) -> QImage:
    return images.scaled_to_fit(images.image_of(picture), size)
