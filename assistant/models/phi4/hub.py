"""The published checkpoint from its hub, at a pinned revision, into the cache that all programs of a user share.

huggingface_hub finds the cache, the token and what the revision holds, and puts files in their places. The large
files' bytes are brought by Hearsight's own transfer, which resumes, notices stalls, and checks SHA-256.

WORKAROUND(huggingface_hub#4228, 2.x): a download goes to a file of a name that no other process uses, and is deleted
when it fails, so a killed download of 5 GB starts at 0 again. A blob that is already in the cache is taken as it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.core.cancel import CancelToken
from assistant.core.errors import DownloadFailed
from assistant.models.disk import megabytes, plain_errors, require_space
from assistant.models.locks import locked
from assistant.models.phi4 import token
from assistant.models.phi4.hub_errors import in_words, require_library
from assistant.models.phi4.layout import detect
from assistant.models.progress import Meter, Report
from assistant.models.sources.client import client
from assistant.models.sources.transfer import Limits, Transfer, fetch_all, run

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

REPOSITORY = "microsoft/Phi-4-multimodal-instruct"
REVISION = "93f923e1a7727d1c4f446756212d9d3e8fcc5d81"
"""Of `main`; what most users of 2026 pin. 2047 tensors in three shards, both adapters' folders, two spoken examples."""

PATTERNS = (
    *("*.safetensors", "*.safetensors.index.json", "*config.json", "tokenizer.json", "vocab.json", "merges.txt"),
    *("added_tokens.json", "special_tokens_map.json", "examples/*.wav", "LICENSE"),
)
"""Data only: the repository's Python files are never fetched."""

_UNWANTED = ("*.py", "*/tokenizer*", "*/vocab.json", "*/merges.txt", "*/added_tokens.json", "*/special_tokens_map.json")
"""Code, and the adapter folders' copies of the tokenizer."""


@dataclass(frozen=True)
class Hub:
    """One revision of one repository in the shared cache.

    Attributes:
        cache: the cache's folder; None is the user's (`HF_HOME`, `HF_HUB_CACHE`).
        endpoint: the hub's address; None is `HF_ENDPOINT`, or the hub itself.
    """

    repository: str = REPOSITORY
    revision: str = REVISION
    cache: Path | None = None
    endpoint: str | None = None
    limits: Limits = field(default_factory=Limits)

    def fetch(self, models: Path, *, offline: bool, report: Report, cancel: CancelToken) -> Path:
        """Makes the revision's data files complete in the cache.

        Args:
            models: where the converted copy will go: space for it is asked for too.
            offline: take what is in the cache, and never touch the network.

        Returns:
            The snapshot's folder; only to be read.

        Raises:
            DownloadFailed: the hub can't be reached or refuses; what was fetched is kept.
            StorageError: the disk is full or can't be written.
            Cancelled: `cancel` was set; what was fetched is kept.
        """
        require_library()
        if offline or self._says_offline():
            return self._cached()
        with plain_errors(self._folder()), in_words(self.repository, self.revision), self._lock(report, cancel):
            files = self._files()
            self._require_space(files, models)
            meter = Meter("phi4", "fetching", sum(file.size or 0 for file in files), report)
            self._fetch_large(files, meter, cancel)
            return self._place(files, meter, cancel)

    def _lock(self, report: Report, cancel: CancelToken) -> AbstractContextManager[None]:
        """Two processes would write into the same unfinished file."""
        return locked(self._folder().parent / ".locks", "phi4", report, cancel)

    def _says_offline(self) -> bool:
        from huggingface_hub import is_offline_mode

        return is_offline_mode()

    def _cached(self) -> Path:
        snapshot = self._folder() / "snapshots" / self.revision
        if not (snapshot / "config.json").is_file() or not any(snapshot.glob("*.safetensors")):
            raise DownloadFailed(
                "The model “phi4” isn't on this machine, and Hearsight is set to stay offline.",
                action="Go online, or fetch it from a folder with: hearsight models pull phi4 --from FOLDER",
            )
        detect(snapshot)
        return snapshot

    def _folder(self) -> Path:
        """The repository's own folder in the cache."""
        from huggingface_hub import constants
        from huggingface_hub.file_download import repo_folder_name

        cache = self.cache or Path(constants.HF_HUB_CACHE)
        return cache / repo_folder_name(repo_id=self.repository, repo_type="model")

    def _options(self) -> dict[str, Any]:
        """For calls of the library: where, and as whom; None is its own way to find a token."""
        return {"endpoint": self._endpoint(), "token": token.read()}

    def _endpoint(self) -> str | None:
        return self.endpoint or os.environ.get("HF_ENDPOINT") or None

    def _files(self) -> list[RepoSibling]:
        """What the revision holds of data, with sizes and, for large files, SHA-256."""
        from huggingface_hub import HfApi
        from huggingface_hub.utils._paths import filter_repo_objects

        info = HfApi(**self._options()).model_info(self.repository, revision=self.revision, files_metadata=True)
        wanted = filter_repo_objects(
            info.siblings or [],
            allow_patterns=list(PATTERNS),
            ignore_patterns=list(_UNWANTED),
            key=lambda file: file.rfilename,
        )
        files = sorted(wanted, key=lambda file: file.rfilename)
        if not any(file.rfilename.endswith(".safetensors") for file in files):
            raise DownloadFailed(f"{self.repository} holds no weights at the revision that Hearsight knows.")
        return files

    def _require_space(self, files: Sequence[RepoSibling], models: Path) -> None:
        """For what is missing in the cache, and for the converted copy, which may lie on the same disk."""
        folder = self._folder()
        folder.mkdir(parents=True, exist_ok=True)
        models.mkdir(parents=True, exist_ok=True, mode=0o700)
        missing = sum((file.size or 0) - self._begun(file) for file in files)
        weights = sum(file.size or 0 for file in files if "/" not in file.rfilename)
        if folder.stat().st_dev == models.stat().st_dev:
            require_space(models, missing + weights)
        else:
            require_space(folder, missing)
            require_space(models, weights)

    def _begun(self, file: RepoSibling) -> int:
        """Bytes of a file that are here already."""
        if file.lfs is None:
            return 0
        if self._is_here(file):
            return file.lfs.size
        part = self._transfer(file).part
        return min(part.stat().st_size, file.lfs.size) if part.exists() else 0

    def _is_here(self, file: RepoSibling) -> bool:
        """Where the system has no links, the cache keeps a file in the snapshot alone."""
        assert file.lfs is not None
        placed = self._folder() / "snapshots" / self.revision / file.rfilename
        return self._transfer(file).path.exists() or (placed.exists() and placed.stat().st_size == file.lfs.size)

    def _transfer(self, file: RepoSibling) -> Transfer:
        """To where the cache keeps a file: under its SHA-256, which is its ETag."""
        from huggingface_hub import hf_hub_url

        assert file.lfs is not None
        url = hf_hub_url(self.repository, file.rfilename, revision=self.revision, endpoint=self._endpoint())
        return Transfer(url, self._folder() / "blobs" / file.lfs.sha256, file.lfs.size, file.lfs.sha256)

    def _fetch_large(self, files: Sequence[RepoSibling], meter: Meter, cancel: CancelToken) -> None:
        (self._folder() / "blobs").mkdir(exist_ok=True)
        missing = {}
        for file in (file for file in files if file.lfs is not None):
            transfer = self._transfer(file)
            if self._is_here(file):
                meter.set(transfer.path.name, transfer.size)
            else:
                missing[transfer.path] = transfer  # two files of the same content are one blob
        if missing:
            run(self._download(list(missing.values()), meter, cancel), cancel)

    async def _download(self, transfers: list[Transfer], meter: Meter, cancel: CancelToken) -> None:
        from huggingface_hub.utils._headers import build_hf_headers

        async with client(self.limits) as http:
            # httpx drops the token where the hub sends it on to another host.
            http.headers.update(build_hf_headers(token=token.read()))
            await fetch_all(http, transfers, self.limits, meter.set, cancel)

    def _place(self, files: Sequence[RepoSibling], meter: Meter, cancel: CancelToken) -> Path:
        """The snapshot with all files; the library fetches the small ones and links the large ones."""
        from huggingface_hub import hf_hub_download
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()
        for file in files:
            cancel.check()
            hf_hub_download(
                self.repository, file.rfilename, revision=self.revision, cache_dir=self.cache, **self._options()
            )
            if file.lfs is None:
                meter.set(file.rfilename, file.size or 0)
        return self._folder() / "snapshots" / self.revision

    def on_disk(self) -> int:
        """Bytes of this revision in the cache, finished or begun; 0 without the library."""
        try:
            blobs = self._folder() / "blobs"
        except ImportError:
            return 0
        return sum(path.stat().st_size for path in blobs.glob("*") if path.is_file()) if blobs.is_dir() else 0

    def words_on_rest(self) -> str:
        """What the cache still holds, for people who remove the model; empty where that is nothing."""
        size = self.on_disk()
        if not size:
            return ""
        return (
            f"The hub's own cache, which other programs may use too, still holds {megabytes(size)} of it. "
            f"Remove that with: hf cache rm model/{self.repository}"
        )
