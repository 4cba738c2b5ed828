"""Text from elsewhere is shown in a terminal, never obeyed by it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli.terminal import one_line, safe, say


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain – ünïcode 日本 🎉\n\tcode", "plain – ünïcode 日本 🎉\n\tcode"),
        ("\x1b[2J", "␛[2J"),
        ("a\rb\x07\x00", "a␍b␇␀"),
        ("\x7f\x9b31m", "��31m"),
        ("over\u202eemit", "over�emit"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_control_characters_are_made_visible(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.text())
def test_nothing_that_moves_the_cursor_remains(text: str) -> None:
    assert not any((ord(char) < 0x20 and char not in "\n\t") or 0x7F <= ord(char) < 0xA0 for char in safe(text))
    assert len(one_line(text).splitlines()) <= 1


def test_a_terminal_without_unicode_is_still_written_to() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    say("Café \ud800", stream=stream)
    stream.flush()
    assert stream.buffer.getvalue() == b"Caf? ?\n"
