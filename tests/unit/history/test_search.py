"""Search: what is found, how it is shown, and that no input can break it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assistant.history.models import HIT_END, HIT_START
from assistant.history.store import History
from tests.unit.history.conftest import indexes_are_right, open_in

TEXTS = (
    "The invoice of the Café Müller is 42.50 € and overdue.",
    'She said "NEAR" and OR and NOT; it isn\'t easy.',
    "日本語のテキストを検索する",
    "请打开设置窗口 and press OK",
    "Party 🎉🎂 tonight -> home",
    "สวัสดีครับ ยินดีต้อนรับ",
    "한국어 문장을 검색합니다",
    "100% sure_thing \\ done",
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    history = open_in(tmp_path_factory.mktemp("search"))
    for text in TEXTS:
        history.add_message(history.new_conversation("-"), "assistant", text, state="done")
    yield history
    history.close()


def found(history: History, words: str) -> list[str]:
    return [history.message(hit.message_id).text for hit in history.search(words)]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("invoice", 0),
        ("INVO", 0),
        ("cafe muller", 0),
        ("café", 0),
        ("42.50", 0),
        ("overdue invoice", 0),
        ("NEAR", 1),
        ('"NEAR"', 1),
        ("isn't", 1),
        ("OR AND", 1),
        ("本語", 2),
        ("テキスト 検索", 2),
        ("设置", 3),
        ("窗口 press", 3),
        ("🎉", 4),
        ("🎉🎂 party", 4),
        ("->", 4),
        ("ดีครับ", 5),
        ("검색", 6),
        ("100%", 7),
        ("%", 7),
        ("\\", 7),
        ("sure_", 7),
    ],
)
def test_words_and_signs_are_found(filled: History, words: str, text: int) -> None:
    assert found(filled, words) == [TEXTS[text]]


@pytest.mark.parametrize(
    "words",
    ["", " ", "\0", "invoices", "voice", "语日", "本検", "🎂🎉", "zzz", "invoice zzz", "_%", "置请", "text:party"],
)
def test_nothing_is_found_where_nothing_matches(filled: History, words: str) -> None:
    assert found(filled, words) == []


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=60) | st.text(alphabet='"*^:(){}+-ANDORTE \0\x01\x02本🎉é%_\\', max_size=30))
@example('"')
@example('""" OR *')
@example("NEAR(a b, 3)")
@example("{text} : a")
@example("a" * 100_000)
@example("\ud800 x")
def test_any_input_is_safe(filled: History, words: str) -> None:
    for hit in filled.search(words):
        assert hit.snippet.count(HIT_START) == hit.snippet.count(HIT_END)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.sampled_from(TEXTS), data=st.data())
def test_every_word_of_a_text_finds_it(filled: History, text: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(text.split()), min_size=1, max_size=4))
    assert text in found(filled, " ".join(words))


def test_matches_are_marked(filled: History) -> None:
    (hit,) = filled.search("cafe over")
    assert (
        hit.snippet == f"The invoice of the {HIT_START}Café{HIT_END} Müller is 42.50 € and {HIT_START}overdue{HIT_END}."
    )
    (hit,) = filled.search("设置")
    assert hit.snippet == f"请打开{HIT_START}设置{HIT_END}窗口 and press OK"


def test_a_snippet_of_a_long_text_is_short(history: History) -> None:
    conversation = history.new_conversation()
    for match in ("needle", "针"):
        history.add_message(conversation, "user", "word " * 500 + match + " word" * 500, state="sent")
        (hit,) = history.search(match)
        assert f"{HIT_START}{match}{HIT_END}" in hit.snippet
        assert len(hit.snippet) < 200
        assert (hit.snippet[0], hit.snippet[-1]) == ("…", "…")


def test_the_newest_come_first_and_the_limit_holds(history: History) -> None:
    conversation = history.new_conversation()
    messages = [history.add_message(conversation, "user", f"walrus {n}", state="sent") for n in range(10)]
    assert [hit.message_id for hit in history.search("walrus", limit=3)] == messages[:-4:-1]


def test_titles_are_searched_too(history: History) -> None:
    named = history.new_conversation("Holiday 计划 plans")
    first = history.add_message(named, "user", "Where to?", state="sent")
    history.add_message(history.new_conversation(), "user", "my holiday", state="sent")
    hits = history.search("holi")
    assert [hit.title for hit in hits] == ["my holiday", "Holiday 计划 plans"]
    assert hits[1].message_id == first
    assert hits[1].snippet == f"{HIT_START}Holiday{HIT_END} 计划 plans"
    assert [hit.message_id for hit in history.search("计划")] == [first]
    history.rename(named, "Other")
    assert [hit.title for hit in history.search("holiday")] == ["my holiday"]


def test_an_answer_is_found_once_it_is_complete(history: History) -> None:
    message = history.add_message(history.new_conversation(), "assistant", state="streaming")
    history.append(message, "walrus 海象 =>")
    assert [history.search(words) for words in ("walrus", "海象", "=>")] == [[], [], []]
    history.update(message, state="done")
    assert [len(history.search(words)) for words in ("walrus", "海象", "=>")] == [1, 1, 1]


def test_a_title_without_any_message_leads_nowhere_and_is_not_found(history: History) -> None:
    conversation = history.new_conversation("Holiday")
    assert history.search("holiday") == []
    message = history.add_message(conversation, "user", "Where to?", state="sent")
    assert [hit.message_id for hit in history.search("holiday")] == [message]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("aud"), st.integers(0, 4), st.text(max_size=20)), max_size=12))
def test_the_indexes_follow_any_sequence_of_changes(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str]]
) -> None:
    folder: Path = tmp_path_factory.mktemp("steps")
    history = open_in(folder)
    conversation, messages = history.new_conversation(), []
    for step, which, text in steps:
        if step == "a" or not messages:
            messages.append(history.add_message(conversation, "user", text, state="sent"))
        elif step == "u":
            history.update(messages[which % len(messages)], text=text)
        else:
            history.remove_message(messages.pop(which % len(messages)))
    indexes_are_right(folder)
    history.close()
