"""`hearsight trigger`: presses or releases a key of the running instance, for compositor bindings and scripts."""

from __future__ import annotations

import argparse

from assistant.core.errors import BadInput, HearsightError
from assistant.desktop.hotkeys.bindings import DESKTOPS, bindings, this_desktop
from assistant.desktop.single_instance import send
from assistant.settings.paths import Paths
from assistant.settings.store import SettingsStore

HERE = "here"
"""Stands for this session's own desktop."""

JOBS = {
    "ask": "ask about the screen",
    "dictate": "type what you say into the focused window",
    "undo": "take the last dictation out of its window again",
    "again": "type the last dictation once more, where the focus is",
    "cancel": "stop recording, answering or typing; what was said is kept",
}
"""Each word to what it does."""
_HELD = ("ask", "dictate")
_EXAMPLES = """examples:
  hearsight trigger ask                  start listening hands-free; again: send
  hearsight trigger dictate --press      bind to the key going down …
  hearsight trigger dictate --release    … and to its going up
  hearsight trigger cancel               stop what runs
  hearsight trigger --bindings           the lines that bind the keys in this desktop's settings
  hearsight trigger --bindings sway      the lines for another one
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLES
    words = "; ".join(f"{name}: {meaning}" for name, meaning in JOBS.items())
    parser.add_argument("job", choices=tuple(JOBS), metavar="JOB", nargs="?", help=words)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--press", action="store_const", const="press", dest="how", help="the key went down")
    how.add_argument("--release", action="store_const", const="release", dest="how", help="the key came up")
    how.add_argument(
        "--bindings",
        choices=(HERE, *DESKTOPS),
        metavar="DESKTOP",
        nargs="?",
        const=HERE,
        help=f"print the lines to copy into a desktop's settings ({', '.join(DESKTOPS)}; without one: this desktop's)",
    )
    parser.set_defaults(how="tap")


def run(args: argparse.Namespace) -> int:
    if args.bindings is not None:
        return _print_bindings(args.bindings)
    if args.job is None:
        raise BadInput("Which key?", action=f"Use: hearsight trigger {'|'.join(JOBS)}, or --bindings")
    if args.how != "tap" and args.job not in _HELD:
        raise BadInput(f"'{args.job}' has no key to press or release.", action=f"Use: hearsight trigger {args.job}")
    reply = send(Paths.of_user().socket, {"command": "trigger", "job": args.job, "how": args.how})
    if not reply.get("ok"):
        raise HearsightError(str(reply.get("error", "The running Hearsight refused.")))
    return 0


def _print_bindings(desktop: str) -> int:
    """With the shortcuts that the settings hold now."""
    shortcuts = SettingsStore(Paths.of_user().settings_file).load().shortcuts
    chosen = this_desktop() if desktop == HERE else desktop
    print(bindings(chosen, {"ask": shortcuts.ask, "dictate": shortcuts.dictate}))
    return 0
