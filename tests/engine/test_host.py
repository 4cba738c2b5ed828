"""The engine's child process: what crosses, what happens when either side dies, and what is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import EngineCrashed, EngineOutOfMemory
from assistant.core.events import Delta, Progress
from assistant.core.media import SAMPLE_RATE, Clip, Picture
from assistant.core.prompt import Options, Prompt, Turn
from assistant.engine import fake, host_process
from assistant.engine.base import Engine
from assistant.engine.fake import FakeEngine
from assistant.engine.host import EngineHost
from tests.engine.odd_engines import Describing, Failing, SlowToLoad

LONG = Prompt(text="a long answer, please")


def hosted(build: Callable[[], Engine]) -> Iterator[EngineHost]:
    host = EngineHost(build, fake.CAPABILITIES)
    yield host
    host.unload()


@pytest.fixture
def slow() -> Iterator[EngineHost]:
    yield from hosted(SlowToLoad)


@pytest.fixture
def describing() -> Iterator[EngineHost]:
    yield from hosted(Describing)


@pytest.fixture
def failing() -> Iterator[EngineHost]:
    yield from hosted(Failing)


def answer(host: EngineHost, prompt: Prompt, cancel: CancelToken | None = None) -> str:
    return host.generate(prompt, Options(max_tokens=4000), lambda _event: None, cancel or CancelToken()).text


def in_the_background(work: Callable[[], object]) -> Callable[[], BaseException | None]:
    """Runs `work` in a thread; calling what is returned waits for its end and gives the exception that it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def outcome() -> BaseException | None:
        thread.join(30)
        assert not thread.is_alive()
        return raised[0] if raised else None

    return outcome


def until(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def kill(host: EngineHost) -> None:
    assert host.process is not None
    os.kill(host.process, signal.SIGKILL)


def assert_crash(error: BaseException | None) -> None:
    assert isinstance(error, EngineCrashed)
    assert error.kept
    assert error.action


def test_the_engine_runs_in_another_process_without_qt_and_without_the_terminal(describing: EngineHost) -> None:
    child = int(describing.generate(LONG, Options(), lambda _event: None, CancelToken()).transcript)
    assert child == describing.process != os.getpid()
    assert not [mapped.path for mapped in psutil.Process(child).memory_maps() if "Qt" in mapped.path]


def test_pixels_and_samples_arrive_whole(describing: EngineHost) -> None:
    generator = np.random.default_rng(7)
    screen = Picture(generator.integers(0, 256, (2160, 3840, 3), np.uint8), "Screen 1", is_screen=True)
    small = Picture(np.full((1, 1, 3), 9, np.uint8), "dot")
    clip = Clip(generator.normal(0, 0.1, 90 * SAMPLE_RATE).astype(np.float32))
    prompt = Prompt((Turn("user", "before", pictures=(small,)),), (screen,), clip, "sum")
    expected = (
        f"Screen 1 (2160, 3840, 3) {int(screen.pixels.sum())}; dot (1, 1, 3) 27; float32 {clip.samples.sum():.3f}"
    )
    assert answer(describing, prompt) == expected
    assert answer(describing, prompt) == expected, "the second time the pictures stay where they are"


def test_a_renamed_picture_is_not_taken_for_the_one_before(describing: EngineHost) -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    assert answer(describing, Prompt(pictures=(Picture(pixels, "first"),))).startswith("first")
    assert answer(describing, Prompt(pictures=(Picture(pixels, "second"),))).startswith("second")


def test_an_empty_clip_crosses(describing: EngineHost) -> None:
    assert answer(describing, Prompt(clip=Clip(np.zeros(0, np.float32)))) == "float32 0.000"


def test_many_pictures_do_not_pile_up(describing: EngineHost) -> None:
    """Twelve screens of 25 MB are 300 MB; the child keeps about 128 MB of them."""
    for number in range(12):
        answer(describing, Prompt(pictures=(Picture(np.full((2160, 3840, 3), number, np.uint8)),)))
    assert psutil.Process(describing.process).memory_full_info().uss < 260 * 1024**2


def test_a_child_killed_while_it_loads_is_a_crash(slow: EngineHost) -> None:
    outcome = in_the_background(lambda: slow.load(lambda _what, _share: kill(slow), CancelToken()))
    assert_crash(outcome())
    assert slow.process is None


@pytest.mark.parametrize("call", ["warm", "generate", "transcribe"])
def test_a_child_killed_at_work_is_a_crash_and_the_next_call_starts_another(call: str, failing: EngineHost) -> None:
    deaf = Prompt(text="deaf", clip=Clip(np.zeros(100, np.float32)))
    assert deaf.clip is not None
    clip = deaf.clip
    calls: dict[str, Callable[[], object]] = {
        "warm": lambda: failing.warm(deaf, lambda _event: kill(failing), CancelToken()),
        "generate": lambda: failing.generate(deaf, Options(), lambda _event: kill(failing), CancelToken()),
        "transcribe": lambda: failing.transcribe(clip, Options(), lambda _event: kill(failing), CancelToken()),
    }
    failing.load(lambda _what, _share: None, CancelToken())
    first = failing.process
    assert_crash(in_the_background(calls[call])())
    assert answer(failing, LONG)
    assert failing.process != first


def test_a_child_that_died_between_two_calls_is_replaced(failing: EngineHost) -> None:
    assert answer(failing, LONG)
    first = psutil.Process(failing.process)
    first.kill()
    assert until(lambda: first.status() == psutil.STATUS_ZOMBIE and first.num_threads() <= 1)
    assert answer(failing, LONG)
    assert failing.process != first.pid


def test_loading_that_cannot_be_interrupted_is_ended_by_a_stop(slow: EngineHost) -> None:
    cancel, reports = CancelToken(), []

    def report(what: str, share: float) -> None:
        reports.append((what, share))
        cancel.set()

    started = time.monotonic()
    with pytest.raises(Cancelled):
        slow.load(report, cancel)
    assert reports == [("weights", 0.1)]
    assert time.monotonic() - started < 20, "far above the promise: this machine may be busy"
    assert slow.process is None


def test_a_call_that_heeds_no_stop_is_ended(failing: EngineHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.engine.host._GRACE", 0.3)
    cancel = CancelToken()
    outcome = in_the_background(
        lambda: failing.generate(Prompt(text="deaf"), Options(), lambda _event: cancel.set(), cancel)
    )
    assert isinstance(outcome(), Cancelled)
    assert answer(failing, LONG)


def test_errors_for_people_cross_whole(failing: EngineHost) -> None:
    events: list[Progress] = []
    with pytest.raises(EngineOutOfMemory) as caught:
        failing.generate(Prompt(text="memory"), Options(), events.append, CancelToken())
    error = caught.value
    assert (error.message, error.kept, error.action) == ("Memory ran out.", "The turn is kept.", "Close programs.")
    assert events == [Delta("partial ")]


def test_a_bug_in_the_engine_is_told_without_the_users_words(failing: EngineHost) -> None:
    failing.load(lambda _what, _share: None, CancelToken())
    first = failing.process
    with pytest.raises(EngineCrashed) as caught:
        failing.generate(Prompt(text="bug"), Options(), lambda _event: None, CancelToken())
    assert "ValueError" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert answer(failing, LONG)
    assert failing.process != first, "what a bug may have spoilt, a GPU's context above all, is not used again"


def test_a_child_that_exits_is_a_crash(failing: EngineHost) -> None:
    with pytest.raises(EngineCrashed, match="exit code 3"):
        answer(failing, Prompt(text="exit"))
    assert answer(failing, LONG)


def test_deltas_are_sent_together() -> None:
    """A thousand tokens a second, yet at most about fifty messages a second."""
    host = EngineHost(_Fast(), fake.CAPABILITIES)
    events: list[Progress] = []
    try:
        started = time.monotonic()
        text = host.generate(LONG, Options(max_tokens=4000), events.append, CancelToken()).text
        seconds = time.monotonic() - started
    finally:
        host.unload()
    deltas = [event.text for event in events if isinstance(event, Delta)]
    assert "".join(deltas) == text
    assert len(deltas) <= 60 * seconds + 5


class _Fast:
    """Builds an engine that answers 4,000 characters at 1,000 tokens a second."""

    def __call__(self) -> Engine:
        return FakeEngine(1000.0, characters=4000)


PARENT = """
import os, sys, time
from assistant.core.cancel import CancelToken
from assistant.core.prompt import Options, Prompt
from assistant.core.media import Clip, Picture
import numpy as np
from assistant.engine import fake
from assistant.engine.fake import FakeEngine
from assistant.engine.host import EngineHost
from tests.engine.odd_engines import Noisy

if __name__ == "__main__":
    host = EngineHost(Noisy if "noisy" in sys.argv else FakeEngine, fake.CAPABILITIES)
    prompt = Prompt(pictures=(Picture(np.zeros((2160, 3840, 3), np.uint8)),), clip=Clip(np.zeros(160_000, np.float32)))
    host.warm(prompt, print, CancelToken())
    if "noisy" in sys.argv:
        heard = []
        print(host.generate(prompt, Options(), heard.append, CancelToken()).text, heard[0].text)
    print(host.process, flush=True)
    if "linger" in sys.argv:
        host.generate(Prompt(text="x" * 100_000), Options(max_tokens=10**6), lambda event: None, CancelToken())
    if "unload" in sys.argv:
        host.unload()
"""


@pytest.fixture
def parent(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts a program that hosts an engine."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT, encoding="utf-8")
    root = Path(__file__).parents[2]

    def start(*words: str) -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONWARNINGS": "error"}
        return subprocess.Popen([sys.executable, str(script), *words], env=environment, text=True, **pipes)  # type: ignore[call-overload, no-any-return]

    return start


def shared_memory() -> set[str]:
    """Names in shared memory that Python or Hearsight may have left there."""
    folder = Path("/dev/shm")
    files = folder.iterdir() if folder.is_dir() else []
    return {file.name for file in files if file.name.startswith(("hearsight", "psm_"))}


def test_a_killed_parent_takes_its_child_along(parent: Callable[..., subprocess.Popen[str]]) -> None:
    before = shared_memory()
    with parent("linger") as program:
        assert program.stdout is not None
        child = int(program.stdout.readline())
        program.kill()
    assert until(lambda: not psutil.pid_exists(child))
    assert shared_memory() <= before


@pytest.mark.parametrize("word", ["unload", "forget"])
def test_a_parent_that_ends_leaves_no_child_and_no_warning(
    parent: Callable[..., subprocess.Popen[str]], word: str
) -> None:
    with parent(word) as program:
        output, errors = program.communicate(timeout=60)
    assert errors == ""
    assert program.returncode == 0
    assert until(lambda: not psutil.pid_exists(int(output)))


def test_the_child_prints_nothing_among_the_answers_and_takes_nothing_typed(
    parent: Callable[..., subprocess.Popen[str]],
) -> None:
    with parent("noisy", "unload") as program:
        output, errors = program.communicate("typed\n", timeout=60)
    assert output.splitlines()[0] == "quiet b''"
    assert "noise" not in output
    assert "noise of a library" in errors


def test_unloading_twice_and_before_loading_is_nothing(describing: EngineHost) -> None:
    describing.unload()
    answer(describing, LONG)
    describing.unload()
    describing.unload()
    assert describing.process is None


def test_a_child_that_will_not_end_is_killed(failing: EngineHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_process, "_EXIT_SECONDS", 0.3)
    cancel = CancelToken()
    child: list[int] = []

    def emit(_event: Progress) -> None:
        assert failing.process is not None
        child.append(failing.process)
        os.kill(failing.process, signal.SIGSTOP)
        cancel.set()

    monkeypatch.setattr("assistant.engine.host._GRACE", 0.3)
    outcome = in_the_background(lambda: failing.generate(LONG, Options(), emit, cancel))
    assert isinstance(outcome(), Cancelled)
    assert not psutil.pid_exists(child[0])


def test_loading_reports_reach_the_caller(hosted_fake: EngineHost) -> None:
    reports: list[tuple[str, float]] = []
    hosted_fake.load(lambda what, share: reports.append((what, share)), CancelToken())
    assert reports == [("fake engine", 1.0)]
