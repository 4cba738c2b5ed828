"""`python -m assistant`, the same as the command `hearsight`."""

from __future__ import annotations

import sys


def main() -> int:
    from assistant.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
