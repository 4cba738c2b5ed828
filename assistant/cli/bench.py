"""`hearsight bench NAME`: runs one measure and prints its numbers beside their goals."""

from __future__ import annotations

import argparse
import importlib

from assistant.bench.report import Report
from assistant.cli.main import ENGINE_NAMES

BENCHES = {
    "start": "process start to first painted window, against a bare PySide6 window",
    "turn": "release to first answer token, with warm-up against without",
    "answers": "share of right answers about screenshots of real programs (takes long)",
    "capture": "key-down to frozen frame and to first audio buffer",
    "dictation": "release to text in a real other window, its parts, and the work that is left after release",
    "cycles": "1,000 presses and releases at random times: stuck states, lost recordings, memory",
    "insertion": "texts in real programs: exact, refused or wrong; time against a bare clipboard-and-XTest paste",
    "stream": "lateness of the window's event loop while an answer streams",
    "history": "opening, searching and appending with 100,000 messages",
    "memory": "growth over 200 turns, and what unloading gives back",
    "wer": "word errors of dictation on a FOLDER of sounds with texts; what sounds without a text make it write",
    "phi4": "the Phi-4 engine's speed and memory, beside the model card's own generate()",
    "golden": "the Phi-4 engine against its author's own results, for a FOLDER of test vectors",
}
"""Each bench is the module `assistant.bench.NAME` with `measure(args) -> Report`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Benches: " + "; ".join(f"{name}: {text}" for name, text in BENCHES.items()) + "."
    parser.add_argument("name", choices=BENCHES, metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument(
        "folder", nargs="?", default="", metavar="FOLDER", help="golden: its set; wer: sounds and texts"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--runs", type=int, default=None, help="how often to repeat (each bench has its own default)")
    parser.add_argument("--keep", metavar="FOLDER", default="", help="keep pictures and raw results here")
    parser.add_argument(
        "--budgets", metavar="CHARACTERS,…", default="", help="answers: try these screen budgets; the first one counts"
    )
    parser.add_argument("--random-weights", action="store_true", help="phi4: random weights of the published sizes")
    parser.add_argument("--model", metavar="FOLDER", default="", help="phi4: the weights of this native folder")
    parser.add_argument("--attention", choices=("all", "eager", "sdpa"), default="all", help="golden: which attention")
    parser.add_argument(
        "--state", choices=("all", "cold", "warm", "rewound"), default="all", help="golden: what the cache holds before"
    )
    parser.add_argument(
        "--spelling",
        choices=("off", "correct", "bias", "both", "compare"),
        default="off",
        help="wer: what the names in NAME.screen do",
    )
    parser.add_argument("--engine", choices=ENGINE_NAMES, default=argparse.SUPPRESS, help="wer: which engine hears")
    parser.add_argument("--language", default="", metavar="CODE", help="wer: spoken language; else by the settings")


def run(args: argparse.Namespace) -> int:
    report: Report = importlib.import_module(f"assistant.bench.{args.name}").measure(args)
    if args.json:
        print(report.as_json())
    else:
        print(report.as_table())
    return 0
