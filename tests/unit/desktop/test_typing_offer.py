"""When a read is a receipt, and what the corpus of the insertion bench holds."""

from __future__ import annotations

from assistant.bench.insertion_texts import samples
from assistant.desktop.typing.offer import Offer

TARGET, MANAGER = 1, 2
KEYS = 1000


def offered() -> Offer:
    offer = Offer(lambda window: window == TARGET)
    offer.keys_follow(KEYS)
    return offer


def test_only_the_targets_read_after_the_keys_counts() -> None:
    early = Offer(lambda window: True)
    assert not early.counts(TARGET, KEYS)
    offer = offered()
    assert offer.counts(TARGET, KEYS + 5)
    assert not offer.counts(MANAGER, KEYS + 5)
    assert not offer.counts(TARGET, KEYS - 5)


def test_the_servers_clock_may_begin_anew() -> None:
    offer = Offer(lambda window: True)
    offer.keys_follow((1 << 32) - 3)
    assert offer.counts(TARGET, 4)
    assert not offer.counts(TARGET, (1 << 32) - 500)


def test_a_read_that_could_be_a_watchers_keeps_the_text_longer() -> None:
    sure, unsure, untimed = offered(), offered(), offered()
    assert all((sure.counts(TARGET, KEYS + 5), unsure.counts(TARGET, KEYS), untimed.counts(TARGET, 0)))
    assert sure.quiet_seconds < unsure.quiet_seconds == untimed.quiet_seconds


def test_others_reads_are_counted_apart() -> None:
    offer = offered()
    offer.taken(False)
    assert (offer.is_read, offer.others) == (False, 1)
    offer.taken(True)
    assert offer.is_read


def test_the_corpus_is_as_large_and_as_mixed_as_it_says() -> None:
    texts = [sample.text for sample in samples()]
    assert len(set(texts)) == len(texts) >= 200
    assert max(len(text.encode()) for text in texts) >= 100_000
    for part in ("é", "世", "\u200d", "ש", "م", "\t", "“", "$(", "\n"):
        assert any(part in text for text in texts)
