"""Which characters may go out: letters, marks and signs, and of the control characters only newline and tab.

A control character in a paste is a key press in a terminal, and a bidirectional override shows another text than it
holds ("Trojan Source", Boucher and Anderson 2021).
"""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Persian, Indic scripts and emoji need them."""
_DIRECTIONS = "\u200e\u200f"
"""Plain direction marks, which right-to-left text needs; overrides and isolates go."""
_KEPT = frozenset("\n\t" + _JOINERS + _DIRECTIONS)
_TAG_BASE = "\U0001f3f4"
"""The black flag; tag characters behind it make the flags of England, Scotland and Wales."""
_FORBIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_BREAKS = re.compile("\r\n?|[\u0085\u2028\u2029]")
_FLAG = re.compile(f"{_TAG_BASE}[\U000e0020-\U000e007f]+")


def clean(text: str) -> str:
    """Line breaks as newlines; no control, private, unassigned or hidden format characters. NFC."""
    text = unicodedata.normalize("NFC", _BREAKS.sub("\n", text))
    flags = {index for match in _FLAG.finditer(text) for index in range(*match.span())}
    return "".join(c for i, c in enumerate(text) if i in flags or _is_allowed(c))


def without(text: str, *, newlines: bool, tabs: bool) -> str:
    """A space in place of the breaks and tabs that may not go out."""
    if not newlines:
        text = re.sub(r"[^\S\n]*\n\s*", " ", text)
    return text if tabs else re.sub(r" *\t[ \t]*", " ", text)


def _is_allowed(character: str) -> bool:
    return character in _KEPT or unicodedata.category(character) not in _FORBIDDEN
