"""The long-rope rule: the same tokens as the no-cache truth, wherever an answer crosses the switch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.cancel import CancelToken
from assistant.engine.phi4.crossing import side_of, tokens_before
from assistant.engine.phi4.native import Native
from tests.engine.phi4.sessions import answer, fast, reference, relative, request, text, tiny
from tests.helpers.tiny_phi4 import SWITCH

_NEW = 12


@torch.no_grad()
def truth(model: Any, prompt: list[int], tokens: int = _NEW) -> tuple[int, ...]:
    """Greedy, everything recomputed for every token: the native model then chooses the factors by the length."""
    ids = list(prompt)
    for _ in range(tokens):
        ids.append(int(model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].argmax()))
    return tuple(ids[len(prompt) :])


@pytest.mark.parametrize("length", range(SWITCH - _NEW - 2, SWITCH + 3))
def test_every_offset_gives_the_truth(tiny_model: Native, length: int) -> None:
    prompt = text(length, seed=length)
    said = answer(fast(tiny_model), request(*prompt), _NEW)
    assert said.tokens == truth(tiny_model.model, prompt)
    assert said.crossed == (length <= SWITCH < length + _NEW - 1)
    assert said.computed == length + said.crossed * (SWITCH + 1)


@given(st.integers(SWITCH - 14, SWITCH + 4), st.integers(1, 24), st.lists(st.integers(1, 60), max_size=3))
@settings(max_examples=30, deadline=None)
def test_so_does_every_past(length: int, tokens: int, splits: list[int]) -> None:
    native = tiny()
    prompt = text(length, seed=length)
    session = fast(native)
    answer(session, request(*prompt[: length // 2], *text(40, seed=3)), 4)
    for split in splits:
        session.prefill(request(*prompt[:split]), CancelToken())
    assert answer(session, request(*prompt), tokens).tokens == truth(native.model, prompt, tokens)


@pytest.mark.parametrize("length", [SWITCH - 4, SWITCH, SWITCH + 1])
def test_the_reference_agrees(length: int) -> None:
    prompt = text(length, seed=length)
    expected = truth(tiny().model, prompt)
    assert answer(reference(tiny()), request(*prompt), _NEW).tokens == expected


def test_a_shorter_question_after_the_crossing_is_read_with_the_short_factors(tiny_model: Native) -> None:
    session = fast(tiny_model)
    prompt = text(SWITCH - 3)
    assert answer(session, request(*prompt), _NEW).crossed
    back = answer(session, request(*prompt[:30]), 4)
    assert (back.cached, back.tokens) == (0, truth(tiny_model.model, prompt[:30], 4))


def test_a_warm_up_that_expects_to_pass_the_switch_is_not_in_vain(tiny_model: Native) -> None:
    prompt = text(SWITCH + 6)
    session = fast(tiny_model)
    session.prefill(request(*prompt[:30]), CancelToken(), expected=SWITCH)
    said = answer(session, request(*prompt), 4)
    assert (said.computed, said.tokens) == (len(prompt) - 30, truth(tiny_model.model, prompt, 4))


def test_a_wrong_guess_costs_a_reading_and_no_token(tiny_model: Native) -> None:
    prompt = text(36)
    session = fast(tiny_model)
    session.prefill(request(*prompt[:30]), CancelToken(), expected=SWITCH)
    said = answer(session, request(*prompt), 4)
    assert (said.computed, said.tokens) == (36, truth(tiny_model.model, prompt, 4))


def test_the_long_factors_from_the_start_save_the_second_reading(tiny_model: Native) -> None:
    session = fast(tiny_model, long_early=True)
    prompt = request(*text(SWITCH - 3))
    warmed = session.prefill(prompt, CancelToken(), expected=_NEW)
    said = answer(session, prompt, _NEW)
    assert (warmed.done, said.crossed, said.computed) == (True, False, 1)
    exact = fast(tiny_model).logits(prompt, CancelToken())
    assert relative(session.logits(request(*text(10)), CancelToken()), exact) > 0
    assert answer(fast(tiny_model, long_early=True), request(*text(10)), 4).tokens == truth(
        tiny_model.model, text(10), 4
    )


@pytest.mark.parametrize("length", range(4088, 4099))
def test_every_offset_near_the_published_switch(published: Native, length: int) -> None:
    prompt = text(length, seed=length)
    said = answer(fast(published), request(*prompt), 8)
    assert said.crossed == (length <= 4096 < length + 7)
    assert said.tokens == predicted(published.model, [*prompt, *said.tokens])[length - 1 : -1]


@pytest.fixture(scope="module")
def published() -> Native:
    """The tiny model with the published context and switch."""
    native = tiny()
    native.config._attn_implementation = "sdpa"
    native.config.max_position_embeddings = 131072
    native.config.original_max_position_embeddings = 4096
    native.config.rope_parameters["original_max_position_embeddings"] = 4096
    native.model.model.rotary_emb = type(native.model.model.rotary_emb)(native.config)
    return native


@torch.no_grad()
def predicted(model: Any, ids: list[int]) -> tuple[int, ...]:
    """The likeliest token after each position, all before it recomputed: up to 4096 of them with the short factors,
    which the native model takes for so many, and with the long ones beyond."""
    short = model(input_ids=torch.tensor([ids[:4096]]), use_cache=False).logits[0].argmax(-1)
    whole = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0].argmax(-1)
    return tuple(torch.cat([short, whole[4096:]]).tolist())


def test_the_rule() -> None:
    assert [side_of(total, 4096) for total in (1, 4096, 4097)] == ["short", "short", "long"]
    assert [tokens_before(length, "short", 4096) for length in (4090, 4095, 4096)] == [7, 2, 1]
    assert tokens_before(5000, "long", 4096) is None
