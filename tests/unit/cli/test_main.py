"""The command line's frame: exit codes, one-line errors, --debug, and help for every command."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable

import pytest

from assistant import __version__
from assistant.cli import main
from assistant.core.cancel import Cancelled
from assistant.core.errors import StorageError

Outcome = Callable[[], int]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Outcome], None]:
    """Puts an outcome of one's own behind the command `doctor`."""

    def install(outcome: Outcome) -> None:
        module = types.SimpleNamespace(add_arguments=lambda _parser: None, run=lambda _args: outcome())
        monkeypatch.setattr(main, "_module", lambda _name: module)

    return install


def raising(error: BaseException) -> Outcome:
    def outcome() -> int:
        raise error

    return outcome


def test_a_command_that_is_done_gives_its_code(command: Callable[[Outcome], None]) -> None:
    for code in (0, 1):
        command(lambda code=code: code)
        assert main.run(["doctor"]) == code


def test_an_error_is_one_line_with_what_to_do(
    command: Callable[[Outcome], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(StorageError("It broke.", kept="All is kept.", action="Mend it.")))
    assert main.run(["doctor"]) == 1
    assert tuple(capsys.readouterr()) == ("", "hearsight: It broke. All is kept. Mend it.\n")


def test_a_bug_is_one_calm_line(command: Callable[[Outcome], None], capsys: pytest.CaptureFixture[str]) -> None:
    command(raising(KeyError("what the user said")))
    assert main.run(["doctor"]) == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "--debug" in said
    assert "what the user said" not in said


@pytest.mark.parametrize("arguments", [["--debug", "doctor"], ["doctor", "--debug"]])
def test_debug_shows_where(
    command: Callable[[Outcome], None], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    command(raising(KeyError("x")))
    assert main.run(arguments) == 1
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "raise error" in said


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Cancelled()])
def test_cancelled_is_130(
    command: Callable[[Outcome], None], capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    command(raising(error))
    assert main.run(["doctor"]) == 130
    assert capsys.readouterr().err == "Cancelled.\n"


@pytest.mark.parametrize("arguments", [["eat"], ["--colour"], ["--engine", "cloud"], ["history", "--nothing"]])
def test_wrong_usage_is_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.run(arguments)
    assert left.value.code == 2
    said = capsys.readouterr()
    assert (said.out, "usage: hearsight" in said.err, "Traceback" in said.err) == ("", True, False)


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_exists_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.run([name, "--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert f"usage: hearsight {name}" in text
    assert "--debug" in text


def test_the_main_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.run(["--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert [name for name, summary in main.COMMANDS.items() if name not in text or summary.split()[0] not in text] == []


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.run(["--version"])
    assert (left.value.code, capsys.readouterr().out) == (0, f"Hearsight {__version__}\n")


def test_options_before_the_command_are_kept() -> None:
    for arguments in (["--offline", "doctor"], ["doctor", "--offline"], ["history", "list", "--offline"]):
        assert main.parse(arguments).offline
    assert not main.parse(["doctor"]).offline
    asked = main.parse(["ask", "--", "--offline"])
    assert (asked.words, asked.offline) == (["--offline"], False)


def test_the_module_and_the_command_are_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "--version"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == f"Hearsight {__version__}\n"


def test_no_command_loads_what_only_the_window_or_an_engine_needs() -> None:
    heavy = ("torch", "onnxruntime", "rapidocr", "faster_whisper", "xllamacpp", "sounddevice", "av", "PySide6")
    code = (
        "import sys\nfrom assistant.cli.main import run\n"
        f"for name in {list(main.COMMANDS)!r}:\n"
        "    try:\n        run([name, '--help'])\n    except SystemExit:\n        pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == "[]\n"


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "assistant", "history", "list", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        said = process.stderr.read()
    assert said == ""
