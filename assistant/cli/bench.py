"""`hearsight bench NAME`: runs one measure and prints its numbers beside their goals."""

from __future__ import annotations

import argparse
import importlib

from assistant.bench.report import Report

BENCHES = {
    "start": "process start to first painted window, against a bare PySide6 window",
    "turn": "release to first answer token, with warm-up against without",
    "answers": "share of right answers about screenshots of real programs (takes long)",
    "capture": "key-down to frozen frame and to first audio buffer",
    "stream": "lateness of the window's event loop while an answer streams",
    "history": "opening, searching and appending with 100,000 messages",
    "memory": "growth over 200 turns, and what unloading gives back",
    "golden": "the Phi-4 engine against its author's own results, for a FOLDER of test vectors",
}
"""Each bench is the module `assistant.bench.NAME` with `measure(args) -> Report`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Benches: " + "; ".join(f"{name}: {text}" for name, text in BENCHES.items()) + "."
    parser.add_argument("name", choices=BENCHES, metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("folder", nargs="?", default="", metavar="FOLDER", help="golden: the set of test vectors")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--runs", type=int, default=None, help="how often to repeat (each bench has its own default)")
    parser.add_argument("--keep", metavar="FOLDER", default="", help="keep pictures and raw results here")
    parser.add_argument(
        "--budgets", metavar="CHARACTERS,…", default="", help="answers: try these screen budgets; the first one counts"
    )
    parser.add_argument("--attention", choices=("all", "eager", "sdpa"), default="all", help="golden: which attention")
    parser.add_argument(
        "--state", choices=("all", "cold", "warm", "rewound"), default="all", help="golden: what the cache holds before"
    )


def run(args: argparse.Namespace) -> int:
    report: Report = importlib.import_module(f"assistant.bench.{args.name}").measure(args)
    if args.json:
        print(report.as_json())
    else:
        print(report.as_table())
    return 0
