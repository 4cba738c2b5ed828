"""Text on a screen's two lines: how wide it is, where it may break, and where it breaks best.

42 characters a line in two lines are Netflix's limit for alphabets, 16 for Chinese and Korean
(https://partnerhelp.netflixstudios.com, "Timed Text Style Guide: General Requirements" and the languages' own pages).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LINE_CHARACTERS = 42
CUE_LINES = 2
_WIDE = LINE_CHARACTERS / 16
"""Columns of a character that stands for a syllable or a word."""

SENTENCE, CLAUSE, CONJUNCTION, PREPOSITION, ANYWHERE, AFTER_ARTICLE = 0.0, 1.0, 2.0, 3.0, 5.0, 8.0
"""What a break costs: after a sentence, after a comma or the like, before a word that joins clauses, before one that
joins phrases, between any two words, and between an article and its noun. The order is that of Netflix's guide."""

_SENTENCE_END = re.compile(r"[.!?…。！？]+[\"'”’»)\]」』]*$")
_CLAUSE_END = re.compile(r"[,;:、，；：–—][\"'”’»)\]」』]*$")
# The most usual ones of English, German, French, Spanish and Italian; none that are different things in two of them.
_CONJUNCTIONS = frozenset(
    re.findall(
        r"\w+",
        "and or but nor so because that which who when while if than then where und oder aber weil dass denn wenn als "
        "ob et ou mais qui quand y o pero porque cuando e ma perché che",
    )
)
_PREPOSITIONS = frozenset(
    re.findall(
        r"\w+",
        "as of on at to for from with by into without about mit von zu für bei nach auf aus ohne pour avec dans sur "
        "par de con para por en di da",
    )
)
_ARTICLES = frozenset(
    re.findall(
        r"\w+",
        "the a an this these those my your his her its our their der die das den dem des ein eine einen einem einer le "
        "la les un une el los las una il lo gli",
    )
)


@dataclass(frozen=True)
class Unit:
    """What no line break may cut.

    Attributes:
        space: whether a space stands before it.
        width: in columns, without that space.
    """

    text: str
    space: bool
    width: float


def units(text: str) -> list[Unit]:
    """Words; where a script sets none apart, its characters, with the punctuation that follows each."""
    found: list[Unit] = []
    for word in text.split():
        for index, part in enumerate(_parts(word)):
            found.append(Unit(part, index == 0 and bool(found), _width(part)))
    return found


def joined(part: Sequence[Unit]) -> str:
    return "".join((" " if unit.space and index else "") + unit.text for index, unit in enumerate(part))


def lines(part: Sequence[Unit]) -> list[Sequence[Unit]] | None:
    """The best way to set units in two lines at most; None where they don't fit.

    Of the breaks that fit, the one at the best joint, and of equal ones the most even (a longer line below, as
    Netflix's "pyramid" asks, where it makes no other difference).
    """
    if width(part) <= LINE_CHARACTERS:
        return [part]
    found = None
    for cut in range(1, len(part)):
        above, below = width(part[:cut]), width(part[cut:])
        if max(above, below) <= LINE_CHARACTERS:
            cost = cost_of_break(part[cut - 1], part[cut]) + abs(above - below) / 8 + (above > below) / 8
            if found is None or cost < found[0]:
                found = (cost, cut)
    return None if found is None else [part[: found[1]], part[found[1] :]]


def fits(part: Sequence[Unit]) -> bool:
    """Whether `lines` finds a way, without looking for the best."""
    used, rows = 0.0, 1
    for unit in part:
        wanted = used + unit.space + unit.width if used else unit.width
        if wanted > LINE_CHARACTERS:
            rows, wanted = rows + 1, unit.width
        if rows > CUE_LINES:
            return False
        used = wanted
    return True


def cost_of_break(before: Unit, after: Unit) -> float:
    """How much a reader is disturbed by a break between two units."""
    if _SENTENCE_END.search(before.text):
        return SENTENCE
    if _CLAUSE_END.search(before.text):
        return CLAUSE
    if before.text.lower() in _ARTICLES:
        return AFTER_ARTICLE
    if after.text.lower() in _CONJUNCTIONS:
        return CONJUNCTION
    return PREPOSITION if after.text.lower() in _PREPOSITIONS else ANYWHERE


def ends_sentence(text: str) -> bool:
    return bool(_SENTENCE_END.search(text))


def width(part: Sequence[Unit]) -> float:
    """In columns."""
    return sum(unit.width + (unit.space and index > 0) for index, unit in enumerate(part))


def _width(text: str) -> float:
    return sum(_WIDE if _is_wide(char) else 1.0 for char in text)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _parts(word: str) -> list[str]:
    """A word that fits on a line stays whole, but for scripts without spaces."""
    parts: list[str] = []
    for char in word:
        if parts and not _may_break(parts[-1], char) and _width(parts[-1] + char) <= LINE_CHARACTERS:
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def _may_break(before: str, char: str) -> bool:
    """Between characters that stand for themselves, but never before what closes or after what opens."""
    if not (_is_wide(before[-1]) or _is_wide(char)):
        return False
    return not (
        unicodedata.category(char) in ("Po", "Pe", "Pf", "Mn") or unicodedata.category(before[-1]) in ("Ps", "Pi")
    )
