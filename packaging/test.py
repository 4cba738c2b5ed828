#!/usr/bin/env python3
"""Installs what the tests need and runs all checks: style, types, layers, tests.

    python3 packaging/test.py [arguments of pytest]

With arguments only pytest runs, with them. Everything is shown; the exit code is 0 only when all checks passed.
"""

from __future__ import annotations

import subprocess
import sys
import time

import environment
import run

_CHECKS = (
    ("style", ("ruff", "check", ".")),
    ("format", ("ruff", "format", "--check", ".")),
    ("types", ("mypy",)),
    ("layers", ("lint-imports",)),
    (
        "core and flows without Qt",
        (
            *("python", "-m", "pytest", "-p", "no:pytest-qt", "-p", "tests.helpers.no_qt", "-q"),
            *("tests/unit/core", "tests/unit/flows"),
        ),
    ),
    ("tests", ("python", "-m", "pytest")),
)
"""Each program is the environment's own and runs in the project's folder."""


def main(arguments: list[str]) -> int:
    try:
        environment.require_python()
        run.prepare({"light", "test"}, tests=True)
    except environment.SetupFailed as error:
        print(f"test.py: {error}", file=sys.stderr)
        return 1
    if not run.pull_models("--for-tests"):
        return 1
    if arguments:
        return check("tests", ("python", "-m", "pytest", *arguments))
    failed = [name for name, command in _CHECKS if check(name, command)]
    print("All checks passed." if not failed else f"Failed: {', '.join(failed)}.", flush=True)
    return 1 if failed else 0


def check(name: str, command: tuple[str, ...]) -> int:
    """Runs one check and says how long it took."""
    print(f"── {name}: {' '.join(command)}", flush=True)
    started = time.monotonic()
    program = environment.BIN / command[0]
    code = subprocess.run([program, *command[1:]], cwd=environment.ROOT, check=False).returncode
    print(f"── {name}: {'passed' if code == 0 else f'failed ({code})'}, {time.monotonic() - started:.0f} s", flush=True)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
