"""Past turns with their pictures, on a real history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.core.cancel import CancelToken
from assistant.core.events import Completion
from assistant.core.media import Picture
from assistant.core.prompt import Options, Prompt
from assistant.engine.base import Capabilities, Emit
from assistant.engine.fake import FakeEngine
from assistant.flows.ask import Ask, Question
from assistant.flows.past_turns import MOST_PICTURES, PastTurns
from assistant.history.store import History


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    store = History(tmp_path / "history.db", tmp_path / "media")
    store.open()
    yield store
    store.close()


def picture(shade: int) -> Picture:
    return Picture(np.full((4, 5, 3), shade, np.uint8), f"{shade}.png")


def talk(history: History, *shades: list[int]) -> int:
    """A conversation whose n-th question had pictures of these shades."""
    conversation = history.new_conversation()
    for each in shades:
        asked = history.add_message(conversation, "user", "What?", state="sent")
        for shade in each:
            history.attach_picture(asked, picture(shade))
        history.add_message(conversation, "assistant", "That.", state="done")
    return conversation


def shades(past: PastTurns, conversation: int) -> list[list[int]]:
    turns = past.turns(conversation, seen=True)
    assert [turn.role for turn in turns] == ["user", "assistant"] * (len(turns) // 2)
    assert not any(turn.pictures for turn in turns[1::2])
    return [[int(each.pixels[0, 0, 0]) for each in turn.pictures] for turn in turns[::2]]


def test_turns_have_their_pictures(history: History) -> None:
    conversation = talk(history, [1], [], [2, 3])
    assert shades(PastTurns(history), conversation) == [[1], [], [2, 3]]
    assert all(not turn.pictures for turn in PastTurns(history).turns(conversation, seen=False))
    assert PastTurns(history).turns(0, seen=True) == ()


def test_an_engine_that_reads_gets_the_same_turns(history: History) -> None:
    conversation = talk(history, [1], [2])
    seen = PastTurns(history).turns(conversation, seen=True)
    bare = tuple(replace(turn, pictures=()) for turn in seen)
    assert bare == PastTurns(history).turns(conversation, seen=False) == history.turns(conversation)


def test_only_what_stands_before(history: History) -> None:
    conversation = talk(history, [1], [2])
    second = history.messages(conversation)[2].id
    turns = PastTurns(history).turns(conversation, second, seen=True)
    assert len(turns) == 2 and len(turns[0].pictures) == 1


def test_the_oldest_pictures_go_in_blocks(history: History) -> None:
    left = []
    for count in range(6, 16):
        found = shades(PastTurns(history), talk(history, *([number] for number in range(count))))
        kept = [shade for each in found for shade in each]
        assert kept == list(range(count))[-len(kept) :] and len(found) == count
        left.append(len(kept))
    assert left == [6, 7, 8, 5, 6, 7, 8, 5, 6, 7]
    assert max(left) == MOST_PICTURES


def test_each_picture_is_read_once(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation, past = talk(history, [1], [2, 3]), PastTurns(history)
    first = past.turns(conversation, seen=True)
    monkeypatch.setattr(history, "load_picture", None)
    again = past.turns(conversation, seen=True)
    kept = [
        (a, b) for one, two in zip(first, again, strict=True) for a, b in zip(one.pictures, two.pictures, strict=True)
    ]
    assert len(kept) == 3 and all(a is b for a, b in kept)


def test_a_lost_file_does_not_end_a_conversation(history: History) -> None:
    conversation = talk(history, [1, 2])
    history.messages(conversation)[0].attachments[0].path.unlink()
    assert shades(PastTurns(history), conversation) == [[2]]


class Seeing(FakeEngine):
    """Sees, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Prompt] = []

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, images="sees")

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        self.asked.append(prompt)
        return super().generate(prompt, options, emit, cancel)


def test_a_follow_up_still_sees_the_screen(history: History) -> None:
    engine = Seeing()
    ask = Ask(engine, history)
    ask.answer(Question("What is this?", (picture(7),)), lambda _event: None, CancelToken())
    conversation = history.conversations()[0].id
    ask.answer(Question("And its colour?", conversation=conversation), lambda _event: None, CancelToken())
    (past, _), now = engine.asked[1].history, engine.asked[1]
    assert past.pictures[0].sha256 == engine.asked[0].pictures[0].sha256 and now.pictures == ()
