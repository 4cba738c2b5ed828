"""Plays a recording back."""

from __future__ import annotations

from typing import Any

import numpy as np

from assistant.audio import portaudio
from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError
from assistant.core.media import SAMPLE_RATE, Clip

_BLOCK = SAMPLE_RATE // 20
"""Samples between two looks at the token: 50 ms."""


def play(clip: Clip, cancel: CancelToken) -> None:
    """Plays on the calling thread; returns when it is over, or soon after the token was set.

    Raises:
        HearsightError: there is no loudspeaker, or it can't be opened.
    """
    with portaudio.output_stream(SAMPLE_RATE) as stream:
        try:
            _write(stream, clip, cancel)
        except portaudio.library().PortAudioError as error:
            raise HearsightError("The recording can't be played.", action="Check the loudspeaker.") from error


def _write(stream: Any, clip: Clip, cancel: CancelToken) -> None:
    for start in range(0, len(clip.samples), _BLOCK):
        if cancel.is_set():
            return
        stream.write(np.ascontiguousarray(clip.samples[start : start + _BLOCK, np.newaxis]))
    stream.stop()
