"""Copies through a program that the system brings."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from assistant.core.errors import InsertRefused

_SECONDS = 5.0


def copy_by(line: Sequence[str], data: bytes) -> None:
    """Gives the data to a program that puts it into the clipboard.

    Raises:
        InsertRefused: the program is missing, or doesn't do it.
    """
    quiet = subprocess.DEVNULL
    try:
        subprocess.run(line, input=data, stdout=quiet, stderr=quiet, check=True, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise InsertRefused(
            f"The clipboard can't be reached: {line[0]} is missing or failed.",
            action="Copy the text from the dictation history.",
        ) from error
