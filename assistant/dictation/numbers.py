"""Numbers and dates as the user writes them. Only what is certainly one is touched."""

from __future__ import annotations

import re
from datetime import date

from assistant.dictation.languages import Language
from assistant.dictation.models import Numbers

_WORDS_IN = frozenset({"en", "de", "fr", "es", "it", "pt", "nl", "ca"})
"""Languages whose number words text2num knows."""
_ORDINAL = r"(?:st|nd|rd|th|er|\.|º|o)?"
_NEAR = r"(?<![\w/.,-])"


def formatted(text: str, numbers: Numbers, language: Language, code: str) -> str:
    """Number words, signs in numbers, and dates, by the user's choice.

    Args:
        code: of the language, ISO 639-1.
    """
    if numbers.digits_from is not None:
        text = _digits(text, numbers.digits_from, code or "en")
    text = _dates(text, numbers.date, language)
    return _signs(text, numbers, language)


def _digits(text: str, smallest: int, code: str) -> str:
    """Number words as digits, but those below `smallest` that stand alone ("one of them")."""
    if code not in _WORDS_IN:
        return text
    from text_to_num import alpha2digit

    lines = text.split("\n")
    return "\n".join(str(alpha2digit(line, code, threshold=max(0, smallest - 1))) for line in lines)


def _signs(text: str, numbers: Numbers, language: Language) -> str:
    """Other signs in numbers that have groups of three digits or decimals; years, addresses and lists have neither."""
    if not language.decimal or (numbers.decimal == "as heard" and numbers.thousands == "as heard"):
        return text
    group, point = re.escape(language.grouping), re.escape(language.decimal)
    space = "[ \u00a0\u202f]" if language.grouping == " " else group
    number = rf"{_NEAR}(\d{{1,3}}(?:{space}\d{{3}})+|\d+)(?:{point}(\d+))?(?![\w/-]|[.,:]\d)"
    decimal = language.decimal if numbers.decimal == "as heard" else numbers.decimal
    between = language.grouping if numbers.thousands == "as heard" else numbers.thousands.replace("none", "")

    def rewritten(match: re.Match[str]) -> str:
        groups = re.split(space, match.group(1))
        fraction = decimal + match.group(2) if match.group(2) else ""
        # Where both signs would be one, "1.234" could not be told from a decimal number: left as heard.
        return match.group() if fraction and len(groups) > 1 and between == decimal else between.join(groups) + fraction

    return re.sub(number, rewritten, text)


def _dates(text: str, form: str, language: Language) -> str:
    """Dates with day, month's name and year, in one form."""
    if form == "as heard" or not language.months:
        return text
    name = "|".join(map(re.escape, language.months))
    day, year = rf"(?P<day>\d{{1,2}}){_ORDINAL}", r"(?P<year>\d{4})"
    little = rf"(?:the )?{day} (?:of |de )?(?P<name>{name})(?:,| de| del)? {year}"
    middle = rf"(?P<name>{name}) {day},? {year}"
    for pattern in (little, middle):
        text = re.sub(rf"{_NEAR}{pattern}(?!\w)", lambda match: _date(match, form, language), text, flags=re.IGNORECASE)
    return text


def _date(match: re.Match[str], form: str, language: Language) -> str:
    names = [name.casefold() for name in language.months]
    month = names.index(match["name"].casefold()) + 1
    day, year = int(match["day"]), int(match["year"])
    try:
        date(year, month, day)
    except ValueError:
        return match.group()
    forms = {
        "year-month-day": f"{year:04}-{month:02}-{day:02}",
        "day.month.year": f"{day:02}.{month:02}.{year}",
        "day/month/year": f"{day:02}/{month:02}/{year}",
        "month/day/year": f"{month:02}/{day:02}/{year}",
        "day month year": f"{day} {language.months[month - 1]} {year}",
    }
    return forms[form]
