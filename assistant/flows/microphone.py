"""Recording a question for a given time, for the command line: the same recording as under the held key."""

from __future__ import annotations

import threading
from pathlib import Path

from assistant.audio.recorder import Recorder
from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import HearsightError
from assistant.core.media import Clip
from assistant.flows.ask import Ask, Emit, Question
from assistant.flows.listening import Listening


def listen(
    ask: Ask, question: Question, seconds: float, recordings: Path, device: str, emit: Emit, cancel: CancelToken
) -> Clip:
    """Records while the engine works ahead on the rest of the question.

    Args:
        seconds: how long, from the first real buffer on.
        recordings: folder of recordings under way; what is recorded lies there until this returns.
        device: name of the input device, or "" for the default one.

    Raises:
        NoMicrophone: there is none.
        MicrophoneLost: it went away while recording; the recording stays on disk and is offered by the window.
        Cancelled: `cancel` was set.
    """
    lost: list[HearsightError] = []
    done = CancelToken()
    first = threading.Event()

    def on_lost(error: HearsightError) -> None:
        lost.append(error)
        done.set()

    def open_recorder(folder: Path) -> Recorder:
        return Recorder(device, folder, on_first=first.set, on_level=lambda _level: None, on_lost=on_lost)

    listening = Listening(recordings, 0, open_recorder)
    listening.record()
    forget = cancel.on_set(done.set)
    timer = threading.Thread(target=_end_after, args=(seconds, first, done), daemon=True)
    timer.start()
    ask.keep_warm(question, listening.clip_so_far, emit, done)
    done.wait(seconds + 10)
    forget()
    clip = listening.finish()
    if lost:
        raise lost[0]
    listening.discard()
    if cancel.is_set():
        raise Cancelled
    return clip


def _end_after(seconds: float, first: threading.Event, done: CancelToken) -> None:
    first.wait(5.0)
    done.wait(seconds)
    done.set()
