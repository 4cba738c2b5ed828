"""Whether loaded weights are the published model: what it is known to answer, asked of this copy.

The expected words are results that others recorded with the real weights: the text row is transformers' own test of
this model (continued alike by OpenVINO's stack); the spoken rows are the checkpoint's own examples, whose names are
what is said in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray

from assistant.core.cancel import CancelToken
from assistant.core.media import SAMPLE_RATE
from assistant.engine.base import Report
from assistant.engine.phi4.adapters import Adapter
from assistant.engine.phi4.decode import DecodeLoop
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import Weights
from assistant.engine.phi4.native import load_native
from assistant.engine.phi4.prompt import from_author_prompt
from assistant.engine.phi4.sampling import DecodeOptions
from assistant.engine.phi4.session import Session
from assistant.engine.phi4.tokenizer import Tokenizer

QUESTION = "What is the answer for 1+1? Explain it."
ANSWER = "The answer for 1+1 is 2. This is because when you add one to another"
SPOKEN = {
    "what_is_the_traffic_sign_in_the_image.wav": "What is the traffic sign in the image?",
    "what_is_shown_in_this_image.wav": "What is shown in this image?",
}
_TRANSCRIBE = "Transcribe the audio clip into text, please don't add other text."
_TOKENS = 20


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Attributes:
        name: what, in two or three words.
        words: the result, for people.
    """

    name: str
    passed: bool
    words: str


def self_check(folder: Path, report: Report, cancel: CancelToken | None = None, device: str = "") -> list[Finding]:
    """Asks the model in a native folder what it is known to answer.

    Args:
        device: as torch names it; "" is the graphics card where there is one.

    Raises:
        ModelMissing, ModelBroken: the folder can't be loaded.
        Cancelled: the token was set.
    """
    check = _Check(folder, device or ("cuda" if torch.cuda.is_available() else "cpu"), report, cancel or CancelToken())
    report("Asking the model", 0.0)
    findings = [_text_finding(check.answer(QUESTION))]
    examples = [(folder / "examples" / name, said) for name, said in SPOKEN.items()]
    for path, said in examples:
        if path.is_file():
            report("Playing it a recording", len(findings) / (1 + len(examples)))
            findings.append(_spoken_finding(said, check.answer(_TRANSCRIBE, _read(path))))
    return findings


class _Check:
    """The loaded model, in bfloat16 with its adapters beside the base: the published arithmetic."""

    def __init__(self, folder: Path, device: str, report: Report, cancel: CancelToken) -> None:
        native = load_native(folder, device, torch.bfloat16, report=report, cancel=cancel)

        @cache
        def weights(adapter: Adapter) -> Weights:
            return Weights.of(native, adapter, "bf16 lora")

        decoder = Decoder(native.config, weights)
        self._session = Session(native, decoder, DecodeLoop(decoder))
        self._tokenizer = Tokenizer(folder)
        self._cancel = cancel

    def answer(self, question: str, *sounds: NDArray[np.float32]) -> str:
        """Greedy, as the expected answers were made."""
        names = "".join(f"<|audio_{number}|>" for number in range(1, len(sounds) + 1))
        prompt = f"<|user|>{names}{question}<|end|><|assistant|>"
        request = from_author_prompt(prompt, [], sounds, self._tokenizer)
        done = self._session.generate(request, DecodeOptions(_TOKENS), lambda _token: None, self._cancel)
        return self._tokenizer.decode(done.tokens)


def _text_finding(said: str) -> Finding:
    first = ANSWER.partition(". ")[0]
    if said.startswith(ANSWER):
        return Finding("Text answer", True, "It explains 1+1 word for word as the published model does.")
    if said.startswith(first):
        words = "It knows 1+1 and goes on in other words than the published model, as other rounding can make it."
        return Finding("Text answer", True, words)
    return Finding("Text answer", False, "Asked for 1+1, it doesn't answer as the published model does.")


def _spoken_finding(expected: str, said: str) -> Finding:
    name = f"Recording “{expected}”"
    if _plain(said) == _plain(expected):
        return Finding(name, True, "It understood the recording that comes with the model.")
    return Finding(name, False, "It didn't understand the recording that comes with the model.")


def _plain(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _read(path: Path) -> NDArray[np.float32]:
    """float32 mono at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
    if rate == SAMPLE_RATE:
        return mono
    resampled: NDArray[np.float32] = soxr.resample(mono, rate, SAMPLE_RATE)
    return resampled
