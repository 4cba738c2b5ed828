"""Numbers and times as words, as people read them."""

from __future__ import annotations

from datetime import date, datetime, timedelta


def clock(seconds: float) -> str:
    """A length: "0:07", "12:30", "1:02:03"."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def time_of_day(when: float) -> str:
    """Seconds since the epoch to "14:02"."""
    return datetime.fromtimestamp(when).strftime("%H:%M")


def day_group(when: float, today: date | None = None) -> str:
    """The history's group of a time: "Today", "Yesterday", "Previous 7 days", "Previous 30 days", "March 2026"."""
    today = today or date.today()
    day = datetime.fromtimestamp(when).date()
    age = today - day
    if age <= timedelta(0):
        return "Today"
    if age == timedelta(1):
        return "Yesterday"
    if age <= timedelta(7):
        return "Previous 7 days"
    if age <= timedelta(30):
        return "Previous 30 days"
    return day.strftime("%B %Y")
