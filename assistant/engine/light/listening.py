"""When to recognise speech that still goes on: often enough to show, rarely enough to leave time for other work."""

from __future__ import annotations

from assistant.core.cancel import CancelToken
from assistant.core.events import Transcript
from assistant.core.media import Clip
from assistant.engine.light.speech import Recogniser
from assistant.engine.light.speech_chunks import Chunk

_NEW_SECONDS = 2.5


class Listening:
    """Follows one clip as it grows.

    A pass is due when 2.5 s are new since the last one, and when the user has stopped speaking: if the key is released
    then, that pass was the last one needed.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._seconds = 0.0

    def is_due(self, clip: Clip, language: str) -> bool:
        if clip.seconds < self._seconds:
            self._seconds = 0.0
        chunks = self._recogniser.cut(clip)
        if not chunks or self._recogniser.is_known(clip, chunks, language):
            return False
        return _paused(chunks) or clip.seconds - self._seconds >= _NEW_SECONDS

    def hear(self, clip: Clip, language: str, cancel: CancelToken) -> Transcript:
        transcript = self._recogniser.recognise(clip, language, cancel)
        self._seconds = clip.seconds
        return transcript


def _paused(chunks: list[Chunk]) -> bool:
    return chunks[-1].settled
