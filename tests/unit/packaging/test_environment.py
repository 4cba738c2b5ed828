"""The virtual environment's upkeep: a real one is made; pip itself is watched instead of run."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.packaging.conftest import SCRIPTS

Load = Callable[[str], ModuleType]


@pytest.fixture
def calls() -> list[tuple[str, ...]]:
    return []


@pytest.fixture
def environment(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: list[tuple[str, ...]]
) -> ModuleType:
    """The script, working on a project in a temporary folder, whose pip only notes what it is asked for."""
    module = load("environment")
    bin_folder = tmp_path / ".venv" / ("Scripts" if sys.platform == "win32" else "bin")
    names = {"ROOT": tmp_path, "FOLDER": tmp_path / ".venv", "_STAMP": tmp_path / ".venv" / "hearsight-install.json"}
    names |= {"BIN": bin_folder, "PYTHON": bin_folder / module.PYTHON.name, "HEARSIGHT": bin_folder / "hearsight"}
    for name, value in names.items():
        monkeypatch.setattr(module, name, value)
    (tmp_path / "pyproject.toml").write_text("[project]\n")

    def pip(*arguments: str) -> bool:
        calls.append(arguments)
        bin_folder.mkdir(parents=True, exist_ok=True)
        (bin_folder / "hearsight").touch()
        return True

    monkeypatch.setattr(module, "try_pip", pip)
    return module


def _installs(calls: list[tuple[str, ...]]) -> list[str]:
    """The extras of each installation of the project."""
    return [call[-1].rpartition("[")[2].rstrip("]") for call in calls if "--editable" in call]


def test_made_once_and_brought_up_to_date(
    environment: ModuleType, calls: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.ensure({"light"})
    python = environment.PYTHON
    assert (
        subprocess.run([python, "-c", "import sys; sys.exit(sys.prefix == sys.base_prefix)"], check=False).returncode
        == 0
    )
    environment.ensure({"light"})
    assert _installs(calls) == ["light"], "the second time there is nothing to do"

    environment.ensure({"light", "test"})
    environment.ensure({"light"})
    assert _installs(calls) == ["light", "light,test"], "an extra that is there stays there"

    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    environment.ensure({"light"})
    assert _installs(calls) == ["light", "light,test", "light,test"], "other dependencies are installed"

    kept = environment.FOLDER / "kept"
    kept.touch()
    monkeypatch.setattr(environment, "ROOT", tmp_path / "moved")
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved" / "pyproject.toml").write_text("[project]\n")
    environment.ensure({"light"})
    assert not kept.exists(), "an environment of another place is made anew: its scripts hold the old path"


def test_torch_goes_first_and_alone(
    environment: ModuleType, calls: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, load: Load
) -> None:
    gpu = load("gpu_packages")
    monkeypatch.setattr(environment, "_create", lambda: environment.BIN.mkdir(parents=True))
    monkeypatch.setattr(environment, "_is_usable", bool)
    monkeypatch.setattr(gpu, "has_nvidia_driver", lambda: False)
    monkeypatch.setattr(gpu.sys, "platform", "linux")
    environment.ensure({"light", "phi4"})
    assert calls[0][-1] == f"torch=={gpu.TORCH}+cpu"
    assert _installs(calls[1:]) == ["light,phi4"]
    environment.ensure({"light", "phi4", "flash"})
    assert len(calls) == 3, "torch is left alone, and flash-attn isn't tried without a GPU"
    assert _installs(calls) == ["light,phi4", "light,phi4"], "pip never hears of the extra flash: it would compile it"
    environment.ensure({"flash"})
    assert len(calls) == 3, "nothing is left to do"


def test_an_overlay_is_made_once(environment: ModuleType, calls: list[tuple[str, ...]], tmp_path: Path) -> None:
    def pip(*arguments: str) -> bool:
        Path(arguments[arguments.index("--target") + 1]).mkdir()
        calls.append(arguments)
        return True

    environment.try_pip = pip
    folder = tmp_path / "old"
    environment.overlay(folder, "a==1", "b==2")
    environment.overlay(folder, "a==1", "b==2")
    assert [call[-2:] for call in calls] == [("a==1", "b==2")]
    assert "--no-deps" in calls[0], "what the packages need is the environment's own"
    environment.overlay(folder, "a==1", "b==3")
    assert [call[-1] for call in calls] == ["b==2", "b==3"]


def test_a_failing_pip_is_said(environment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_create", lambda: environment.BIN.mkdir(parents=True))
    monkeypatch.setattr(environment, "try_pip", lambda *_: False)
    with pytest.raises(environment.SetupFailed, match="pip couldn't install"):
        environment.ensure({"light"})
    assert not environment._STAMP.exists(), "so that the next start tries again"


def test_a_python_without_ensurepip_names_the_package(environment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda _: None)
    name = f"python3.{sys.version_info[1]}-venv"
    assert environment.system_packages_for_venv() == (name,)
    with pytest.raises(environment.SetupFailed, match=name):
        environment.ensure({"light"})


def test_an_old_python_is_told(environment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(environment.SetupFailed, match=r"This is Python 3\.9; Hearsight needs 3\.11"):
        environment.require_python()


@pytest.mark.parametrize("name", ["run.py", "environment.py", "gpu_packages.py", "system_packages.py", "test.py"])
def test_an_old_python_can_read_the_scripts(name: str) -> None:
    """Else it would stop at the syntax, before it could say that it is too old."""
    ast.parse((SCRIPTS / name).read_text(encoding="utf-8"), feature_version=(3, 8))
