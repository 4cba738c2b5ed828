"""One answer from question to completion: what it emits, what it takes, and what is tried where memory ends."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from assistant.core.cancel import CancelToken
from assistant.core.events import Completion, Delta, Heard, Notice, Stage, Usage
from assistant.core.prompt import Options, Prompt, Task
from assistant.engine.base import Emit
from assistant.engine.phi4 import faults
from assistant.engine.phi4.budget import Limits
from assistant.engine.phi4.ears import CUT, Ears
from assistant.engine.phi4.loaded import Loaded
from assistant.engine.phi4.prompt import build
from assistant.engine.phi4.retreat import Attempt, attempts
from assistant.engine.phi4.sampling import DecodeOptions
from assistant.engine.phi4.session import Generated
from assistant.engine.phi4.sound import MelStream
from assistant.engine.phi4.tokenizer import Pieces

_WRITING_SECONDS = 20.0
"""What writing down the words may take while the turn waits to end: several minutes of speech on a GPU."""
_TOLD_SWITCH = 0.2
"""Seconds above which a switch of adapters is worth telling."""


@dataclass
class Answering:
    """Answers one prompt with a loaded model.

    Attributes:
        prompt: complete; without its clip where that holds no speech.
        limits: what the device holds; smaller afterwards where memory ran out.
    """

    parts: Loaded
    ears: Ears
    mel: MelStream
    prompt: Prompt
    limits: Limits
    options: Options
    emit: Emit
    cancel: CancelToken
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self._text: list[str] = []
        self._notices: list[str] = []
        self._transcript = ""
        self._generated: Generated | None = None
        self._heard_at = self._built_at = self._first_at = self._ended_at = self.started

    def run(self, *, hear_first: bool) -> Completion:
        """See `Phi4Engine.generate`."""
        clip = self.prompt.clip
        if clip is not None and (hear_first or self.ears.is_known(clip, self.cancel)):
            self._write_down()
        self._heard_at = time.perf_counter()
        self._attempt_until_done()
        self._ended_at = time.perf_counter()
        if not self._transcript:
            self._write_down()
        return self._completion()

    def _write_down(self) -> None:
        """The conversation's words for what was said."""
        if self.prompt.clip is None:
            return
        self.emit(Stage("transcribing"))
        self._transcript = self.ears.transcript(self.prompt.clip, self.cancel, _WRITING_SECONDS)
        if self._transcript:
            self.emit(Heard(self._transcript))
        if self._transcript.endswith(CUT):
            self.emit(Notice("Only the recording's beginning was written down; hearsight transcribe writes all of it."))

    def _attempt_until_done(self) -> None:
        for attempt in attempts(self.prompt, self.limits, self._give_back):
            self.limits = attempt.limits
            if attempt.words:
                self.emit(Notice(attempt.words))
            try:
                self._attempt(attempt)
            except (RuntimeError, MemoryError) as error:
                if self._text or not faults.is_out_of_memory(error):
                    raise
            else:
                return
        raise faults.no_memory(self.parts.placement.device)

    def _attempt(self, attempt: Attempt) -> None:
        if attempt.prompt.pictures:
            self.emit(Stage("looking at the screen" if attempt.prompt.pictures[0].is_screen else "looking"))
        built = build(attempt.prompt, self.parts.tokenizer, limits=attempt.limits, hear=self.mel.hear)
        for notice in built.notices:
            self._note(notice)
        self._built_at = time.perf_counter()
        self.emit(Stage("thinking"))
        chat, pieces = self.parts.chat, Pieces(self.parts.tokenizer)
        # What the answer may need is taken before its first word, where there still is another way.
        chat.decoder.reserve(min(len(built.request) + self.options.max_tokens, chat.limit))
        self._generated = chat.generate(
            built.request, self._decoding(), lambda token: self._say(pieces.feed(token)), self.cancel
        )
        self._say(pieces.end())
        self._tell_switch()

    def _say(self, text: str) -> None:
        if not text:
            return
        if not self._text:
            self._first_at = time.perf_counter()
        self._text.append(text)
        self.emit(Delta(text))

    def _decoding(self) -> DecodeOptions:
        greedy = self.prompt.task is Task.SCREEN
        return DecodeOptions(self.options.max_tokens, 0.0 if greedy else self.options.temperature)

    def _note(self, notice: str) -> None:
        if notice not in self._notices:
            self._notices.append(notice)
            self.emit(Notice(notice))

    def _tell_switch(self) -> None:
        seconds = sum(self.parts.switches)
        self.parts.switches.clear()
        if seconds > _TOLD_SWITCH:
            self.emit(Notice(f"Changing between pictures, sound and text alone took {seconds:.1f} s on this GPU."))

    def _give_back(self) -> None:
        self.parts.forget()
        faults.give_back()

    def _completion(self) -> Completion:
        made = self._generated
        usage = Usage(made.prompt_tokens, len(made.tokens), made.cached) if made else Usage()
        return Completion("".join(self._text), self._transcript, "", usage, self._timings(), tuple(self._notices))

    def _timings(self) -> dict[str, float]:
        """Seconds; the transcript that is written after the answer is not in them."""
        first = self._first_at if self._text else self._ended_at
        return {
            "speech": self._heard_at - self.started,
            "screen": self._built_at - self._heard_at,
            "prefill": max(0.0, first - self._built_at),
            "first_token": first - self.started,
            "total": self._ended_at - self.started,
        }
