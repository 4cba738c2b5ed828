"""The virtual environment: made once, brought up to date when `pyproject.toml` changes, left alone otherwise.

Only the standard library: this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
_STAMP = FOLDER / "hearsight-install.json"
BIN = FOLDER / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
HEARSIGHT = BIN / ("hearsight.exe" if os.name == "nt" else "hearsight")
OLDEST = (3, 11)


class SetupFailed(Exception):
    """The environment can't be made; the text says why and what to do."""


def require_python() -> None:
    """Raises `SetupFailed` where this Python is too old."""
    if sys.version_info < OLDEST:
        found, wanted = ".".join(map(str, sys.version_info[:2])), ".".join(map(str, OLDEST))
        raise SetupFailed(
            f"This is Python {found}; Hearsight needs {wanted} or newer. "
            f"Install a newer one and start this script with it, for example: python{wanted} {sys.argv[0]}"
        )


def system_packages_for_venv() -> tuple[str, ...]:
    """Debian keeps `ensurepip` out of its python3: the package that brings it, where it is missing."""
    importlib.invalidate_caches()
    if importlib.util.find_spec("ensurepip"):
        return ()
    return (f"python{sys.version_info[0]}.{sys.version_info[1]}-venv",)


def ensure(extras: set[str]) -> None:
    """Makes the environment hold the project with these extras. Quick when nothing changed.

    Raises:
        SetupFailed: it can't.
    """
    import gpu_packages

    done = _read_stamp()
    wanted = sorted(extras | set(done.get("extras", [])))
    if done == {**_fingerprint(), "extras": wanted} and HEARSIGHT.exists():
        return
    if not _is_usable(done):
        _create()
        done = {}
    new = set(wanted) - set(done.get("extras", []))
    if "phi4" in new:
        gpu_packages.install_torch()
    # flash-attn is never an ordinary extra: pip would compile it.
    extras_for_pip = [name for name in wanted if name != "flash"]
    print(f"Installing Hearsight [{', '.join(extras_for_pip)}] into {FOLDER} …", file=sys.stderr)
    pip("install", "--editable", f"{ROOT}[{','.join(extras_for_pip)}]")
    if new & {"phi4", "flash"}:
        gpu_packages.install_flash_attention(wanted="flash" in wanted)
    _STAMP.write_text(json.dumps({**_fingerprint(), "extras": wanted}), encoding="utf-8")


def _fingerprint() -> dict[str, Any]:
    """What makes an installation stale: other dependencies, another Python behind the link, a moved checkout."""
    interpreter = PYTHON.resolve()
    return {
        "pyproject": hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest(),
        "python": [str(interpreter), interpreter.stat().st_mtime_ns if interpreter.exists() else 0],
        "root": str(ROOT),
    }


def _read_stamp() -> dict[str, Any]:
    try:
        data = json.loads(_STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _is_usable(stamp: dict[str, Any]) -> bool:
    """An environment of another place, or one whose Python or pip doesn't start, is made anew."""
    if not PYTHON.exists() or stamp.get("root", str(ROOT)) != str(ROOT):
        return False
    return subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _create() -> None:
    if FOLDER.exists():
        shutil.rmtree(FOLDER)
    print(f"Making the virtual environment {FOLDER} …", file=sys.stderr)
    if system_packages_for_venv():
        raise SetupFailed(
            "This Python has no `ensurepip`, so Hearsight's virtual environment can't be made. "
            f"On Debian and Ubuntu: sudo apt-get install {system_packages_for_venv()[0]}"
        )
    done = subprocess.run([sys.executable, "-m", "venv", FOLDER], check=False, stdout=sys.stderr)
    if done.returncode:
        raise SetupFailed(f"The virtual environment {FOLDER} couldn't be made; the lines above say why.")


def overlay(folder: Path, *packages: str) -> None:
    """A folder with these versions of packages and nothing that they need, to be put before the environment's own.

    Raises:
        SetupFailed: pip couldn't.
    """
    mark = folder / "packages.json"
    if mark.exists() and json.loads(mark.read_text(encoding="utf-8")) == list(packages):
        return
    if folder.exists():
        shutil.rmtree(folder)
    print(f"Installing {', '.join(packages)} into {folder} …", file=sys.stderr)
    pip("install", "--quiet", "--no-deps", "--target", str(folder), *packages)
    mark.write_text(json.dumps(packages), encoding="utf-8")


def pip(*arguments: str) -> None:
    """Raises `SetupFailed` where pip can't."""
    if not try_pip(*arguments):
        raise SetupFailed("pip couldn't install what Hearsight needs; the lines above say why.")


def try_pip(*arguments: str) -> bool:
    """PIP_USER would send packages out of the environment, so it is switched off."""
    environment = {**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = [str(PYTHON), "-m", "pip", *arguments]
    return subprocess.run(command, env=environment, check=False, stdout=sys.stderr).returncode == 0
