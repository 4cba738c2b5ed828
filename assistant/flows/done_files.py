"""Which texts of an output folder are done, and from what: a small file beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.core.files import write_atomic

NAME = ".hearsight-transcripts.json"


class DoneFiles:
    """One folder's record. A damaged one counts as empty: nothing is overwritten on its word."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._files = _read(self._path)

    def get(self, name: str) -> dict[str, Any] | None:
        found = self._files.get(name)
        return found if isinstance(found, dict) else None

    def put(self, name: str, record: dict[str, Any]) -> None:
        """Raises:
        StorageError: it can't be written; the record before is intact.
        """
        self._files[name] = record
        write_atomic(self._path, json.dumps({"version": 1, "files": self._files}, ensure_ascii=False).encode())


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    files = found.get("files") if isinstance(found, dict) else None
    return files if isinstance(files, dict) else {}
