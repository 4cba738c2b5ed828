"""A recording that a crash left behind becomes a question again."""

from __future__ import annotations

from assistant.audio import spool
from assistant.core.media import Picture
from assistant.flows import drafts
from assistant.flows.ask import Question
from assistant.screen import pictures


def question_of(draft: drafts.Draft) -> Question:
    """Reads back speech and screen of a draft.

    Raises:
        BadInput: neither can be read; the files stay where they are.
    """
    clip = spool.recover(draft.folder)
    shots: tuple[Picture, ...] = ()
    if draft.screen_file is not None:
        shots = (drafts.with_windows(draft.folder, pictures.load_picture(draft.screen_file)),)
    return Question("", shots, clip, draft.conversation, (draft.screen_file,) if shots else ())
