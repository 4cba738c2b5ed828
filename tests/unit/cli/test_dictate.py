"""`hearsight dictate` and `hearsight history dictations`, with the fake engine and a file for a microphone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.cli.main import run
from assistant.dictation import rules_file
from assistant.dictation.models import Replacement, TextRules
from assistant.history.store import History
from assistant.settings.paths import Paths

SPEECH = Path(__file__).parents[3] / "resources" / "demo" / "speech.wav"


def test_a_file_becomes_text_by_the_users_rules(capsys: pytest.CaptureFixture[str]) -> None:
    paths = Paths.of_user()
    paths.create()
    rules = TextRules(replacements=(Replacement(heard="I spoke", typed="Somebody spoke"),))
    rules_file.save(paths.config / rules_file.NAME, rules)
    assert run(["dictate", "--audio", str(SPEECH), "--engine", "fake"]) == 0
    assert capsys.readouterr().out.startswith("Somebody spoke for")
    assert run(["dictate", "--audio", str(SPEECH), "--engine", "fake", "--raw", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["text"].startswith("I spoke for") and told["seconds"] == 5.0
    assert History(paths.database, paths.media).dictations is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--audio", "nothing.wav"], "nothing.wav"),
        (["--audio", str(SPEECH), "--delay", "-1"], "between"),
    ],
)
def test_what_can_not_be_used_is_said(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = run(["dictate", *words, "--engine", "fake"])
    except SystemExit as end:
        code = int(str(end.code))
    told = capsys.readouterr().err
    assert code in (1, 2) and said in told and "Traceback" not in told


def test_broken_rules_are_said_and_left_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    paths = Paths.of_user()
    paths.create()
    file = paths.config / rules_file.NAME
    file.write_text('{"replacements": [{"heard": ""}]}', encoding="utf-8")
    assert run(["dictate", "--audio", str(SPEECH), "--engine", "fake"]) == 1
    assert rules_file.NAME in capsys.readouterr().err
    assert file.read_text(encoding="utf-8").startswith('{"replacements"')


def test_dictations_are_listed_and_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    paths = Paths.of_user()
    paths.create()
    history = History(paths.database, paths.media)
    history.open()
    one = history.dictations.add("Dear Anna,\x1b[31m\nhello", state="typed", seconds=2.5)
    history.close()
    assert run(["history", "dictations"]) == 0
    line = capsys.readouterr().out
    assert "Dear Anna" in line and "2.5 s" in line and "\x1b" not in line and line.count("\n") == 1
    assert run(["history", "dictations", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["state"] == "typed"
    assert run(["history", "dictations", "--delete", str(one)]) == 0
    assert run(["history", "dictations", "--delete", str(one)]) == 1
    assert "There is no dictation" in capsys.readouterr().err
