"""What is settled before a model is loaded onto a GPU: which attention, and which GPU."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import torch

from assistant.engine.phi4 import loaded
from assistant.engine.phi4.devices import Placement


def _placed(device: str) -> Placement:
    return Placement(device, "bf16 merged", 3, 8192, "")


@pytest.mark.parametrize(
    ("source", "kind"),
    [("", "flash"), ("raise ImportError('undefined symbol: _ZN3c105ErrorC2')", "sdpa")],
    ids=["works", "built for another torch"],
)
def test_flash_attention_is_taken_where_it_can_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, kind: str
) -> None:
    (tmp_path / "flash_attn.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "flash_attn", raising=False)
    assert loaded._attention(_placed("cuda:0")) == kind
    assert loaded._attention(_placed("cpu")) == "sdpa"
    monkeypatch.delitem(sys.modules, "flash_attn", raising=False)


def test_the_chosen_gpu_becomes_the_current_one_by_nvmls_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams, events and launches go to the current device, and NVML counts in the order of the PCI bus."""
    asked: list[str] = []
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "")
    monkeypatch.delenv("CUDA_DEVICE_ORDER")
    monkeypatch.setattr(torch.cuda, "init", lambda: asked.append(os.environ["CUDA_DEVICE_ORDER"]))
    monkeypatch.setattr(torch.cuda, "set_device", asked.append)
    loaded._check_cuda("cuda:1")
    assert asked == ["PCI_BUS_ID", "cuda:1"]
