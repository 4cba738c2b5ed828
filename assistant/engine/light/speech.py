"""Speech to text with Whisper (faster-whisper on CTranslate2, int8 on the CPU). The one module that loads it.

Decoding is greedy and a clip's pieces are remembered by their samples, so a pass over the whole clip costs only what
the passes over its beginning didn't do, and gives what it would have given without them.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineOutOfMemory, ModelBroken
from assistant.core.events import Segment, Transcript
from assistant.core.media import SAMPLE_RATE, Clip
from assistant.engine.light.speech_chunks import Chunk, Cutter
from assistant.engine.light.speech_text import TIMESTAMP_SECONDS, Decoded, moved, repeats
from assistant.engine.light.speech_text import segments as text_segments

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

_REMEMBERED = 256
"""Pieces; more than the longest recording has."""
_FRAMES_PER_SECOND = 100
_FEWEST_FRAMES = 1000
_MOST_FRAMES = 3000
"""Whisper's own window is 3,000 frames (30 s). Ten seconds for short clips take a third of the time and lose nothing:
word errors on the ten clips of pocketsphinx-testdata 13.0 % against 14.1 % in the whole window."""
_MARGIN = 1.3

# Whisper's own thresholds (Radford et al. 2022, section 4.5; the same in openai/whisper and faster-whisper).
_NO_SPEECH = 0.6
_LOW_PROBABILITY = -1.0
_MOST_PROMPT = 223
"""Tokens of text before the speech: half of the decoder's 448 positions, less one for the token that opens it."""
_LATEST_START = round(1.0 / TIMESTAMP_SECONDS)


@dataclass(frozen=True)
class _Piece:
    """What was recognised in one piece; times count from its start."""

    segments: tuple[Segment, ...]
    language: str


class Recogniser:
    """Whisper, loaded from a folder.

    Args:
        folder: `model.bin`, `config.json`, `tokenizer.json` and `vocabulary.txt` as CTranslate2 writes them.
        threads: of the CPU.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder = folder
        self._threads = threads
        self._model: WhisperModel | None = None
        self._tokenizers: dict[str, Tokenizer] = {}
        self._suppressed: list[int] = []
        self._known: OrderedDict[str, _Piece] = OrderedDict()
        self._cutter = Cutter()

    def load(self) -> None:
        """Raises:
        ModelBroken: the files are not a Whisper model.
        EngineOutOfMemory: they don't fit in memory.
        """
        from faster_whisper import WhisperModel
        from faster_whisper.vad import get_vad_model

        try:
            self._model = WhisperModel(
                str(self._folder), device="cpu", compute_type="int8", cpu_threads=self._threads, local_files_only=True
            )
        except MemoryError as error:
            raise EngineOutOfMemory(
                "There is not enough free memory for speech recognition.", action="Close other programs and try again."
            ) from error
        except Exception as error:  # CTranslate2 and tokenizers raise RuntimeError, ValueError and bare Exception
            raise ModelBroken(
                f"The speech model in {self._folder} can't be read.",
                action=f"Fetch it anew: hearsight models verify {self._folder.name}",
            ) from error
        get_vad_model()

    def unload(self) -> None:
        self._model = None
        self._tokenizers.clear()
        self.forget()

    def forget(self) -> None:
        """Drops what was recognised before."""
        self._known.clear()
        self._cutter.forget()

    def recognise(
        self,
        clip: Clip,
        language: str,
        cancel: CancelToken,
        on_segment: Callable[[Segment], None] = lambda _s: None,
        hints: tuple[str, ...] = (),
    ) -> Transcript:
        """Recognises a clip of any length; the text is empty where nothing was said.

        Args:
            clip: the sound.
            language: ISO 639-1, or "" to detect it on the first piece that holds speech.
            cancel: seen between pieces (at most 28 s of sound each).
            on_segment: gets each segment as it is known.
            hints: see `Options.hints`; they stand before the text in the decoder, as Whisper was trained on.
        """
        segments: list[Segment] = []
        for chunk in self.cut(clip):
            cancel.check()
            piece = self._recognise(clip.samples[chunk.start : chunk.end], language, hints)
            language = language or piece.language
            for segment in piece.segments:
                segments.append(moved(segment, chunk.start / SAMPLE_RATE))
                on_segment(segments[-1])
        text = " ".join(segment.text for segment in segments)
        return Transcript(text, tuple(segments), language if segments else "", clip.seconds)

    def cut(self, clip: Clip) -> list[Chunk]:
        """The pieces of the clip that hold speech."""
        return self._cutter.cut(clip.samples)

    def is_known(self, clip: Clip, chunks: list[Chunk], language: str) -> bool:
        """Whether recognising `clip`, cut into `chunks`, would only be a look-up."""
        for chunk in chunks:
            piece = self._known.get(_key(clip.samples[chunk.start : chunk.end], language))
            if piece is None:
                return False
            language = language or piece.language
        return True

    def _recognise(self, samples: NDArray[np.float32], language: str, hints: tuple[str, ...]) -> _Piece:
        key = _key(samples, language, hints)
        if key not in self._known:
            self._known[key] = self._decode(samples, language, hints)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def _decode(self, samples: NDArray[np.float32], language: str, hints: tuple[str, ...]) -> _Piece:
        from faster_whisper.audio import pad_or_trim

        model = self._whisper()
        needed = int(len(samples) / SAMPLE_RATE * _FRAMES_PER_SECOND * _MARGIN) + _FRAMES_PER_SECOND
        frames = min(_MOST_FRAMES, max(_FEWEST_FRAMES, needed))
        encoded = model.encode(pad_or_trim(model.feature_extractor(samples), frames))
        if not model.model.is_multilingual:
            language = "en"
        elif language not in model.supported_languages:
            language = model.model.detect_language(encoded)[0][0][0].strip("<|>")
        decoded = self._greedy_or_beam(encoded, language, hints)
        return _Piece(text_segments(self._tokenizer(language), decoded, len(samples) / SAMPLE_RATE), language)

    def _greedy_or_beam(self, encoded: Any, language: str, hints: tuple[str, ...]) -> Decoded:
        """The best tokens; none where the model doubts that anything was said, or only loops.

        Where Whisper would fall back to sampling, a wider beam is tried: it needs no chance, so the same clip gives
        the same text. Where that is improbable as well it stays, as Whisper's own last try does: somebody spoke.
        """
        tokenizer = self._tokenizer(language)
        for beam in (1, 5):
            result = self._whisper().model.generate(
                encoded,
                [_prompt(tokenizer, hints)],
                beam_size=beam,
                return_scores=True,
                return_no_speech_prob=True,
                suppress_blank=True,
                suppress_tokens=self._suppressed,
                max_initial_timestamp_index=_LATEST_START,
            )[0]
            tokens: list[int] = result.sequences_ids[0]
            probable = result.scores[0] >= _LOW_PROBABILITY
            loops = repeats(tokenizer.decode(tokens))
            if not probable and result.no_speech_prob > _NO_SPEECH:
                tokens = []
                break
            if probable and not loops:
                break
        return Decoded([] if loops else tokens, result.no_speech_prob, result.scores[0])

    def _tokenizer(self, language: str) -> Tokenizer:
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        if language not in self._tokenizers:
            model = self._whisper()
            multilingual = model.model.is_multilingual
            self._tokenizers[language] = Tokenizer(model.hf_tokenizer, multilingual, "transcribe", language)
            self._suppressed = list(get_suppressed_tokens(self._tokenizers[language], [-1]))
        return self._tokenizers[language]

    def _whisper(self) -> WhisperModel:
        if self._model is None:
            self.load()
        assert self._model is not None
        return self._model


def _key(samples: NDArray[np.float32], language: str, hints: tuple[str, ...] = ()) -> str:
    return "\n".join((hashlib.sha256(np.ascontiguousarray(samples).data).hexdigest(), language, *hints))


def _prompt(tokenizer: Tokenizer, hints: tuple[str, ...]) -> list[int]:
    """What the decoder goes on from: as many hints, as text that came before, as fit in the half that is for it.

    A list with commas makes it write lists. Word errors on 72 clips of `bench.wer_set`: 29.0 % without hints, 27.6 %
    with commas, 22.1 % with spaces and a full stop.
    """
    if not hints:
        return list(tokenizer.sot_sequence)
    # Control tokens, whose names a hint might spell, are numbered from the end-of-text one on.
    tokens = [token for token in tokenizer.encode(f" {' '.join(hints)}.") if token < tokenizer.eot]
    return [tokenizer.sot_prev, *tokens[:_MOST_PROMPT], *tokenizer.sot_sequence]
