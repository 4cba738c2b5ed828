"""`hearsight doctor`: every part, whether it was found, whether it works, and how to mend it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import textwrap

from assistant.cli.check_rows import Check, Row
from assistant.cli.checks import CHECKS
from assistant.core.errors import HearsightError

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.epilog = (
        "Parts marked ok work; those marked !! need mending before Hearsight can do its main job; those marked -- are\n"
        "missing but can be done without. The exit code is 0 whatever is found."
    )


def run(args: argparse.Namespace) -> int:
    rows = [guarded(check) for check in CHECKS]
    if args.json:
        print(json.dumps({"parts": [dataclasses.asdict(row) for row in rows], "summary": summary(rows)}))
        return 0
    for row in rows:
        print(as_text(row))
    print(f"\n{summary(rows)}")
    return 0


def guarded(check: Check) -> Row:
    """Runs one check. Whatever it stumbles over is a finding, never the end of the other checks."""
    try:
        return check.look()
    except HearsightError as error:
        return Row(
            check.part, found=True, works=False, detail=error.message, mend=error.action, essential=check.essential
        )
    except Exception as error:
        log.debug("The check of %s failed", check.part, exc_info=True)
        detail = f"The check itself failed ({type(error).__name__})."
        mend = "Run: hearsight doctor --debug"
        return Row(check.part, found=False, works=False, detail=detail, mend=mend, essential=check.essential)


def as_text(row: Row) -> str:
    """One part on one line, and how to mend it below."""
    mark = "ok" if row.works else "!!" if row.essential else "--"
    line = f"{mark}  {row.part:<16} {row.detail}".rstrip()
    if row.works or not row.mend:
        return line
    return line + "\n" + textwrap.indent(textwrap.fill(row.mend, 96, break_long_words=False), " " * 21)


def summary(rows: list[Row]) -> str:
    """What the rows come to."""
    broken = [row.part for row in rows if row.essential and not row.works]
    lesser = [row.part for row in rows if not row.essential and not row.works]
    if broken:
        return f"Needs mending: {', '.join(broken)}."
    if lesser:
        return f"Everything that Hearsight needs works. Done without: {', '.join(lesser)}."
    return "Everything works."
