"""How speech becomes text in another program. Start to read here.

1. Key-down: the window that has the focus is pinned (`Typist.target`) and the microphone opened (`listening`).
2. While the user speaks: what they say is cut at silences (`dictation_speech`) and recognised piece by piece
   (`dictation_follow`); words that two passes agree on are shown as certain. Names on the screen, read in between
   (`dictation_screen`), help the recogniser.
3. Release: the last piece is recognised, the text rules are applied (`Dictate.compose`), and the text is written down
   before anything is typed, so that no crash can lose it.
4. The text goes into the pinned window, and nowhere else (`Dictate.insert`). Then the recording is kept beside it.

Dictated words are data: whatever they say, they are typed. The window, the command line and the benches all run this.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from assistant.audio import spool
from assistant.audio.resample import Samples
from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import FocusMoved, HearsightError, TargetLost
from assistant.core.events import Progress
from assistant.core.prompt import Options
from assistant.desktop.typing.main import Typist
from assistant.desktop.typing.models import Inserted, Target
from assistant.dictation import polish as polishing
from assistant.dictation import rules as text_rules
from assistant.dictation import spelling
from assistant.dictation.models import Context, TextRules
from assistant.engine.base import Engine
from assistant.flows import drafts
from assistant.flows.dictation_follow import Follower, Live, Spoken
from assistant.flows.dictation_screen import ScreenWords
from assistant.flows.dictation_speech import LiveSpeech
from assistant.history.dictations import FAILED, KEPT, TYPED, WAITING, Dictation, Dictations

log = logging.getLogger(__name__)

WhenMoved = Literal["ask", "wait"]


@dataclass(frozen=True)
class Written:
    """A dictation that is written down.

    Attributes:
        id: in the history; 0 where nothing was said and nothing is kept.
        text: what is to be typed.
        target: where.
        timings: seconds by stage from the release on (see `Dictations`), and `work`: recognising in all.
    """

    id: int
    text: str
    target: Target | None
    timings: dict[str, float]
    error: HearsightError | None = None


@dataclass(frozen=True)
class Delivered:
    """What became of a dictation: it is in its window (`inserted`), or why not."""

    id: int
    inserted: Inserted | None = None
    problem: HearsightError | None = None
    cancelled: bool = False
    place: Target | None = None

    @property
    def can_be_placed(self) -> bool:
        """Whether the user may still choose where the text goes."""
        return isinstance(self.problem, FocusMoved | TargetLost)


class Dictate:
    """Dictations recognised by one engine, typed by one typist, kept in one history.

    `follow` and `compose` belong to the engine's thread, `insert` to the one that types; the rest to any.

    Args:
        options: how to recognise.
        when_moved: "ask" leaves the text to the user's choice where the focus is elsewhere; "wait" waits for it.
    """

    def __init__(
        self,
        engine: Engine,
        rules: TextRules,
        typist: Typist,
        store: Dictations,
        options: Options | None = None,
        *,
        when_moved: WhenMoved = "ask",
    ) -> None:
        self.engine = engine
        self.rules = rules
        self.typist = typist
        self.store = store
        self.options = options or Options()
        self.when_moved = when_moved

    def follow(
        self,
        speech: LiveSpeech,
        emit: Callable[[Live], None],
        cancel: CancelToken,
        screen: ScreenWords | None = None,
    ) -> Spoken:
        """Recognises until the speech is over. Never raises: what went wrong is part of the result."""
        return self._follower(emit, cancel, screen).run(speech)

    def recognise(self, blocks: Iterable[Samples], cancel: CancelToken) -> Spoken:
        """Recognises a recording that is complete.

        Raises:
            HearsightError: it can't be read or recognised.
            Cancelled: the token was set.
        """
        return self._follower(_unseen, cancel).run_recorded(blocks)

    def polish(self, spoken: Spoken, cancel: CancelToken) -> Spoken:
        """The words smoothed by the language model; as they were where that fails, is stopped or says more or less."""
        if not spoken.text or len(spoken.text) > polishing.LONGEST:
            return spoken
        prompt, options = polishing.request(spoken.text)
        try:
            answer = self.engine.generate(prompt, options, _unread, cancel).text
        except (Cancelled, HearsightError) as error:
            log.warning("a dictation could not be polished: %s", type(error).__name__)
            return spoken
        return replace(spoken, text=polishing.accepted(spoken.text, answer, spoken.language).text)

    def compose(self, spoken: Spoken, target: Target | None) -> str:
        """The text to type for what was recognised, by the user's rules for the target's program."""
        if not spoken.text:
            return ""
        context = _context(spoken.language, target)
        terms = tuple(dict.fromkeys((*context.terms, *spoken.terms)))[: spelling.MOST_TERMS]
        return text_rules.apply(spoken.text, self.rules, context.model_copy(update={"terms": terms}))

    def write_down(
        self, spoken: Spoken, target: Target | None, folder: Path, *, to_type: bool, closing: float = 0.0
    ) -> Written:
        """Puts a dictation into the history; what holds neither words nor a fault is not one.

        Args:
            folder: of its recording, which learns under which id the text is kept.
            to_type: whether it waits to be typed; else it is only kept.
            closing: seconds from the release until the microphone had delivered everything.

        Raises:
            StorageError: it can't be written down. The recording stays where it is.
        """
        began = time.monotonic()
        text, fault = self._composed(spoken, target)
        timings = {"closing": closing, "tail": spoken.tail, "rules": time.monotonic() - began, "work": spoken.work}
        if not text and fault is None:
            return Written(0, "", target, timings)
        told = self.engine.capabilities
        id = self.store.add(
            text,
            state=FAILED if fault is not None else WAITING if to_type else KEPT,
            heard=spoken.text,
            program=target.program if target else "",
            engine=told.name,
            model=told.model,
            language=spoken.language,
            seconds=spoken.seconds,
            timings=timings,
            error=str(fault or ""),
        )
        drafts.note_dictation(folder, id)
        return Written(id, text, target, timings, fault)

    def insert(self, written: Written, cancel: CancelToken, on_wait: Callable[[], None] = lambda: None) -> Delivered:
        """Types a dictation into its target. Never raises but for faults of ours; the text is kept whatever happens."""
        began = time.monotonic()
        try:
            inserted = self.typist.insert(
                written.text, written.target, when_moved=self.when_moved, cancel=cancel, on_wait=on_wait
            )
        except Cancelled:
            self.store.update(written.id, state=KEPT)
            return Delivered(written.id, cancelled=True)
        except (FocusMoved, TargetLost) as problem:
            # It waits on: the user may choose another place, and so may one who starts Hearsight after a crash.
            return Delivered(written.id, problem=problem, place=written.target)
        except HearsightError as problem:
            self.store.update(written.id, state=KEPT, error=str(problem))
            return Delivered(written.id, problem=problem)
        took = {"insertion": time.monotonic() - began, **{f"insertion_{k}": v for k, v in inserted.seconds.items()}}
        self.store.update(written.id, state=TYPED, timings=written.timings | took)
        return Delivered(written.id, inserted)

    def settle(self, id: int, problem: HearsightError | None = None) -> None:
        """It is not typed after all: kept, and no longer offered."""
        self.store.update(id, state=KEPT, error=str(problem or ""))

    def keep_recording(self, id: int, folder: Path) -> None:
        """Moves the recording from its folder into the history, or drops it where there is no dictation.

        Raises:
            StorageError: it can't be kept; it stays in its folder then.
        """
        if id:
            self.store.attach_audio(id, spool.stream(folder))
        drafts.discard(folder)

    def retry(self, dictation: Dictation, cancel: CancelToken) -> None:
        """Recognises a kept recording anew; the history's text becomes what this engine and these rules make of it.

        Raises:
            StorageError: the recording is gone.
            HearsightError: it can't be recognised; the text stays as it was.
            Cancelled: the token was set.
        """
        spoken = self.recognise(self.store.audio_blocks(dictation), cancel)
        text = self.compose(spoken, Target("", "", dictation.program))
        told = self.engine.capabilities
        self.store.update(
            dictation.id,
            text=text,
            heard=spoken.text,
            language=spoken.language,
            engine=told.name,
            model=told.model,
            error="" if text else "No words were understood.",
            state=KEPT if dictation.state == FAILED and text else dictation.state,
        )

    def _composed(self, spoken: Spoken, target: Target | None) -> tuple[str, HearsightError | None]:
        """The text, and what went wrong until here. A fault in the rules must not cost what was said."""
        try:
            return self.compose(spoken, target), spoken.error
        except Exception:
            log.exception("the text rules failed")
            return spoken.text, HearsightError("The text rules failed.", kept="What was heard is kept as it is.")

    def _follower(
        self, emit: Callable[[Live], None], cancel: CancelToken, screen: ScreenWords | None = None
    ) -> Follower:
        options = replace(self.options, hints=spelling.hints(self.rules.words, ()))
        return Follower(self.engine, options, emit, cancel, screen)


def again(dictation: Dictation, target: Target | None) -> Written:
    """A dictation of the history, to be typed once more."""
    return Written(dictation.id, dictation.text, target, {})


def _unread(_event: Progress) -> None:
    """Only the whole answer counts."""


def _unseen(_live: Live) -> None:
    """Nobody watches."""


def _context(language: str, target: Target | None) -> Context:
    if target is None:
        return Context(language=language)
    # What stands in the window's title is on the screen, and often what is written about.
    names = spelling.terms(target.title, language)
    return Context(before=target.before, kind=target.kind, program=target.program, language=language, terms=names)
