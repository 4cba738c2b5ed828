"""What sort of program a window belongs to, by its class (X11), app id (Wayland), file (Windows) or bundle (macOS)."""

from __future__ import annotations

from typing import Literal

Kind = Literal["plain", "terminal", "code"]
Keys = Literal["Ctrl+V", "Ctrl+Shift+V", "Shift+Insert"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OLD_TERMINALS = _words(
    """
    xterm uxterm koi8rxterm lxterm rxvt urxvt rxvt-unicode urxvtd aterm eterm mlterm kterm st st-256color
    stterm x-terminal-emulator
    """
)
"""They paste the primary selection with Shift+Insert, and know no Ctrl+Shift+V."""
_TERMINALS = _OLD_TERMINALS | _words(
    """
    foot footclient alacritty kitty konsole yakuake gnome-terminal gnome-terminal-server kgx console ptyxis
    blackbox  terminator tilix guake xfce4-terminal mate-terminal lxterminal qterminal deepin-terminal
    terminology cool-retro-term  wezterm wezterm-gui org.wezfurlong.wezterm ghostty rio contour tabby hyper
    termite sakura roxterm tilda  io.elementary.terminal terminal iterm2 warp warp-terminal
    windowsterminal.exe wt.exe cmd.exe powershell.exe pwsh.exe conhost.exe mintty.exe alacritty.exe
    wezterm-gui.exe  openconsole.exe putty.exe kitty.exe
    """
)
_CODE = _words(
    """
    code code-oss vscodium codium cursor windsurf zed dev.zed.zed sublime_text sublime-text emacs gvim neovide
    nvim-qt  vim kate kdevelop geany qtcreator org.qt-project.qtcreator eclipse atom pulsar lapce builder
    gnome-builder  code.exe devenv.exe sublime_text.exe notepad++.exe gvim.exe emacs.exe vscode xcode macvim
    """
)
_CODE_STARTS = (
    "jetbrains-",
    "com.jetbrains.",
    "idea",
    "pycharm",
    "webstorm",
    "clion",
    "goland",
    "rider",
    "android-studio",
)
_INSERT_KEY = _words(
    """
    emacs gvim vim
    """
)
"""Editors in which Ctrl+V means something else; Shift+Insert pastes, gvim from the primary selection."""
_PASSWORDS = _words(
    """
    pinentry pinentry-gtk-2 pinentry-gtk2 pinentry-qt pinentry-qt4 pinentry-qt5 pinentry-gnome3 pinentry-x11
    gcr-prompter  ssh-askpass ksshaskpass gnome-ssh-askpass lxqt-openssh-askpass
    polkit-gnome-authentication-agent-1  polkit-kde-authentication-agent-1 polkit-mate-authentication-agent-1
    lxqt-policykit-agent lxpolkit  lxqt-sudo gksu gksudo kdesu kdesudo kwalletd5 kwalletd6 xscreensaver i3lock
    credentialuibroker.exe  consent.exe securityagent
    """
)
"""Programs whose windows ask for nothing but passwords."""


def kind_of(program: str) -> Kind:
    """ "plain" for what isn't known."""
    names = _names(program)
    if names & _TERMINALS:
        return "terminal"
    if names & _CODE or any(name.startswith(_CODE_STARTS) for name in names):
        return "code"
    return "plain"


def is_password_program(program: str) -> bool:
    return bool(_names(program) & _PASSWORDS)


def paste_keys(program: str) -> Keys:
    """The keys that paste in the program, on X11 and Wayland."""
    names = _names(program)
    if names & (_OLD_TERMINALS | _INSERT_KEY):
        return "Shift+Insert"
    return "Ctrl+Shift+V" if names & _TERMINALS else "Ctrl+V"


def can_undo(program: str) -> bool:
    """Whether Ctrl+Z undoes there: it suspends a program in a terminal, and Emacs's window."""
    names = _names(program)
    return kind_of(program) != "terminal" and not names & _INSERT_KEY


def _names(program: str) -> set[str]:
    """The name, and the last part of one like org.kde.konsole."""
    name = program.lower()
    return {name, name.rsplit(".", 1)[-1]} if not name.endswith(".exe") else {name}
