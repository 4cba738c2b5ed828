"""The loaded model with all that works on it: weights, tokenizer, one session for the conversation and one for
recognising speech, so that writing down what was said never costs the conversation its cache.
"""

from __future__ import annotations

import gc
import importlib
import os
from dataclasses import dataclass
from pathlib import Path

import torch

from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineUnavailable
from assistant.engine.base import Report
from assistant.engine.light import threads
from assistant.engine.phi4 import faults, quantise
from assistant.engine.phi4.adapters import ADAPTERS, Adapter
from assistant.engine.phi4.attention import Attention
from assistant.engine.phi4.crossing import side_of
from assistant.engine.phi4.decode import DecodeLoop
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.devices import OLDEST, Placement
from assistant.engine.phi4.embedding import Embedder
from assistant.engine.phi4.native import DeviceMap, Native, load_native, spread
from assistant.engine.phi4.quantise import Quantised
from assistant.engine.phi4.sampling import TOP_K
from assistant.engine.phi4.session import Session
from assistant.engine.phi4.sizes import ADAPTER_SETS
from assistant.engine.phi4.tokenizer import Tokenizer
from assistant.engine.phi4.weight_sets import FileSource, LoraSource, MergedSource, Source, WeightSets

_SPEECH_TOKENS = 1024
"""The speech session's cache: 30 s of sound are 375 tokens, their words some 150."""
_FIRST_TOKENS = 4096
_SPREAD_SHARE = 0.85
"""Of a GPU's free memory that weights may take where several share the model; keys and values take the rest."""
_LEFT = 3_000_000_000
"""Bytes that must stay free for keys, values and activations; adapters give way to the host's memory for them."""
_FIRST: tuple[Adapter, ...] = ("vision", "speech", None)
"""The order in which sets are made ahead: most questions are about a screen."""


@dataclass(frozen=True)
class Loaded:
    """Everything that `Phi4Engine` works with.

    Attributes:
        chat: the conversation's session.
        speech: the session for recognition.
        decode: the conversation's decode loop.
        slow: notices of what had to run slower than it could, to be told and cleared; more may come while it works.
        switches: seconds of each switch of adapters that took any, to be told and cleared.
    """

    placement: Placement
    native: Native
    tokenizer: Tokenizer
    weights: WeightSets
    chat: Session
    speech: Session
    decode: DecodeLoop
    slow: list[str]
    switches: list[float]

    @property
    def switches_quickly(self) -> bool:
        """Whether recognising speech between two steps of a conversation costs it nothing to speak of."""
        return self.placement.form not in ("int8", "int4") or self.placement.sets >= ADAPTER_SETS

    def rehearse(self, follows: int, cancel: CancelToken) -> None:
        """Makes an answer's first step ready, greedy and drawn: on CUDA a step is captured the first time it runs at a
        length, which the answer's first word would otherwise wait for.

        Args:
            follows: tokens of the question, as far as it is known.
        """
        length = self.chat.decoder.cache.length
        side = side_of(length + follows, self.native.config.original_max_position_embeddings)
        for top_k in (0, TOP_K):
            cancel.check()
            self.decode.rehearse(follows, side, top_k)

    def forget(self) -> None:
        """Drops everything that was computed of the user's, caches and media, with its memory. The weights stay."""
        self.decode.forget()
        for session in (self.chat, self.speech):
            session.rewind(0)
            session.decoder.cache.shrink()
        self.chat.embedder.forget()


def load(folder: Path, placed: Placement, report: Report, cancel: CancelToken) -> Loaded:
    """Loads a native folder as planned.

    Raises:
        ModelMissing, ModelBroken: the folder holds no model that can be used.
        Cancelled: the token was set; nothing stays in memory.
        EngineUnavailable: torch can't use the GPU.
        torch.OutOfMemoryError: it doesn't fit after all.
    """
    if placed.device.startswith("cuda"):
        _check_cuda(placed.device)
    # Beside a GPU the host's threads only launch kernels; more of them than one take time from the window.
    torch.set_num_threads(1 if placed.device.startswith("cuda") else threads.choose(0))
    tokenizer = Tokenizer(folder)
    native = _native(folder, placed, report, cancel)
    slow: list[str] = []
    switches: list[float] = []
    source = _source(native, folder, placed, report, cancel)
    weights = WeightSets(source, _slots(placed), lambda _adapter, seconds: switches.append(seconds))
    chat, decode = _session(native, weights, placed, slow, _FIRST_TOKENS)
    speech, _ = _session(native, weights, placed, slow, _SPEECH_TOKENS, chat.embedder)
    for adapter in reversed(_FIRST[: _slots(placed)]):
        weights(adapter)
    switches.clear()
    # What is loaded lives as long as the process: collecting garbage needn't look at it again and again.
    gc.collect()
    gc.freeze()
    report("ready", 1.0)
    return Loaded(placed, native, tokenizer, weights, chat, speech, decode, slow, switches)


def _check_cuda(device: str) -> None:
    """Makes the device this thread's, so that nothing is ever put on another GPU by the way.

    Raises:
        EngineUnavailable: torch can't use the driver, whatever that says of itself; most often it is too old.
    """
    # As NVML numbers them, which chose the device; CUDA's own order begins with the fastest.
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
        torch.cuda.set_device(device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().partition(".")[0]
        raise EngineUnavailable(
            f"The installed torch {torch.__version__} can't use NVIDIA's driver: {reason}.",
            action="Update the driver, or choose the light engine in the settings or with --engine light.",
        ) from error


def _native(folder: Path, placed: Placement, report: Report, cancel: CancelToken) -> Native:
    dtype = torch.float32 if placed.form.startswith("float32") else torch.bfloat16
    return load_native(
        folder,
        _where(folder, placed),
        dtype,
        report=lambda what, share: report(what, 0.9 * share),
        cancel=cancel,
        language_model=placed.form not in ("int8", "int4"),
    )


def _where(folder: Path, placed: Placement) -> str | DeviceMap:
    """One device, or whole layers over several GPUs by accelerate's plan."""
    if placed.gpus < 2:
        return placed.device
    usable = [index for index in range(torch.cuda.device_count()) if torch.cuda.get_device_capability(index) >= OLDEST]
    return spread(folder, {index: int(_SPREAD_SHARE * torch.cuda.mem_get_info(index)[0]) for index in usable})


def _attention(placed: Placement) -> Attention:
    """flash-attn for the language model where it can be imported, else PyTorch's own kernels. The towers can't use it.

    One that was built for another torch is found and fails at its import, with an undefined symbol.
    """
    if not placed.device.startswith("cuda"):
        return "sdpa"
    try:
        importlib.import_module("flash_attn")
    except (ImportError, OSError, RuntimeError):
        return "sdpa"
    return "flash"


def _source(native: Native, folder: Path, placed: Placement, report: Report, cancel: CancelToken) -> Source:
    if placed.form in ("int8", "int4"):
        return _quantised(native, folder, placed.form, report, cancel)
    if placed.form == "bf16 merged":
        return MergedSource(native)
    if native.device.type == "cuda" and torch.cuda.mem_get_info(native.device)[0] < _LEFT:
        native.adapters.update({name: adapter.to("cpu") for name, adapter in native.adapters.items()})
        faults.give_back()
    return LoraSource(native, placed.form)


def _quantised(native: Native, folder: Path, form: Quantised, report: Report, cancel: CancelToken) -> FileSource:
    """Copies on disk, one for each adapter; made at the first load."""
    files = {}
    for number, adapter in enumerate(ADAPTERS):
        report(f"the {form} copy", number / len(ADAPTERS))
        files[adapter] = quantise.quantise(folder, form, adapter, native.device, report=report, cancel=cancel)
    table = quantise.load_table(folder, "int8", native.device, native.dtype)
    return FileSource(native.config, form, files, table)


def _slots(placed: Placement) -> int:
    """Sets that take memory of their own: the plain one doesn't, and adapters beside it share theirs."""
    if placed.form in ("bf16 lora", "float32 lora"):
        return 1
    return placed.sets - 1 if placed.form == "bf16 merged" else placed.sets


def _session(
    native: Native,
    weights: WeightSets,
    placed: Placement,
    slow: list[str],
    capacity: int,
    embedder: Embedder | None = None,
) -> tuple[Session, DecodeLoop]:
    decoder = Decoder(native.config, weights, attention=_attention(placed), capacity=capacity)
    decode = DecodeLoop(decoder, notice=slow.append)
    session = Session(native, decoder, decode, embedder=embedder)
    session.limit = min(session.limit, placed.context)
    return session, decode
