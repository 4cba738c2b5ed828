"""`hearsight trigger`: presses or releases a key of the running instance, for compositor bindings and scripts."""

from __future__ import annotations

import argparse

from assistant.core.errors import BadInput, HearsightError
from assistant.desktop.single_instance import send
from assistant.settings.paths import Paths

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

in sway:
  bindsym Ctrl+Alt+space exec hearsight trigger ask --press
  bindsym --release Ctrl+Alt+space exec hearsight trigger ask --release
  bindsym Ctrl+Alt+d exec hearsight trigger dictate --press
  bindsym --release Ctrl+Alt+d exec hearsight trigger dictate --release
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLES
    words = "; ".join(f"{name}: {meaning}" for name, meaning in JOBS.items())
    parser.add_argument("job", choices=tuple(JOBS), metavar="JOB", help=words)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--press", action="store_const", const="press", dest="how", help="the key went down")
    how.add_argument("--release", action="store_const", const="release", dest="how", help="the key came up")
    parser.set_defaults(how="tap")


def run(args: argparse.Namespace) -> int:
    if args.how != "tap" and args.job not in _HELD:
        raise BadInput(f"'{args.job}' has no key to press or release.", action=f"Use: hearsight trigger {args.job}")
    reply = send(Paths.of_user().socket, {"command": "trigger", "job": args.job, "how": args.how})
    if not reply.get("ok"):
        raise HearsightError(str(reply.get("error", "The running Hearsight refused.")))
    return 0
