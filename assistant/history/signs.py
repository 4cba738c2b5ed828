"""Characters that are looked up one by one: those of scripts without spaces between words, and emoji.

The full-text index cuts texts at spaces and punctuation. A Chinese sentence is a single word to it, and an emoji none.
So these characters go into an index of their own, each as one token, where a query is a phrase of them.
"""

from __future__ import annotations

import re

_SIGNS = re.compile(
    "["
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # iteration marks, Kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u2190-\u2bff\U0001f000-\U0001faff"  # arrows, technical and other symbols, emoji
    "]+"
)
"""A change needs a migration that makes the index anew."""

_GAP = " g "
"""Stands between two runs, so that no phrase spans them."""


def has_signs(text: str) -> bool:
    return not text.isascii() and _SIGNS.search(text) is not None


def tokens(text: str) -> str:
    """The text's signs as words of ASCII, for the index; "" when there are none."""
    return "" if text.isascii() else _GAP.join(_run(run) for run in _SIGNS.findall(text))


def phrases(text: str) -> str:
    """An expression that finds texts with each run of signs that is in `text`."""
    return " ".join(f'"{_run(run)}"' for run in _SIGNS.findall(text))


def _run(run: str) -> str:
    return " ".join(f"u{ord(char):x}" for char in run)
