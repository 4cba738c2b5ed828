"""What stands in the database's cells: texts without the few characters that SQLite or a snippet would trip over, and
small JSON objects."""

from __future__ import annotations

import json
from typing import Any

from assistant.history.models import HIT_END, HIT_START

_REPLACED = {ord(char): "\N{REPLACEMENT CHARACTER}" for char in ("\0", HIT_START, HIT_END)}
_REPLACED |= {code: "\N{REPLACEMENT CHARACTER}" for code in range(0xD800, 0xE000)}


def storable(text: str) -> str:
    """Replaces NUL (ends a text for SQLite's functions), the marks of a snippet, and half characters that UTF-8
    can't express (a broken file name on a command line) by U+FFFD. Everything else stays as it is."""
    return text.translate(_REPLACED)


def details(cell: str) -> dict[str, Any]:
    """A JSON object; an empty one where damage made it unreadable, so that a flipped bit costs only these details."""
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
