"""The space before and behind the text, so that dictations fit together and to what stands there."""

from __future__ import annotations

from assistant.dictation.models import Trailing

_CLOSING = ",.;:!?…)]}”»'’%\n\t "
_OPENING = "([{“„«¿¡#@/\\-_\"'\n\t \u00a0\u202f"
_NO_SPACES = ("\u3040", "\u9fff")
"""Japanese and Chinese letters lie between these; their sentences end without a space."""


def fitted(text: str, before: str | None, after: Trailing) -> str:
    """The text with a space in front where it would run into the word before the cursor, and behind it as chosen."""
    if not text:
        return text
    if before and before[-1] not in _OPENING and text[0] not in _CLOSING and not _is_dense(before[-1] + text[0]):
        text = " " + text
    if after == "space" and not text[-1].isspace() and not _is_dense(text[-1]):
        text += " "
    return text


def _is_dense(letters: str) -> bool:
    """Whether one of them belongs to a script without spaces."""
    low, high = _NO_SPACES
    return any(low <= letter <= high or letter in "。、，！？" for letter in letters)
