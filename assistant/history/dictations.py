"""What was dictated: the text that was typed, what was heard before the rules, and the recording; kept by rule.

A dictation is written down before anything is typed, as "waiting": should the process die in between, the next start
finds it and offers the text. Recordings lie in a folder of their own, so that their size can be limited.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.media import SAMPLE_RATE
from assistant.history import dictation_audio as sound
from assistant.history import dictation_rows as rows
from assistant.history.database import Database
from assistant.history.dictation_rows import FAILED, KEPT, TYPED, WAITING, Dictation

__all__ = ["FAILED", "KEPT", "TYPED", "WAITING", "Dictation", "Dictations"]

_DAY = 86_400.0


class Dictations:
    """One profile's dictations. Every method raises `StorageError` when the disk or the file can't be used.

    Args:
        folder: of the recordings.
        session: this process's id in the history; asked at each use.
        scrub: takes away what deleting leaves in the database's files.
    """

    def __init__(self, database: Database, folder: Path, session: Callable[[], int], scrub: Callable[[], None]) -> None:
        self._db = database
        self._folder = folder
        self._session = session
        self._scrub = scrub

    def add(self, text: str, *, state: str, **values: Any) -> int:
        """Writes one down and returns its id; for `values` see `Dictation`."""
        return self._db.write(rows.add, self._session(), {"text": text, "state": state, **values})

    def update(self, id: int, **values: Any) -> None:
        """Changes what is given. Does nothing where it was deleted meanwhile."""
        self._db.write(rows.update, id, values)

    def get(self, id: int) -> Dictation | None:
        return self._db.read(rows.get, self._folder, id)

    def latest(self, limit: int = 100, before: float | None = None) -> list[Dictation]:
        """The newest first. For the next page give the last one's `created` as `before`."""
        return self._db.read(rows.page, self._folder, limit, before)

    def last(self) -> Dictation | None:
        """The newest that holds text: what "paste last again" means."""
        return self._db.read(rows.last, self._folder)

    def interrupted(self) -> list[Dictation]:
        """Those that a process which is gone was about to type, oldest first."""
        return self._db.read(rows.interrupted, self._folder)

    def attach_audio(self, id: int, blocks: Iterable[NDArray[np.float32]]) -> float:
        """Keeps a recording (16 kHz mono), block by block.

        Returns:
            Its seconds; 0 where there was no sound, and then no file.

        Raises:
            StorageError: the disk is full; nothing of it is kept then.
        """
        name = f"{id}.flac"
        written = sound.write(self._folder / name, blocks)
        if written:
            self._db.write(rows.set_audio, id, name, written / SAMPLE_RATE)
        return written / SAMPLE_RATE

    def audio_blocks(self, dictation: Dictation) -> Iterator[NDArray[np.float32]]:
        """The recording again, block by block.

        Raises:
            StorageError: there is none, or it can't be read.
        """
        return sound.read(dictation.audio)

    def delete(self, id: int) -> None:
        """Removes text and recording without a trace in the files: not for the GUI thread."""
        self._remove(self._db.write(rows.delete, [id]))

    def expire(self, keep_days: float, most_bytes: int) -> int:
        """Removes what is older than the user's rule; of the rest, the oldest recordings beyond the size limit.

        What waits to be typed stays, whatever its age.

        Args:
            keep_days: 0 keeps nothing but what waits.
            most_bytes: of all recordings together; texts don't count.

        Returns:
            How many dictations went.
        """
        old = self._db.write(rows.delete_older, time.time() - keep_days * _DAY)
        self._remove(old)
        self._limit(most_bytes)
        return len(old)

    def sweep(self) -> None:
        """Removes recordings that no dictation has any more, as a crash may leave them."""
        known = self._db.read(rows.audio_names)
        for path in self._folder.glob("*"):
            fresh = time.time() - path.stat().st_mtime < 3600
            if path.is_file() and path.name not in known and not fresh:
                path.unlink(missing_ok=True)

    def _limit(self, most_bytes: int) -> None:
        total = 0
        for dictation in self.latest(limit=1_000_000):
            if dictation.audio is None or not dictation.audio.exists():
                continue
            total += dictation.audio.stat().st_size
            if total > most_bytes:
                dictation.audio.unlink(missing_ok=True)
                self._db.write(rows.set_audio, dictation.id, "", dictation.seconds)

    def _remove(self, deleted: list[str]) -> None:
        for name in filter(None, deleted):
            (self._folder / name).unlink(missing_ok=True)
        if deleted:
            self._scrub()
