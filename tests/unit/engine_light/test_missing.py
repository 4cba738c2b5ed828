"""Names and numbers of a question that the screen doesn't hold."""

from __future__ import annotations

import pytest

from assistant.engine.light.missing import missing

SCREEN = """[Active window "Departures"]
| Time | Train | To | Platform |
| 14:03 | RE 5 | Friedrichshafen | 2 |
| 14:21 | IC 118 | Stuttgart | 3 |
(highest Amount: Marta (1,250.00)) Mon 3 Mar
"""


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("When does the train to Ulm leave?", ["Ulm"]),
        ("When does the train to Stuttgart leave?", []),
        ("When does the train to Stutgart leave?", []),
        ("Which platform does IC 300 leave from?", ["300"]),
        ("Which platform does IC118 leave from?", []),
        ("Which is the cheapest train?", []),
        ("What is Tom's amount, and Marta's?", ["Tom"]),
        ("Is it on Monday in March?", []),
        ("What is it? Where is it?", []),
        ("How much is 1250.00?", []),
        ("", []),
    ],
)
def test_missing(question: str, found: list[str]) -> None:
    assert missing(question, SCREEN) == found
