"""Titles from first questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.history.titles import LIMIT, title_of


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What is this?", "What is this?"),
        ("  What is this? And that?  ", "What is this?"),
        ("Stop! Why?", "Stop!"),
        ("Version 3.11 or 3.12? Tell me.", "Version 3.11 or 3.12?"),
        ("one\ntwo\tthree", "one two three"),
        ("这是什么？那是什么？", "这是什么？"),
        ("\x1b[31mred\x07", "[31mred"),
        ("", ""),
        ("\n \t", ""),
        ("a" * 100, "a" * 59 + "…"),
        ("word " * 30, "word word word word word word word word word word word…"),
        ("short " + "x" * 100, "short " + "x" * 53 + "…"),
    ],
)
def test_the_first_sentence_becomes_the_title(question: str, title: str) -> None:
    assert title_of(question) == title


@given(st.text(max_size=300))
def test_any_question_gives_one_short_line(question: str) -> None:
    title = title_of(question)
    assert len(title) <= LIMIT
    assert title == title.strip()
    assert title.splitlines() in ([], [title])
