"""Every setting has a default within its bounds, and a sentence for the settings window."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from assistant.settings.models import Section, Settings

SECTIONS = [name for name, field in Settings.model_fields.items() if field.annotation is not None]
FIELDS = [(section, name) for section in SECTIONS for name in type(getattr(Settings(), section)).model_fields]


def test_every_section_is_there() -> None:
    assert SECTIONS == ["general", "voice", "screen", "dictation", "engine", "shortcuts", "privacy"]
    assert all(isinstance(getattr(Settings(), name), Section) for name in SECTIONS)


@pytest.mark.parametrize(("section", "name"), FIELDS)
def test_every_value_is_described_and_its_default_is_valid(section: str, name: str) -> None:
    page = getattr(Settings(), section)
    field = type(page).model_fields[name]
    assert field.description
    assert not field.description.endswith(".")
    assert Settings().changed(section, name, getattr(page, name)) == Settings()


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("general", "theme", "pink"),
        ("general", "font_size", 8),
        ("general", "font_size", 33),
        ("general", "continue_minutes", float("nan")),
        ("general", "continue_minutes", -1),
        ("voice", "tap_ms", 0),
        ("voice", "silence_seconds", float("inf")),
        ("voice", "max_minutes", 0),
        ("voice", "language", "english"),
        ("voice", "language", "EN"),
        ("voice", "device", "x" * 301),
        ("screen", "characters", 1),
        ("engine", "choice", "remote"),
        ("engine", "threads", -1),
        ("shortcuts", "ask", "  "),
        ("privacy", "offline", "perhaps"),
    ],
)
def test_a_value_out_of_bounds_is_refused_and_changes_nothing(section: str, name: str, value: object) -> None:
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.changed(section, name, value)
    with pytest.raises(ValidationError):
        setattr(getattr(settings, section), name, value)
    assert settings == Settings()


def test_a_changed_copy_leaves_the_original() -> None:
    before = Settings()
    after = before.changed("voice", "language", "de")
    assert (before.voice.language, after.voice.language) == ("", "de")
