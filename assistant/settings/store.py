"""The settings file: JSON, written as a whole, forgiving when read. What can't be used is never lost."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant.core.errors import StorageError
from assistant.core.files import storage_error, write_atomic
from assistant.settings.migrations import MIGRATIONS, VERSION_KEY, migrate
from assistant.settings.models import Settings
from assistant.settings.paths import private_folder

_MOST_BYTES = 1 << 20
"""A settings file is about two kilobytes; anything of this size is something else."""


class SettingsStore:
    """Loads and saves one profile's settings.

    Attributes:
        notice: what the user should know after `load`; "" when all is well.
    """

    def __init__(self, path: Path) -> None:
        self.notice = ""
        self._path = path
        self._version = len(MIGRATIONS)
        self._rejected = b""

    def load(self) -> Settings:
        """Reads the file; defaults where there is none.

        A file that is no JSON object is renamed to `<name>.broken-<time>`. A single value that can't be used falls
        back to its default, and the file is copied to `<name>.before-<time>` before the next `save` replaces it.

        Raises:
            StorageError: the file is there but can't be read, or can't be renamed.
        """
        self.notice, self._rejected = "", b""
        data = self._read()
        if data is None:
            return Settings()
        try:
            values = _object(data)
        except ValueError:
            self._set_aside()
            return Settings()
        values = migrate(values)
        self._version = values.pop(VERSION_KEY)
        return self._accept(data, values)

    def save(self, settings: Settings) -> None:
        """Replaces the file as a whole, mode 0600. Only what differs from the defaults is written, so that a better
        default of a later version reaches everyone who didn't choose.

        Raises:
            StorageError: the disk is full or the folder can't be written; the old file is still intact.
        """
        private_folder(self._path.parent)
        if self._rejected:
            write_atomic(_free_name(self._path, "before"), self._rejected)
            self._rejected = b""
        values = {VERSION_KEY: self._version} | settings.model_dump(exclude_defaults=True)
        write_atomic(self._path, (json.dumps(values, indent=2) + "\n").encode())

    def _read(self) -> bytes | None:
        try:
            with self._path.open("rb") as file:
                return file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(
                f"The settings in {self._path} can't be read: {error.strerror or error}.",
                action="Make the file readable, or move it away to start with the defaults.",
            ) from error

    def _accept(self, data: bytes, values: dict[str, Any]) -> Settings:
        """The settings, with the default in place of each value that can't be used."""
        refused: list[str] = []
        while True:
            try:
                settings = Settings.model_validate(values)
                break
            except ValidationError as error:
                for place in {tuple(map(str, entry["loc"][:2])) for entry in error.errors()}:
                    _drop(values, place)
                    refused.append(".".join(place))
        if refused:
            self._rejected = data
            names = ", ".join(sorted(refused))
            self.notice = f"These settings could not be used and are at their defaults: {names}."
        return settings

    def _set_aside(self) -> None:
        aside = _free_name(self._path, "broken")
        try:
            self._path.rename(aside)
        except OSError as error:
            raise storage_error(error, self._path) from error
        self.notice = (
            f"The settings file could not be understood. It was kept as {aside.name} in {aside.parent}, "
            "and the defaults are in use."
        )


def _object(data: bytes) -> dict[str, Any]:
    """Raises:
    ValueError: this is no JSON object.
    """
    if len(data) > _MOST_BYTES:
        raise ValueError("too large")
    try:
        values = json.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(values, dict):
        raise ValueError("not an object")
    return values


def _drop(values: dict[str, Any], place: tuple[str, ...]) -> None:
    *parents, name = place
    for parent in parents:
        values = values[parent]
    values.pop(name, None)


def _free_name(path: Path, reason: str) -> Path:
    """A name beside `path` that no file has yet: `settings.json.broken-20250131-120000`."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (f"{path.name}.{reason}-{stamp}{suffix}" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(path.with_name(name) for name in names if not path.with_name(name).exists())
