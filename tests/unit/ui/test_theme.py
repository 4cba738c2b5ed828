"""The tokens keep their promise: text can be read on everything that it stands on."""

from __future__ import annotations

import pytest

from assistant.ui.stylesheet import stylesheet
from assistant.ui.theme import DARK, LIGHT, Tokens, palette

TEXTS = ("text", "muted", "accent", "danger", "listening", "ready")
SURFACES = ("background", "surface", "hover", "bubble", "code")
CODE = ("keyword", "string", "number", "comment", "function", "text")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_knows_black_on_white() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("text", TEXTS)
def test_text_stands_out(look: Tokens, text: str, surface: str) -> None:
    assert contrast(getattr(look, text), getattr(look, surface)) >= 4.5


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", CODE)
def test_code_stands_out(look: Tokens, text: str) -> None:
    assert contrast(getattr(look, text), look.code) >= 4.5


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_text_on_the_accent_and_on_what_is_selected(look: Tokens) -> None:
    assert contrast(look.on_accent, look.accent) >= 4.5
    assert contrast(look.text, look.selected) >= 4.5
    assert contrast(look.muted, look.selected) >= 4.5


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_stylesheet_and_palette_come_from_the_tokens(look: Tokens) -> None:
    rules = stylesheet(look, 15)
    assert look.accent in rules and "$" not in rules
    assert "font-size: 15px" in rules and "font-size: 13px" in rules
    assert palette(look).window().color().name().upper() == look.background
