"""Engines that misbehave, for the host's tests. They are built in the child process, so they live in a module."""

from __future__ import annotations

import os
import time

from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineOutOfMemory
from assistant.core.events import Completion, Delta, Heard, Partial, Segment, Transcript
from assistant.core.media import Clip
from assistant.core.prompt import Options, Prompt
from assistant.engine.base import Emit, Report
from assistant.engine.fake import FakeEngine


class SlowToLoad(FakeEngine):
    """Loads for a minute and can't be stopped, as a library that reads weights."""

    def load(self, report: Report, cancel: CancelToken) -> None:
        report("weights", 0.1)
        time.sleep(60)


class Describing(FakeEngine):
    """Answers with what came over: pixels and samples summed."""

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        pictures = [*prompt.pictures, *(picture for turn in prompt.history for picture in turn.pictures)]
        sums = [f"{picture.name} {picture.pixels.shape} {int(picture.pixels.sum())}" for picture in pictures]
        sums += [] if prompt.clip is None else [f"{prompt.clip.samples.dtype} {float(prompt.clip.samples.sum()):.3f}"]
        return Completion("; ".join(sums), transcript=str(os.getpid()))


class Failing(FakeEngine):
    """Fails as the question says; warming and recognising take a minute."""

    def warm(self, prompt: Prompt, emit: Emit, cancel: CancelToken) -> None:
        emit(Partial("begun"))
        time.sleep(60)

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        emit(Segment(0.0, 1.0, "begun"))
        time.sleep(60)
        return super().transcribe(clip, options, emit, cancel)

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        emit(Delta("partial "))
        if prompt.text == "memory":
            raise EngineOutOfMemory("Memory ran out.", kept="The turn is kept.", action="Close programs.")
        if prompt.text == "bug":
            raise ValueError("a secret that the user said")
        if prompt.text == "exit":
            os._exit(3)
        if prompt.text == "deaf":
            time.sleep(60)
        return super().generate(prompt, options, emit, cancel)


class Noisy(FakeEngine):
    """Prints, and reads what is typed, as a library might."""

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        print("noise of a library", flush=True)
        os.write(1, b"more noise\\n")
        emit(Heard(repr(os.read(0, 100))))
        return Completion("quiet")
