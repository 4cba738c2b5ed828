"""The package indexes that pip is configured for on this machine: where pip works, the models come too."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import dataclass

_DEFAULT_INDEX = "https://pypi.org/simple"


@dataclass(frozen=True)
class PipSettings:
    """What of pip's configuration a download needs.

    Attributes:
        indexes: addresses of simple indexes, the main one first; `file://` ones too.
        certificates: a file of certificate authorities to trust besides the system's, or empty.
        proxy: an HTTP proxy's address, or empty for the environment's.
        trusted_hosts: hosts whose certificate isn't checked.
    """

    indexes: tuple[str, ...]
    certificates: str = ""
    proxy: str = ""
    trusted_hosts: tuple[str, ...] = ()


def read() -> PipSettings:
    """Asks pip itself, so that files, site settings and variables count exactly as they do for pip."""
    return parse(_pip_config_list())


def parse(text: str) -> PipSettings:
    """Reads the output of `pip config list`: lines such as `global.index-url='https://…'`.

    Command sections (`install`, `download`) win over `global`, and `PIP_*` variables win over both, as in pip.
    """
    values: dict[str, str] = {}
    for section in ("global.", "download.", "install.", ":env:."):
        for line in text.splitlines():
            key, sign, value = line.partition("=")
            if sign and key.startswith(section):
                values[key.removeprefix(section).replace("_", "-").lower()] = _unquote(value)
    main = [] if values.get("no-index", "").lower() in ("1", "true", "yes", "on") else _main_index(values)
    return PipSettings(
        indexes=tuple(dict.fromkeys(url.rstrip("/") for url in [*main, *values.get("extra-index-url", "").split()])),
        certificates=values.get("cert", ""),
        proxy=values.get("proxy", ""),
        trusted_hosts=tuple(values.get("trusted-host", "").split()),
    )


def _main_index(values: dict[str, str]) -> list[str]:
    return [values.get("index-url", "") or _DEFAULT_INDEX]


def _unquote(value: str) -> str:
    try:
        return str(ast.literal_eval(value.strip()))
    except (ValueError, SyntaxError):
        return value.strip()


def _pip_config_list() -> str:
    """Without pip in this environment (some tools leave it out) the variables alone are read, as pip would."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        variables = ((key[4:].lower(), value) for key, value in os.environ.items() if key.startswith("PIP_"))
        return "\n".join(f":env:.{key}={value!r}" for key, value in variables)
    return done.stdout
