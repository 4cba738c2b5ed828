"""The lines for each desktop, and which desktop this is. That sway obeys its lines is shown on a real one elsewhere."""

from __future__ import annotations

import pytest

from assistant.cli import main
from assistant.core.errors import BadInput
from assistant.desktop.hotkeys.bindings import DESKTOPS, TOGGLES, bindings, this_desktop
from assistant.settings.paths import Paths
from assistant.settings.store import SettingsStore

BOTH = {"ask": "Ctrl+Alt+Space", "dictate": "Super+F9"}


@pytest.mark.parametrize("desktop", DESKTOPS)
def test_every_desktop_binds_both_keys_and_says_where(desktop: str) -> None:
    found = bindings(desktop, BOTH)
    text = str(found)
    assert found.where in text
    held = all(f"trigger {job} --{how}" in text for job in BOTH for how in ("press", "release"))
    assert held != found.toggles
    assert (TOGGLES in text) == found.toggles
    assert all(f"trigger {job}" in text for job in BOTH)


@pytest.mark.parametrize(
    ("desktop", "line"),
    [
        ("sway", "bindsym --release Ctrl+Alt+space exec hearsight trigger ask --release"),
        ("sway", "bindsym --no-repeat Mod4+F9 exec hearsight trigger dictate --press"),
        ("i3", "bindsym Ctrl+Mod1+space exec --no-startup-id hearsight trigger ask --press"),
        ("hyprland", "bindrt = SUPER, F9, exec, hearsight trigger dictate --release"),
        ("river", "riverctl map -release normal Control+Alt space spawn 'hearsight trigger ask --release'"),
        ("kde", "Dictate: key Super+F9, command hearsight trigger dictate"),
    ],
)
def test_keys_are_spelt_as_the_desktop_does(desktop: str, line: str) -> None:
    assert line in bindings(desktop, BOTH).lines


def test_a_key_that_stands_alone_needs_no_modifier() -> None:
    assert bindings("river", {"ask": "F9"}).lines[0].startswith("riverctl map normal None F9 ")
    assert bindings("hyprland", {"ask": "F9"}).lines[0].startswith("bind = , F9, ")


def test_a_shortcut_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput):
        bindings("sway", {"ask": "Space"})


@pytest.mark.parametrize(
    ("environment", "desktop"),
    [
        ({"SWAYSOCK": "/run/sway.sock"}, "sway"),
        ({"HYPRLAND_INSTANCE_SIGNATURE": "x", "XDG_CURRENT_DESKTOP": "Hyprland"}, "hyprland"),
        ({"XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}, "gnome"),
        ({"XDG_CURRENT_DESKTOP": "KDE"}, "kde"),
        ({"XDG_CURRENT_DESKTOP": "XFCE"}, "other"),
        ({}, "other"),
    ],
)
def test_this_desktop_is_known(environment: dict[str, str], desktop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SWAYSOCK", "HYPRLAND_INSTANCE_SIGNATURE", "XDG_CURRENT_DESKTOP"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert this_desktop() == desktop


def test_the_command_prints_the_keys_of_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    store = SettingsStore(Paths.of_user().settings_file)
    store.save(store.load().changed("shortcuts", "dictate", "Ctrl+F9"))
    assert main.run(["trigger", "--bindings", "sway"]) == 0
    assert "bindsym --no-repeat Ctrl+F9 exec hearsight trigger dictate --press" in capsys.readouterr().out


def test_without_a_job_the_command_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["trigger"]) == 1
    assert "--bindings" in capsys.readouterr().err
