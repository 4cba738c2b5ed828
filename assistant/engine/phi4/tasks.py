"""All that Phi-4-multimodal is used for, in one table: the words that ask for it, and how it is decoded.

The wordings for speech are the model card's own; where a row has none, the user's words or their voice are the
question. Media always stand before the text of their turn. A spoken question has no text behind it at all: the model
would take the text for the question and the voice for material.

Temperatures: the authors decode greedily, and so does Hearsight wherever an answer can be right or wrong; their guide's
0.3 to 0.5 for transcription trades repetitions for invention. Conversation takes the low end of its 0.7 to 0.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from assistant.core.prompt import Prompt

Need = Literal["picture", "pictures", "sound", "documents"]


class Kind(StrEnum):
    """A row of the table."""

    CONVERSATION = "conversation"
    DESCRIBE = "describe"
    PICTURE_QUESTION = "picture question"
    READ_TEXT = "read text"
    CHART = "chart"
    COMPARE = "compare"
    TRANSCRIBE = "transcribe"
    TRANSLATE = "translate"
    TRANSCRIBE_AND_TRANSLATE = "transcribe and translate"
    SUMMARISE = "summarise"
    SOUND_QUESTION = "sound question"
    SPOKEN_QUESTION = "spoken question"
    SPOKEN_PICTURE_QUESTION = "spoken picture question"
    VIDEO = "video"
    DOCUMENTS = "documents"


@dataclass(frozen=True)
class Task:
    """A row.

    Attributes:
        needs: what the turn brings besides words.
        instruction: what is asked where the user asks nothing themselves; `{language}` is to be filled in.
        temperature: 0 decodes greedily.
        max_tokens: of the answer, unless the request says otherwise.
        media_first: whether media stand before the words.
        system: whether the system prompt goes with it; what is measured as the authors do goes without.
    """

    needs: tuple[Need, ...] = ()
    instruction: str = ""
    temperature: float = 0.0
    max_tokens: int = 512
    media_first: bool = True
    system: bool = True


TASKS: dict[Kind, Task] = {
    Kind.CONVERSATION: Task(temperature=0.7, max_tokens=1024),
    Kind.DESCRIBE: Task(("picture",), "Describe this image in detail."),
    Kind.PICTURE_QUESTION: Task(("picture",)),
    Kind.READ_TEXT: Task(
        ("picture",), "Write down all the text in this image, line by line, and nothing else.", max_tokens=2048
    ),
    Kind.CHART: Task(
        ("picture",),
        "Turn the table or chart in this image into a Markdown table with all its values.",
        max_tokens=2048,
    ),
    Kind.COMPARE: Task(
        ("pictures",), "Compare these images: what do they have in common, and how do they differ?", max_tokens=1024
    ),
    Kind.TRANSCRIBE: Task(("sound",), "Transcribe the audio clip into text.", system=False),
    Kind.TRANSLATE: Task(("sound",), "Translate the audio to {language}.", system=False),
    Kind.TRANSCRIBE_AND_TRANSLATE: Task(
        ("sound",),
        "Transcribe the audio to text, and then translate the audio to {language}. "
        "Use <sep> as a separator between the original transcript and the translation.",
        max_tokens=1024,
        system=False,
    ),
    Kind.SUMMARISE: Task(("sound",), "Summarize the audio in detail.", max_tokens=1024),
    Kind.SOUND_QUESTION: Task(("sound",)),
    Kind.SPOKEN_QUESTION: Task(("sound",), temperature=0.7, max_tokens=1024),
    Kind.SPOKEN_PICTURE_QUESTION: Task(("picture", "sound")),
    Kind.VIDEO: Task(("pictures",), "These are frames of a video, in order. Describe what happens.", max_tokens=1024),
    Kind.DOCUMENTS: Task(
        ("documents",),
        "Answer from the documents above alone, and name those that you used. "
        "If the answer is not in them, say that it is not.",
        max_tokens=1024,
    ),
}


def kind_of(prompt: Prompt) -> Kind:
    """What a prompt asks for by what it brings. The whole conversation's pictures count, as they do to the model."""
    seen = bool(prompt.pictures) or any(turn.pictures for turn in prompt.history)
    if prompt.clip is not None and not prompt.text.strip():
        return Kind.SPOKEN_PICTURE_QUESTION if seen else Kind.SPOKEN_QUESTION
    if prompt.text.strip():
        if prompt.clip is not None and not prompt.pictures:
            return Kind.SOUND_QUESTION
        return Kind.PICTURE_QUESTION if seen else Kind.CONVERSATION
    return Kind.COMPARE if len(prompt.pictures) > 1 else Kind.DESCRIBE


def temperature(kind: Kind, wished: float) -> float:
    """How an answer is decoded: as wished where people talk, as the table says where it can be right or wrong."""
    row = TASKS[kind]
    return wished if row.temperature else row.temperature


def instruction(kind: Kind, language: str = "") -> str:
    """The words that ask for it; empty where only the user can.

    Args:
        language: the one to translate to, as English names it ("French").

    Raises:
        ValueError: the row needs a language and there is none, or the other way round.
    """
    words = TASKS[kind].instruction
    if ("{language}" in words) != bool(language):
        raise ValueError(f"{kind.value}: a language is {'needed' if not language else 'not needed'}")
    return words.replace("{language}", language)


def grounded(question: str, documents: Sequence[tuple[str, str]]) -> str:
    """A question about retrieved documents, as text of the user's turn.

    What the documents say is data: each stands between lines that it can't hold itself.

    Args:
        documents: title and text of each, the most relevant first.
    """
    parts = [
        f"[document {number}: {_one_line(title)}]\n{_unfenced(text)}\n[end of document {number}]"
        for number, (title, text) in enumerate(documents, 1)
    ]
    return "\n\n".join([*parts, f"{TASKS[Kind.DOCUMENTS].instruction}\n{question.strip()}"])


def _unfenced(text: str) -> str:
    """The text with every "[" that would begin a fence of ours turned into "("."""
    return text.replace("[document ", "(document ").replace("[end of document", "(end of document")


def _one_line(title: str) -> str:
    return " ".join(title.replace("[", "(").replace("]", ")").split())
