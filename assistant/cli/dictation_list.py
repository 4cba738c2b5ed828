"""`hearsight history dictations`: what was dictated, newest first."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from typing import Any

from assistant.cli.terminal import one_line, say
from assistant.core.errors import BadInput
from assistant.history.dictations import Dictation
from assistant.history.store import History


def add_to(actions: Any) -> None:
    """Adds the action to the history command's."""
    parser = actions.add_parser("dictations", help="what was dictated, the newest first")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most N (default 50)")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    parser.add_argument("--delete", type=int, metavar="ID", help="remove one with its recording")
    parser.set_defaults(do=list_dictations)


def list_dictations(history: History, args: argparse.Namespace) -> None:
    store = history.dictations
    if args.delete:
        found = store.get(args.delete)
        if found is None:
            raise BadInput(f"There is no dictation {args.delete}.")
        store.delete(args.delete)
        say(f"Deleted dictation {args.delete} with its recording.")
        return
    dictations = store.latest(max(1, args.limit))
    if args.json:
        say(json.dumps([_as_json(dictation) for dictation in dictations]))
    elif not dictations:
        say("No dictations yet.", stream=sys.stderr)
    else:
        for dictation in dictations:
            say(_line(dictation))


def _line(dictation: Dictation) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(dictation.created))
    state = "" if dictation.state == "typed" else f"[{dictation.state}] "
    return f"{dictation.id:>6}  {when}  {dictation.seconds:5.1f} s  {state}{one_line(dictation.text)}"


def _as_json(dictation: Dictation) -> dict[str, Any]:
    return asdict(dictation) | {"audio": str(dictation.audio) if dictation.audio else ""}
