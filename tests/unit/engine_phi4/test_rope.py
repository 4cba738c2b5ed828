"""Our rope tables against the native rotary embedding, on both sides of the switch."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from transformers.models.phi4_multimodal.modeling_phi4_multimodal import (
    Phi4MultimodalRotaryEmbedding,
    apply_rotary_pos_emb,
)

from assistant.engine.phi4.adapters import Side
from assistant.engine.phi4.rope import RopeTables, attention_factor, rotate
from tests.helpers.tiny_phi4 import SWITCH, tiny_config


@pytest.fixture(scope="module")
def config() -> Any:
    return tiny_config(2, 96)


@pytest.mark.parametrize(("side", "positions"), [("short", SWITCH), ("long", SWITCH * 3)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rotation_is_the_native_one(config: Any, side: Side, positions: int, dtype: torch.dtype) -> None:
    states = torch.randn(positions, 6, 16, dtype=dtype)
    native = Phi4MultimodalRotaryEmbedding(config)
    cos, sin = native(states, torch.arange(positions)[None])
    wanted, _ = apply_rotary_pos_emb(states.transpose(0, 1)[None], states.transpose(0, 1)[None], cos, sin)
    ours = rotate(states, *RopeTables(config, positions, "cpu", dtype).rows(0, positions, side))
    assert torch.equal(ours, wanted[0].transpose(0, 1))


def test_extending_changes_no_position(config: Any) -> None:
    tables = RopeTables(config, 20, "cpu", torch.float32)
    before = {side: tables.rows(5, 10, side)[0].clone() for side in ("short", "long")}
    tables.extend(10)
    assert tables.positions == 20
    tables.extend(70)
    assert all(torch.equal(tables.rows(5, 10, side)[0], rows) for side, rows in before.items())
    assert torch.equal(tables.cos[tables.row(66, "long")], tables.rows(66, 1, "long")[0][0])


def test_the_attention_factor_is_the_published_one(config: Any) -> None:
    config = tiny_config(1, 96)
    config.max_position_embeddings, config.original_max_position_embeddings = 131072, 4096
    config.rope_parameters["original_max_position_embeddings"] = 4096
    assert math.isclose(attention_factor(config), 1.190238, rel_tol=1e-6)
    config.rope_parameters = {"rope_type": "default", "rope_theta": 10000.0}
    assert attention_factor(config) == 1.0
