"""What the Phi-4 engine says of itself before it is loaded. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.core.errors import EngineUnavailable, HearsightError
from assistant.engine.base import Capabilities
from assistant.engine.phi4.devices import Device, Placement, Precision, place
from assistant.engine.phi4.nvidia import AskDriver, ask_driver
from assistant.engine.phi4.sizes import ModelSize

NAME = "phi4"
MODEL = "Phi-4-multimodal-instruct"
LANGUAGES = ("en", "zh", "de", "fr", "it", "ja", "es", "pt")
"""Spoken languages of the model's card; it reads and writes 23."""
CONTEXT_TOKENS = 131_072


@dataclass(frozen=True)
class Phi4Choice:
    """What the settings say about this engine; the defaults are the settings' own.

    Attributes:
        folder: of the model in either layout; None where there is none.
        max_tiles: the most tiles of 448 pixels that a picture is cut into; 36 as the author does, 12 costs half.
        hear_first: whether a spoken question's transcript comes before the answer instead of after it.
    """

    folder: Path | None = None
    precision: Precision = "auto"
    device: Device = "auto"
    max_tiles: int = 12
    hear_first: bool = False


def capabilities(choice: Phi4Choice, ask: AskDriver = ask_driver) -> Capabilities:
    """What it can take on this machine; `unavailable` says why it can't run."""
    try:
        placed = expected(choice, ask)
    except HearsightError as error:
        return placed_capabilities(None, unavailable=str(error))
    return placed_capabilities(placed)


def placed_capabilities(placed: Placement | None, unavailable: str = "") -> Capabilities:
    """With the device that was chosen."""
    return Capabilities(
        NAME,
        MODEL,
        "sees",
        audio=True,
        languages=LANGUAGES,
        context_tokens=placed.context if placed else CONTEXT_TOKENS,
        device=placed.words if placed else "",
        unavailable=unavailable,
    )


def expected(choice: Phi4Choice, ask: AskDriver = ask_driver) -> Placement:
    """Where it would run if nobody else used the memory: an engine that is about to make room may still hold it.

    Raises:
        EngineUnavailable: it can't run here, or there is no model.
        ModelMissing, ModelBroken: the folder holds none that can be used.
    """
    if choice.folder is None:
        raise EngineUnavailable(
            f"{MODEL} isn't on this machine yet.",
            action="Fetch it with: hearsight models pull phi4; or name its folder with --model. "
            "The light engine works here: choose it in the settings or with --engine light.",
        )
    return place(ModelSize.of(choice.folder), choice.precision, choice.device, ask, empty=True)
