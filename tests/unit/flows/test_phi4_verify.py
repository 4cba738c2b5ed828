"""Verifying phi4: files first, then what the model answers, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import EngineUnavailable
from assistant.flows.phi4_verify import Checked, verify
from assistant.models.phi4.install import prepare
from assistant.models.progress import Progress
from tests.helpers.phi4_checkpoint import small_config, write_checkpoint


@pytest.fixture
def native(tmp_path: Path) -> Path:
    return prepare(write_checkpoint(tmp_path / "hub", small_config(layers=1)), tmp_path / "models")


def _answers(folder: Path, report: Callable[[str, float], None]) -> list[Checked]:
    report("asking", 0.5)
    return [Checked("Text answer", True, f"in {os.getpid()}"), Checked("Recording", False, "no")]


def _refuses(folder: Path, report: Callable[[str, float], None]) -> list[Checked]:
    raise EngineUnavailable("torch isn't installed.", action="Install it.")


def _is_killed(folder: Path, report: Callable[[str, float], None]) -> list[Checked]:
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def _hangs(folder: Path, report: Callable[[str, float], None]) -> list[Checked]:
    time.sleep(600)
    return []


def test_what_was_found_is_said_in_order(native: Path) -> None:
    seen: list[Progress] = []
    found = verify(native, seen.append, CancelToken(), _answers)
    assert [(each.name, each.passed) for each in found] == [
        ("Files", True),
        ("Text answer", True),
        ("Recording", False),
    ]
    assert found[1].words != f"in {os.getpid()}", "this process never holds the weights"
    assert [progress.stage for progress in seen][-1] == "asking" and seen[-1].done == 50


def test_damaged_files_are_not_asked_anything(native: Path) -> None:
    next(native.glob("model-*")).write_bytes(b"")
    found = verify(native, lambda _: None, CancelToken(), _is_killed)
    assert [(each.name, each.passed) for each in found] == [("Files", False)]
    assert "damaged" in found[0].words


def test_what_the_engine_lacks_is_said(native: Path) -> None:
    found = verify(native, lambda _: None, CancelToken(), _refuses)
    assert found[-1] == Checked("Answers", False, "torch isn't installed. Install it.")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_process_that_the_system_killed(native: Path) -> None:
    assert "memory was full" in verify(native, lambda _: None, CancelToken(), _is_killed)[-1].words


def test_cancelled_the_process_ends(native: Path) -> None:
    cancel = CancelToken()
    threading.Timer(1.0, cancel.set).start()
    with pytest.raises(Cancelled):
        verify(native, lambda _: None, cancel, _hangs)


def test_this_process_never_imports_torch() -> None:
    script = "import sys, assistant.flows.phi4_verify, assistant.cli.models; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
