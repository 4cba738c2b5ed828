"""Pictures, recordings and files of messages: each content lies once on disk, named by its SHA-256.

A file is put in place, and taken away, only inside a write transaction. So no process removes a file that another
one has just found there and is about to use.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from assistant.core.errors import StorageError
from assistant.core.files import open_private, part_of, storage_error
from assistant.history.models import Attachment
from assistant.history.text import details, storable

_COLUMNS = "a.id, a.kind, a.sha256, m.media_type, m.file, a.name, a.meta"
_FROM = "attachments a JOIN media m ON m.sha256 = a.sha256"
_BLOCK = 1 << 20
_STAGED_SECONDS = 3600.0
"""A staged file older than this belongs to nobody alive: putting one in place takes seconds."""

_SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
    "audio/flac": ".flac",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/mp4": ".m4a",
}


def of_message(db: sqlite3.Connection, message: int, folder: Path) -> list[Attachment]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM {_FROM} WHERE a.message_id = ? ORDER BY a.id", (message,))
    return [_attachment(row, folder) for row in rows]


def of_conversation(db: sqlite3.Connection, conversation: int, folder: Path) -> dict[int, list[Attachment]]:
    """Attachments by message id."""
    rows = db.execute(
        f"SELECT a.message_id, {_COLUMNS} FROM {_FROM} JOIN messages t ON t.id = a.message_id "
        "WHERE t.conversation_id = ? ORDER BY a.id",
        (conversation,),
    )
    found: dict[int, list[Attachment]] = defaultdict(list)
    for message, *row in rows:
        found[message].append(_attachment(row, folder))
    return found


def stage(folder: Path, data: bytes | Path) -> tuple[Path, str]:
    """Writes bytes, or a copy of a file, into `folder` under a passing name, safe on disk.

    Returns:
        The file, and the SHA-256 of its content.

    Raises:
        StorageError: the disk is full, the folder can't be written, or the file can't be read.
    """
    part = part_of(folder / "new")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest = hashlib.sha256()
        with open_private(part) as target:
            for block in _blocks(data):
                digest.update(block)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        part.unlink(missing_ok=True)
        raise storage_error(error, data if isinstance(data, Path) else folder) from error
    return part, digest.hexdigest()


def attach(
    db: sqlite3.Connection,
    message: int,
    folder: Path,
    staged: tuple[Path, str],
    *,
    kind: str,
    media_type: str,
    name: str,
    meta: dict[str, Any],
) -> Attachment:
    """Gives a staged file its lasting name and ties it to a message.

    Raises:
        StorageError: the message was deleted, or the file can't be put in place.
    """
    if not db.execute("SELECT 1 FROM messages WHERE id = ?", (message,)).fetchone():
        raise StorageError("The message that this belongs to was deleted.")
    part, sha256 = staged
    row = db.execute("SELECT media_type, file FROM media WHERE sha256 = ?", (sha256,)).fetchone()
    media_type, file = row or (media_type, f"{sha256[:2]}/{sha256}{_SUFFIXES.get(media_type, '')}")
    _put(part, folder / file)
    db.execute("INSERT OR IGNORE INTO media VALUES(?, ?, ?)", (sha256, media_type, file))
    cursor = db.execute(
        "INSERT INTO attachments(message_id, kind, sha256, name, meta) VALUES(?, ?, ?, ?, ?)",
        (message, kind, sha256, storable(name), json.dumps(meta)),
    )
    return Attachment(int(cursor.lastrowid or 0), kind, sha256, media_type, folder / file, storable(name), meta)


def detach(db: sqlite3.Connection, message: int, kind: str) -> None:
    """Unties a message from its attachments of one kind; `collect` then removes their files."""
    db.execute("DELETE FROM attachments WHERE message_id = ? AND kind = ?", (message, kind))


def collect(db: sqlite3.Connection, folder: Path) -> int:
    """Removes the files that no message uses any more.

    Returns:
        How many went.
    """
    unused = db.execute(
        "SELECT sha256, file FROM media WHERE NOT EXISTS (SELECT 1 FROM attachments a WHERE a.sha256 = media.sha256)"
    ).fetchall()
    for sha256, file in unused:
        (folder / file).unlink(missing_ok=True)
        db.execute("DELETE FROM media WHERE sha256 = ?", (sha256,))
    return len(unused)


def sweep(db: sqlite3.Connection, folder: Path) -> int:
    """Removes files that a crash left half-written, or written but not noted in the database.

    Returns:
        How many went.
    """
    oldest = time.time() - _STAGED_SECONDS
    known = {file for (file,) in db.execute("SELECT file FROM media")}
    lost = [
        path
        for path in folder.glob("??/*")
        if path.is_file() and path.relative_to(folder).as_posix() not in known and len(path.stem) == 64
    ]
    lost += [path for path in folder.glob(".new.*.part") if path.stat().st_mtime < oldest]
    for path in lost:
        path.unlink(missing_ok=True)
    return len(lost)


def read(attachment: Attachment) -> bytes:
    """The file's bytes, checked against its name.

    Raises:
        StorageError: it is gone or was changed.
    """
    try:
        data = attachment.path.read_bytes()
    except OSError as error:
        raise StorageError(f"A file of this conversation is gone ({attachment.name or attachment.kind}).") from error
    if hashlib.sha256(data).hexdigest() != attachment.sha256:
        raise StorageError(f"A file of this conversation is damaged ({attachment.name or attachment.kind}).")
    return data


def _blocks(data: bytes | Path) -> Any:
    if isinstance(data, bytes):
        yield data
        return
    with data.open("rb") as source:
        while block := source.read(_BLOCK):
            yield block


def _put(part: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Also where the file is there already: it heals one that was damaged.
        part.replace(target)
    except OSError as error:
        raise storage_error(error, target) from error


def _attachment(row: Any, folder: Path) -> Attachment:
    identity, kind, sha256, media_type, file, name, meta = row
    return Attachment(identity, kind, sha256, media_type, folder / file, name, details(meta))
