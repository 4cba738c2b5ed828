"""The rules file: what people write by hand is read, or said to be wrong in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.core.errors import BadInput, StorageError
from assistant.dictation import rules_file
from assistant.dictation.models import Numbers, Profile, Replacement, Snippet, TextRules, Word


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    rules = TextRules(
        words=(Word(text="Kowalski", sounds_like=("cow all ski",)),),
        replacements=(Replacement(heard="a", typed=""),),
        snippets=(Snippet(say="sig", text="Grüße\nAnna"),),
        numbers=Numbers(decimal=","),
        profiles=(Profile(programs=("Slack",)),),
    )
    path = tmp_path / rules_file.NAME
    rules_file.save(path, rules)
    assert rules_file.load(path) == rules
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Grüße" in path.read_text("utf-8")


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert rules_file.load(tmp_path / "none.json") == TextRules()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"words": [}', "line 1, column 12"),
        (b'{"replacments": []}', "replacments: there is no such rule"),
        (b'{"replacements": [{"heard": "x", "typed": "y"}, {"typed": "y"}]}', "replacements[2].heard: Field required"),
        (b'{"numbers": {"decimal": ";"}}', "numbers.decimal"),
        (b"[]", "the whole"),
        (b"\xff\xfe", "UTF-8"),
        (b"[" * 100_000, "no JSON text"),
    ],
)
def test_a_wrong_file_is_told_by_place(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / rules_file.NAME
    path.write_bytes(data)
    with pytest.raises(BadInput) as caught:
        rules_file.load(path)
    assert said in str(caught.value) and caught.value.kept
    assert path.read_bytes() == data


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        rules_file.load(tmp_path)


def test_a_file_of_many_megabytes_is_not_read_in(tmp_path: Path) -> None:
    path = tmp_path / rules_file.NAME
    path.write_bytes(b" " * (9 << 20))
    with pytest.raises(BadInput, match="8 MB"):
        rules_file.load(path)
