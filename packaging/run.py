#!/usr/bin/env python3
"""Starts Hearsight from a checkout, and installs what is missing first.

    python3 packaging/run.py [--with EXTRA]… [arguments of hearsight]

Makes `.venv`, installs system packages (as root or with a password-free sudo; else it says the line to run), fetches
the light models, and hands over to `hearsight` with the arguments. The second time it only checks, in well under a
second. Only the standard library is used, and this file stays readable for an old Python so that it can say so.
"""

from __future__ import annotations

import os
import subprocess
import sys

_NEEDS_NO_MODELS = {"models", "history", "doctor", "trigger"}
_BENCHES_WITHOUT_MODELS = {"start", "capture", "history"}
_OWN_HELP = """\
usage: run.py [--with EXTRA]... [arguments of hearsight]

Installs what is missing, then starts Hearsight. --with adds an extra to the installation: phi4 (the engine for a
GPU; with a CPU build of torch where there is no NVIDIA driver), flash (flash-attn, where a prebuilt wheel fits), test.
The arguments are Hearsight's own:
"""
_COMMANDS = {"ask", "transcribe", "demo", "bench", *_NEEDS_NO_MODELS}


def main(arguments: list[str]) -> int:
    import environment

    try:
        environment.require_python()
        extras, rest = split_extras(arguments)
        prepare({"light", *extras}, tests=False)
        if not rest and not has_display():
            print("There is no display here, so the demo runs in this terminal instead of the window.", file=sys.stderr)
            rest = ["demo"]
        if rest[:1] in (["-h"], ["--help"]):
            print(_OWN_HELP, flush=True)
        if needs_models(rest) and not pull_models() and needs_command(rest):
            return 1
    except environment.SetupFailed as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    return hand_over(rest)


def split_extras(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Takes the leading `--with EXTRA`s; all that follows is Hearsight's.

    Raises:
        SetupFailed: `--with` without a name.
    """
    import environment

    extras, rest = [], list(arguments)
    while rest and (rest[0] == "--with" or rest[0].startswith("--with=")):
        word = rest.pop(0)
        name = word.partition("=")[2] or (rest.pop(0) if rest else "")
        if name not in ("light", "phi4", "flash", "test"):
            raise environment.SetupFailed(f"--with wants one of light, phi4, flash, test, not “{name}”.")
        extras.append(name)
    return extras, rest


def prepare(extras: set[str], *, tests: bool) -> None:
    """System packages, then the virtual environment.

    Raises:
        SetupFailed: Hearsight can't be installed here.
    """
    import environment
    import system_packages

    absent = system_packages.missing(tests=tests, for_python=environment.system_packages_for_venv())
    if absent:
        system_packages.install(absent)
    environment.ensure(extras)


def has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def needs_models(arguments: list[str]) -> bool:
    """Whether these arguments lead to the light engine; help, lists and the fake engine don't."""
    if {"-h", "--help", "--version", "--offline"} & set(arguments):
        return False
    if "--engine=fake" in arguments or "--engine fake" in " ".join(arguments):
        return False
    command = needs_command(arguments)
    if command == "bench":
        return not _BENCHES_WITHOUT_MODELS & set(arguments)
    return command not in _NEEDS_NO_MODELS


def needs_command(arguments: list[str]) -> str:
    """The command among the arguments; empty for the window."""
    return next((word for word in arguments if word in _COMMANDS), "")


def pull_models(*options: str) -> bool:
    """Fetches the models that aren't there yet, with progress; says whether all are."""
    import environment

    return subprocess.run([environment.HEARSIGHT, "models", "pull", *options], check=False).returncode == 0


def hand_over(arguments: list[str]) -> int:
    """Becomes Hearsight. Windows can't replace a process, so there it is a child."""
    import environment

    command = [str(environment.HEARSIGHT), *arguments]
    if os.name == "nt":
        return subprocess.run(command, check=False).returncode
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command[0], command)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
