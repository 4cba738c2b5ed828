"""What people write for a key, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import BadInput
from assistant.desktop.hotkeys.main import parse_shortcut


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Ctrl+Alt+Space", "Ctrl+Alt+Space"),
        ("alt + CTRL + space", "Ctrl+Alt+Space"),
        ("control+option+d", "Ctrl+Alt+D"),
        ("Win+Shift+,", "Shift+Super+Comma"),
        ("F9", "F9"),
        ("Pause", "Pause"),
        ("Meta+PgUp", "Super+PageUp"),
        ("Ctrl+Enter", "Ctrl+Return"),
        ("Ctrl+7", "Ctrl+7"),
    ],
)
def test_shortcuts_are_read(text: str, canonical: str) -> None:
    assert str(parse_shortcut(text)) == canonical
    assert parse_shortcut(canonical) == parse_shortcut(text)


@pytest.mark.parametrize(
    "text", ["", "+", "Ctrl", "Ctrl+Alt", "Ctrl+A+B", "Ctrl+Nope", "Ctrl++", "F25", "Ctrl+é", "Hyper+A"]
)
def test_what_names_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="not a shortcut") as caught:
        parse_shortcut(text)
    assert "Ctrl+Alt+Space" in caught.value.action


@pytest.mark.parametrize("text", ["a", "Shift+A", "Space", "Return", "Left", "Escape", "Ctrl+Escape"])
def test_keys_that_are_needed_for_typing_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="needed for typing"):
        parse_shortcut(text)


@given(st.text(max_size=30))
def test_any_text_is_a_shortcut_or_refused(text: str) -> None:
    try:
        shortcut = parse_shortcut(text)
    except BadInput:
        return
    assert parse_shortcut(str(shortcut)) == shortcut
