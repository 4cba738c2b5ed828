"""Made-up questions and answers whose words are as unevenly common as in real texts, and queries about them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

_SYLLABLES = ("ba", "co", "de", "fi", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "ter", "min", "stra")
_WORDS = 30_000
_HAN = "设置窗口打开文件保存图表数据错误显示屏幕语音回答问题时间项目网络"


class Texts:
    """Draws words by Zipf's law: the n-th word is 1/n as common as the first, which stands in most answers."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._words = self._vocabulary()
        self._weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(_WORDS)))
        self._answers = 0

    def question(self) -> str:
        """Some twelve words."""
        return " ".join(self._draw(self._random.randint(5, 20))) + "?"

    def answer(self) -> str:
        """Some hundred words; each fiftieth also holds a line of Chinese."""
        self._answers += 1
        text = " ".join(self._draw(self._random.randint(30, 170))) + "."
        return text + "\n" + "".join(self._random.choices(_HAN, k=20)) if self._answers % 50 == 0 else text

    def queries(self) -> Iterator[tuple[str, str]]:
        """One query of every kind, with other words each time."""
        common, frequent = self._random.sample(self._words[:10], 2)
        middle = self._words[self._random.randint(500, 2000)]
        rare = self._words[self._random.randint(20_000, _WORDS - 1)]
        yield "common", common
        yield "rare", rare
        yield "absent", "qqq" + rare
        yield "prefix1", common[:1]
        yield "prefix2", middle[:2]
        yield "prefix4", middle[:4]
        yield "two_common", f"{common} {frequent}"
        yield "common_and_rare", f"{common} {rare}"
        yield "typing", f"{middle} {frequent[:1]}"
        yield "many", " ".join(self._words[:8])
        yield "symbols", "=>"
        yield "emoji", "\N{PARTY POPPER}"
        yield "unspaced", "".join(self._random.sample(_HAN, 2))

    def _vocabulary(self) -> list[str]:
        words = {
            "".join(self._random.choices(_SYLLABLES, k=self._random.randint(1, 5))): None for _ in range(3 * _WORDS)
        }
        return list(words)[:_WORDS]

    def _draw(self, count: int) -> list[str]:
        return self._random.choices(self._words, cum_weights=self._weights, k=count)
