"""The three models of the light engine. Answering takes all of them; recognising speech takes that one alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.engine.base import Report
from assistant.engine.light import catalogue
from assistant.engine.light import prompt as template
from assistant.engine.light.language_model import LanguageModel
from assistant.engine.light.listening import Listening
from assistant.engine.light.screen_text import ScreenReader
from assistant.engine.light.speech import Recogniser


class Parts:
    """What hears, what reads and what answers.

    Args:
        models: the folder of model files.
        speech, language_model: names of folders in it.
        threads: for each part; they run one after the other.

    Attributes:
        ready: whether all three are loaded. The recogniser loads itself when it is used alone.

    Raises:
        ModelMissing: the speech model isn't on this machine.
    """

    def __init__(self, models: Path, speech: str, language_model: str, threads: int) -> None:
        context = catalogue.CONTEXT_TOKENS
        self.ready = False
        self._find_language_model = partial(catalogue.language_model_file, models, language_model)
        self.recogniser = Recogniser(catalogue.speech_folder(models, speech), threads)
        self.model = LanguageModel(models / language_model / catalogue.LANGUAGE_MODEL_FILE, threads, context)
        self.reader = ScreenReader(threads)
        self.listening = Listening(self.recogniser)

    def load(self, report: Report, cancel: CancelToken) -> None:
        """Loads all three, and prefills the instructions; on failure or a stop none stays loaded.

        Raises:
            ModelMissing: the language model isn't on this machine.
        """
        self._find_language_model()
        steps = (
            ("speech recognition", 0.0, self.recogniser.load),
            ("screen reading", 0.2, self.reader.load),
            ("language model", 0.4, self.model.load),
            ("language model", 0.8, self._prefill_opening),
        )
        try:
            for name, share, step in steps:
                cancel.check()
                report(name, share)
                step()
        except BaseException:
            self.unload()
            raise
        self.ready = True
        report("ready", 1.0)

    def unload(self) -> None:
        self.ready = False
        self.model.unload()
        self.reader.unload()
        self.recogniser.unload()

    def forget(self) -> None:
        """Drops all that was heard, read and prefilled, but for the instructions, which hold nothing of the user's."""
        self.recogniser.forget()
        self.reader.forget()
        if self.ready:
            self.model.forget(self.model.tokens(template.opening()))

    def _prefill_opening(self) -> None:
        self.model.prefill(self.model.tokens(template.opening()), CancelToken())
