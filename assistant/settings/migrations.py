"""Changes to the settings file from version to version, by name.

`schema_version` counts the migrations that a file has had. A released migration never changes; a new need is a new
function at the end of `MIGRATIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Values = dict[str, Any]
Migration = Callable[[Values], Values]

VERSION_KEY = "schema_version"


def m001_sections(values: Values) -> Values:
    """A file without a version was written by hand: its sections are taken as they are."""
    return values


MIGRATIONS: tuple[Migration, ...] = (m001_sections,)


def migrate(values: Values, migrations: Sequence[Migration] = MIGRATIONS) -> Values:
    """Applies what the file has not had. A newer version's file passes unchanged, and keeps its number.

    Returns:
        The values with `schema_version` set; `values` itself is not changed.
    """
    given = values.get(VERSION_KEY, 0)
    version = given if isinstance(given, int) and given >= 0 else 0
    result = dict(values)
    for migration in migrations[version:]:
        result = migration(result)
    return result | {VERSION_KEY: max(version, len(migrations))}
