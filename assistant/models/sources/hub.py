"""Model files straight from a model hub, at a pinned revision."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.models.artefacts import HubSource, ModelFile
from assistant.models.disk import plain_errors
from assistant.models.progress import Meter, Report
from assistant.models.sources.client import client
from assistant.models.sources.transfer import Advance, Limits, Transfer, fetch_all, run

_ENDPOINT = "https://huggingface.co"


@dataclass(frozen=True)
class Hub:
    """Fetches whole files. `HF_ENDPOINT`, the hub's own variable for mirrors, is respected."""

    artefact: str
    source: HubSource
    limits: Limits = field(default_factory=Limits)
    title: str = "the model hub"
    network: bool = True

    def fetch(self, files: Sequence[ModelFile], work: Path, report: Report, cancel: CancelToken) -> dict[str, Path]:
        """See `Source.fetch`."""
        meter = Meter(self.artefact, "fetching", sum(file.size for file in files), report)
        done = {file.name: work / f"hub-{file.name}" for file in files}
        missing = [file for file in files if not done[file.name].is_file()]
        transfers = [Transfer(self._url(file), done[file.name], file.size, file.sha256) for file in missing]
        with plain_errors(work):
            if transfers:
                run(self._download(transfers, meter.set, cancel), cancel)
        return done

    async def _download(self, transfers: list[Transfer], advance: Advance, cancel: CancelToken) -> None:
        async with client(self.limits) as http:
            await fetch_all(http, transfers, self.limits, advance, cancel)

    def _url(self, file: ModelFile) -> str:
        endpoint = (os.environ.get("HF_ENDPOINT", "") or _ENDPOINT).rstrip("/")
        return f"{endpoint}/{self.source.repository}/resolve/{self.source.revision}/{self.source.name_of(file.name)}"
