"""The `golden` fixture: what the author's code of Phi-4-multimodal computes on a small random checkpoint."""

from __future__ import annotations

import json
import shutil
import tarfile
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

ARCHIVE = Path(__file__).parents[1] / "data" / "phi4-golden.tar.xz"


@dataclass(frozen=True)
class Fingerprint:
    """Of one of the author's tensors: its shape, two moments in float64, and values at flat C-order positions."""

    shape: tuple[int, ...]
    mean: float
    mean_square: float
    at: NDArray[np.int64]
    values: NDArray[np.float64]

    def difference(self, array: NDArray[Any]) -> float:
        """The largest difference of values and moments; of another shape: infinite."""
        if array.shape != self.shape:
            return float("inf")
        exact = array.astype(np.float64)
        moments = abs(float(exact.mean()) - self.mean), abs(float((exact**2).mean()) - self.mean_square)
        return max(float(np.abs(exact.ravel()[self.at] - self.values).max()), *moments)


@dataclass(frozen=True)
class Case:
    """One case of `cases.json`; `data` holds all of its fields, as the archive's README explains them."""

    folder: Path
    data: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.data["name"])

    @property
    def prompt(self) -> str:
        """As the author's processor takes it, with `<|image_1|>` and `<|audio_1|>`."""
        return str(self.data["prompt"])

    @property
    def greedy(self) -> list[int]:
        return list(self.data["greedy"])

    @cached_property
    def pictures(self) -> list[NDArray[np.uint8]]:
        """uint8 [height, width, 3], in order of appearance."""
        return [read_picture(self.folder / name) for name in self.data["images"]]

    @cached_property
    def sounds(self) -> list[NDArray[np.float32]]:
        """float32 [samples], mono, 16 kHz, in order of appearance."""
        return [read_sound(self.folder / name) for name in self.data["audios"]]

    @property
    def logits(self) -> NDArray[np.float32]:
        """Of the last prompt position, at the live ids."""
        return self._load("logits")

    @property
    def logits_step16(self) -> NDArray[np.float32]:
        """Of the 16th generated token, at the live ids."""
        return self._load("logits_step16")

    def tensor(self, name: str) -> Fingerprint:
        found = self.data["tensors"][name]
        shape, at, values = tuple(found["shape"]), np.array(found["at"]), np.array(found["values"], np.float64)
        return Fingerprint(shape, found["mean"], found["mean_square"], at, values)

    def _load(self, key: str) -> NDArray[np.float32]:
        loaded: NDArray[np.float32] = np.load(self.folder / self.data[key])
        return loaded


@dataclass(frozen=True)
class Golden:
    """The unpacked set.

    Attributes:
        folder: holds `checkpoint/`, `media/`, `logits/` and `cases.json`. Tests don't change it.
        cases: by name.
        live_ids: whose logits the files list, ascending; all other logits are 0.
    """

    folder: Path
    cases: dict[str, Case]
    live_ids: NDArray[np.int64]

    @property
    def checkpoint(self) -> Path:
        """The model folder in the published ("hub") layout."""
        return self.folder / "checkpoint"

    @classmethod
    def open(cls, folder: Path) -> Golden:
        """Of a folder that is unpacked already."""
        read = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
        cases = {each["name"]: Case(folder, each) for each in read["cases"]}
        ranges = [np.arange(first, last + 1) for first, last in read["live_ids"]["ranges"]]
        return cls(folder, cases, np.sort(np.concatenate([*ranges, read["live_ids"]["special"]])))


def unpack(target: Path) -> Golden:
    """Unpacks the archive (53 MB, half a second) below `target`."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(target, filter="data")
    return Golden.open(target / "phi4-golden")


def case_names() -> list[str]:
    """For `pytest.mark.parametrize`: the names without unpacking the weights."""
    with tarfile.open(ARCHIVE) as archive:
        member = archive.extractfile("phi4-golden/cases.json")
        assert member is not None
        return [each["name"] for each in json.load(member)["cases"]]


def read_picture(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def read_sound(path: Path) -> NDArray[np.float32]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / np.float32(32768)


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Golden]:
    """The set, unpacked once for all tests of a run."""
    folder = tmp_path_factory.mktemp("golden")
    yield unpack(folder)
    shutil.rmtree(folder)
