"""`hearsight models … phi4`: the one model that is fetched as a checkpoint and converted on this machine."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path

from assistant.cli.progress import ProgressLine
from assistant.core.cancel import CancelToken
from assistant.core.errors import ModelMissing
from assistant.models.disk import megabytes
from assistant.models.phi4 import install, stored
from assistant.models.phi4.pull import NAME
from assistant.models.phi4.stored import StoredPhi4


def row(models: Path) -> StoredPhi4:
    """What of it is on this machine."""
    return stored.stored(models)


def as_data(models: Path) -> dict[str, object]:
    """Its entry of `models list --json`."""
    found = row(models)
    return {
        "name": NAME,
        "job": "speech, screen and language",
        "about": stored.ABOUT,
        "licence": stored.LICENCE,
        "size": stored.SIZE,
        "on_disk": found.size,
        "state": found.state,
        "default": False,
        "for_tests": False,
        "folder": str(found.folder or ""),
        "source": found.source,
    }


def pull(models: Path, folder: Path | None, *, offline: bool) -> None:
    """Fetches, checks, converts; with progress on stderr."""
    from assistant.models.phi4.pull import pull as bring

    with ProgressLine(sys.stderr) as line:
        ready = bring(models, folder=folder, offline=offline, report=line.show)
    where = "is used where it lies: keep that folder" if ready.parent != models else "is ready"
    print(f"{NAME}: {where} ({ready}).", file=sys.stderr)


def verify(models: Path) -> list[dict[str, object]]:
    """Checks files and answers, and says each finding; the findings as data.

    Raises:
        ModelMissing: it isn't on this machine.
    """
    from assistant.flows.phi4_verify import verify as check

    found = install.read_pointer(models)
    if found is None or not found.folder.is_dir():
        raise ModelMissing(
            "The model “phi4” isn't on this machine.", action="Fetch it with: hearsight models pull phi4"
        )
    with ProgressLine(sys.stderr) as line:
        findings = check(found.folder, line.show, CancelToken())
    return [{"name": each.name, "passed": each.passed, "words": each.words} for each in findings]


def say_verified(findings: list[dict[str, object]]) -> None:
    for each in findings:
        print(f"{NAME}: {'ok' if each['passed'] else '!!'}  {each['name']}: {each['words']}")


def remove(models: Path) -> int:
    """Deletes the converted copies; the bytes that were freed. Says what stays."""
    from assistant.models.phi4.hub import Hub

    freed = stored.remove(models)
    if rest := Hub().words_on_rest():
        print(rest, file=sys.stderr)
    return freed


def store_token(args: argparse.Namespace) -> int:
    """`hearsight models token`: keeps a token of the model hub in the system's keyring."""
    from assistant.models.phi4 import token

    text = "" if args.forget else _read_token()
    token.store(text)
    done = "stored" if text else "forgotten"
    print(json.dumps({"token": done}) if args.json else f"Token {done}.")
    return 0


def _read_token() -> str:
    """Typed without being shown, or from a pipe; never an argument, which other users of the machine could read."""
    return (getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()


def line(models: Path) -> str:
    """Its line of `models list`."""
    found = row(models)
    state = {"ready": "ready", "partial": f"partly here ({megabytes(found.size)})", "missing": "not here"}[found.state]
    return f"  {NAME:<19} {megabytes(stored.SIZE):>8}  {state:<17} {stored.LICENCE:<11} {stored.ABOUT}"
