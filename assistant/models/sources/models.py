"""What every source offers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from assistant.core.cancel import CancelToken
from assistant.models.artefacts import ModelFile
from assistant.models.progress import Report


class Source(Protocol):
    """One place that may hold an artefact's files."""

    @property
    def title(self) -> str:
        """For people: "the package registry"."""

    @property
    def network(self) -> bool:
        """Whether it needs the network, and is skipped when offline."""

    def fetch(self, files: Sequence[ModelFile], work: Path, report: Report, cancel: CancelToken) -> dict[str, Path]:
        """Brings files into `work`, where unfinished pieces of earlier tries may lie.

        Returns:
            The finished file in `work` by name, not yet verified.

        Raises:
            DownloadFailed: this source can't; another one may.
            StorageError: the disk is full; no other source can either.
            Cancelled: `cancel` was set; what was fetched stays for the next try.
        """
        ...
