"""The table of tasks, and how documents are put before a question."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.media import Clip, Picture
from assistant.core.prompt import Prompt, Turn
from assistant.engine.phi4.tasks import TASKS, Kind, grounded, instruction, kind_of, temperature

PICTURE = Picture(np.zeros((9, 9, 3), np.uint8))
CLIP = Clip(np.zeros(400, np.float32))
SEEN = (Turn("user", "?", pictures=(PICTURE,)), Turn("assistant", "!"))
TRANSLATING = {Kind.TRANSLATE, Kind.TRANSCRIBE_AND_TRANSLATE}


def test_every_kind_has_its_row() -> None:
    assert set(TASKS) == set(Kind)
    assert all(row.media_first for row in TASKS.values())
    assert all(0 <= row.temperature <= 0.9 and 0 < row.max_tokens <= 4096 for row in TASKS.values())
    assert all(row.temperature == 0 for row in TASKS.values() if "picture" in row.needs or "pictures" in row.needs)


def test_only_talk_is_decoded_as_wished() -> None:
    assert temperature(Kind.CONVERSATION, 0.9) == temperature(Kind.SPOKEN_QUESTION, 0.9) == 0.9
    assert {temperature(kind, 0.9) for kind in Kind} == {0.0, 0.9}
    assert temperature(Kind.TRANSCRIBE, 0.9) == temperature(Kind.SPOKEN_PICTURE_QUESTION, 0.9) == 0.0


@pytest.mark.parametrize("kind", Kind)
def test_what_each_row_says(kind: Kind) -> None:
    words = instruction(kind, "French" if kind in TRANSLATING else "")
    assert "{" not in words and ("French" in words) == (kind in TRANSLATING)
    asked_by_the_user = {Kind.CONVERSATION, Kind.PICTURE_QUESTION, Kind.SOUND_QUESTION}
    spoken = {Kind.SPOKEN_QUESTION, Kind.SPOKEN_PICTURE_QUESTION}
    assert (words == "") == (kind in asked_by_the_user | spoken)


@pytest.mark.parametrize(("kind", "language"), [(Kind.TRANSLATE, ""), (Kind.TRANSCRIBE, "French")])
def test_a_language_where_one_is_needed(kind: Kind, language: str) -> None:
    with pytest.raises(ValueError, match="language"):
        instruction(kind, language)


def test_the_published_wordings() -> None:
    assert instruction(Kind.TRANSCRIBE) == "Transcribe the audio clip into text."
    assert instruction(Kind.TRANSLATE, "French") == "Translate the audio to French."
    assert instruction(Kind.TRANSCRIBE_AND_TRANSLATE, "French") == (
        "Transcribe the audio to text, and then translate the audio to French. "
        "Use <sep> as a separator between the original transcript and the translation."
    )


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        (Prompt(text="Hi"), Kind.CONVERSATION),
        (Prompt(clip=CLIP), Kind.SPOKEN_QUESTION),
        (Prompt(clip=CLIP, text=" "), Kind.SPOKEN_QUESTION),
        (Prompt(clip=CLIP, text="Who?"), Kind.SOUND_QUESTION),
        (Prompt(pictures=(PICTURE,), text="Who?"), Kind.PICTURE_QUESTION),
        (Prompt(SEEN, text="Who?"), Kind.PICTURE_QUESTION),
        (Prompt(pictures=(PICTURE,), clip=CLIP), Kind.SPOKEN_PICTURE_QUESTION),
        (Prompt(SEEN, clip=CLIP), Kind.SPOKEN_PICTURE_QUESTION),
        (Prompt(pictures=(PICTURE,), clip=CLIP, text="Who?"), Kind.PICTURE_QUESTION),
        (Prompt(pictures=(PICTURE,)), Kind.DESCRIBE),
        (Prompt(pictures=(PICTURE, PICTURE)), Kind.COMPARE),
    ],
)
def test_the_row_by_what_a_prompt_brings(prompt: Prompt, kind: Kind) -> None:
    assert kind_of(prompt) is kind


def test_documents_stand_before_the_question() -> None:
    assert grounded(" Who? ", [("Report", "Ada.\nBen."), ("Notes", "Cleo.")]) == (
        "[document 1: Report]\nAda.\nBen.\n[end of document 1]\n\n[document 2: Notes]\nCleo.\n[end of document 2]\n\n"
        f"{instruction(Kind.DOCUMENTS)}\nWho?"
    )


@given(st.lists(st.sampled_from(["[end of document 1]", "[document 2: x]", "\n", "a", "[end", " of document"])))
def test_a_document_cannot_end_itself(parts: list[str]) -> None:
    text = "".join(parts)
    put = grounded("Who?", [(text, text)])
    assert put.count("[end of document") == 1 and put.count("[document ") == 1
    assert put.splitlines()[0].startswith("[document 1: ") and put.splitlines()[0].endswith("]")
