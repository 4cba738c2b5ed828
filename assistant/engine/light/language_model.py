"""The language model: llama.cpp's server inside this process (xllamacpp), spoken to over a private socket.

The server listens on a Unix socket in a folder that only the user can enter (on Windows: the loopback device) and
wants a key that only this object knows. It keeps one KV cache; a request reuses the tokens that it begins with.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import EngineCrashed, EngineOutOfMemory, ModelBroken
from assistant.engine.light.prompt import Piece

_BLOCK = 64
"""Tokens of one step of prefill, which ends at a multiple of it. The smallest that costs no speed on a CPU, so that a
stop waits shortly; and always the same steps, since a processor rounds differently in steps of another size, and the
same prompt must get the same answer however it came into the cache."""
_PATIENCE = 1.2
"""Seconds that a stop waits for a step of prefill to end by itself."""
_REMEMBERED_PIECES = 256
_SPECIAL = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<tool_response>"),
    *("</tool_response>", "<think>", "</think>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"),
    *("<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>"),
    *("<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"),
    *("<|image_pad|>", "<|video_pad|>", "<repo_name>", "<reponame>", "<file_sep>", "<filename>", "<gh_stars>"),
    *("<issue_start>", "<issue_comment>", "<issue_closed>", "<jupyter_start>", "<jupyter_text>", "<jupyter_code>"),
    *("<jupyter_output>", "<jupyter_script>", "<empty_output>"),
)
"""Every special token of Qwen2.5 and SmolLM2, as their `tokenizer_config.json` list them."""
_END_OF_ANSWER = ("<|endoftext|>", "<|im_end|>")


@dataclass(frozen=True)
class Answer:
    """What one request did.

    Attributes:
        prefill_seconds: until the prompt was in the cache.
        cached: prompt tokens that were in the cache before.
    """

    text: str
    prompt_tokens: int
    tokens: int
    cached: int
    prefill_seconds: float


class LanguageModel:
    """A GGUF model with the ChatML template.

    Args:
        file: the GGUF file.
        threads: of the CPU.
        context: tokens of prompt and answer together.
    """

    def __init__(self, file: Path, threads: int, context: int) -> None:
        self._file = file
        self._threads = threads
        self._context = context
        self._server: Any = None
        self._client: httpx.Client | None = None
        self._folder: Path | None = None
        self._cache: list[int] = []
        self._pieces: OrderedDict[Piece, list[int]] = OrderedDict()
        self._banned: list[list[int | bool]] = []

    def load(self) -> None:
        """Raises:
        ModelBroken: the file is not a GGUF model.
        EngineOutOfMemory: it doesn't fit in memory.
        """
        if self._server is not None:
            return
        self._refuse_if_too_large()
        key = secrets.token_urlsafe(32)
        _sweep()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))
        address = str(self._folder / "model.sock") if os.name == "posix" else "127.0.0.1"
        try:
            self._server = _start_server(self._file, address, key, self._threads, self._context)
        except (RuntimeError, MemoryError) as error:
            self.unload()
            raise _load_error(self._file) from error
        self._client = _connect(self._server.listening_address, address, key)
        self._banned = [[token, False] for token in self._control_tokens()]

    def unload(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._server = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None
        self._cache = []
        self._pieces.clear()

    def tokens(self, pieces: Sequence[Piece]) -> list[int]:
        """The tokens of a prompt, piece by piece, so that a prompt that begins with the same pieces begins with the
        same tokens. Control tokens come from trusted pieces alone."""
        return [token for piece in pieces for token in self._tokens(piece)]

    def prefill(self, tokens: list[int], cancel: CancelToken, seconds: float = float("inf")) -> bool:
        """Brings a prompt into the KV cache, step by step, for about `seconds`; says whether all of it is there.

        Raises:
            Cancelled: within a step or `_PATIENCE` of the token being set.
        """
        until = time.perf_counter() + seconds
        while (known := _common(self._cache, tokens)) < len(tokens):
            cancel.check()
            if time.perf_counter() >= until:
                return False
            self._prefill_to(tokens[: (known // _BLOCK + 1) * _BLOCK], cancel)
        return True

    def forget(self, keep: list[int]) -> None:
        """Empties the KV cache but for the prompt that begins with `keep`."""
        self._pieces.clear()
        self._cache = []
        self._prefill_to(keep, CancelToken())

    def answer(
        self,
        tokens: list[int],
        *,
        known: int = 0,
        temperature: float,
        max_tokens: int,
        on_text: Callable[[str], None],
        cancel: CancelToken,
    ) -> Answer:
        """Continues a prompt, calling `on_text` with each piece of the answer.

        Args:
            tokens: the whole prompt; what of it is in the cache is reused.
            known: how many of them a warm-up could prefill: the rest is computed in a step of its own, as after one.
            temperature: 0 decodes greedily.
            max_tokens: at most; the context's end may come first.
            on_text: called from this thread.
            cancel: closes the stream at once.

        Raises:
            Cancelled: the token was set.
            EngineCrashed, EngineOutOfMemory: the server failed.
        """
        started = time.perf_counter()
        cached = _common(self._cache, tokens)
        self.prefill(tokens[:known], cancel)
        request = {
            "prompt": tokens,
            "n_predict": max(1, min(max_tokens, self._context - len(tokens))),
            "temperature": temperature,
            "logit_bias": self._banned,
            "return_tokens": True,
            **_SAMPLING,
        }
        text: list[str] = []
        made: list[int] = []
        prefilled = 0.0
        for event in self._stream(request, cancel):
            cancel.check()
            prefilled = prefilled or time.perf_counter() - started
            made += event.get("tokens", [])
            self._cache = tokens + made
            if event.get("content"):
                text.append(event["content"])
                on_text(event["content"])
        return Answer("".join(text), len(tokens), len(made), cached, prefilled)

    def _prefill_to(self, tokens: list[int], cancel: CancelToken) -> None:
        for _event in self._stream({"prompt": tokens, "n_predict": 0}, cancel, _PATIENCE):
            pass
        self._cache = list(tokens)

    def _stream(self, request: dict[str, Any], cancel: CancelToken, patience: float = 0.0) -> Iterator[dict[str, Any]]:
        """One `/completion` request, event by event.

        A stop shuts the connection's socket after `patience` seconds, from whichever thread sets the token: the
        server sees it, and so does a read that waits here.
        """
        cancel.check()
        connection = _Connection(patience)
        take_back = cancel.on_set(connection.shut)
        body = {**request, "stream": True, "cache_prompt": True}
        try:
            with self._http().stream(
                "POST", "/completion", json=body, extensions={"trace": connection.trace}
            ) as response:
                if response.status_code != httpx.codes.OK:
                    raise _server_error(response.read())
                for line in response.iter_lines():
                    if line.startswith("data: {"):
                        yield json.loads(line.removeprefix("data: "))
                    elif line.startswith("error: "):
                        raise _server_error(line.encode())
        except httpx.TransportError as error:
            if cancel.is_set():
                raise Cancelled from None
            raise EngineCrashed(
                "The language model stopped in mid-work.", kept="Your question is kept.", action="Try again."
            ) from error
        finally:
            take_back()
            connection.done()

    def _tokens(self, piece: Piece) -> list[int]:
        if piece not in self._pieces:
            parts = [piece.text] if piece.trusted else _harmless(piece.text)
            self._pieces[piece] = [t for part in parts for t in self._tokenize(part, special=piece.trusted)]
            while len(self._pieces) > _REMEMBERED_PIECES:
                self._pieces.popitem(last=False)
        self._pieces.move_to_end(piece)
        return self._pieces[piece]

    def _tokenize(self, text: str, *, special: bool) -> list[int]:
        response = self._http().post("/tokenize", json={"content": text, "parse_special": special})
        response.raise_for_status()
        tokens: list[int] = response.json()["tokens"]
        return tokens

    def _control_tokens(self) -> list[int]:
        """The special tokens that must never be decoded: all but those that end an answer."""
        tokens = [self._tokenize(text, special=True) for text in _SPECIAL if text not in _END_OF_ANSWER]
        return [found[0] for found in tokens if len(found) == 1]

    def _refuse_if_too_large(self) -> None:
        """llama.cpp is killed by the system rather than told when memory ends, so look first."""
        needed = self._file.stat().st_size + self._context * _CACHE_BYTES_PER_TOKEN
        if psutil.virtual_memory().available < needed:
            raise EngineOutOfMemory(
                f"The language model needs {needed / 1e9:.1f} GB of free memory, and less is free.",
                action="Close other programs, or choose a smaller language model in the settings.",
            )

    def _http(self) -> httpx.Client:
        if self._client is None:
            self.load()
        assert self._client is not None
        return self._client


_FOLDER = "hearsight-model-"


def _sweep() -> None:
    """Removes the socket folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*-*"):
        process = folder.name.removeprefix(_FOLDER).split("-")[0]
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


_CACHE_BYTES_PER_TOKEN = 28 * 1024
"""Qwen2.5 1.5B: 28 layers x 2 (keys, values) x 256 wide x 2 bytes."""

_SAMPLING = {"top_k": 20, "top_p": 0.8, "min_p": 0.0, "repeat_penalty": 1.0, "seed": 0}
"""Qwen2.5's own `generation_config.json`, but for its penalty on repetition: an answer must be able to repeat what
stands on the screen. Without effect where the temperature is 0."""


class _Connection:
    """The socket under one HTTP request, found by httpx's `trace` extension: closing it is what stops the request."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._socket: socket.socket | None = None
        self._shut = False
        self._timer: threading.Timer | None = None

    def trace(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_unix_socket.complete", "connection.connect_tcp.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._shut:
                self._shut_now()

    def shut(self) -> None:
        """Ends the request, when its patience is over."""
        if not self._patience:
            self._shut_now()
            return
        self._timer = threading.Timer(self._patience, self._shut_now)
        self._timer.daemon = True
        self._timer.start()

    def done(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _shut_now(self) -> None:
        self._shut = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _start_server(file: Path, address: str, key: str, threads: int, context: int) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx = context
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = _BLOCK
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.n_threads_http = 2
    params.hostnames = [address]
    params.port = 8080 if os.name == "posix" else 0
    params.api_keys = [key]
    # Read, not mapped: the weights are repacked for the processor (a fifth more tokens a second), and a mapped file
    # would stay in memory beside the repacked copy (2.0 GB instead of 1.4).
    params.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
    params.warmup = False
    params.fit_params = False
    params.cache_ram_mib = 0
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = -1
    return xllamacpp.Server(params)


def _connect(listening: str, address: str, key: str) -> httpx.Client:
    posix = os.name == "posix"
    # A connection for each request: closing it is how a request is stopped.
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(
        transport=httpx.HTTPTransport(uds=address, limits=limits) if posix else httpx.HTTPTransport(limits=limits),
        base_url="http://localhost" if posix else listening,
        headers={"Authorization": f"Bearer {key}"},
        timeout=None,
        trust_env=False,
    )


def _load_error(file: Path) -> Exception:
    name = file.parent.name
    return ModelBroken(
        f"The language model {name} can't be loaded: its file is damaged or of a kind this version can't read.",
        action=f"Check it with: hearsight models verify {name}",
    )


def _server_error(body: bytes) -> Exception:
    if b"memory" in body or b"alloc" in body:
        return EngineOutOfMemory(
            "The language model ran out of memory.",
            kept="Your question is kept.",
            action="Close other programs, or choose a smaller language model in the settings.",
        )
    return EngineCrashed("The language model failed.", kept="Your question is kept.", action="Try again.")


def _harmless(text: str) -> list[str]:
    """Splits untrusted text inside each special token that is spelled in it. The server turns a few of them
    (`<tool_call>`) into control tokens even when told not to; cut in two, they stay the letters that they are."""
    for special in _SPECIAL:
        text = text.replace(special, f"{special[0]}\0{special[1:]}")
    return text.split("\0")


def _common(left: list[int], right: list[int]) -> int:
    """How many tokens both begin with."""
    for number, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return number
    return min(len(left), len(right))
