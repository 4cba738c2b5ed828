"""An engine whose model is made ready at its first load."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import ModelBroken
from assistant.core.prompt import Options, Prompt
from assistant.engine import fake
from assistant.engine.base import Report
from assistant.engine.fake import FakeEngine
from assistant.flows.prepared_model import PreparedEngine


class Model:
    """A model folder that is made ready; counts how often."""

    def __init__(self, tmp_path: Path, *, broken: bool = False) -> None:
        self.folder = tmp_path
        self.prepared = 0
        self.built: list[Path] = []
        self._broken = broken

    def prepare(self, report: Report, cancel: CancelToken) -> Path:
        self.prepared += 1
        report("the model (converting)", 0.5)
        if self._broken:
            raise ModelBroken("A shard is cut off.", action="Fetch it again.")
        return self.folder

    def build(self, folder: Path) -> FakeEngine:
        self.built.append(folder)
        return FakeEngine(0)

    def engine(self) -> PreparedEngine:
        return PreparedEngine(self.prepare, self.build, fake.CAPABILITIES)


def test_it_is_made_ready_with_its_progress_and_then_loaded(tmp_path: Path) -> None:
    model, reports = Model(tmp_path), []
    engine = model.engine()
    assert engine.capabilities is fake.CAPABILITIES
    for _ in range(2):
        engine.load(lambda what, share: reports.append((what, share)), CancelToken())
    assert reports == [("the model (converting)", 0.5), ("fake engine", 1.0)]
    assert model.built == [tmp_path]
    assert engine.generate(Prompt(text="Hi"), Options(), lambda _event: None, CancelToken()).text


def test_a_question_makes_it_ready_as_well(tmp_path: Path) -> None:
    assert Model(tmp_path).engine().generate(Prompt(text="Hi"), Options(), print, CancelToken()).text


def test_after_unloading_the_files_are_looked_at_again(tmp_path: Path) -> None:
    model = Model(tmp_path)
    engine = model.engine()
    for _ in range(2):
        engine.load(print, CancelToken())
        engine.unload()
    assert model.prepared == 2


def test_a_broken_model_never_reaches_the_engine(tmp_path: Path) -> None:
    model = Model(tmp_path, broken=True)
    with pytest.raises(ModelBroken):
        model.engine().load(print, CancelToken())
    assert model.built == []


def test_a_stop_comes_before_the_work(tmp_path: Path) -> None:
    cancel, model = CancelToken(), Model(tmp_path)
    cancel.set()
    with pytest.raises(Cancelled):
        model.engine().load(print, cancel)
    assert model.prepared == 0
