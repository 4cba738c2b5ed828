"""Loops: the same words again and again, which a recogniser falls into and nobody says."""

from __future__ import annotations

import re
import zlib

REPETITIVE = 2.4
"""Length by compressed length: Whisper's own threshold (Radford et al. 2022, section 4.5). "One two three" said three
times is at 1.7, a sentence at 1.0."""
_RUN = re.compile(r"(?<!\w)(\S.{0,79}?)(?:[\s,.;:!?、。]*\1(?!\w)){2,}", re.IGNORECASE | re.DOTALL)
_RUN_WITHOUT_SPACES = re.compile(r"(\S{1,30}?)\1{7,}")


def is_loop(text: str) -> bool:
    """Whether the text compresses as only a loop does."""
    data = text.strip().encode()
    return bool(data) and len(data) / len(zlib.compress(data)) > REPETITIVE


def unlooped(text: str) -> str:
    """The text with each loop in it said once; what people repeat ("no, no, no") is too short for one and stays."""

    def once(match: re.Match[str]) -> str:
        return match.group(1) if is_loop(match.group()) else match.group()

    return _RUN_WITHOUT_SPACES.sub(once, _RUN.sub(once, text))
