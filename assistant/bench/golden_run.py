"""Runs test vectors through our preprocessing, tokenizer and session, each with a cold, a warm and a rewound cache."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from assistant.bench.golden_set import Case, GoldenSet
from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput
from assistant.engine.phi4.adapters import Adapter
from assistant.engine.phi4.decode import DecodeLoop
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import Weights
from assistant.engine.phi4.native import load_native
from assistant.engine.phi4.pictures import MAX_TILES, PicturePatches
from assistant.engine.phi4.prompt import from_author_prompt
from assistant.engine.phi4.request import Request
from assistant.engine.phi4.sampling import DecodeOptions
from assistant.engine.phi4.session import Session
from assistant.engine.phi4.sound import LogMel
from assistant.engine.phi4.tokenizer import Tokenizer

State = Literal["cold", "warm", "rewound"]
STATES: tuple[State, ...] = ("cold", "warm", "rewound")
Attention = Literal["eager", "sdpa"]
ATTENTIONS: tuple[Attention, ...] = ("eager", "sdpa")

NO_NUMBER = 1e9
"""Stands for an error that isn't finite, which JSON can't spell."""

_STEP = 15
"""The place of the 16th generated token."""


@dataclass
class Outcome:
    """One case in one state of the cache.

    Attributes:
        rel_logits: at the last prompt position: largest difference over largest reference value; None where the set
            has no logits.
        rel_step16: likewise, at the 16th generated token.
        computed: prompt positions that had to be read.
    """

    attention: Attention
    state: State
    greedy: list[int]
    rel_logits: float | None
    rel_step16: float | None
    computed: int
    cached: int

    def worst(self) -> float:
        return max((each for each in (self.rel_logits, self.rel_step16) if each is not None), default=0.0)


@dataclass
class Runner:
    """A loaded model with its session, float32 on the CPU.

    Args:
        folder: a native model folder.
    """

    golden: GoldenSet
    folder: Path
    attention: Attention
    session: Session = field(init=False)
    tokenizer: Tokenizer = field(init=False)

    def __post_init__(self) -> None:
        native = load_native(self.folder, "cpu", torch.float32, attention=self.attention)

        @cache
        def weights(adapter: Adapter) -> Weights:
            return Weights.of(native, adapter, "float32 lora")

        decoder = Decoder(native.config, weights, attention=self.attention)
        self.session = Session(native, decoder, DecodeLoop(decoder))
        self.tokenizer = Tokenizer(self.folder)
        self.max_tiles = max_tiles(self.folder)

    def request(self, case: Case) -> Request:
        pictures = [self.golden.picture(name) for name in case.images]
        sounds = [self.golden.sound(name) for name in case.audios]
        try:
            return from_author_prompt(case.prompt, pictures, sounds, self.tokenizer, self.max_tiles)
        except ValueError as error:
            raise BadInput(f"The case's prompt can't be used: {error}.") from error

    def run(self, case: Case, request: Request, states: tuple[State, ...]) -> Iterator[Outcome]:
        for state in states:
            self._bring(state, request)
            yield self._generate(case, request, state)

    def _bring(self, state: State, request: Request) -> None:
        """Warm: the cache holds the request's first half. Rewound: it held another ending after that, and its own."""
        session = self.session
        half = _upto(request, len(request.elements) // 2)
        if state == "cold":
            session.rewind(0)
            session.embedder.forget()
        elif state == "warm":
            session.rewind(0)
            session.prefill(half, CancelToken())
        else:
            session.prefill(half.followed_by(self.tokenizer.text("Something else was asked here.")), CancelToken())
            session.rewind(len(half))

    def _generate(self, case: Case, request: Request, state: State) -> Outcome:
        logits: list[Tensor] = []
        options = DecodeOptions(self.golden.new_tokens, suppress=(), eos=())
        done = self.session.generate(request, options, lambda _token: None, CancelToken(), on_logits=logits.append)
        first = self._difference(case.logits, logits[0])
        step = self._difference(case.logits_step16, logits[_STEP]) if len(logits) > _STEP else None
        return Outcome(self.attention, state, list(done.tokens), first, step, done.computed, done.cached)

    def _difference(self, name: str, logits: Tensor) -> float | None:
        if not name:
            return None
        expected = self.golden.logits(name)
        return relative(logits.numpy(force=True)[self.golden.live_ids], expected)


def relative(ours: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """The largest absolute difference over the largest absolute expected value; `NO_NUMBER` where there is none."""
    error = float(np.abs(ours - expected).max() / np.abs(expected).max())
    return error if math.isfinite(error) else NO_NUMBER


def max_tiles(folder: Path) -> int:
    """The checkpoint's own limit of tiles a picture."""
    try:
        preprocessor = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
        return int(preprocessor.get("dynamic_hd", MAX_TILES))
    except (OSError, ValueError):
        return MAX_TILES


def ids_sha256(request: Request) -> str:
    """Of the input ids as little-endian int32."""
    return hashlib.sha256(np.array(request.ids, "<i4").tobytes()).hexdigest()


def counts(request: Request, kind: type[PicturePatches] | type[LogMel]) -> list[int]:
    return [placed.medium.tokens for placed in request.media if isinstance(placed.medium, kind)]


def _upto(request: Request, elements: int) -> Request:
    return Request(request.elements[:elements], request.adapter, request.projection)


def row_of(case: Case, request: Request, outcomes: list[Outcome]) -> dict[str, Any]:
    """A case's row: the worst over attentions and states, and each of them."""
    wrong = next((each for each in outcomes if each.greedy != case.greedy), outcomes[0])
    return {
        "name": case.name,
        "kind": "media" if case.has_media else "text",
        "input_ids_sha256": ids_sha256(request),
        "input_ids": len(request),
        "image_tokens": counts(request, PicturePatches),
        "audio_tokens": counts(request, LogMel),
        "input_ids_equal": _same_ids(case, request),
        "token_counts_equal": _same_counts(case, request),
        "greedy": wrong.greedy,
        "greedy_equal": wrong.greedy == case.greedy if case.greedy else None,
        "rel_logits": _worst([each.rel_logits for each in outcomes]),
        "rel_step16": _worst([each.rel_step16 for each in outcomes]),
        "runs": [vars(each) for each in outcomes],
    }


def _same_ids(case: Case, request: Request) -> bool | None:
    return ids_sha256(request) == case.input_ids_sha256 if case.input_ids_sha256 else None


def _same_counts(case: Case, request: Request) -> bool:
    media = counts(request, PicturePatches) == case.image_tokens and counts(request, LogMel) == case.audio_tokens
    return media and case.num_input_ids in (None, len(request))


def _worst(errors: list[float | None]) -> float | None:
    known = [each for each in errors if each is not None]
    return cast("float | None", max(known)) if known else None
