"""The HUD's share in a dictation: live words, waiting for a window, and where a text goes whose window is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

if TYPE_CHECKING:
    from assistant.ui.hud.hud import Hud
    from assistant.workers.controller import Controller
    from assistant.workers.dictation_tools import Unplaced
    from assistant.workers.dictation_turn import Ended

_READ_SECONDS = 6
_CHOOSE_SECONDS = 60
_TITLE = 18
"""Characters of a window's title on a button."""


class DictationHud(QObject):
    """Tells the HUD what to show of dictations, and the controller what the user chose."""

    def __init__(self, hud: Hud, controller: Controller) -> None:
        super().__init__(hud)
        self._hud, self._controller = hud, controller
        self._asked: Unplaced | None = None
        hud.body.chosen.connect(self._choose)
        controller.dictated.connect(self._on_words)
        controller.dictation_typing.connect(self._on_typing)
        controller.dictation_ended.connect(self._on_ended)
        controller.dictation_unplaced.connect(self._on_unplaced)

    @property
    def is_asking(self) -> bool:
        return self._asked is not None

    def give_up_asking(self) -> None:
        """The HUD goes, or is needed for something else: the text stays in the history."""
        asked, self._asked = self._asked, None
        if asked is not None:
            self._controller.dictating.place(asked.id, "keep")

    @Slot(str, str)
    def _on_words(self, confirmed: str, unconfirmed: str) -> None:
        if self._hud.is_engaged:
            self._hud.body.show_live(confirmed, unconfirmed)

    @Slot(bool)
    def _on_typing(self, waits: bool) -> None:
        if self._hud.is_engaged:
            self._hud.body.show_working("waiting for its window, Esc in Hearsight stops" if waits else "typing")

    @Slot(object)
    def _on_ended(self, ended: Ended) -> None:
        if ended.problem is not None or self._hud.is_recording:
            return
        if not ended.id:
            self._hud.say_briefly("Nothing was said, so nothing was typed.", _READ_SECONDS)
        elif ended.delivered is None or ended.delivered.cancelled:
            self._hud.say_briefly("Not typed. What you said is in the dictation history.", _READ_SECONDS)

    @Slot(object)
    def _on_unplaced(self, asked: Unplaced) -> None:
        if self._hud.is_recording:
            # There is no room for a question now; the text waits in the history.
            self._controller.dictating.place(asked.id, "keep")
            return
        self.give_up_asking()
        self._asked = asked
        back = [("back", f"Go back to “{_short(asked.title)}”")] if asked.can_go_back else []
        options = [*back, ("here", "Insert here"), ("copy", "Copy"), ("keep", "Keep")]
        self._hud.ask(asked.sentence, options, _CHOOSE_SECONDS)

    @Slot(str)
    def _choose(self, choice: str) -> None:
        asked, self._asked = self._asked, None
        self._hud.dismiss()
        if asked is not None:
            self._controller.dictating.place(asked.id, choice)


def _short(title: str) -> str:
    return title if len(title) <= _TITLE else title[: _TITLE - 1].rstrip() + "…"
