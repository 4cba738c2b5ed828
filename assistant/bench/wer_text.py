"""Word errors: texts made comparable, counted by jiwer, with an interval that says how far the number can be trusted.

What is made equal before counting: letter case, Unicode form (NFKC), punctuation (apostrophes go, hyphens part words),
number words and digits ("twenty five", "25"; by text2num, for the languages it knows) and the groups in numbers
("1,234"). Chinese and Japanese count by character. Nothing else: "okay" and "OK" are two words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.core.errors import EngineUnavailable

RESAMPLES = 10_000
_NUMBER_WORDS_IN = frozenset({"en", "de", "fr", "es", "it", "pt", "nl", "ca"})
_GROUPS = re.compile(r"(?<=\d)[,.\u00a0\u202f'](?=\d{3}(?!\d))")
_BY_CHARACTER = re.compile(r"([\u3040-\u30ff\u3400-\u9fff])")


@dataclass(frozen=True)
class Score:
    """Errors of one text: words put in, left out or changed, against `words` of the reference."""

    words: int
    errors: int

    @property
    def rate(self) -> float:
        """Word error rate; may be above 1."""
        return self.errors / self.words if self.words else 0.0


def normal(text: str, language: str = "en") -> str:
    """The text as words with single spaces between them; see the module."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    text = _GROUPS.sub("", text)
    if language in _NUMBER_WORDS_IN:
        from text_to_num import alpha2digit

        text = str(alpha2digit(" ".join(text.replace("-", " ").split()), language, threshold=0))
    text = re.sub(r"[^\w\s.]", " ", text.replace("'", ""))
    text = re.sub(r"(?<!\d)\.|\.(?!\d)", " ", text).replace("_", " ")
    return " ".join(_BY_CHARACTER.sub(r" \1 ", text).split())


def score(reference: str, heard: str, language: str = "en") -> Score:
    """Raises:
    EngineUnavailable: jiwer is not installed.
    """
    said, got = normal(reference, language), normal(heard, language)
    if not said:
        return Score(0, len(got.split()))
    found = _jiwer().process_words(said, got)
    return Score(
        found.hits + found.substitutions + found.deletions, found.substitutions + found.deletions + found.insertions
    )


def total(scores: Sequence[Score]) -> Score:
    return Score(sum(s.words for s in scores), sum(s.errors for s in scores))


def interval(scores: Sequence[Score], seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile interval of the total rate, by bootstrap over the files (they are the independent units)."""
    words = np.array([s.words for s in scores], np.float64)
    errors = np.array([s.errors for s in scores], np.float64)
    if not words.sum():
        return 0.0, 0.0
    picks = np.random.default_rng(seed).integers(0, len(scores), (RESAMPLES, len(scores)))
    rates = errors[picks].sum(axis=1) / np.maximum(1.0, words[picks].sum(axis=1))
    low, high = np.percentile(rates, (2.5, 97.5))
    return float(low), float(high)


def difference(one: Sequence[Score], other: Sequence[Score], seed: int = 0) -> tuple[float, float, float]:
    """How much higher `other`'s total rate is, with its 95 % interval; paired, over the same files."""
    words = np.array([s.words for s in one], np.float64)
    errors = np.array([b.errors - a.errors for a, b in zip(one, other, strict=True)], np.float64)
    picks = np.random.default_rng(seed).integers(0, len(one), (RESAMPLES, len(one)))
    gains = errors[picks].sum(axis=1) / np.maximum(1.0, words[picks].sum(axis=1))
    low, high = np.percentile(gains, (2.5, 97.5))
    return float(errors.sum() / max(1.0, words.sum())), float(low), float(high)


def _jiwer() -> Any:
    try:
        import jiwer
    except ImportError as error:
        raise EngineUnavailable(
            "Word errors are counted by jiwer, which is not installed.", action="Install it: pip install 'jiwer>=4'"
        ) from error
    return jiwer
