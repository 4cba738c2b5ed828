"""What was said in past turns and never written down: an engine that answers from the sound itself writes the words
after its answer, and a stop or a crash may come between. The recording is kept until then, so nothing is lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.audio.chunks import chunks
from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError
from assistant.core.events import Progress
from assistant.core.media import SAMPLE_RATE, Clip
from assistant.core.prompt import Options
from assistant.engine.base import Engine
from assistant.flows.answer_record import HEARD
from assistant.history.models import Attachment, Message
from assistant.history.store import History

_MOST_SECONDS = 120.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Unheard:
    message: Message
    recording: Attachment


def write_down(history: History, engine: Engine, conversation: int, options: Options, cancel: CancelToken) -> None:
    """Recognises them before the conversation goes on; without any, does nothing.

    What can't be recognised now stays as it is, with its recording: the conversation goes on without those words.

    Raises:
        Cancelled: the token was set.
    """
    for found in _unheard(history, conversation):
        try:
            said = _said(history.load_clip(found.recording), engine, options, cancel)
        except HearsightError as error:
            log.debug("a past recording was not written down: %s", type(error).__name__)
            continue
        if said:
            text = f"{found.message.text}\n\n{said}" if found.message.text else said
            history.update(found.message.id, text=text, usage={HEARD: True})


def _said(clip: Clip, engine: Engine, options: Options, cancel: CancelToken) -> str:
    """Of a long recording its beginning: the next question waits for this."""
    heard = clip.samples[: round(_MOST_SECONDS * SAMPLE_RATE)]
    texts = [engine.transcribe(Clip(piece.samples), options, _ignore, cancel).text for piece in chunks([heard])]
    said = " ".join(text.strip() for text in texts if text.strip())
    return f"{said} …" if said and len(heard) < len(clip.samples) else said


def _unheard(history: History, conversation: int) -> Iterator[_Unheard]:
    if not conversation:
        return
    for message in history.past(conversation):
        recordings = [each for each in message.attachments if each.kind == "audio"]
        if message.role == "user" and recordings and not message.usage.get(HEARD, False):
            yield _Unheard(message, recordings[0])


def _ignore(_event: Progress) -> None:
    """Only the text is of use here."""
