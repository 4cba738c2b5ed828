"""What a session computes, keeps and forgets. Each test holds for the fast parts and for the native reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import BadInput
from assistant.engine.phi4.embedding import Embedder
from assistant.engine.phi4.native import Native
from assistant.engine.phi4.request import IMAGE_TOKEN, Request
from assistant.engine.phi4.sampling import DecodeOptions
from assistant.engine.phi4.session import CHUNK, Session
from tests.engine.phi4.sessions import answer, fast, noise, picture, reference, relative, request, text, tiny

_MODELS = {"fast": fast, "eager": partial(fast, attention="eager"), "reference": lambda _native: reference(tiny())}
_quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=_MODELS)
def session(request: pytest.FixtureRequest, tiny_model: Native) -> Session:
    return _MODELS[request.param](tiny_model)


@pytest.fixture
def make(tiny_model: Native) -> Callable[[], Session]:
    return lambda: fast(tiny_model)


def test_a_warm_beginning_leaves_only_the_rest_to_compute(session: Session) -> None:
    asked = request(*text(30))
    cold = answer(session, asked)
    session.rewind(0)
    warmed = session.prefill(request(*text(30)[:22]), CancelToken())
    warm = answer(session, asked)
    assert (warmed.computed, warmed.cached, warmed.done) == (22, 0, True)
    assert (warm.computed, warm.cached, warm.tokens) == (8, 22, cold.tokens)


def test_all_implementations_answer_alike(tiny_model: Native) -> None:
    asked = request(*text(20), noise(0.5), picture(100, 60), *text(5, seed=1), adapter="vision")
    answers = {name: answer(make(tiny_model), asked, 12).tokens for name, make in _MODELS.items()}
    assert len(set(answers.values())) == 1, answers


def test_asking_again_computes_one_position(session: Session) -> None:
    asked = request(*text(25))
    first = answer(session, asked)
    again = answer(session, asked)
    assert (again.tokens, again.computed, again.cached) == (first.tokens, 1, 24)


def test_a_follow_up_keeps_the_answer_that_it_follows(session: Session) -> None:
    first = answer(session, request(*text(12)))
    then = Request((*text(12), *first.tokens, *text(6, seed=2)), None, "speech")
    followed = answer(session, then)
    assert followed.cached == 12 + len(first.tokens) - 1
    session.rewind(0)
    assert answer(session, then).tokens == followed.tokens


def test_a_prefix_of_another_adapter_is_not_reused(session: Session) -> None:
    plain = request(*text(25))
    seen = replace(plain, adapter="vision")
    cold = answer(session, seen)
    session.rewind(0)
    session.prefill(plain, CancelToken())
    switched = answer(session, seen)
    assert (switched.cached, switched.tokens) == (0, cold.tokens)


def test_logits_differ_by_adapter(session: Session) -> None:
    asked = [request(*text(25), adapter=adapter) for adapter in (None, "vision", "speech")]
    logits = [session.logits(each, CancelToken()) for each in asked]
    assert min(relative(logits[a], logits[b]) for a, b in ((0, 1), (0, 2), (1, 2))) > 0.01


@given(st.lists(st.integers(1, 43), max_size=4), st.integers(0, 10_000))
@_quick
def test_any_split_and_any_past_give_the_same_tokens(make: Callable[[], Session], splits: list[int], seed: int) -> None:
    asked = request(*text(20, seed), noise(0.4), *text(18, seed + 1), adapter="speech")
    expected = answer(make(), asked)
    session = make()
    answer(session, request(*text(20, seed), *text(9, seed + 2), adapter="speech"), 3)
    for split in splits:
        session.prefill(Request(asked.elements[: min(split, 39)], "speech", "speech"), CancelToken())
    assert answer(session, asked).tokens == expected.tokens


class _StopsAfter(CancelToken):
    """Sets itself at its n-th check."""

    def __init__(self, checks: int) -> None:
        super().__init__()
        self._left = checks

    def check(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.set()
        super().check()


@given(st.integers(0, 30), st.integers(0, 1000))
@settings(_quick, max_examples=15)
def test_cancelled_anywhere_it_goes_on_as_if_nothing_had_been(
    make: Callable[[], Session], checks: int, seed: int
) -> None:
    asked = request(*text(15, seed), noise(0.4), *text(20, seed), adapter="speech")
    expected = answer(make(), asked, 20)
    session = make()
    said: list[int] = []
    try:
        session.generate(asked, DecodeOptions(20, eos=()), said.append, _StopsAfter(checks))
    except Cancelled:
        assert tuple(said) == expected.tokens[: len(said)]
        assert session.length == session.decoder.cache.length
    assert answer(session, asked, 20).tokens == expected.tokens


def test_cancelling_a_prefill_keeps_its_finished_pieces(make: Callable[[], Session]) -> None:
    session = make()
    asked = request(*text(2 * CHUNK + 100))
    with pytest.raises(Cancelled):
        session.prefill(asked, _StopsAfter(2))
    assert session.length == 2 * CHUNK
    done = session.prefill(asked, CancelToken())
    assert (done.computed, done.cached, done.done) == (100, 2 * CHUNK, True)


def test_a_prefill_stops_when_its_time_is_over(make: Callable[[], Session]) -> None:
    session = make()
    asked = request(*text(2 * CHUNK + 100))
    none = session.prefill(asked, CancelToken(), seconds=0.0)
    some = session.prefill(asked, CancelToken(), seconds=1e-9)
    rest = session.prefill(asked, CancelToken(), seconds=60.0)
    assert not none.done and not some.done and rest.done
    assert session.length == len(asked)


def test_decoding_stops_within_two_tokens(session: Session) -> None:
    cancel, said = CancelToken(), []

    def hear(token: int) -> None:
        said.append(token)
        if len(said) == 3:
            cancel.set()

    with pytest.raises(Cancelled):
        session.generate(request(*text(10)), DecodeOptions(30, eos=()), hear, cancel)
    assert len(said) <= 5


def test_an_end_token_ends_the_answer_and_is_not_said(session: Session) -> None:
    asked = request(*text(14))
    free = answer(session, asked, 6)
    end = free.tokens[3]
    options = DecodeOptions(6, eos=(end,))
    ended = session.generate(asked, options, lambda _token: None, CancelToken())
    assert ended.ended and not free.ended
    assert ended.tokens == free.tokens[: free.tokens.index(end)]


def test_suppressed_tokens_are_never_said(session: Session) -> None:
    asked = request(*text(14))
    likely = answer(session, asked, 1).tokens[0]
    options = DecodeOptions(12, suppress=(likely,), eos=())
    said = session.generate(asked, options, lambda _token: None, CancelToken())
    assert likely not in said.tokens


def test_media_are_embedded_once_and_the_oldest_are_forgotten(tiny_model: Native) -> None:
    session = fast(tiny_model)
    one = picture(60, 60).tokens * tiny_model.config.hidden_size * 4
    embedder = Embedder(tiny_model, session.decoder.embed, limit=2 * one + 10)
    pictures = [request(picture(60, 60, seed), adapter="vision") for seed in range(3)]
    for each in pictures:
        embedder.embed(each, 0, len(each), CancelToken())
    assert embedder.kept_bytes() == 2 * one
    cancelled = CancelToken()
    cancelled.set()
    embedder.embed(pictures[2], 0, 5, cancelled)
    with pytest.raises(Cancelled):
        embedder.embed(pictures[0], 0, 5, cancelled)


def test_one_medium_larger_than_the_limit_is_kept_for_its_own_request(tiny_model: Native) -> None:
    session = fast(tiny_model)
    embedder = Embedder(tiny_model, session.decoder.embed, limit=10)
    asked = request(picture(60, 60), adapter="vision")
    embedder.embed(asked, 0, 5, CancelToken())
    assert embedder.kept_bytes() > 10
    embedder.forget()
    assert embedder.kept_bytes() == 0


def test_a_context_that_is_full_is_said_before_anything_is_computed(session: Session) -> None:
    with pytest.raises(BadInput, match="takes at most 1,536"):
        session.prefill(request(*text(session.limit)), CancelToken())
    assert session.length == 0


def test_an_answer_stops_where_the_context_ends(session: Session) -> None:
    said = answer(session, request(*text(session.limit - 3)), 20)
    assert len(said.tokens) == 3


def test_nothing_at_all_is_no_question(session: Session) -> None:
    with pytest.raises(BadInput):
        answer(session, request())


def test_a_placeholder_id_in_the_text_is_no_medium() -> None:
    asked = Request((1, IMAGE_TOKEN, picture(40, 40), 2), "vision", "vision")
    assert asked.keys[1] == IMAGE_TOKEN and not isinstance(asked.keys[2], int)
    assert asked.ids[1] == asked.ids[2] == IMAGE_TOKEN
    assert len(asked.keys) == len(asked.ids) == 3 + picture(40, 40).tokens


@torch.no_grad()
def test_rewinding_by_hand_forgets(session: Session) -> None:
    session.prefill(request(*text(20)), CancelToken())
    session.rewind(7)
    assert session.length == session.decoder.cache.length == 7
    assert session.prefill(request(*text(20)), CancelToken()).cached == 7
