"""The look, as numbers: colours, spacing, radii and type. The palette and the stylesheet are made from these tokens."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette

SPACE = (4, 8, 12, 16, 24)
"""Pixels between things, from tight to loose."""
RADIUS = (6, 10, 16)
"""Pixels of rounding: controls, cards and bubbles, the HUD."""
META_SIZE = 11
TITLE_SIZE = 18
TEXT_WIDTH = 760
"""The widest a conversation's text gets: longer lines are hard to read."""


class Tokens(NamedTuple):
    """One theme's colours. Every text colour stands at 4.5:1 or more on every surface that it is used on."""

    dark: bool
    background: str
    surface: str
    text: str
    muted: str
    line: str
    accent: str
    on_accent: str
    danger: str
    listening: str
    ready: str
    hover: str
    selected: str
    bubble: str
    code: str
    keyword: str
    string: str
    number: str
    comment: str
    function: str


LIGHT = Tokens(
    dark=False,
    background="#FAFAF8",
    surface="#FFFFFF",
    text="#1D1D1B",
    muted="#6B6B66",
    line="#E6E5E0",
    accent="#2F5FE0",
    on_accent="#FFFFFF",
    danger="#C23B2E",
    listening="#C2410C",
    ready="#2B7A43",
    hover="#F1F0EC",
    selected="#E7ECFA",
    bubble="#F1F0EC",
    code="#F6F5F1",
    keyword="#8A3FB8",
    string="#2B7A43",
    number="#A84A0B",
    comment="#6B6B66",
    function="#2A58D0",
)

DARK = Tokens(
    dark=True,
    background="#191918",
    surface="#222220",
    text="#EDEDEA",
    muted="#A3A29B",
    line="#33322F",
    accent="#7C9CFF",
    on_accent="#11131A",
    danger="#F0796C",
    listening="#FF8A4C",
    ready="#6FC389",
    hover="#2C2B29",
    selected="#2A3250",
    bubble="#2E2D2A",
    code="#1B1B1A",
    keyword="#C79BF0",
    string="#86CB9B",
    number="#F0A36B",
    comment="#A3A29B",
    function="#8FB0FF",
)


def tokens() -> Tokens:
    """The colours in use, told from the application's palette, which is where Qt keeps them."""
    return DARK if QGuiApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def color(value: str, alpha: float = 1.0) -> QColor:
    """A token as a colour, `alpha` from 0 (clear) to 1."""
    made = QColor(value)
    made.setAlphaF(alpha)
    return made


def code_font(pixels: int) -> QFont:
    """The system's monospaced font."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(pixels)
    return font


def palette(look: Tokens) -> QPalette:
    """Fusion's palette from tokens, for all that the stylesheet doesn't name."""
    roles = QPalette.ColorRole
    colors = {
        roles.Window: look.background,
        roles.WindowText: look.text,
        roles.Base: look.surface,
        roles.AlternateBase: look.hover,
        roles.Text: look.text,
        roles.PlaceholderText: look.muted,
        roles.Button: look.surface,
        roles.ButtonText: look.text,
        roles.BrightText: look.danger,
        roles.ToolTipBase: look.surface,
        roles.ToolTipText: look.text,
        roles.Highlight: look.accent,
        roles.HighlightedText: look.on_accent,
        roles.Accent: look.accent,
        roles.Link: look.accent,
        roles.LinkVisited: look.accent,
        roles.Light: look.surface,
        roles.Midlight: look.hover,
        roles.Mid: look.line,
        roles.Dark: look.line,
        roles.Shadow: look.line,
    }
    made = QPalette()
    for role, value in colors.items():
        made.setColor(role, QColor(value))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(look.muted))
    return made
