"""Code gets its colours, in the units that Qt counts in."""

from __future__ import annotations

from assistant.ui.markdown.highlight import LONGEST, highlight


def roles(source: str, language: str) -> list[dict[str, str]]:
    """For each line, what was coloured as what."""
    lines = source.split("\n")
    found = []
    for line, spans in zip(lines, highlight(source, language), strict=True):
        data = line.encode("utf-16-le")
        found.append({data[2 * s : 2 * (s + n)].decode("utf-16-le"): role for s, n, role in spans})
    return found


def test_python() -> None:
    first, second = roles('def f(x):  # note\n    return "s" + 12', "python")
    assert first["def"] == "keyword" and first["f"] == "function" and first["# note"] == "comment"
    assert second["return"] == "keyword" and second["12"] == "number"


def test_signs_beyond_the_basic_plane_are_two_units() -> None:
    (line,) = roles('x = "😀" + 1', "python")
    assert line["1"] == "number"


def test_unknown_languages_and_very_long_code_stay_plain() -> None:
    assert highlight("a\nb", "no-such-language") == [[], []]
    assert highlight("a\nb", "") == [[], []]
    assert not any(highlight("x = 1\n" * (LONGEST // 5), "python"))
