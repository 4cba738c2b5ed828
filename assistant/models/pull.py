"""Bringing a model into the store: from the first source that has the right bytes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from assistant.core.cancel import CancelToken
from assistant.core.errors import DownloadFailed, ModelBroken
from assistant.models.artefacts import Artefact, ModelFile, RegistrySource
from assistant.models.disk import plain_errors, require_space
from assistant.models.progress import Report, ignore
from assistant.models.sources.folder import Folder
from assistant.models.sources.hub import Hub
from assistant.models.sources.models import Source
from assistant.models.sources.registry import Registry
from assistant.models.sources.transfer import Limits
from assistant.models.store import ModelStore

Kind = Literal["registry", "hub"]


def pull(
    store: ModelStore,
    artefact: Artefact,
    *,
    kind: Kind | None = None,
    folder: Path | None = None,
    offline: bool = False,
    report: Report = ignore,
    cancel: CancelToken | None = None,
    limits: Limits | None = None,
) -> Path:
    """Makes an artefact complete in the store. What is there and right is not fetched again.

    Args:
        kind: only this kind of source; by default all, in the catalogue's order.
        folder: look here, and nowhere else.
        offline: never touch the network.

    Returns:
        The artefact's folder.

    Raises:
        DownloadFailed: no source has it; the message names each one's reason. What was fetched is kept.
        StorageError: the disk is full or can't be written.
        Cancelled: `cancel` was set; what was fetched is kept.
    """
    cancel = cancel or CancelToken()
    sources = _sources(artefact, kind, folder, limits or Limits())
    with plain_errors(store.folder), store.lock(artefact, report, cancel):
        wanting = _wanting(store, artefact, report, cancel)
        if wanting:
            if offline:
                sources = _reachable_offline(artefact, sources)
            _require_space(store, artefact, wanting)
            _fetch(store, artefact, sources, wanting, report=report, cancel=cancel)
    return store.folder_of(artefact)


def _wanting(store: ModelStore, artefact: Artefact, report: Report, cancel: CancelToken) -> list[ModelFile]:
    """The files to fetch. Files that were touched since they were verified are hashed again, wrong ones removed."""
    if store.stored(artefact).state == "ready":
        return []
    return store.hash_files(artefact, report, cancel)


def _sources(artefact: Artefact, kind: Kind | None, folder: Path | None, limits: Limits) -> list[Source]:
    if folder is not None:
        return [Folder(artefact, folder)]
    chosen: list[Source] = []
    for source in artefact.sources:
        if isinstance(source, RegistrySource):
            if kind in (None, "registry"):
                chosen.append(Registry(artefact.name, source, limits))
        elif kind in (None, "hub"):
            chosen.append(Hub(artefact.name, source, limits))
    return chosen


def _reachable_offline(artefact: Artefact, sources: list[Source]) -> list[Source]:
    """Raises `DownloadFailed` where only the network is left."""
    local = [source for source in sources if not source.network]
    if not local:
        raise DownloadFailed(
            f"The model “{artefact.name}” isn't on this machine, and Hearsight is set to stay offline.",
            action=f"Go online, or fetch it from a folder with: hearsight models pull {artefact.name} --from FOLDER",
        )
    return local


def _require_space(store: ModelStore, artefact: Artefact, wanting: Sequence[ModelFile]) -> None:
    """Parts and the file that is joined from them lie side by side for a moment: twice the size."""
    begun = store.stored(artefact).size - sum(f.size for f in artefact.files if f not in wanting)
    require_space(store.folder, max(0, 2 * sum(file.size for file in wanting) - begun))


def _fetch(
    store: ModelStore,
    artefact: Artefact,
    sources: Sequence[Source],
    wanting: list[ModelFile],
    *,
    report: Report,
    cancel: CancelToken,
) -> None:
    """Tries one source after the other until every file is admitted."""
    work, reasons = store.incoming(artefact), []
    for source in sources:
        work.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            finished = source.fetch(tuple(wanting), work, report, cancel)
            while wanting:
                store.admit(artefact, wanting[0], finished[wanting[0].name], report=report, cancel=cancel)
                del wanting[0]
        except DownloadFailed as error:
            reasons.append(f"{source.title}: {error.message}")
        except ModelBroken:
            shutil.rmtree(work)
            reasons.append(f"{source.title}: what it gave isn't {artefact.name}; it was refused and removed.")
        else:
            shutil.rmtree(work)
            store.record(artefact)
            return
    raise _failed(artefact, reasons, begun=store.stored(artefact).size > 0)


def _failed(artefact: Artefact, reasons: Sequence[str], *, begun: bool) -> DownloadFailed:
    return DownloadFailed(
        f"The model “{artefact.name}” couldn't be fetched. Tried {' Then '.join(reasons)}",
        kept="What was fetched so far is kept." if begun else "",
        action="Check the connection and try again: it goes on where it stopped. Or fetch it from a folder with: "
        f"hearsight models pull {artefact.name} --from FOLDER",
    )
