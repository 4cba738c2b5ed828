"""Bringing Phi-4-multimodal onto this machine: fetch, check, convert, ready."""

from __future__ import annotations

import shutil
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.core.errors import ModelMissing
from assistant.models.phi4.hub import REPOSITORY, REVISION, Hub
from assistant.models.phi4.install import installed, note, prepare, read_pointer
from assistant.models.progress import Report, ignore

NAME = "phi4"
_PLACES = ("", REPOSITORY.rpartition("/")[2], NAME)


def pull(
    models: Path,
    *,
    folder: Path | None = None,
    offline: bool = False,
    report: Report = ignore,
    cancel: CancelToken | None = None,
    hub: Hub | None = None,
) -> Path:
    """Makes the model ready to load. What is there is neither fetched nor converted again.

    Args:
        models: the model store.
        folder: take the checkpoint from here, or from a folder of the repository's name in it, without the network.
        offline: never touch the network; the hub's cache is looked into all the same.

    Returns:
        The native folder.

    Raises:
        DownloadFailed, ModelMissing, ModelBroken, StorageError: in plain words; finished parts are kept.
        Cancelled: `cancel` was set; likewise.
    """
    cancel, hub = cancel or CancelToken(), hub or Hub()
    ready = installed(models)
    if ready is not None and folder is None and is_current(models):
        return ready
    if folder is not None:
        source, words = find(folder), str(folder)
    else:
        source = hub.fetch(models, offline=offline, report=report, cancel=cancel)
        words = f"{hub.repository}@{hub.revision}"
    ready = prepare(source, models, report, cancel)
    before = read_pointer(models)
    note(models, ready, words)
    if before and before.folder != ready and before.folder.parent == models:
        shutil.rmtree(before.folder, ignore_errors=True)
    return ready


def is_current(models: Path) -> bool:
    """Whether the revision that this version of Hearsight pins, or a folder of the user's, is ready."""
    found = read_pointer(models)
    if found is None or installed(models) is None:
        return False
    return not found.source.startswith(f"{REPOSITORY}@") or found.source.endswith(f"@{REVISION}")


def find(folder: Path) -> Path:
    """The checkpoint in a folder that the user named.

    Raises:
        ModelMissing: there is none.
    """
    for place in _PLACES:
        if (folder / place / "config.json").is_file():
            return (folder / place).absolute()
    raise ModelMissing(
        f"There is no Phi-4-multimodal in {folder}: no config.json there, nor in {_PLACES[1]} in it.",
        action="Name the folder that holds config.json and the model-*.safetensors files.",
    )
