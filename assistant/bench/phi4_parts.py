"""The parts of `bench phi4` over one loaded model, each small enough to fail alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from assistant.bench.phi4_device import Bandwidth
from assistant.bench.phi4_pace import Card, Ours, agreement, interleave, prefill_rate
from assistant.bench.phi4_plan import Plan
from assistant.bench.phi4_rows import line_of, metrics_of, row_of
from assistant.bench.phi4_subject import Subject
from assistant.bench.report import Report


class Parts:
    """Iterating gives each part's name and what runs it."""

    def __init__(self, plan: Plan, subject: Subject, bandwidth: Bandwidth | None, report: Report) -> None:
        self._plan, self._subject, self._bandwidth, self._report = plan, subject, bandwidth, report

    def __iter__(self) -> Iterator[tuple[str, Callable[[], None]]]:
        whole, forms = self._subject.whole, self._plan.forms
        for adapter in self._plan.adapters:
            yield f"decoding, {adapter or 'text'}", partial(self._decoding, adapter)
        yield "first token", self._first_token
        for form in forms:
            yield form, partial(self._form, form)
        yield "steps", self._steps
        for form in (whole, *forms):
            yield f"agreement, {form}", partial(self._agreement, form)
        yield "prefill", self._prefill
        if not self._plan.thin:
            yield "window", self._window

    def _decoding(self, adapter: Any) -> None:
        """Merged, unquantised, beside generate() with the same adapter, in turn, at each context."""
        decoder, loop = self._subject.decoder(self._subject.weights(self._subject.whole, adapter))
        if self._subject.choose:
            self._subject.choose(adapter)
        for context in self._plan.contexts:
            card = self._card(decoder.sizes.vocab, context)
            ours = Ours(decoder, loop, context, self._plan.tokens)
            interleave([case for case in (card, ours) if case], self._plan.runs)
            self._row("decode", self._subject.whole, ours, card=card)

    def _card(self, vocab: int, context: int) -> Card | None:
        """The baseline, unless it can't run here: ours is measured all the same."""
        try:
            card = Card(self._subject.native.model, vocab, context, self._plan.tokens // 2)
            card.run(count=False)
        except Exception as error:  # Another library's whole stack.
            self._report.notes.append(f"generate(): not measured ({type(error).__name__}: {short(error)})")
            return None
        return card

    def _form(self, form: Any) -> None:
        """Quantised, with the vision adapter merged in."""
        decoder, loop = self._subject.decoder(self._subject.weights(form))
        for context in self._plan.contexts:
            ours = Ours(decoder, loop, context, self._plan.tokens)
            interleave([ours], self._plan.runs)
            self._row("decode", form, ours)

    def _steps(self) -> None:
        """The same unquantised weights by each kind of step: what each is worth."""
        cases: dict[str, Ours] = {}
        for step in self._plan.steps:
            slower = self._subject.slower
            decoder, loop = self._subject.decoder(self._subject.weights(self._subject.whole), step)
            case = Ours(decoder, loop, self._plan.context, self._plan.tokens)
            try:
                case.run(count=False)
            except Exception as error:  # A compiler's or driver's own.
                self._report.notes.append(f"step {step}: can't run here ({type(error).__name__}: {short(error)})")
                continue
            # What gave way to the plain step, or to uncaptured ones, is named in the notes, not measured as this.
            if self._subject.slower == slower:
                cases[step] = case
        interleave(list(cases.values()), self._plan.runs)
        for step, ours in cases.items():
            self._row("step", self._subject.whole, ours, step=step)

    def _agreement(self, form: Any) -> None:
        """A form's fast step against the same weights by the reference arithmetic, teacher-forced."""
        from assistant.engine.phi4.decoder import Decoder

        weights = self._subject.weights(form)
        decoder, loop = self._subject.decoder(weights)
        plain = Decoder(self._subject.native.config, weights, attention="eager")
        equal, worst = agreement(loop, decoder, plain, self._plan.context, 64)
        self._report.metrics |= {f"{form}_agree_share": equal, f"{form}_largest_difference_ratio": worst}

    def _first_token(self) -> None:
        from assistant.bench.phi4_first_token import Release

        decoder, loop = self._subject.decoder(self._subject.weights(self._subject.whole))
        release = Release(self._subject.native, decoder, loop)
        release.run(count=False)
        for _ in range(max(3, self._plan.runs)):
            release.run()
        cold, warm = release.cold.median_s, release.warm.median_s
        self._report.metrics |= {
            "cold_first_token_ms": 1000 * cold,
            "warm_first_token_ms": 1000 * warm,
            "warm_of_cold_ratio": warm / cold,
            "read_after_release_ratio": release.warm.computed / release.warm.asked,
        }

    def _prefill(self) -> None:
        decoder, _ = self._subject.decoder(self._subject.weights(self._subject.whole))
        rate = prefill_rate(decoder, self._plan.context, self._plan.runs)
        self._report.metrics["prefill_tokens_per_s"] = rate

    def _window(self) -> None:
        """How late a window's events are while this process decodes; a thin model would say nothing about it."""
        from assistant.bench.phi4_window import lateness

        self._report.metrics |= lateness(*self._subject.decoder(self._subject.weights(self._subject.whole)))

    def _row(self, part: str, form: str, ours: Ours, *, card: Card | None = None, step: str = "") -> None:
        row = row_of(part, form, ours, self._bandwidth, card, step)
        self._report.rows.append(row)
        self._report.notes.append(line_of(row))
        self._report.metrics |= metrics_of(row, self._plan)


def short(error: Exception) -> str:
    """An error's first line."""
    return str(error).strip().partition("\n")[0][:200]
