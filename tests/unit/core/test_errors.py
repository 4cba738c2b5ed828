"""Errors for people: what they say, and that they cross from the engine's process unchanged."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from assistant.core import errors
from assistant.core.errors import HearsightError, StorageError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, HearsightError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_crosses_processes_with_all_its_words(kind: type[HearsightError]) -> None:
    error = pickle.loads(pickle.dumps(kind("It broke.", action="Mend it.", kept="All is kept.")))
    assert type(error) is kind
    assert (error.message, error.action, error.kept) == ("It broke.", "Mend it.", "All is kept.")
    assert str(error) == "It broke. All is kept. Mend it."


def test_an_error_of_one_sentence_is_that_sentence() -> None:
    assert str(StorageError("It broke.")) == "It broke."
    assert str(StorageError("It broke.", action="Mend it.")) == "It broke. Mend it."


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn = re.findall(r"^ +[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE)
    assert sorted(drawn) == sorted(kind.__name__ for kind in KINDS if kind is not HearsightError)
    assert {kind.__base__ for kind in KINDS} == {HearsightError, Exception}


def test_every_error_can_be_raised_and_caught_as_one_for_people() -> None:
    for kind in KINDS:
        with pytest.raises(HearsightError, match="It broke"):
            raise kind("It broke.")
