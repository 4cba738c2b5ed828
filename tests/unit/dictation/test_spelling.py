"""Names by sound and spelling: corrected where they must be meant, and ordinary words left alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dictation import ordinary
from assistant.dictation.models import Word
from assistant.dictation.sounds import compare, letters
from assistant.dictation.spelling import MOST_HINTS, corrected, hints, terms

SCREEN = (
    "Kowalski",
    "Hearsight",
    "Kubernetes",
    "PyTorch",
    "Schrödinger",
    "Matplotlib",
    "Tailscale",
    "Mueller",
    "Figma",
)


def fixed(text: str, code: str = "en") -> str:
    return corrected(text, (), SCREEN, code)


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("I met Covalsky's wife.", "I met Kowalski's wife."),
        ("Open hear sight, please.", "Open Hearsight, please."),
        ("We run it on cooper netties", "We run it on Kubernetes"),
        ("It is a pie torch model", "It is a PyTorch model"),
        ("Schroedinger and Muller", "Schrödinger and Mueller"),
        ("plot it with mat plot lib", "plot it with Matplotlib"),
        ("over tail-scale", "over Tailscale"),
        ("in figma.", "in Figma."),
        ("KOWALSKI wrote", "Kowalski wrote"),
    ],
)
def test_what_must_be_a_name_is_spelled_as_on_the_screen(heard: str, expected: str) -> None:
    assert fixed(heard) == expected


@pytest.mark.parametrize(
    "heard",
    [
        "The mule tore her coat and the torch went out.",
        "A pie, a torch and a scale with a tail.",
        "Here sits the fig man, and there the miller.",
        "Kovacs and Kowalczyk came.",
    ],
)
def test_other_words_stay(heard: str) -> None:
    assert fixed(heard) == heard


def test_two_terms_that_are_equally_near_are_not_chosen_between() -> None:
    assert corrected("Ask Meyar today", (), ("Meyer", "Meyor"), "en") == "Ask Meyar today"


def test_what_a_word_sounds_like_is_always_replaced() -> None:
    word = Word(text="Siobhan", sounds_like=("shiv on", "shavon"))
    assert corrected("Shiv on and Shavon's dog, shavonne", (word,), (), "en") == "Siobhan and Siobhan's dog, shavonne"


def test_terms_are_the_words_that_no_list_knows() -> None:
    screen = (
        "File Edit View  Kowalski.pdf  Anna Kowalski – PyTorch notes\nhttps://foo.example/baz  kubectl get pods\n"
        "me@example.com  the Invoice of Kowalski  well-known  C:\\Windows"
    )
    found = terms(screen, "en")
    assert found[0] == "Kowalski"
    assert {"PyTorch", "kubectl"} <= set(found)
    assert not {"File", "Invoice", "well-known", "foo", "baz", "example", "me"} & set(found)


def test_where_no_list_tells_ordinary_words_nothing_is_taken_for_a_name() -> None:
    assert terms("Kowalski", "pl") == ()


def test_hints_are_the_users_words_first_and_not_too_many() -> None:
    assert hints((Word(text="Anna"), Word(text="Bob")), ("Bob", "Carla")) == ("Anna", "Bob", "Carla")
    assert len(hints((), [f"name{n}" for n in range(500)])) == MOST_HINTS


def test_accents_and_scripts_compare() -> None:
    assert letters("Łódź – Müller's") == "lodzmullers"
    assert compare("Schroedinger", "Schrödinger").sound
    assert compare("北京", "北京").spelling == 1.0 and not compare("北京", "东京").sound


COMMON = sorted(w for w in ordinary.words("en") if re.fullmatch(r"[a-z]{2,12}", w))[::7]


@settings(deadline=None)
@given(st.lists(st.sampled_from(COMMON), min_size=1, max_size=1))
def test_an_ordinary_word_is_never_replaced_alone(words: list[str]) -> None:
    assert fixed(words[0]) == words[0]


@settings(deadline=None)
@given(st.text(max_size=60))
def test_letters_outside_names_stay_as_they_are(text: str) -> None:
    assert corrected(text, (), (), "en") == text
    assert re.sub(r"[\w'’ -]", "", fixed(text)) == re.sub(r"[\w'’ -]", "", text)


def test_ordinary_prose_with_many_names_on_the_screen_is_not_touched() -> None:
    screen = [*SCREEN, "Rodriguez", "Ferraro", "Ansible", "Jenkins", "Prometheus", "Dvorak", "Petrov", "Redis", "Novak"]
    prose = " ".join(COMMON[:600])
    found = corrected(prose, (), screen, "en")
    changed = [(a, b) for a, b in zip(prose.split(), found.split(), strict=False) if a != b]
    assert found == prose, changed[:3]
