"""`hearsight bench golden`: that it sees what is wrong with a model or a set, and says what is wrong with a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.bench.golden import check
from assistant.bench.golden_run import NO_NUMBER, relative
from assistant.bench.golden_set import GoldenSet
from assistant.bench.report import Report
from assistant.cli.main import run as main
from assistant.core.errors import BadInput, ModelBroken, ModelMissing
from tests.helpers.golden import Golden

Change = Callable[[list[dict[str, Any]]], None]


@pytest.fixture
def small(golden: Golden, tmp_path: Path) -> Path:
    """A set of four of the cases; checkpoint and media are the golden ones."""
    for name in ("checkpoint", "media", "logits"):
        (tmp_path / name).symlink_to(golden.folder / name)
    return _changed(golden, tmp_path, lambda _cases: None)


def _changed(golden: Golden, folder: Path, change: Change) -> Path:
    data = json.loads((golden.folder / "cases.json").read_text())
    kept = ("text", "audio_short", "image_tile", "turn1_text")
    data["cases"] = [each for each in data["cases"] if each["name"] in kept]
    change(data["cases"])
    (folder / "cases.json").write_text(json.dumps(data))
    return folder


def _run(folder: Path) -> Report:
    return check(folder, "sdpa", "cold")


def test_what_is_wrong_is_seen(golden: Golden, small: Path) -> None:
    def change(cases: list[dict[str, Any]]) -> None:
        text, tile, short, turn = cases
        text["greedy"][7] += 1
        tile["image_tokens"] = [544]
        short["logits"] = text["logits"]
        turn["input_ids_sha256"] = "0" * 64

    report = _run(_changed(golden, small, change))
    rows = {row["name"]: row for row in report.rows}
    assert [rows[name]["greedy_equal"] for name in ("text", "audio_short")] == [False, True]
    assert not rows["image_tile"]["token_counts_equal"] and not rows["turn1_text"]["input_ids_equal"]
    assert rows["audio_short"]["rel_logits"] > 0.1 > rows["audio_short"]["rel_step16"]
    missed = {goal.key for goal in report.goals if not goal.met(report.metrics[goal.key])}
    assert missed == {"greedy_equal_share", "token_counts_equal_share", "input_ids_equal_share", "worst_media_rel"}
    assert report.metrics["greedy_equal_share"] == 0.75


def test_cases_that_cannot_run_are_rows_and_the_others_go_on(golden: Golden, small: Path) -> None:
    def change(cases: list[dict[str, Any]]) -> None:
        text, tile, short, _turn = cases
        del text["prompt"]
        tile["images"] = ["media/gone.png"]
        short["audios"] = []

    report = _run(_changed(golden, small, change))
    errors = {row["name"]: row.get("error") for row in report.rows}
    assert "prompt" in errors["text"] and "media/gone.png" in errors["image_tile"]
    assert errors["audio_short"] and not errors["turn1_text"]
    assert report.metrics["failed"] == 3 and report.metrics["greedy_equal_share"] == 0.25
    assert json.loads(report.as_json())["rows"][1]["rel_logits"] is None


def test_a_set_without_answers_is_still_computed(golden: Golden, small: Path) -> None:
    def change(cases: list[dict[str, Any]]) -> None:
        for case in cases:
            for key in ("greedy", "logits", "logits_step16", "input_ids_sha256"):
                del case[key]

    report = _run(_changed(golden, small, change))
    assert report.rows[0]["greedy"] == golden.cases["text"].greedy
    assert "worst_text_rel" not in report.metrics


def test_the_command_prints_one_json_object(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "golden", str(small), "--json", "--attention", "eager", "--state", "rewound"]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert all(goal["met"] for goal in report["goals"])
    assert {"name", "input_ids_sha256", "greedy", "rel_logits", "rel_step16"} <= set(report["rows"][0])
    assert report["rows"][0]["runs"][0]["state"] == "rewound"


@pytest.mark.parametrize(
    "content", [None, "{", "[]", "{}", '{"live_ids": {"ranges": [3], "special": []}, "cases": []}']
)
def test_a_folder_without_a_set_is_said(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "cases.json").write_text(content)
    with pytest.raises(BadInput):
        check(tmp_path)


def test_no_folder_at_all_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "golden"]) != 0
    assert "Which set" in capsys.readouterr().err


def test_a_checkpoint_that_is_gone_or_broken_is_said(golden: Golden, small: Path) -> None:
    (small / "checkpoint").unlink()
    with pytest.raises(ModelMissing):
        check(small)
    (small / "checkpoint").mkdir()
    (small / "checkpoint" / "config.json").write_text("{}")
    with pytest.raises((ModelBroken, ModelMissing)):
        check(small)


def test_media_that_are_none_are_said(golden: Golden, small: Path) -> None:
    opened = GoldenSet.open(small)
    for read in (opened.picture, opened.sound, opened.logits):
        with pytest.raises(BadInput):
            read("cases.json")
    with pytest.raises(BadInput, match="live ids"):
        (small / "short.npy").write_bytes(b"")
        np.save(small / "short.npy", np.zeros(3, np.float32))
        opened.logits("short.npy")


def test_the_error_is_the_largest_difference_over_the_largest_value() -> None:
    expected = np.array([1.0, -4.0, 2.0], np.float32)
    assert relative(expected + np.array([0, 0.5, -1], np.float32), expected) == 0.25
    assert relative(expected * np.float32(np.nan), expected) == NO_NUMBER
