"""The lines that bind Hearsight's keys in a desktop's own settings, for the user to copy.

Where a system tells a key's release, it is held as everywhere; where it tells presses alone, the key toggles.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assistant.desktop.hotkeys.keysyms import keysym
from assistant.desktop.hotkeys.shortcuts import MODIFIERS, Shortcut, parse_shortcut

TOGGLES = "This desktop tells programs of presses alone, so the key toggles: press it, speak, press it again."
_ORDER = {"ask": "Ask about the screen", "dictate": "Dictate"}
_SUPER = {"Super": "Mod4"}
_COMMAND = "hearsight trigger"


@dataclass(frozen=True)
class Bindings:
    """What one desktop needs.

    Attributes:
        desktop: as people call it.
        where: the file or page that the lines belong in.
        lines: to copy.
        toggles: only presses are told.
    """

    desktop: str
    where: str
    lines: tuple[str, ...]
    toggles: bool = False

    def __str__(self) -> str:
        note = (TOGGLES,) if self.toggles else ()
        return "\n".join((f"{self.desktop}, in {self.where}:", *(f"  {line}" for line in self.lines), *note))


def _sway(shortcut: Shortcut, job: str) -> tuple[str, ...]:
    """sway(5): without --no-repeat a held key runs its command again and again."""
    keys = _joined(shortcut, _SUPER)
    return (
        f"bindsym --no-repeat {keys} exec {_COMMAND} {job} --press",
        f"bindsym --release {keys} exec {_COMMAND} {job} --release",
    )


def _i3(shortcut: Shortcut, job: str) -> tuple[str, ...]:
    keys = _joined(shortcut, {**_SUPER, "Alt": "Mod1"})
    return (
        f"bindsym {keys} exec --no-startup-id {_COMMAND} {job} --press",
        f"bindsym --release {keys} exec --no-startup-id {_COMMAND} {job} --release",
    )


def _hyprland(shortcut: Shortcut, job: str) -> tuple[str, ...]:
    """Its flags: `r` at the release, `t` also after the other binding of the same keys."""
    keys = f"{' '.join(name.upper() for name in _modifiers(shortcut))}, {keysym(shortcut)}"
    return (
        f"bind = {keys}, exec, {_COMMAND} {job} --press",
        f"bindrt = {keys}, exec, {_COMMAND} {job} --release",
    )


def _river(shortcut: Shortcut, job: str) -> tuple[str, ...]:
    keys = f"{'+'.join(name.replace('Ctrl', 'Control') for name in _modifiers(shortcut)) or 'None'} {keysym(shortcut)}"
    return (
        f"riverctl map normal {keys} spawn '{_COMMAND} {job} --press'",
        f"riverctl map -release normal {keys} spawn '{_COMMAND} {job} --release'",
    )


def _settings_page(shortcut: Shortcut, job: str) -> tuple[str, ...]:
    return (f"{_ORDER[job]}: key {shortcut}, command {_COMMAND} {job}",)


_DESKTOPS: dict[str, tuple[str, str, Callable[[Shortcut, str], tuple[str, ...]], bool]] = {
    "sway": ("sway", "~/.config/sway/config", _sway, False),
    "hyprland": ("Hyprland", "~/.config/hypr/hyprland.conf", _hyprland, False),
    "i3": ("i3", "~/.config/i3/config", _i3, False),
    "river": ("river", "~/.config/river/init", _river, False),
    "kde": ("KDE Plasma", "System Settings › Shortcuts › Add Command", _settings_page, True),
    "gnome": ("GNOME", "Settings › Keyboard › View and Customise Shortcuts › Custom Shortcuts", _settings_page, True),
    "other": ("Any other desktop", "its settings for the keyboard", _settings_page, True),
}
DESKTOPS = tuple(_DESKTOPS)
"""Those whose lines we know, and "other"."""


def bindings(desktop: str, shortcuts: Mapping[str, str]) -> Bindings:
    """The lines for a desktop of `DESKTOPS`, with the shortcuts for "ask" and "dictate" as the settings have them.

    Raises:
        BadInput: a shortcut that is none.
    """
    name, where, write, toggles = _DESKTOPS[desktop]
    parsed = {job: parse_shortcut(shortcuts[job]) for job in _ORDER if job in shortcuts}
    lines = tuple(line for job, shortcut in parsed.items() for line in write(shortcut, job))
    return Bindings(name, where, lines, toggles)


def this_desktop() -> str:
    """Which of `DESKTOPS` this session is, by what it tells its programs."""
    if os.environ.get("SWAYSOCK"):
        return "sway"
    if os.environ.get("HYPRLAND_INSTANCE_SIGNATURE"):
        return "hyprland"
    names = os.environ.get("XDG_CURRENT_DESKTOP", "").lower().split(":")
    return next((desktop for desktop in DESKTOPS if desktop in names), "other")


def _joined(shortcut: Shortcut, names: Mapping[str, str]) -> str:
    return "+".join((*(names.get(name, name) for name in _modifiers(shortcut)), keysym(shortcut)))


def _modifiers(shortcut: Shortcut) -> list[str]:
    return [name for name in MODIFIERS if name in shortcut.modifiers]
