"""Which characters may go out: letters, marks and signs, and of the control characters only newline and tab.

A control character in a paste is a key press in a terminal, and a bidirectional override shows another text than it
holds ("Trojan Source", Boucher and Anderson 2021).
"""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Persian, Indic scripts and emoji need them."""
_DIRECTIONS = "\u061c\u200e\u200f"
"""Plain direction marks, which right-to-left text needs; overrides, embeddings and isolates go."""
_VISIBLE_FORMATS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
"""Arabic and Syriac signs that Unicode counts as formats because they span the digits behind them."""
_KEPT = frozenset("\n\t" + _JOINERS + _DIRECTIONS + _VISIBLE_FORMATS)
_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unassigned characters may go: this Python may be older than an emoji. Private ones too: icon fonts use them."""
_BREAKS = re.compile("\r\n?|[\u0085\u2028\u2029]")
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007f]+")
"""The black flag with tag characters behind it: the flags of England, Scotland and Wales."""
_PRIVATE = re.compile("[\U000f0000-\U000ffffd]")
_NO_CHARACTERS = 0xFFFE


def clean(text: str) -> str:
    """Line breaks as newlines; no control and hidden format characters. NFC."""
    text = unicodedata.normalize("NFC", _BREAKS.sub("\n", text))
    flags = {index for match in _FLAG.finditer(text) for index in range(*match.span())}
    return "".join(c for i, c in enumerate(text) if i in flags or _is_allowed(c))


def heard(text: str) -> str:
    """What a recogniser gave, clean: without private characters too, which the rules use for places (`exact`)."""
    return _PRIVATE.sub("", clean(text)).strip()


def without(text: str, *, newlines: bool, tabs: bool) -> str:
    """A space in place of the breaks and tabs that may not go out."""
    if not newlines:
        text = re.sub(r"[^\S\n]*\n\s*", " ", text)
    return text if tabs else re.sub(r" *\t[ \t]*", " ", text)


def _is_allowed(character: str) -> bool:
    if ord(character) & 0xFFFF >= _NO_CHARACTERS or "\ufdd0" <= character <= "\ufdef":
        return False
    return character in _KEPT or unicodedata.category(character) not in _FORBIDDEN
