"""Which characters go out."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dictation.characters import clean, heard, without


@pytest.mark.parametrize(
    "text",
    [
        "Größe, naïve, 今天, שלום, مرحبا ١٢٣",
        "👩‍👩‍👧‍👦 👍🏽 ❤️ 🇩🇪 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "می‌خواهم क्‍ष",
        "tab\there\nnext",
        "icon \ue0b0 \U000f0001 \uf8ff",
        "new emoji \U0001fae8",
        "a\u200eb\u200fc",
    ],
)
def test_text_of_all_scripts_goes_out_whole(text: str) -> None:
    assert clean(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31mb\x07\x00\x7f\x9b", "a[31mb"),
        ("a\r\nb\rc\u2028d\u2029e\x85f", "a\nb\nc\nd\ne\nf"),
        ("safe\u202egnp.exe\u2066x\u2069", "safegnp.exex"),
        ("hid\U000e0041den\ufeff\u00ad\u2060", "hidden"),
        ("no\ufffe\ufdd0\U0001ffff", "no"),
        ("e\u0301", "é"),
    ],
)
def test_what_is_hidden_or_a_key_press_does_not(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_recognised_text_brings_no_place_of_a_snippet() -> None:
    assert heard(" a\U000f0000b \n") == "ab"


def test_breaks_and_tabs_become_single_spaces() -> None:
    assert without("a \n\n b\tc", newlines=False, tabs=False) == "a b c"
    assert without("a\nb\tc", newlines=True, tabs=False) == "a\nb c"


@settings(deadline=None)
@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
