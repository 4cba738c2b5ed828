"""`hearsight models`, as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.cli.main import run
from assistant.flows.phi4_verify import Checked
from assistant.models.catalogue import ARTEFACTS, find
from assistant.models.store import ModelStore
from tests.helpers.phi4_checkpoint import small_config, write_checkpoint


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty model folder of this test's own."""
    monkeypatch.setenv("HEARSIGHT_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def _put(folder: Path, name: str) -> Path:
    """Files of the right names and sizes with nothing in them."""
    for file in find(name).files:
        path = folder / name / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as sparse:
            sparse.truncate(file.size)
    return folder / name


def test_list_shows_what_is_here(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _put(folder, "whisper-tiny.en")
    assert run(["models", "list"]) == 0
    shown = capsys.readouterr().out
    assert "whisper-tiny.en" in shown
    assert "not verified yet" in shown
    assert "smollm2" not in shown, "what is for tests only is not offered"
    assert str(folder) in shown


def test_list_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list", "--json"]) == 0
    data = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert data["folder"] == str(folder)
    states = {row["name"]: row["state"] for row in data["models"]}
    # What other programs fetched into the hub's shared cache is this machine's own affair.
    assert states.pop("phi4") in ("missing", "partial")
    assert states == {a.name: "missing" for a in ARTEFACTS}
    assert [row["name"] for row in data["models"] if row["default"]] == ["whisper-base", "qwen2.5-coder-1.5b"]


def test_verify_finds_and_removes_a_damaged_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = _put(folder, "whisper-tiny.en")
    assert run(["models", "verify", "--json"]) == 1
    shown = capsys.readouterr()
    assert "hearsight: The model “whisper-tiny.en” is damaged" in shown.err
    assert "hearsight models pull whisper-tiny.en" in shown.err
    result = json.loads(shown.out.splitlines()[-1])["models"]
    assert [(row["name"], row["good"]) for row in result] == [("whisper-tiny.en", False)]
    assert not (damaged / "model.bin").exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["verify"], "There are no models on this machine. Fetch them with: hearsight models pull"),
        (["verify", "whisper-base"], "isn't on this machine"),
        (["pull", "whisper-huge"], "There is no model called “whisper-huge”. Known models: whisper-base"),
        (["pull", "--offline"], "stay offline"),
        (["remove", "nothing-such"], "There is no model called"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", *words]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("hearsight: ")]
    assert len(lines) == 1
    assert said in lines[0]


@pytest.mark.parametrize("words", [["--offline", "models", "pull"], ["models", "--offline", "pull"]])
def test_offline_counts_wherever_it_stands(folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 1
    assert "stay offline" in capsys.readouterr().err
    assert not (folder / "whisper-base").exists()


@pytest.mark.usefixtures("folder")
def test_the_setting_keeps_it_offline(
    profile: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.settings.models import Settings
    from assistant.settings.paths import Paths
    from assistant.settings.store import SettingsStore

    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nothing may be asked, and nothing listens here
    settings = Settings.model_validate({"privacy": {"offline": True}, "engine": {"speech": "whisper-tiny.en"}})
    SettingsStore(Paths.of_user().settings_file).save(settings)
    assert profile.exists()
    assert run(["models", "pull"]) == 1
    said = capsys.readouterr().err
    assert "stay offline" in said
    assert "whisper-tiny.en" in said, "without names, what the settings choose is fetched"


@pytest.mark.models
def test_pull_from_a_folder_takes_the_real_files(
    models: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models != folder
    source = ModelStore(models).path("whisper-tiny.en").parent
    assert run(["models", "pull", "whisper-tiny.en", "--from", str(source), "--offline", "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out.splitlines()[-1])["models"][0]["state"] == "ready"
    assert "whisper-tiny.en: fetching" in shown.err
    assert ModelStore(folder).check_quick("whisper-tiny.en")
    assert run(["models", "remove", "whisper-tiny.en"]) == 0
    assert "78 MB freed" in capsys.readouterr().out


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run(["models", "--help"])
    assert end.value.code == 0
    assert "hearsight models pull --from" in capsys.readouterr().out


def test_an_action_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run(["models"])
    assert end.value.code == 2
    assert "ACTION" in capsys.readouterr().err


def _says_yes(folder: Path, report: Callable[[str, float], None]) -> list[Checked]:
    return [Checked("Text answer", True, "It explains 1+1.")]


def test_the_big_model_from_a_folder_to_removal(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = write_checkpoint(tmp_path / "hub", small_config())
    assert run(["models", "verify", "phi4"]) == 1
    assert "isn't on this machine" in capsys.readouterr().err
    assert run(["models", "pull", "phi4", "--from", str(hub), "--json"]) == 0
    row = json.loads(capsys.readouterr().out.splitlines()[-1])["models"][0]
    assert (row["name"], row["state"], row["source"]) == ("phi4", "ready", str(hub))

    monkeypatch.setattr("assistant.flows.phi4_verify.ask_engine", _says_yes)
    assert run(["models", "verify"]) == 0, "it is among what is here"
    assert "phi4: ok  Text answer: It explains 1+1." in capsys.readouterr().out
    next(Path(row["folder"]).glob("model-*")).write_bytes(b"x")
    assert run(["models", "verify", "phi4", "--json"]) == 1
    assert "damaged" in json.loads(capsys.readouterr().out.splitlines()[-1])["models"][0]["error"]

    assert run(["models", "remove", "phi4"]) == 0
    assert "phi4: 0" not in (shown := capsys.readouterr().out) and "freed" in shown
    assert not Path(row["folder"]).exists() and hub.exists()


def test_the_big_model_is_on_no_registry(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "pull", "phi4", "--source", "registry"]) == 1
    assert "on no package registry" in capsys.readouterr().err
