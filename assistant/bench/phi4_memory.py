"""What the int4 form takes of a GPU's memory in all, at 8k tokens of context: measured in a process of its own.

Towers in bf16, one set of int4 weights, the int8 table, keys and values for 8192 tokens; a 1080p screen and 10 s of
speech are read and an answer is decoded. The driver is asked before and after, so CUDA's own share is in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from assistant.core.errors import HearsightError
from assistant.engine.phi4.nvidia import ask_driver

_SECONDS = 180
_CONTEXT = 8192


def in_own_process() -> float:
    """Decimal gigabytes.

    Raises:
        HearsightError: the process failed.
    """
    command = [sys.executable, "-m", "assistant.bench.phi4_memory"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise HearsightError(f"It took longer than {_SECONDS} s.") from error
    if done.returncode:
        raise HearsightError(done.stderr.strip()[-300:])
    return float(json.loads(done.stdout.splitlines()[-1])["total_gb"])


def work(device: Any, *, release: bool = True) -> Any:
    """Loads the int4 form and answers once; what must stay in memory meanwhile."""
    import torch

    from assistant.bench.phi4_first_token import Release
    from assistant.engine.phi4.decode import DecodeLoop
    from assistant.engine.phi4.decoder import Decoder

    config = _config()
    native, weights = _towers(config, device), random_int4(config, device)
    decoder = Decoder(config, weights, capacity=_CONTEXT)
    loop = DecodeLoop(decoder)
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    if release:
        Release(native, decoder, loop).run(count=False)
    else:
        decoder.prefill(decoder.embed([5, 6, 7]), "short")
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return native, decoder, loop


def _config() -> Any:
    from assistant.bench.phi4_models import published_config
    from assistant.engine.phi4 import native_patches

    return native_patches.prepare_config(published_config(), "sdpa")


def _towers(config: Any, device: Any) -> Any:
    """The native modules with one layer and a table of 16 rows: the language model itself is never made in bf16."""
    import torch
    from transformers import Phi4MultimodalForCausalLM

    from assistant.engine.phi4 import native_patches
    from assistant.engine.phi4.native import Native

    small = _config()
    small.num_hidden_layers, small.vocab_size, small.pad_token_id = 1, 16, 0
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            model: Any = Phi4MultimodalForCausalLM(small)
    finally:
        torch.set_default_dtype(before)
    native_patches.patch(model.eval().requires_grad_(False))
    model.model.layers = torch.nn.ModuleList()
    return Native(model, config, {}, device, torch.bfloat16, Path(), {"": device}, False)


def random_int4(config: Any, device: Any) -> Any:
    """Int4 weights of the configuration's sizes, drawn as they lie in memory."""
    import torch

    from assistant.engine.phi4.dimensions import Dimensions
    from assistant.engine.phi4.linears import LayerWeights, Weights
    from assistant.engine.phi4.quantised import GROUP, Int4, Int8, Int8Table

    sizes = Dimensions.of(config)

    def int4(out: int, width: int) -> Int4:
        packed = torch.randint(0, 256, (out, width // 2), dtype=torch.uint8, device=device)
        scale = torch.full((out, width // GROUP), 0.002, dtype=torch.bfloat16, device=device)
        return Int4(packed, scale, -8 * scale)

    def norm() -> torch.Tensor:
        return torch.ones(sizes.hidden, dtype=torch.bfloat16, device=device)

    def layer() -> LayerWeights:
        queries, both = sizes.heads * sizes.head, (sizes.heads + 2 * sizes.kv_heads) * sizes.head
        qkv, o = int4(both, sizes.hidden), int4(sizes.hidden, queries)
        gate_up, down = int4(2 * sizes.intermediate, sizes.hidden), int4(sizes.hidden, sizes.intermediate)
        return LayerWeights(norm(), qkv, o, norm(), gate_up, down)

    steps = torch.randint(-127, 128, (sizes.vocab, sizes.hidden), dtype=torch.int8, device=device)
    table = Int8(steps, torch.full((sizes.vocab,), 2e-4, device=device))
    layers = tuple(layer() for _ in range(sizes.layers))
    return Weights("vision", "int4", Int8Table(table, torch.bfloat16), layers, norm(), table)


def _free() -> int:
    """Bytes free on the first GPU, seen from outside CUDA."""
    driver = ask_driver()
    if driver.problem:
        raise HearsightError(driver.problem)
    return driver.gpus[0].free


def main() -> int:
    before = _free()
    import torch

    kept = work(torch.device("cuda", 0))
    taken = before - _free()
    # At its highest, which a capture's beginning gives back: what CUDA takes beside torch's share is always there.
    spare = torch.cuda.max_memory_reserved(0) - torch.cuda.memory_reserved(0)
    print(json.dumps({"total_gb": (taken + spare) / 1e9}))
    del kept
    return 0


if __name__ == "__main__":
    sys.exit(main())
