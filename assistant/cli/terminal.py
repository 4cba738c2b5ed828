"""Text from the history, from models and from screens, made safe for a terminal."""

from __future__ import annotations

import sys
import unicodedata
from typing import TextIO

_KEPT = "\n\t"
_INVISIBLE = "\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
"""Format characters that reorder or hide what stands round them (Unicode's bidirectional controls and kin)."""


def safe(text: str) -> str:
    """Shows control characters instead of obeying them: an answer can't clear the screen or retitle the terminal."""
    return "".join(_shown(char) for char in text)


def one_line(text: str) -> str:
    """`safe`, with line breaks and tabs as spaces."""
    return " ".join(safe(text).split())


def say(text: str = "", *, stream: TextIO | None = None, end: str = "\n") -> None:
    """Prints text that is safe already; a character that the terminal can't show becomes a question mark."""
    target = stream or sys.stdout
    encoding = target.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), file=target, end=end)


def _shown(char: str) -> str:
    if char in _KEPT or (char not in _INVISIBLE and unicodedata.category(char) not in ("Cc", "Cs")):
        return char
    # The control characters have pictures of their own at U+2400.
    return chr(0x2400 + ord(char)) if ord(char) < 0x20 else "\N{REPLACEMENT CHARACTER}"
