"""Our kernels compile for the GPUs that the engine takes, down to machine code: Triton needs no GPU for that, and what
its interpreter lets pass (types that meet, shapes that no matrix unit has) shows here."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.skipif(find_spec("triton") is None, reason="the kernels are written in Triton"),
    # Triton 3.9 tells at its first compilation that 3.10 will round differently by default.
    pytest.mark.filterwarnings("ignore:TRITON_DEFAULT_FP_FUSION:UserWarning"),
]

_POINTERS = {
    "packed": "*u8", "row_at": "*i64", "position_at": "*i64", "best": "*fp32", "sums": "*fp32", "parts": "*fp32",
    "eps": "fp32", "scaling": "fp32", "of_kind": "i32", "of_head": "i32",
}  # fmt: skip
_MLP = {"OUT": 8192, "K": 3072, "NORM": True, "GATED": True, "RESIDUAL": False}
_HEAD = {"OUT": 200_064, "K": 3072, "NORM": True, "GATED": False, "RESIDUAL": False}
_DOWN = {"OUT": 3072, "K": 8192, "NORM": False, "GATED": False, "RESIDUAL": True}
_ATTEND = {"HEADS": 24, "KV_HEADS": 8, "D": 128, "HALF": 48, "SPLITS": 8, "CHUNK": 128, "BLOCK": 32, "PADDED": 16}


def _cases() -> dict[str, tuple[str, dict[str, Any], dict[str, str], int]]:
    """By name: kernel, constants of the published sizes, types that differ from bf16, warps."""
    from assistant.engine.phi4.fused import INT4_TILES, TILES

    tile, small = TILES[0], INT4_TILES[0]
    whole = {"BLOCK_N": tile.rows, "BLOCK_K": tile.columns}
    fours = {"GROUP": 128, "BLOCK_N": small.rows, "BLOCK_G": small.columns}
    return {
        "bf16": ("whole", {**_MLP, **whole, "SCALED": False}, {}, tile.warps),
        "int8 head": ("whole", {**_HEAD, **whole, "SCALED": True}, {"w": "*i8", "scale": "*fp32", "out": "*fp32"}, 4),
        "int4 gate": ("fours", {**_MLP, **fours}, {}, small.warps),
        "int4 down": ("fours", {**_DOWN, **fours}, {}, small.warps),
        "attend": ("attend", {**_ATTEND, "EXACT": False}, {}, 4),
        "combine": ("combine", {"GROUP": 3, "D": 128, "SPLITS": 8, "PADDED": 16, "BLOCK": 32}, {}, 4),
    }


@pytest.mark.parametrize("capability", [80, 90])
@pytest.mark.parametrize("name", ["bf16", "int8 head", "int4 gate", "int4 down", "attend", "combine"])
def test_it_compiles(name: str, capability: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from assistant.engine.phi4 import kernels

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    kernel, constants, types, warps = _cases()[name]
    function = getattr(kernels, kernel)
    signature = {
        argument: "constexpr" if argument in constants else (_POINTERS | types).get(argument, "*bf16")
        for argument in function.arg_names
    }
    source = ASTSource(function, signature, constexprs=constants)
    made = triton.compile(source, target=GPUTarget("cuda", capability, 32), options={"num_warps": warps})
    assert made.asm["cubin"]
    assert f".target sm_{capability}" in made.asm["ptx"]
    # What doesn't fit into registers goes through memory and back: the very thing that a step must not do.
    assert "STACK:0" in (usage := _usage(made.asm["cubin"], tmp_path)) and "LOCAL:0" in usage


def _usage(machine_code: bytes, folder: Path) -> str:
    """Registers and memory of a kernel, by NVIDIA's own tool, which Triton brings along."""
    import triton

    file = folder / "kernel.cubin"
    file.write_bytes(machine_code)
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    return subprocess.run([tool, "-res-usage", file], capture_output=True, text=True, check=True).stdout
