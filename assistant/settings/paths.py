"""Where Hearsight keeps its files. One folder tree, private to the user (folders 0700, files 0600)."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from assistant.core.errors import StorageError

_NAME = "hearsight"


@dataclass(frozen=True)
class Paths:
    """The folders of one profile.

    `HEARSIGHT_HOME` moves all of them under one folder (tests, portable use); `HEARSIGHT_MODELS` moves the
    model files alone, which several profiles may share.
    """

    config: Path
    data: Path
    state: Path
    runtime: Path
    models: Path

    @classmethod
    def of_user(cls) -> Paths:
        home = os.environ.get("HEARSIGHT_HOME", "")
        dirs = platformdirs.PlatformDirs(_NAME, appauthor=False)
        if home:
            root = Path(home).expanduser().absolute()
            config, data, state, runtime = root / "config", root / "data", root / "state", root / "run"
        else:
            config, data = Path(dirs.user_config_dir), Path(dirs.user_data_dir)
            state, runtime = Path(dirs.user_state_dir), _runtime(dirs)
        models = Path(os.environ.get("HEARSIGHT_MODELS", "") or data / "models").expanduser().absolute()
        return cls(config, data, state, runtime, models)

    @property
    def settings_file(self) -> Path:
        return self.config / "settings.json"

    @property
    def database(self) -> Path:
        return self.data / "history.db"

    @property
    def media(self) -> Path:
        return self.data / "media"

    @property
    def recordings(self) -> Path:
        """Recordings under way or not yet answered: one folder each, gone once the turn is in the history."""
        return self.state / "recordings"

    @property
    def socket(self) -> Path:
        """The running instance listens here."""
        return self.runtime / "hearsight.sock"

    def create(self) -> None:
        """Makes the folders, mode 0700.

        Raises:
            StorageError: the profile can't be written.
        """
        for folder in (self.config, self.data, self.state, self.runtime, self.media, self.recordings):
            private_folder(folder)


def private_folder(folder: Path) -> None:
    """Makes a folder that only the user can enter.

    Raises:
        StorageError: it can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            f"The folder {folder} can't be written: {error.strerror or error}.",
            action="Make it writable, or set HEARSIGHT_HOME to a folder that is.",
        ) from error


def _runtime(dirs: platformdirs.PlatformDirs) -> Path:
    """The user's run-time folder where the session has one, else a private one that survives re-logins."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.name == "posix" and not given:
        return Path(tempfile.gettempdir()) / f"{_NAME}-{os.getuid()}"
    return Path(dirs.user_runtime_dir)
