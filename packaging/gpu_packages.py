"""What depends on the graphics card: which build of torch, and whether flash-attn is put beside it.

Only the standard library: this runs before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import environment

TORCH = "2.13.0"
_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_CUDA_INDEXES = ("https://download.pytorch.org/whl/cu130", "https://download.pytorch.org/whl/cu126")
"""PyTorch's lists of builds by CUDA version, for Windows; a driver runs what is as old as itself or older."""
_FLASH = "flash-attn>=2.7"


def has_nvidia_driver() -> bool:
    """Whether an NVIDIA driver is loaded; its tools may be missing, as in containers."""
    signs = ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/usr/lib/wsl/lib/nvidia-smi")
    return shutil.which("nvidia-smi") is not None or any(Path(sign).exists() for sign in signs)


def install_torch() -> None:
    """torch goes first and by itself: otherwise the resolver takes the registry's build with several GB of CUDA.

    On Linux the registry's build is the one with CUDA; without an NVIDIA driver a CPU build is enough: one that pip's
    own configuration offers, or PyTorch's. On Windows it is the other way round. macOS has one build.

    Raises:
        SetupFailed: none can be had.
    """
    nvidia = has_nvidia_driver()
    if sys.platform == "darwin" or nvidia == sys.platform.startswith("linux"):
        environment.pip("install", f"torch=={TORCH}")
    elif nvidia:
        newest, older = _CUDA_INDEXES
        if not environment.try_pip("install", f"torch=={TORCH}", "--index-url", newest):
            environment.pip("install", f"torch=={TORCH}", "--index-url", older)
    elif not environment.try_pip("install", "--quiet", f"torch=={TORCH}+cpu"):
        environment.pip("install", f"torch=={TORCH}", "--index-url", _CPU_INDEX)


def install_flash_attention(*, wanted: bool) -> None:
    """Takes flash-attn where a prebuilt wheel fits, and PyTorch's own attention where none does. Never compiles.

    Args:
        wanted: the user asked for it by name, and hears what became of it.
    """
    if not has_nvidia_driver():
        if wanted:
            _say("flash-attn needs an NVIDIA GPU; it isn't installed.")
        return
    found = environment.try_pip("install", "--quiet", "--only-binary", ":all:", "--no-deps", _FLASH, "einops")
    if found and _is_importable():
        return
    if found:
        environment.try_pip("uninstall", "--quiet", "--yes", "flash-attn")
    _say(
        "No prebuilt flash-attn fits this Python and this torch, so PyTorch's own attention is used.\n"
        "To compile it yourself, with the CUDA toolkit, which takes long:\n"
        f'  {environment.PYTHON} -m pip install --no-build-isolation "{_FLASH}"'
    )


def _is_importable() -> bool:
    """A wheel for another torch installs and then misses symbols."""
    command = [str(environment.PYTHON), "-c", "import flash_attn"]
    return subprocess.run(command, capture_output=True, check=False, env=dict(os.environ)).returncode == 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)
