"""`hearsight trigger`: presses or releases a key of the running instance, for compositor bindings and scripts."""

from __future__ import annotations

import argparse

from assistant.core.errors import HearsightError
from assistant.desktop.single_instance import send
from assistant.settings.paths import Paths

_EXAMPLES = """examples:
  hearsight trigger ask              start listening hands-free; again: send
  hearsight trigger ask --press      bind to the key going down …
  hearsight trigger ask --release    … and to its going up
  hearsight trigger cancel           stop recording or answering

in sway:
  bindsym Ctrl+Alt+space exec hearsight trigger ask --press
  bindsym --release Ctrl+Alt+space exec hearsight trigger ask --release
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLES
    parser.add_argument("job", choices=("ask", "cancel"), help="ask a question, or cancel what runs")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--press", action="store_const", const="press", dest="how", help="the key went down")
    how.add_argument("--release", action="store_const", const="release", dest="how", help="the key came up")
    parser.set_defaults(how="tap")


def run(args: argparse.Namespace) -> int:
    reply = send(Paths.of_user().socket, {"command": "trigger", "job": args.job, "how": args.how})
    if not reply.get("ok"):
        raise HearsightError(str(reply.get("error", "The running Hearsight refused.")))
    return 0
