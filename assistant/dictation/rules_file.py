"""The file of text rules in the profile: JSON that people edit by hand and the settings window writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant.core.errors import BadInput
from assistant.core.files import storage_error, write_atomic
from assistant.dictation.models import TextRules

NAME = "dictation-rules.json"
"""In the profile's config folder."""
_MOST_BYTES = 8 << 20
_KEPT = "The file is as you left it."


def load(path: Path) -> TextRules:
    """The rules in the file; the defaults where there is none.

    Raises:
        BadInput: it can't be used; says where in it, and what is wrong there.
        StorageError: it can't be read.
    """
    try:
        data = path.read_bytes() if path.exists() else b"{}"
    except OSError as error:
        raise storage_error(error, path) from error
    if len(data) > _MOST_BYTES:
        raise BadInput(f"{path.name} is larger than {_MOST_BYTES >> 20} MB.", kept=_KEPT)
    return parse(data, path.name)


def parse(data: bytes, name: str = NAME) -> TextRules:
    """Raises:
    BadInput: see `load`.
    """
    try:
        values = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise _refused(name, f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise _refused(name, "it is no JSON text in UTF-8") from error
    try:
        return TextRules.model_validate(values)
    except ValidationError as error:
        raise _refused(name, "; ".join(_plain(entry) for entry in error.errors()[:3])) from error


def save(path: Path, rules: TextRules) -> None:
    """Writes what differs from the defaults, mode 0600.

    Raises:
        StorageError: the disk is full or the folder can't be written; the old file is intact.
    """
    values = rules.model_dump(exclude_defaults=True)
    write_atomic(path, (json.dumps({"version": rules.version} | values, indent=2, ensure_ascii=False) + "\n").encode())


def _refused(name: str, why: str) -> BadInput:
    return BadInput(f"The text rules in {name} can't be used: {why}.", kept=_KEPT, action="Correct it, or delete it.")


def _plain(entry: Any) -> str:
    """One complaint: `replacements[2].heard: Field required`."""
    place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in entry["loc"]).lstrip(".")
    message = "there is no such rule" if entry["type"] == "extra_forbidden" else str(entry["msg"])
    return f"{place or 'the whole'}: {message}"
