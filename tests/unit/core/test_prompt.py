"""Prompts are values: a changed one is a new one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from assistant.core.media import Clip
from assistant.core.prompt import Options, Prompt, Task, Turn


def test_a_prompt_gets_its_clip_and_keeps_the_rest() -> None:
    first, second = (Clip(np.zeros(n, np.float32)) for n in (1, 2))
    prompt = Prompt((Turn("user", "before"),), (), first, "typed", Task.SCREEN)
    changed = prompt.with_clip(second)
    assert (changed.clip, prompt.clip) == (second, first)
    assert dataclasses.replace(changed, clip=first) == prompt
    assert prompt.with_clip(None).clip is None


def test_prompts_cannot_be_changed_under_an_engine() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Prompt().text = "other"  # type: ignore[misc]


def test_questions_decode_greedily_unless_told() -> None:
    assert Options().temperature == 0.0
    assert Prompt().task is Task.CHAT
