"""Our kernels against the plain step, in Triton's interpreter: all forms, both rope sides, chunk and block borders.

In a process of its own: Triton decides at its first import whether it compiles or interprets.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

_CASES = Path(__file__).with_name("fused_cases.py")


@pytest.mark.skipif(find_spec("triton") is None, reason="the kernels are written in Triton")
def test_the_kernels_compute_the_plain_step() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(_CASES)]
    done = subprocess.run(
        command, env={**os.environ, "TRITON_INTERPRET": "1"}, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
