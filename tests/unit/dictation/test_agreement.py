"""LocalAgreement: what is confirmed never changes, whatever the passes say."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dictation.agreement import LocalAgreement

WORDS = st.lists(st.sampled_from(["the", "The", "cat", "cat.", "sat,", "on", "mat", "a", "今", "日", "–"]), max_size=12)
PASSES = st.lists(st.tuples(st.sampled_from(["update", "commit"]), WORDS.map(" ".join)), max_size=15)


def test_two_passes_confirm_and_the_newest_word_waits() -> None:
    agreement = LocalAgreement()
    assert agreement.update("The cat").confirmed == ""
    agreed = agreement.update("the cat sat on")
    assert (agreed.confirmed, agreed.unconfirmed) == ("the cat", " sat on")


def test_a_full_stop_at_the_end_of_a_pass_is_not_confirmed() -> None:
    agreement = LocalAgreement()
    agreement.update("We met on Monday.")
    agreement.update("We met on Monday.")
    agreement.update("We met on Monday and Tuesday.")
    assert agreement.commit("We met on Monday and Tuesday.").confirmed == "We met on Monday and Tuesday."


def test_a_changed_mind_about_confirmed_words_keeps_them_and_loses_nothing_behind() -> None:
    agreement = LocalAgreement()
    agreement.update("I scream for all of us")
    assert agreement.update("I scream for all of us here").confirmed == "I scream for all of us"
    agreed = agreement.commit("Ice cream for all of us here today.")
    assert agreed.confirmed == "I scream for all of us here today."


def test_a_pass_that_heard_an_extra_word_first_doesnt_say_words_twice() -> None:
    agreement = LocalAgreement()
    agreement.update("send the report now please")
    agreement.update("send the report now please")
    assert agreement.commit("So send the report now please today").confirmed == "send the report now please today"


def test_chunks_follow_one_another() -> None:
    agreement = LocalAgreement()
    agreement.update("First sentence.")
    agreement.commit("First sentence.")
    agreement.update("Second one")
    agreed = agreement.update("Second one is here")
    assert agreed.confirmed == "First sentence. Second one"
    assert agreed.text == "First sentence. Second one is here"


def test_an_empty_pass_shows_what_was_confirmed() -> None:
    agreement = LocalAgreement()
    agreement.update("one two three")
    agreement.update("one two three")
    assert agreement.update("").text == "one two"


def test_chinese_is_confirmed_letter_by_letter_without_spaces() -> None:
    agreement = LocalAgreement()
    agreement.update("今天天气")
    agreed = agreement.update("今天天气很好")
    assert agreed.confirmed == "今天天气"
    assert agreement.commit("今天天气很好").confirmed == "今天天气很好"


def test_reset_starts_anew() -> None:
    agreement = LocalAgreement()
    agreement.commit("old")
    agreement.reset()
    assert agreement.update("new").text == "new"


@settings(deadline=None)
@given(PASSES)
def test_confirmed_text_only_grows(passes: list[tuple[str, str]]) -> None:
    agreement, confirmed = LocalAgreement(), ""
    for kind, text in passes:
        agreed = agreement.update(text) if kind == "update" else agreement.commit(text)
        assert agreed.confirmed.startswith(confirmed)
        confirmed = agreed.confirmed


@settings(deadline=None)
@given(WORDS, st.integers(1, 4))
def test_growing_passes_without_a_change_of_mind_give_the_text_itself(words: list[str], step: int) -> None:
    text = " ".join(words)
    agreement = LocalAgreement()
    for end in range(0, len(words) + step, step):
        assert agreement.update(" ".join(words[:end])).text == " ".join(words[:end])
    assert agreement.commit(text).confirmed == text


@settings(deadline=None)
@given(WORDS)
def test_a_pass_said_twice_confirms_all_but_its_last_word(words: list[str]) -> None:
    agreement = LocalAgreement()
    agreement.update(" ".join(words))
    agreed = agreement.update(" ".join(words))
    assert agreed.confirmed == " ".join(words[:-1])
