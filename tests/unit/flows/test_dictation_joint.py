"""Pieces that overlap become one text without a word twice, and without half a word."""

from __future__ import annotations

import pytest

from assistant.flows.dictation_joint import joined, split


@pytest.mark.parametrize(
    ("held", "following", "whole"),
    [
        ("I said that we under", "that we understand it now.", "I said that we understand it now."),
        ("and then he went to", "he went to the shop", "and then he went to the shop"),
        ("the end of it.", "It was late.", "the end of It was late."),
        ("one two", "three four", "one two three four"),
        ("", "three four", "three four"),
        ("one two", "", "one two"),
        ("very very", "very good", "very very good"),
        ("Straße nach", "nach Köln.", "Straße nach Köln."),
    ],
)
def test_joined(held: str, following: str, whole: str) -> None:
    assert joined(held, following) == whole


def test_only_the_last_words_wait() -> None:
    assert split("a b c d e f g") == ("a b", "c d e f g")
    assert split("a b") == ("", "a b")
