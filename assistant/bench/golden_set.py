"""A folder of test vectors made with the model author's code: `cases.json`, `checkpoint/`, `media/`, `logits/`.

Each case has a prompt in the author's form and its media. What it has of the expected ids, counts, tokens and logits is
compared; nothing about sizes, counts or names is assumed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.core.errors import BadInput
from assistant.core.media import SAMPLE_RATE

CASES = "cases.json"
CHECKPOINT = "checkpoint"
NEW_TOKENS = 16


class Case(BaseModel):
    """One case as the file spells it; what a set leaves out is not compared."""

    model_config = ConfigDict(extra="ignore", strict=True)

    name: str
    prompt: str
    images: list[str] = []
    audios: list[str] = []
    adapter: str | None = None
    audio_projection: str | None = None
    num_input_ids: int | None = None
    input_ids_sha256: str = ""
    image_tokens: list[int] = []
    audio_tokens: list[int] = []
    greedy: list[int] = []
    logits: str = ""
    logits_step16: str = ""

    @property
    def has_media(self) -> bool:
        return bool(self.images or self.audios)


@dataclass(frozen=True)
class GoldenSet:
    """An opened folder.

    Attributes:
        live_ids: whose logits the files list, ascending.
        new_tokens: how many tokens each case generates; the end of an answer is ignored.
    """

    folder: Path
    live_ids: NDArray[np.int64]
    new_tokens: int
    raw: tuple[Any, ...]

    @classmethod
    def open(cls, folder: Path) -> GoldenSet:
        """Reads `cases.json`.

        Raises:
            BadInput: there is no such set in the folder.
        """
        data = _read(folder)
        try:
            live = data["live_ids"]
            ids = [np.arange(first, last + 1) for first, last in live["ranges"]]
            live_ids = np.sort(np.concatenate([*ids, np.array(live["special"], np.int64)]))
            return cls(folder, live_ids, int(data.get("max_new_tokens", NEW_TOKENS)), tuple(data["cases"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput("The set's cases.json lacks live_ids or cases.", action=_LAYOUT) from error

    @property
    def checkpoint(self) -> Path:
        return self.folder / CHECKPOINT

    def cases(self) -> Iterator[tuple[str, Case | BadInput]]:
        """Each case's name, and the case or what is wrong with it."""
        for number, raw in enumerate(self.raw, 1):
            name = str(raw.get("name", "")) if isinstance(raw, dict) else ""
            try:
                yield name or f"case {number}", Case.model_validate(raw)
            except ValidationError as error:
                fields = ", ".join(str(".".join(map(str, each["loc"]))) for each in error.errors()) or "itself"
                yield name or f"case {number}", BadInput(f"This case can't be read: {fields}.")

    def picture(self, name: str) -> NDArray[np.uint8]:
        """uint8 `[height, width, 3]`, RGB."""
        try:
            with Image.open(self.folder / name) as image:
                return np.array(image.convert("RGB"))
        except (OSError, UnidentifiedImageError, ValueError) as error:
            raise BadInput(f"The picture '{name}' can't be read.") from error

    def sound(self, name: str) -> NDArray[np.float32]:
        """float32 mono samples at 16 kHz."""
        try:
            samples, rate = soundfile.read(self.folder / name, dtype="float32", always_2d=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise BadInput(f"The sound '{name}' can't be read.") from error
        if rate != SAMPLE_RATE:
            raise BadInput(f"The sound '{name}' has {rate} samples a second instead of {SAMPLE_RATE}.")
        mono: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
        return mono

    def logits(self, name: str) -> NDArray[np.float32]:
        """float32 `[live ids]`."""
        try:
            values: NDArray[np.float32] = np.load(self.folder / name, allow_pickle=False).astype(np.float32)
        except (OSError, ValueError, EOFError) as error:
            raise BadInput(f"The logits '{name}' can't be read.") from error
        if values.shape != self.live_ids.shape:
            raise BadInput(f"The logits '{name}' are not those of the live ids.")
        return values


_LAYOUT = "It takes a folder with cases.json, checkpoint/, media/ and logits/."


def _read(folder: Path) -> dict[str, Any]:
    if not (folder / CASES).is_file():
        raise BadInput(f"There is no set of test vectors in '{folder}'.", action=_LAYOUT)
    try:
        data = json.loads((folder / CASES).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput("The set's cases.json can't be read.", action=_LAYOUT) from error
    if not isinstance(data, dict):
        raise BadInput("The set's cases.json lacks live_ids or cases.", action=_LAYOUT)
    return data
