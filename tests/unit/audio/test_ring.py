"""The ring gives every frame once and in order, or says how many were overwritten."""

from __future__ import annotations

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.audio.ring import Ring


def numbered(start: int, count: int, channels: int = 1) -> np.ndarray:
    column = np.arange(start, start + count, dtype=np.int64).astype(np.int16)
    return np.repeat(column[:, None], channels, axis=1)


@given(
    capacity=st.integers(1, 50),
    channels=st.integers(1, 3),
    steps=st.lists(st.tuples(st.integers(0, 80), st.booleans()), max_size=30),
)
def test_each_frame_comes_once_in_order_or_is_counted_as_lost(
    capacity: int, channels: int, steps: list[tuple[int, bool]]
) -> None:
    ring, written, position = Ring(capacity, channels), 0, 0
    for count, read in [*steps, (0, True)]:
        ring.write(numbered(written, count, channels))
        written += count
        if read:
            taken = ring.read(position)
            assert taken.lost == max(0, written - capacity - position)
            assert np.array_equal(taken.frames, numbered(position + taken.lost, len(taken.frames), channels))
            position = taken.position
    assert position == written == ring.written


def test_what_was_read_is_a_copy() -> None:
    ring = Ring(4, 1)
    ring.write(numbered(0, 4))
    taken = ring.read(0)
    ring.write(numbered(100, 4))
    assert taken.frames[:, 0].tolist() == [0, 1, 2, 3]


def test_frames_overwritten_while_they_are_copied_are_given_up() -> None:
    """A writer that overtakes the reader in the middle of its copy must not leave torn frames in it."""

    class Overtaken(Ring):
        def _copy(self, start: int, end: int) -> np.ndarray:
            self.write(numbered(10, 3))
            return super()._copy(start, end)

    ring = Overtaken(10, 1)
    Ring.write(ring, numbered(0, 10))
    taken = ring.read(0)
    assert (taken.lost, taken.frames[:, 0].tolist()) == (3, [3, 4, 5, 6, 7, 8, 9])


def test_a_thread_that_writes_and_one_that_reads_agree() -> None:
    ring, total = Ring(4_000, 1), 200_000
    seen: list[np.ndarray] = []

    def write() -> None:
        for start in range(0, total, 100):
            ring.write(numbered(start, 100))

    writer = threading.Thread(target=write)
    position = lost = 0
    writer.start()
    while writer.is_alive() or position < total:
        taken = ring.read(position)
        expected = numbered(position + taken.lost, len(taken.frames))
        assert np.array_equal(taken.frames, expected)
        position, lost = taken.position, lost + taken.lost
        seen.append(taken.frames)
    writer.join()
    assert sum(len(frames) for frames in seen) + lost == total
