"""The Phi-4 engine: one model that sees, hears and answers, behind the protocol of `engine/base.py`.

What happens with a spoken question: the model answers from the sound itself, at once. What was said is written down for
the conversation by the same model with its speech adapter, in a session of its own: while the user speaks, where a pass
is quick; what is left of it after the answer, so that it never delays the first word (or before it, by a setting).
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineOutOfMemory
from assistant.core.events import Completion, Notice, Partial, Segment, Transcript
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options, Prompt
from assistant.engine.base import Capabilities, Emit, Report
from assistant.engine.phi4 import budget, faults, loaded
from assistant.engine.phi4.answering import Answering
from assistant.engine.phi4.budget import Limits
from assistant.engine.phi4.catalogue import Phi4Choice, placed_capabilities
from assistant.engine.phi4.catalogue import capabilities as expected_capabilities
from assistant.engine.phi4.devices import Device, Placement, Precision, place
from assistant.engine.phi4.ears import Ears
from assistant.engine.phi4.loaded import Loaded
from assistant.engine.phi4.nvidia import AskDriver, ask_driver
from assistant.engine.phi4.prompt import known_part
from assistant.engine.phi4.sizes import ModelSize
from assistant.engine.phi4.sound import WINDOW, MelStream, token_count

_SLICE_SECONDS = 1.5
_ANSWER = 1024
_CLOSING = 2
"""Tokens behind every question: its end, and whose turn it is."""
_NOTHING_YET = Clip(np.zeros(0, np.float32))
"""Before the first sound came in: what is warmed without words will be a spoken question."""


class Phi4Engine:
    """One native model folder on one device.

    Args:
        folder: made ready by `assistant.models.phi4.install.prepare`.
        precision, device: "auto" takes the best that fits.
        max_tiles, hear_first: see `Phi4Choice`.
        ask: the driver query.
    """

    def __init__(
        self,
        folder: Path,
        *,
        precision: Precision = "auto",
        device: Device = "auto",
        max_tiles: int = 12,
        hear_first: bool = False,
        ask: AskDriver = ask_driver,
    ) -> None:
        self._choice = Phi4Choice(folder, precision, device, max_tiles, hear_first)
        self._folder = folder
        self._ask = ask
        self._limits = Limits(max_tiles=max_tiles)
        self._loaded: Loaded | None = None
        self._placed: Placement | None = None
        self._untold: list[str] = []

    @property
    def capabilities(self) -> Capabilities:
        """With the device, once loaded; before, as it is expected."""
        if self._placed is not None:
            return placed_capabilities(self._placed)
        return expected_capabilities(self._choice, self._ask)

    def load(self, report: Report, cancel: CancelToken) -> None:
        """Chooses device and form by what is free now, and loads.

        Raises:
            EngineUnavailable: it can't run here now; says why.
            ModelMissing, ModelBroken, EngineOutOfMemory, Cancelled: nothing stays loaded then.
        """
        cancel.check()
        if self._loaded is not None:
            return
        size = ModelSize.of(self._folder)
        placed = place(size, self._choice.precision, self._choice.device, self._ask)
        try:
            with faults.told(placed.device):
                parts = loaded.load(self._folder, placed, report, cancel)
        except BaseException:
            faults.give_back()
            raise
        self._ears, self._mel = Ears(parts.speech, parts.tokenizer), MelStream()
        self._untold = list(placed.notices)
        self._placed, self._loaded = placed, parts
        self._limits = self._full_limits()

    def warm(self, prompt: Prompt, emit: Emit, cancel: CancelToken) -> None:
        """One slice: prefills what stands before the question, then follows the speech for the HUD."""
        parts = self._parts(cancel)
        try:
            with faults.told(parts.placement.device):
                self._warm(parts, prompt, emit, cancel)
        except EngineOutOfMemory:
            # The question itself knows what to give up, and says so.
            parts.forget()
            faults.give_back()

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        """Answers. Where there is no question (nothing typed, nothing said) the answer is empty.

        Raises:
            BadInput: it is more than the model, or this device's memory, can take.
            EngineOutOfMemory: even the coarsest pictures and the shortest history found no memory.
        """
        parts = self._parts(cancel)
        started = time.perf_counter()
        if prompt.clip is not None:
            budget.refuse_too_long(token_count(len(prompt.clip.samples)), self._limits)
        if prompt.clip is not None and not self._ears.speaks(prompt.clip, cancel):
            # The model answers silence with words.
            prompt = prompt.with_clip(None)
            if not prompt.text.strip():
                return Completion("")
        self._tell(parts, emit)
        work = Answering(parts, self._ears, self._mel, prompt, self._limits, options, emit, cancel, started)
        try:
            with faults.told(parts.placement.device):
                return work.run(hear_first=self._choice.hear_first)
        finally:
            self._limits = work.limits

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        """One segment for each piece between silences."""
        parts = self._parts(cancel)
        segments: list[Segment] = []
        with faults.told(parts.placement.device):
            for segment in self._ears.segments(clip, cancel):
                segments.append(segment)
                emit(segment)
        text = " ".join(segment.text for segment in segments)
        return Transcript(text, tuple(segments), options.language if text else "", clip.seconds)

    def read_screen(self, picture: Picture, cancel: CancelToken) -> str:  # noqa: ARG002
        """Nothing: this model sees pixels, and writing a screen's words down takes it as long as an answer."""
        cancel.check()
        return ""

    def unload(self) -> None:
        """Gives everything back but what CUDA itself keeps for the process, which goes with the child process."""
        if self._loaded is None:
            return
        self._loaded = self._placed = None
        del self._ears, self._mel
        faults.give_back()

    def _warm(self, parts: Loaded, prompt: Prompt, emit: Emit, cancel: CancelToken) -> None:
        started = time.perf_counter()
        clip = prompt.clip
        spoken = clip or (None if prompt.text.strip() else _NOTHING_YET)
        begun = known_part(prompt.with_clip(spoken), parts.tokenizer, limits=self._limits)
        follows = _CLOSING + (token_count(len(clip.samples)) if clip else 0)
        done = parts.chat.prefill(begun.request, cancel, _SLICE_SECONDS, expected=follows).done
        if done and parts.placement.device.startswith("cuda"):
            # The answer's room too: captured steps end with the cache that they were captured on.
            parts.chat.decoder.reserve(min(len(begun.request) + follows + _ANSWER, parts.chat.limit))
            parts.rehearse(follows, cancel)
        if clip is None or len(clip.samples) < WINDOW:
            return
        self._mel.hear(clip.samples)
        in_time = time.perf_counter() - started < _SLICE_SECONDS
        if done and in_time and parts.switches_quickly and self._ears.is_due(clip, cancel):
            emit(Partial(self._ears.follow(clip, cancel)))

    def _full_limits(self) -> Limits:
        """Before memory ran out."""
        assert self._loaded is not None
        return Limits(self._loaded.chat.limit, self._choice.max_tiles)

    def _parts(self, cancel: CancelToken) -> Loaded:
        cancel.check()
        self.load(lambda _what, _share: None, cancel)
        assert self._loaded is not None
        return self._loaded

    def _tell(self, parts: Loaded, emit: Emit) -> None:
        """Once: what the user should know of the device, and what had to run slower since the last question."""
        for words in dict.fromkeys([*self._untold, *parts.slow]):
            emit(Notice(words))
        self._untold.clear()
        parts.slow.clear()
