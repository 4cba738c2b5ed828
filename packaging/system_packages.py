"""What Hearsight needs from the system: which packages, which of them are missing, and how to install them.

Only the standard library: this runs before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

RUN_TIME = {
    "apt": (
        # sound: the sounddevice wheel for Linux brings no PortAudio, and PortAudio reaches a desktop's sound server
        # only through ALSA's plugin; pactl names the server's microphones
        "libportaudio2 libasound2-plugins pulseaudio-utils",
        # Qt's xcb and Wayland platforms
        "libegl1 libgl1 libx11-xcb1 libxkbcommon0 libxkbcommon-x11-0",
        "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render0 libxcb-render-util0",
        "libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1 libxcb-glx0",
        "libwayland-client0 libwayland-cursor0 libwayland-egl1",
        "libdbus-1-3 libfontconfig1 libfreetype6 libglib2.0-0",
        # screen pictures and window titles
        "libx11-6 libxext6 libxfixes3 libxrandr2",
        # the engines' own C++ libraries
        "libgomp1 libstdc++6",
        # text in the window, and certificates for the download of models
        "fonts-dejavu-core ca-certificates",
    ),
    "dnf": (
        "portaudio mesa-libEGL mesa-libGL libxkbcommon libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-image",
        "xcb-util-keysyms xcb-util-renderutil libX11-xcb libXext libXfixes libXrandr dbus-libs fontconfig libgomp",
        "dejavu-sans-fonts ca-certificates",
    ),
    "pacman": (
        "portaudio libglvnd libxkbcommon libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-image",
        "xcb-util-keysyms xcb-util-renderutil libx11 libxext libxfixes libxrandr dbus fontconfig ttf-dejavu",
        "ca-certificates",
    ),
    "zypper": (
        "libportaudio2 Mesa-libEGL1 Mesa-libGL1 libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4",
        "libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libX11-xcb1 libXext6 libXfixes3 libXrandr2 libgomp1",
        "dejavu-fonts ca-certificates",
    ),
    "brew": ("portaudio",),
}
"""What the app needs, by package manager."""

TESTS = {
    "apt": (
        # a display with a window manager and a tray, and hands to use it
        "xvfb xauth x11-utils x11-xserver-utils openbox xdotool wmctrl xclip xterm xfonts-base mousepad trayer",
        "dbus dbus-x11",
        # programs that tell of their fields, as they do to screen readers
        "at-spi2-core",
        # a Wayland compositor without a screen, with a terminal and a clipboard on it
        "sway wtype wl-clipboard foot",
        # who shows notifications there
        "mako-notifier",
        # KDE's compositor and portals, without a screen
        "kwin-wayland kwin-common xdg-desktop-portal xdg-desktop-portal-kde libkf5globalaccel-bin",
        # a microphone that hears what is played, and something to say
        "pulseaudio espeak-ng sox ffmpeg pocketsphinx-testdata",
        # screens with text in many scripts
        "fonts-noto-color-emoji fonts-wqy-zenhei imagemagick",
        # a certificate for a server on this machine
        "openssl",
    ),
}
"""What the tests need besides; they use a real display and a real sound server, which the CI's Debian has."""

_QUERIES = {
    "apt": ("dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n"),
    "dnf": ("rpm", "-q", "--qf", "%{NAME} installed\n"),
    "pacman": ("pacman", "-Q"),
    "zypper": ("rpm", "-q", "--qf", "%{NAME} installed\n"),
    "brew": ("brew", "list", "--versions"),
}
_INSTALLS = {
    "apt": ("apt-get", "install", "-y", "--no-install-recommends"),
    "dnf": ("dnf", "install", "-y"),
    "pacman": ("pacman", "-S", "--needed", "--noconfirm"),
    "zypper": ("zypper", "--non-interactive", "install"),
    "brew": ("brew", "install"),
}


@dataclass(frozen=True)
class Missing:
    """What is not installed, and the command that installs it."""

    manager: str
    packages: tuple[str, ...]

    def command(self) -> tuple[str, ...]:
        return (*_INSTALLS[self.manager], *self.packages)

    def line(self) -> str:
        """The one line for a person to run."""
        sudo = "" if self.manager == "brew" or _is_root() else "sudo "
        update = f"{sudo}apt-get update && " if self.manager == "apt" else ""
        return update + sudo + " ".join(self.command())


def manager() -> str:
    """The system's package manager, or empty where none is known (Windows: the wheels bring everything)."""
    if sys.platform == "darwin":
        return "brew" if shutil.which("brew") else ""
    if not sys.platform.startswith("linux"):
        return ""
    programs = {"apt": "apt-get", "dnf": "dnf", "pacman": "pacman", "zypper": "zypper"}
    return next((name for name, program in programs.items() if shutil.which(program)), "")


def wanted(name: str, *, tests: bool) -> tuple[str, ...]:
    """The packages for a package manager."""
    groups = RUN_TIME.get(name, ()) + (TESTS.get(name, ()) if tests else ())
    return tuple(package for group in groups for package in group.split())


def missing(*, tests: bool, for_python: tuple[str, ...] = ()) -> Missing | None:
    """Asks the package manager's database (about 30 ms with dpkg). None where nothing is missing or known.

    Args:
        for_python: what Debian's own Python lacks; other systems' Pythons are whole.
    """
    name = manager()
    packages = (*wanted(name, tests=tests), *(for_python if name == "apt" else ()))
    if not packages:
        return None
    installed = _installed(name, packages)
    absent = tuple(p for p in packages if p not in installed and f"{p}t64" not in installed)
    return Missing(name, absent) if absent else None


def _installed(name: str, packages: tuple[str, ...]) -> set[str]:
    """Names that the database lists as installed. Debian's 64-bit-time transition renamed some to `…t64`."""
    renamed = tuple(f"{package}t64" for package in packages) if name == "apt" else ()
    done = subprocess.run([*_QUERIES[name], *packages, *renamed], capture_output=True, text=True, check=False)
    lines = (line.split() for line in done.stdout.splitlines())
    return {words[0] for words in lines if words and words[-1] not in ("not-installed", "config-files")}


def install(what: Missing) -> bool:
    """Installs as root or through a `sudo` that asks for no password; says whether it could.

    Where it can't, the line to run is printed and the caller goes on: most of Hearsight may work all the same.
    """
    print(f"System packages missing: {' '.join(what.packages)}", file=sys.stderr)
    prefix = _privilege(what.manager)
    if prefix is None:
        print(f"Install them with:\n  {what.line()}", file=sys.stderr)
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if what.manager == "apt":
        subprocess.run([*prefix, "apt-get", "update", "-q"], env=environment, check=False, stdout=sys.stderr)
        prefix = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive"]
    done = subprocess.run([*prefix, *what.command()], env=environment, check=False, stdout=sys.stderr)
    if done.returncode:
        print(f"That didn't work. Install them with:\n  {what.line()}", file=sys.stderr)
    return done.returncode == 0


def _privilege(name: str) -> list[str] | None:
    """What to put before an installing command; None where it may not be run from here."""
    if name == "brew" or _is_root():
        return []
    if not shutil.which("sudo"):
        return None
    free = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    return ["sudo", "-n"] if free else None


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
