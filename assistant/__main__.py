"""`python -m assistant`, the same as the command `hearsight`."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    # The engine's child process starts by this module too where the program is frozen into one file.
    multiprocessing.freeze_support()
    from assistant.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
