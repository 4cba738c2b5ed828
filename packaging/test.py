#!/usr/bin/env python3
"""Installs what the tests need and runs all checks: style, types, layers, tests.

    python3 packaging/test.py [arguments of pytest]

With arguments only pytest runs, with them. Everything is shown; the exit code is 0 only when all checks passed.
"""

from __future__ import annotations

import os
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

_OLDEST = environment.FOLDER / "matrix" / "transformers-5.17.0"
_OLDEST_PACKAGES = ("transformers==5.17.0", "huggingface_hub==1.5.0")
"""The oldest transformers that pyproject.toml allows, with the oldest hub library that it takes; the environment
itself holds the newest."""
_OLDEST_TESTS = (
    *("python", "-m", "pytest", "-q", "tests/engine/phi4", "tests/unit/models", "tests/faults/test_model_phi4_pull.py"),
    *("--ignore", "tests/engine/phi4/test_golden_bench.py"),
)


def main(arguments: list[str]) -> int:
    try:
        environment.require_python()
        run.prepare({"light", "phi4", "test"}, tests=True)
    except environment.SetupFailed as error:
        print(f"test.py: {error}", file=sys.stderr)
        return 1
    if not run.pull_models("--for-tests"):
        return 1
    if arguments:
        return check("tests", ("python", "-m", "pytest", *arguments))
    try:
        environment.overlay(_OLDEST, *_OLDEST_PACKAGES)
    except environment.SetupFailed as error:
        print(f"test.py: {error}", file=sys.stderr)
        return 1
    failed = [name for name, command in _CHECKS if check(name, command)]
    oldest = "phi4 with the oldest transformers"
    if check(oldest, _OLDEST_TESTS, PYTHONPATH=str(_OLDEST)):
        failed.append(oldest)
    print("All checks passed." if not failed else f"Failed: {', '.join(failed)}.", flush=True)
    return 1 if failed else 0


def check(name: str, command: tuple[str, ...], **variables: str) -> int:
    """Runs one check, with these environment variables, and says how long it took."""
    print(f"── {name}: {' '.join(command)}", flush=True)
    started = time.monotonic()
    program = environment.BIN / command[0]
    env = {**os.environ, **variables}
    code = subprocess.run([program, *command[1:]], cwd=environment.ROOT, env=env, check=False).returncode
    print(f"── {name}: {'passed' if code == 0 else f'failed ({code})'}, {time.monotonic() - started:.0f} s", flush=True)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
