"""The pieces of a file that were recognised before an interruption, on disk, so that the next run goes on from there.

One line a piece, written as it is done; a line that a crash cut is ignored. How a file is cut into pieces depends on
its sound alone, so the same file gives the same pieces.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, BinaryIO

from assistant.core.events import Segment, Transcript
from assistant.core.files import PRIVATE, storage_error

_VERSION = 1


class PiecesFile:
    """A context manager; the file stays until `discard`.

    Args:
        path: where it lies; may not exist.
        key: what the pieces depend on (the source's fingerprint, engine, model, language): JSON values. Pieces of
            another key are dropped.

    Attributes:
        reached: seconds of the file that are recognised already; 0 when it starts anew.
        stale: there were pieces, but of another key.
    """

    def __init__(self, path: Path, key: dict[str, Any]) -> None:
        self._path = path
        self._head = {"version": _VERSION, **key}
        self._known: dict[tuple[float, float], Transcript] = {}
        self._file: BinaryIO | None = None
        self.stale = False
        self._read()

    @property
    def reached(self) -> float:
        return max((start + seconds for start, seconds in self._known), default=0.0)

    def __enter__(self) -> PiecesFile:
        """Raises:
        StorageError: the folder can't be written.
        """
        try:
            flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if self._known else os.O_TRUNC) | getattr(os, "O_BINARY", 0)
            self._file = os.fdopen(os.open(self._path, flags, PRIVATE), "ab" if self._known else "wb")
            # A line that a crash cut ends here.
            self._file.write(b"\n" if self._known else _bytes(self._head))
        except OSError as error:
            raise storage_error(error, self._path) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def find(self, start: float, seconds: float) -> Transcript | None:
        return self._known.get((round(start, 3), round(seconds, 3)))

    def keep(self, start: float, seconds: float, heard: Transcript) -> None:
        """Raises:
        StorageError: the disk is full; the pieces before are kept.
        """
        self._write(_line(start, seconds, heard))

    def discard(self) -> None:
        """The whole is written: the pieces are of no more use."""
        self.__exit__()
        self._path.unlink(missing_ok=True)

    def _write(self, line: dict[str, Any]) -> None:
        assert self._file is not None
        try:
            self._file.write(_bytes(line))
            self._file.flush()
        except OSError as error:
            raise storage_error(error, self._path) from error

    def _read(self) -> None:
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError:
            return
        parsed = [_parsed(line) for line in lines]
        if not parsed or parsed[0] != self._head:
            self.stale = True
            return
        for line in parsed[1:]:
            if line is not None and (piece := _piece(line)) is not None:
                self._known[piece[0]] = piece[1]


def _bytes(line: dict[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _line(start: float, seconds: float, heard: Transcript) -> dict[str, Any]:
    segments = [[each.start, each.end, each.text] for each in heard.segments]
    place = {"start": round(start, 3), "seconds": round(seconds, 3)}
    return {**place, "text": heard.text, "language": heard.language, "segments": segments}


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _piece(line: dict[str, Any]) -> tuple[tuple[float, float], Transcript] | None:
    """None where the line is damaged: the piece is recognised again."""
    try:
        place = (float(line["start"]), float(line["seconds"]))
        segments = tuple(Segment(float(start), float(end), str(text)) for start, end, text in line["segments"])
        return place, Transcript(str(line["text"]), segments, str(line["language"]), place[1])
    except (KeyError, TypeError, ValueError):
        return None
