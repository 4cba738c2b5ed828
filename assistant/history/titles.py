"""A conversation's title, made from its first question."""

from __future__ import annotations

import re
import unicodedata

LIMIT = 60
"""Characters: what the history pane shows of a title in one line."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s|(?<=[。！？])")


def title_of(question: str) -> str:
    """The first sentence in one line, at most `LIMIT` characters, cut at a word where there is one."""
    printable = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in question)
    line = " ".join(printable.split())
    sentence = _SENTENCE_END.split(line, maxsplit=1)[0].strip()
    return sentence if len(sentence) <= LIMIT else _shortened(sentence)


def _shortened(text: str) -> str:
    head = text[: LIMIT - 1]
    at_word = head.rsplit(" ", 1)[0]
    kept = at_word if len(at_word) >= LIMIT // 2 else head
    return kept.rstrip(" ,;:-") + "…"
