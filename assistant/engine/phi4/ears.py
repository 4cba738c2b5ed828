"""What was said, in words: pieces of a clip that are cut at silences, each recognised once.

The model answers a spoken question from its sound and needs no transcript, but the conversation does: for its history,
its search, and for the user to see what was understood.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from assistant.core.cancel import CancelToken
from assistant.core.events import Segment
from assistant.core.media import SAMPLE_RATE, Clip
from assistant.engine.phi4.chunks import Cutter, has_speech
from assistant.engine.phi4.prompt import instructed
from assistant.engine.phi4.sampling import DecodeOptions
from assistant.engine.phi4.session import Session
from assistant.engine.phi4.sound import WINDOW
from assistant.engine.phi4.tasks import Kind
from assistant.engine.phi4.tokenizer import Tokenizer
from assistant.engine.speech_chunks import Chunk

_KEPT = 64
"""Recognised pieces that are remembered: half an hour of sentences."""
_TOKENS, _TOKENS_A_SECOND = 32, 8
"""The most tokens of a piece: quick speakers come to five a second. Where the model repeats itself, this ends it."""
CUT = "…"
"""Ends the transcript of a recording that took too long to write down."""
_NEW_AT_MOST = 30.0
"""Seconds that the voice detector is let listen to just to see whether a transcript is there already."""
_NEW_SECONDS = 2.5
_QUICK_SECONDS = 0.7
"""Speech that still goes on is recognised again and again only where a pass takes less than this."""


class Ears:
    """Follows the clip of one question as it grows, and remembers what it recognised.

    Args:
        session: whose cache may be overwritten at any time.
    """

    def __init__(self, session: Session, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._cutter = Cutter()
        self._cut: tuple[str, list[Chunk]] | None = None
        self._cut_seconds = 0.0
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._pass_seconds = 0.0
        self._heard_seconds = 0.0

    def speaks(self, clip: Clip, cancel: CancelToken) -> bool:
        """Whether somebody speaks: not in silence, noise and clicks."""
        if self._cut is not None and self._cut[0] == clip.sha256:
            return bool(self._cut[1])
        return has_speech(clip.samples, cancel)

    def segments(self, clip: Clip, cancel: CancelToken) -> Iterator[Segment]:
        """Recognises piece by piece; seconds from the clip's start."""
        for piece in self._pieces(clip, cancel):
            text = self._text(clip.samples[piece.start : piece.end], cancel)
            if text:
                yield Segment(
                    piece.start / SAMPLE_RATE,
                    min(piece.end / SAMPLE_RATE, clip.seconds),
                    text,
                    compression_ratio=_compression(text),
                )

    def transcript(self, clip: Clip, cancel: CancelToken, seconds: float = float("inf")) -> str:
        """The words; where writing them down takes longer than `seconds`, the beginning and "…"."""
        words, deadline = [], time.monotonic() + seconds
        for segment in self.segments(clip, cancel):
            words.append(segment.text)
            if time.monotonic() > deadline and segment.end < clip.seconds - 1:
                return " ".join([*words, CUT])
        return " ".join(words)

    def is_known(self, clip: Clip, cancel: CancelToken) -> bool:
        """Whether every piece was recognised before, so that the transcript costs next to nothing."""
        if clip.seconds - self._cut_seconds > _NEW_AT_MOST:
            return False
        return all(_key(clip.samples[piece.start : piece.end]) in self._texts for piece in self._pieces(clip, cancel))

    def is_due(self, clip: Clip, cancel: CancelToken) -> bool:
        """Whether speech that still goes on should be recognised now: it paused, or enough is new, and it is quick."""
        pieces = self._pieces(clip, cancel)
        if not pieces or self.is_known(clip, cancel):
            return False
        if clip.seconds < self._heard_seconds:
            self._heard_seconds = 0.0
        enough = self._pass_seconds < _QUICK_SECONDS and clip.seconds - self._heard_seconds >= _NEW_SECONDS
        return pieces[-1].settled or enough

    def follow(self, clip: Clip, cancel: CancelToken) -> str:
        """The transcript so far, of a clip that may go on."""
        started = time.perf_counter()
        text = self.transcript(clip, cancel)
        self._pass_seconds = time.perf_counter() - started
        self._heard_seconds = clip.seconds
        return text

    def forget(self) -> None:
        """Drops all that was heard."""
        self._texts.clear()
        self._cutter.forget()
        self._cut, self._cut_seconds = None, 0.0
        self._heard_seconds = 0.0

    def _pieces(self, clip: Clip, cancel: CancelToken) -> list[Chunk]:
        if self._cut is None or self._cut[0] != clip.sha256:
            self._cut = clip.sha256, self._cutter.pieces(clip.samples, cancel)
            self._cut_seconds = clip.seconds
        return self._cut[1]

    def _text(self, samples: NDArray[np.float32], cancel: CancelToken) -> str:
        key = _key(samples)
        if key not in self._texts:
            self._texts[key] = self._recognise(samples, cancel)
            while len(self._texts) > _KEPT:
                self._texts.popitem(last=False)
        self._texts.move_to_end(key)
        return self._texts[key]

    def _recognise(self, samples: NDArray[np.float32], cancel: CancelToken) -> str:
        cancel.check()
        if len(samples) < WINDOW:
            return ""
        request = instructed(samples, Kind.TRANSCRIBE, self._tokenizer).request
        most = _TOKENS + round(_TOKENS_A_SECOND * len(samples) / SAMPLE_RATE)
        answer = self._session.generate(request, DecodeOptions(max_tokens=most), lambda _token: None, cancel)
        return " ".join(self._tokenizer.decode(answer.tokens).split())


def _key(samples: NDArray[np.float32]) -> str:
    return hashlib.sha256(np.ascontiguousarray(samples).data).hexdigest()


def _compression(text: str) -> float:
    """Bytes of the text by those of its zlib form: far above 2 where it repeats itself."""
    written = text.encode()
    return len(written) / len(zlib.compress(written))
