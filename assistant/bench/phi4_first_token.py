"""Time to the first token of a spoken question about a screen: all of it after release, or the screen read before."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assistant.bench.phi4_pace import synchronise
from assistant.core.cancel import CancelToken
from assistant.engine.phi4.decode import DecodeLoop, DecodeOptions
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.native import Native
from assistant.engine.phi4.pictures import PicturePatches, prepare_picture
from assistant.engine.phi4.request import Request
from assistant.engine.phi4.session import Session
from assistant.engine.phi4.sound import LogMel, MelStream

_SCREEN = (1080, 1920, 3)
_RATE = 16_000
_SPEECH_SECONDS, _TAIL_SECONDS = 10.0, 0.5
_SYSTEM_TOKENS, _QUESTION_TOKENS, _ANSWER_TOKENS = 24, 6, 4
MAX_TILES = 12
"""As the engine's default: 2,129 tokens for a 1080p screen."""


@dataclass
class FirstToken:
    """Runs of one kind.

    Attributes:
        seconds: from release to the first token.
        computed: positions read after release, of the last run.
        asked: tokens of the sound and of the question after it.
    """

    seconds: list[float] = field(default_factory=list)
    computed: int = 0
    asked: int = 0

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)


class Release:
    """A conversation's first question, asked again and again about ever new screens."""

    def __init__(self, native: Native, decoder: Decoder, loop: DecodeLoop) -> None:
        self._session = Session(native, decoder, loop)
        self._device = decoder.weights.device
        self._vocab = min(decoder.sizes.vocab, 199_000)
        self._random = np.random.default_rng(0)
        self.cold, self.warm = FirstToken(), FirstToken()

    def run(self, *, count: bool = True) -> None:
        """One cold and one warm question."""
        self._ask(self.cold, warm=False, count=count)
        self._ask(self.warm, warm=True, count=count)

    def _ask(self, into: FirstToken, *, warm: bool, count: bool) -> None:
        pixels, samples, mel = self._screen(), self._speech(), MelStream()
        system, question = self._tokens(_SYSTEM_TOKENS), self._tokens(_QUESTION_TOKENS)
        self._session.rewind(0)
        picture = None
        if warm:
            picture = prepare_picture(pixels, MAX_TILES)
            self._session.prefill(Request((*system, picture), "vision", "vision"), CancelToken())
            mel.hear(samples[: int((_SPEECH_SECONDS - _TAIL_SECONDS) * _RATE)])
            # The user speaks longer than reading takes: what is queued on the device is done by then.
            synchronise(self._device)
        released = time.perf_counter()
        picture = picture or prepare_picture(pixels, MAX_TILES)
        sound = mel.hear(samples)
        times: list[float] = []
        answer = self._session.generate(
            _request(system, picture, sound, question),
            DecodeOptions(_ANSWER_TOKENS, eos=()),
            lambda _token: times.append(time.perf_counter()),
            CancelToken(),
        )
        if count:
            into.seconds.append(times[0] - released)
            into.computed, into.asked = answer.computed, sound.tokens + len(question)

    def _screen(self) -> NDArray[np.uint8]:
        return self._random.integers(0, 256, _SCREEN, dtype=np.uint8)

    def _speech(self) -> NDArray[np.float32]:
        return self._random.normal(0, 0.1, int(_SPEECH_SECONDS * _RATE)).astype(np.float32)

    def _tokens(self, count: int) -> list[int]:
        return [int(token) for token in self._random.integers(3, self._vocab, count)]


def _request(system: list[int], picture: PicturePatches, sound: LogMel, question: list[int]) -> Request:
    return Request((*system, picture, sound, *question), "vision", "vision")
