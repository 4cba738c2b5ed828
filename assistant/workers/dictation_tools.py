"""What the user may do with a dictation once it was spoken: place it, take it back, paste it again, hear it anew.

Typing happens on one thread, one text after the other; recognising on the inference thread.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import BadInput, FocusMoved, HearsightError
from assistant.core.prompt import Options
from assistant.desktop.typing.main import Typist
from assistant.desktop.typing.models import Inserted
from assistant.dictation import rules_file
from assistant.dictation.models import TextRules
from assistant.flows import dictation_recovery, drafts
from assistant.flows.dictate import Delivered, Dictate, Written, again
from assistant.flows.dictation_follow import Spoken
from assistant.flows.drafts import Draft
from assistant.history.dictations import Dictation
from assistant.settings.models import Settings
from assistant.workers.parts import Parts
from assistant.workers.turn import TurnJobs

log = logging.getLogger(__name__)

_BYTES = 1_000_000


@dataclass(frozen=True)
class Unplaced:
    """A dictation whose window isn't there to take it; the user chooses.

    Attributes:
        title: of the window that it was meant for.
        can_go_back: whether that one still exists.
    """

    id: int
    sentence: str
    title: str
    can_go_back: bool


class DictationTools(QObject):
    """On the GUI thread; its signals may come from any."""

    live = Signal(str, str)
    """What is understood so far: words that stay, and words that may still change."""
    typing = Signal(bool)
    """The text goes out; or (True) it waits for its window."""
    ended = Signal(object)
    """A dictation is over: see `Ended`."""
    unplaced = Signal(object)
    """An `Unplaced`."""
    changed = Signal()
    """Dictations were added, changed or removed in the history."""
    notice = Signal(str, str)
    """As the controller's."""
    recovered = Signal(object, object)
    """What a former run left behind: a list of `Draft` (sound) and a list of `Dictation` (text)."""
    _delivered_late = Signal(object)

    def __init__(self, parts: Parts, settings: Settings, jobs: TurnJobs, parent: QObject) -> None:
        super().__init__(parent)
        self.parts, self.settings = parts, settings
        self.rules = TextRules()
        self._rules_file: Path | None = None
        self._jobs = jobs
        self._typing = ThreadPoolExecutor(1, "typing")
        self._stopped = CancelToken()
        self._undoable: Inserted | None = None
        self._unplaced: dict[int, Written] = {}
        self._delivered_late.connect(self._take_delivered)

    @property
    def typist(self) -> Typist:
        return self.parts.typist

    def flow(self, language: str = "") -> Dictate:
        """The flow with the engine, the rules and the settings of this moment."""
        chosen = self.settings.dictation
        options = Options(language=language or chosen.language or self.settings.voice.language)
        return Dictate(
            self.parts.inference.engine,
            self.rules,
            self.typist,
            self.parts.history.dictations,
            options,
            when_moved=chosen.when_moved,
        )

    def save_rules(self, rules: TextRules) -> None:
        """Takes over changed text rules at once, and writes them."""
        self.rules = rules
        if self._rules_file is not None:
            self._keep_house(partial(rules_file.save, self._rules_file, rules))

    def load_rules(self, path: Path) -> None:
        """Reads the user's text rules off the GUI thread; until then, or if they can't be used, the defaults hold."""

        self._rules_file = path

        def work() -> None:
            self.rules = rules_file.load(path)
            # The words of the language are read now, not at the first release.
            chosen = self.settings.dictation.language or self.settings.voice.language
            self.flow().compose(Spoken("ready", chosen or "en"), None)

        self._keep_house(work)

    @Slot()
    def undo(self) -> None:
        """Takes the last dictation out of its window again."""
        inserted, self._undoable = self._undoable, None
        if inserted is None:
            self.notice.emit("There is no dictation that can be taken back.", "")
        else:
            self._type(lambda: self.typist.undo(inserted), "The last dictation was taken back.")

    @Slot()
    def paste_again(self) -> None:
        """Types the newest dictation into the window that has the focus now."""
        dictation = self.parts.history.dictations.last()
        if dictation is None:
            self.notice.emit("There is no dictation yet.", "")
        else:
            self._insert_here(again(dictation, None))

    @Slot(int, str)
    def place(self, id: int, choice: str) -> None:
        """Does what the user chose for a text whose window wasn't there to take it.

        Args:
            choice: "back" into that window again, "here" into the one that has the focus now, "copy" or "keep".
        """
        written = self._unplaced.pop(id, None)
        if written is None:
            return
        if choice == "back" and written.target is not None:
            self._type(partial(self._insert_back, written))
        elif choice == "here":
            self._insert_here(written)
        else:
            self.flow().settle(id)
            if choice == "copy":
                self.copy(written.text)
            self.changed.emit()

    @Slot(str)
    def copy(self, text: str) -> None:
        self._type(lambda: self.typist.copy(text), "The text is in the clipboard.")

    @Slot(int)
    def delete(self, id: int) -> None:
        """Removes text and recording."""
        self._keep_house(lambda: self.parts.history.dictations.delete(id))

    @Slot(int, str, str)
    def retry(self, id: int, engine: str, language: str) -> None:
        """Recognises a kept recording again.

        Args:
            engine: by its name; "" takes the one in use.
            language: ISO 639-1; "" takes the settings'.
        """
        self._recognise(lambda: self._retry(self._get(id), engine, language))

    def offer_recovered(self) -> None:
        """Looks for what a former run left behind, tidies up, and offers the rest."""

        def work() -> None:
            store = self.parts.history.dictations
            dictation_recovery.keep_recordings(self.parts.recordings, store)
            store.sweep()
            self.expire()
            sounds, texts = dictation_recovery.sounds(self.parts.recordings), dictation_recovery.texts(store)
            if sounds or texts:
                self.recovered.emit(sounds, texts)

        self._keep_house(work)

    @Slot(object)
    def recognise_recovered(self, draft: Draft) -> None:
        """Makes a dictation of a recording that was left behind; its text goes to the clipboard."""

        def work() -> None:
            id = dictation_recovery.recognise(self.flow(), draft, self._stopped)
            self.copy(self._get(id).text)

        self._recognise(work)

    @Slot(object)
    def discard_recovered(self, draft: Draft) -> None:
        drafts.discard(draft.folder)

    @Slot(object, bool)
    def settle_recovered(self, dictation: Dictation, copy: bool) -> None:
        """A text that was about to be typed is only kept, and copied where the user wants that."""
        self.flow().settle(dictation.id)
        if copy:
            self.copy(dictation.text)
        self.changed.emit()

    def expire(self) -> None:
        """Removes what the user's rule doesn't keep. Not on the GUI thread.

        Raises:
            StorageError: the history can't be written.
        """
        chosen = self.settings.dictation
        self.parts.history.dictations.expire(chosen.keep_days, round(chosen.keep_megabytes * _BYTES))

    def stop(self) -> None:
        """Ends the typing thread; what waits to be typed is offered at the next start."""
        self._stopped.set()
        self._typing.shutdown(wait=True)
        self.typist.close()

    def _insert_here(self, written: Written) -> None:
        def work() -> None:
            here = Written(written.id, written.text, self.typist.target(), written.timings)
            self._delivered_late.emit((here, self.flow().insert(here, self._stopped)))

        self._type(work)

    def _insert_back(self, written: Written) -> None:
        assert written.target is not None
        self.typist.bring_back(written.target)
        self._delivered_late.emit((written, self.flow().insert(written, self._stopped)))

    @Slot(object)
    def _take_delivered(self, pair: tuple[Written, Delivered]) -> None:
        self._deliver(*pair)

    def _deliver(self, written: Written, delivered: Delivered) -> None:
        """On the GUI thread: what became of a text."""
        if delivered.inserted is not None:
            self._undoable = delivered.inserted
            for notice in delivered.inserted.notices:
                self.notice.emit(notice, "")
        elif delivered.can_be_placed:
            self._unplaced[written.id] = written
            title = written.target.title if written.target else ""
            moved = isinstance(delivered.problem, FocusMoved)
            self.unplaced.emit(Unplaced(written.id, str(delivered.problem), title, moved))
        elif delivered.problem is not None:
            self.notice.emit(f"{delivered.problem} The text is in the dictation history.", "dictations")
        self.changed.emit()

    def _retry(self, dictation: Dictation, engine: str, language: str) -> None:
        flow = self.flow(language)
        if not engine or engine == flow.engine.capabilities.name:
            flow.retry(dictation, self._stopped)
            return
        flow.engine = self.parts.make_engine(self.settings.changed("engine", "choice", engine))
        try:
            flow.retry(dictation, self._stopped)
        finally:
            flow.engine.unload()

    def _get(self, id: int) -> Dictation:
        found = self.parts.history.dictations.get(id)
        if found is None:
            raise BadInput("This dictation is no longer in the history.")
        return found

    def _type(self, work: Callable[[], object], done: str = "") -> None:
        self._submit(self._typing, work, done)

    def _keep_house(self, work: Callable[[], object]) -> None:
        self._jobs.on_housekeeping_thread(partial(self._run, work))

    def _recognise(self, work: Callable[[], object]) -> None:
        self.parts.inference.submit(partial(self._run, work))

    def _submit(self, pool: ThreadPoolExecutor, work: Callable[[], object], done: str = "") -> None:
        # At the end of the program nothing more is begun; what waits is found again at the next start.
        with contextlib.suppress(RuntimeError):
            pool.submit(self._run, work, done)

    def _run(self, work: Callable[[], object], done: str = "") -> None:
        """On a thread of ours: work whose fault is said, whatever it is."""
        try:
            work()
            if done:
                self.notice.emit(done, "")
        except Cancelled:
            return
        except HearsightError as error:
            self.notice.emit(str(error), "")
        except Exception as error:
            log.exception("a dictation's tool failed")
            self.notice.emit(f"Something went wrong inside Hearsight ({type(error).__name__}).", "")
        self.changed.emit()
