"""`hearsight`: finds the command, runs it, and turns its errors into one line and an exit code.

Exit codes: 0 done, 1 failed (one line on stderr says why and what to do), 2 wrong usage, 130 cancelled.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
import traceback
from types import ModuleType

from assistant import __version__
from assistant.cli.terminal import one_line
from assistant.core.cancel import Cancelled
from assistant.core.errors import HearsightError

COMMANDS = {
    "ask": "ask a question in text, speech or about the screen",
    "transcribe": "turn speech in files into text",
    "dictate": "type or print what you say",
    "trigger": "press or release a key of the running instance, for compositor bindings",
    "models": "list, fetch, verify and remove model files",
    "history": "list, search, show, export and delete conversations",
    "doctor": "check every part and say how to mend what doesn't work",
    "demo": "the whole job on a sample screen and sample speech",
    "bench": "measure speed, memory and answers",
}
"""Each command is the module `assistant.cli.NAME` with `add_arguments(parser)` and `run(args) -> int`."""

_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def run(argv: list[str]) -> int:
    """Runs the command line; without a command it opens the window.

    Returns:
        The exit code.
    """
    debug = _without(argv, "--debug")[1]
    try:
        args = parse(argv)
        _log(debug)
        if args.command is None:
            from assistant.app import main

            return int(main(args))
        return int(_module(args.command).run(args))
    except HearsightError as error:
        return _fail(str(error), debug)
    except (KeyboardInterrupt, Cancelled):
        print("Cancelled.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:
        text = f"Something went wrong inside Hearsight ({type(error).__name__}). Run again with --debug to see where."
        return _fail(text, debug)


def parse(argv: list[str]) -> argparse.Namespace:
    """The arguments of one call; `--debug` and `--offline` may stand anywhere."""
    argv, debug = _without(argv, "--debug")
    argv, offline = _without(argv, "--offline")
    args = _parser(argv).parse_args(argv)
    args.debug, args.offline = debug, offline
    return args


def _parser(argv: list[str]) -> argparse.ArgumentParser:
    """The parser, with the arguments of the one command that `argv` names (the others' modules stay unloaded)."""
    parser = argparse.ArgumentParser(
        prog="hearsight",
        description="Hears you, sees your screen, and stays on your machine. Without a command it opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"Hearsight {__version__}")
    _add_common(parser, at_top=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    named = next((word for word in argv if word in COMMANDS), None)
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        _add_common(sub, at_top=False)
        if name == named:
            _module(name).add_arguments(sub)
    return parser


def _without(argv: list[str], flag: str) -> tuple[list[str], bool]:
    """Takes a flag out that may stand anywhere before a lone `--`; says whether it was there."""
    end = argv.index("--") if "--" in argv else len(argv)
    kept = [word for word in argv[:end] if word != flag]
    return kept + argv[end:], len(kept) < end


def _log(debug: bool) -> None:
    """Our own words at every level when asked; libraries stay quiet, since nobody knows what they would write."""
    logging.basicConfig(level=logging.WARNING, format=_LOG_FORMAT)
    if debug:
        logging.getLogger("assistant").setLevel(logging.DEBUG)


def _add_common(parser: argparse.ArgumentParser, *, at_top: bool) -> None:
    """Options of every command; for its help, since `_without` has taken the flags out before."""
    parser.add_argument("--debug", action="store_true", help="log more, show tracebacks")
    parser.add_argument("--offline", action="store_true", help="never touch the network")
    if at_top:
        parser.add_argument("--engine", choices=ENGINE_NAMES, default=None, help="for the window: which engine to use")
        parser.add_argument("--model", default="", metavar="FOLDER", help=MODEL_HELP)
        parser.add_argument("--in-process", action="store_true", help="for debugging: the engine in this process")


ENGINE_NAMES = ("auto", "phi4", "light", "fake")
MODEL_HELP = "folder of the Phi-4 model, for --engine phi4 (default: the fetched one)"


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"assistant.cli.{name}")


def _fail(text: str, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(f"hearsight: {one_line(text)}", file=sys.stderr)
    return 1
