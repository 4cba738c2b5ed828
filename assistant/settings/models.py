"""Everything the user can choose: each value with its default, its bounds and a sentence for the settings window.

Keys that this version doesn't know (a newer version's) are kept and written back.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(max_length=300)]
Shortcut = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Language = Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3})?$")]


class Section(BaseModel):
    """One page of the settings window."""

    model_config = ConfigDict(extra="allow", validate_assignment=True, allow_inf_nan=False)


class General(Section):
    theme: Literal["system", "light", "dark"] = Field(default="system", description="Colours of the window")
    font_size: int = Field(default=13, ge=9, le=32, description="Size of the text, in pixels")
    close_to_tray: bool = Field(
        default=True, description="Closing the window keeps Hearsight running in the tray, where there is one"
    )
    continue_minutes: float = Field(
        default=10.0,
        ge=0.0,
        le=1440.0,
        description="A spoken question continues the open conversation when its last turn is at most so many minutes "
        "old; 0 always starts a new one",
    )
    show_window_on_answer: bool = Field(
        default=True, description="The window appears with the answer's first words; otherwise the HUD shows the answer"
    )


class Voice(Section):
    device: Name = Field(default="", description="Microphone; empty follows the system's default")
    mode: Literal["hold", "toggle"] = Field(
        default="hold", description="Hold the key while speaking, or press it twice"
    )
    tap_ms: int = Field(
        default=300, ge=100, le=1000, description="A key press up to so many milliseconds is a tap: it goes hands-free"
    )
    silence_seconds: float = Field(
        default=1.5, ge=0.5, le=10.0, description="Hands-free: so many seconds of silence send the question"
    )
    max_minutes: float = Field(default=10.0, ge=0.5, le=60.0, description="The longest recording, in minutes")
    warm_stream: bool = Field(
        default=False,
        description="Keep the microphone open, in memory only, so that the first word is never cut off",
    )
    language: Language = Field(default="", description="Spoken language as a code (en, de, …); empty detects it")


class Screen(Section):
    include_screen: bool = Field(default=True, description="A spoken question takes the screen along")
    characters: int = Field(
        default=3000,
        ge=500,
        le=16000,
        description="How many characters of the screen's text the model reads; more is slower",
    )
    target: Literal["pointer", "active", "all"] = Field(
        default="pointer", description="Which screen: the one under the pointer, the one with the active window, or all"
    )


class Engine(Section):
    choice: Literal["auto", "phi4", "light", "fake"] = Field(default="auto", description="What answers")
    phi4_folder: Annotated[str, StringConstraints(max_length=4000)] = Field(
        default="", description="Folder of the Phi-4 model; empty takes the one that was fetched"
    )
    precision: Literal["auto", "bf16", "int8", "int4", "float32"] = Field(
        default="auto",
        description="How exactly the Phi-4 model computes: bf16 as it was made, int8 and int4 for smaller GPUs",
    )
    max_tiles: int = Field(
        default=12,
        ge=1,
        le=36,
        description="How closely the Phi-4 model looks at a picture: 36 tiles read small text better, 12 are quicker",
    )
    hear_first: bool = Field(
        default=False, description="The Phi-4 model writes down what it heard before it answers, not afterwards"
    )
    speech: Literal["whisper-base", "whisper-tiny.en"] = Field(
        default="whisper-base", description="Speech model: base knows 99 languages, tiny.en is quicker and English only"
    )
    language_model: Literal["qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b"] = Field(
        default="qwen2.5-coder-1.5b", description="Language model: 1.5b answers better, 0.5b is quicker"
    )
    threads: int = Field(
        default=0, ge=0, le=256, description="Processor threads for the models; 0 chooses by the machine"
    )
    idle_unload_minutes: float = Field(
        default=0.0,
        ge=0.0,
        le=1440.0,
        description="Give the models' memory back after so many idle minutes; 0 never does",
    )


class Dictation(Section):
    when_moved: Literal["ask", "wait"] = Field(
        default="ask", description="When another window has the focus by then: ask where the text goes, or wait"
    )
    language: Language = Field(
        default="", description="Language you dictate in, as a code (en, de, …); empty takes the microphone's setting"
    )
    silence_seconds: float = Field(
        default=5.0, ge=0.0, le=60.0, description="Hands-free: so many seconds of silence end it; 0 never does"
    )
    screen_words: bool = Field(
        default=True,
        description="Spell names as they stand in the active window: it is read while you speak and stops at the "
        "release, so very short dictations go by the window's title alone; nothing of it is kept",
    )
    polish: bool = Field(
        default=False, description="Let the language model smooth what was said; slower, and your own words if it fails"
    )
    keep_days: float = Field(
        default=7.0, ge=0.0, le=3650.0, description="Keep dictations and their recordings for so many days"
    )
    keep_megabytes: int = Field(
        default=500, ge=0, le=1_000_000, description="The most room for recordings; the oldest go first, texts stay"
    )


class Shortcuts(Section):
    ask: Shortcut = Field(default="Ctrl+Alt+Space", description="Hold to ask about the screen")
    dictate: Shortcut = Field(default="Ctrl+Alt+D", description="Hold to type what you say into the focused window")


class Privacy(Section):
    offline: bool = Field(default=False, description="Never touch the network")
    keep_recordings: bool = Field(default=True, description="Keep what was said as sound, beside its transcript")
    words_in_notifications: bool = Field(
        default=False,
        description="Wayland: show what you say while you speak, even where the desktop keeps a list of notifications",
    )


class Settings(BaseModel):
    """All sections. Values are checked when they are set: a value out of its bounds raises `ValidationError`."""

    model_config = ConfigDict(extra="allow", validate_assignment=True)

    general: General = Field(default_factory=General)
    voice: Voice = Field(default_factory=Voice)
    screen: Screen = Field(default_factory=Screen)
    dictation: Dictation = Field(default_factory=Dictation)
    engine: Engine = Field(default_factory=Engine)
    shortcuts: Shortcuts = Field(default_factory=Shortcuts)
    privacy: Privacy = Field(default_factory=Privacy)

    def changed(self, section: str, field: str, value: Any) -> Self:
        """A copy with one value changed.

        Raises:
            pydantic.ValidationError: the value is out of its bounds.
        """
        copy = self.model_copy(deep=True)
        setattr(getattr(copy, section), field, value)
        return copy
