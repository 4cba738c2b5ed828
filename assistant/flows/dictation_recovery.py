"""Dictations that a crash cut short: their sound, or their text, is offered at the next start."""

from __future__ import annotations

from pathlib import Path

from assistant.audio import spool
from assistant.core.cancel import CancelToken
from assistant.core.errors import NothingHeard
from assistant.flows import drafts
from assistant.flows.dictate import Dictate
from assistant.flows.drafts import Draft
from assistant.history.dictations import Dictation, Dictations


def sounds(recordings: Path) -> list[Draft]:
    """Recordings of a process that is gone whose words are not known yet."""
    return [draft for draft in drafts.left_behind(recordings) if draft.job == "dictate" and not draft.dictation]


def texts(store: Dictations) -> list[Dictation]:
    """Texts that a process which is gone was about to type."""
    return store.interrupted()


def keep_recordings(recordings: Path, store: Dictations) -> None:
    """Puts the recordings of texts that are in the history beside them.

    Raises:
        StorageError: one can't be kept; it stays where it is.
    """
    for draft in drafts.left_behind(recordings):
        if draft.job == "dictate" and draft.dictation:
            if store.get(draft.dictation) is not None:
                store.attach_audio(draft.dictation, spool.stream(draft.folder))
            drafts.discard(draft.folder)


def recognise(dictate: Dictate, draft: Draft, cancel: CancelToken) -> int:
    """Makes a kept dictation of a recording that was left behind.

    Returns:
        Its id in the history.

    Raises:
        NothingHeard: there are no words in it; it is dropped.
        HearsightError: it can't be read or recognised; it stays where it is.
        Cancelled: the token was set.
    """
    spoken = dictate.recognise(spool.stream(draft.folder), cancel)
    written = dictate.write_down(spoken, None, draft.folder, to_type=False)
    dictate.keep_recording(written.id, draft.folder)
    if not written.id:
        raise NothingHeard("No words were understood in the recording.", action="Nothing is kept of it.")
    return written.id
