"""A worker trains only what the process that judges would have trained with the same numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from negres_core.cluster import worker
from negres_core.cluster.contract import Replica, Task
from negres_core.cluster.facts import facts_of
from negres_core.cluster.packing import pack_data, pack_recipe, place_of
from negres_core.design import KFolds
from negres_core.engine.description import describe_recipe, packages_of_recipe
from tests.experiment.simple_arms import DATA, ONE


@pytest.fixture
def task(device):
    """A task of two replicates, of which the worker holds the data and the recipe."""
    worker.hold("the data", pack_data(DATA))
    worker.hold("the recipe", pack_recipe(ONE, None))
    return Task(
        number=1,
        call="a call",
        expected=facts_of(device),
        place=place_of(Path.cwd()),
        data="the data",
        recipe="the recipe",
        description=describe_recipe(ONE, DATA).digest,
        packages=packages_of_recipe(ONE),
        settings={},
        replicas=tuple(
            Replica(cell.repeat, cell.fold, 0, cell.train, cell.test, cell.validation, cell.gap, None)
            for cell in list(KFolds(3).split(DATA))[:2]
        ),
    )


def test_a_task_is_trained(task, engine):
    answer = worker.perform(task, "here")
    assert (answer.refused, answer.error, answer.missing) == (None, None, ())
    assert sorted(position for position, _ in answer.results) == [0, 1]
    assert answer.provenance.worker == "here"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"negres": "0" * 64}, "the source of negres is"),
        ({"python": "2.7"}, ", and 2.7 in the session"),
        ({"backend": "theano"}, ", and theano in the session"),
        ({"versions": (("keras", "1.0"),)}, ", and 1.0 in the session"),
    ],
)
def test_a_worker_of_another_kind_is_refused(task, engine, change, named):
    answer = worker.perform(replace(task, expected=replace(task.expected, **change)))
    assert named in answer.refused
    assert not engine.calls


def test_a_worker_without_the_kind_of_device_is_refused(task, engine):
    answer = worker.perform(replace(task, expected=replace(task.expected, device="gpu")))
    assert "none was found" in answer.refused
    assert not engine.calls


def test_a_worker_with_other_code_of_the_user_is_refused(task, engine):
    answer = worker.perform(replace(task, description="0" * 64))
    assert "differs: its digest is" in answer.refused
    other = worker.perform(replace(task, packages=(*task.packages, "scipy==1.0")))
    assert "scipy==1.0" in other.refused
    assert not engine.calls


def test_a_worker_that_cannot_import_the_code_says_so(task):
    worker.hold("the recipe", b"cno_such_module\nbuild\n.")
    assert "ModuleNotFoundError: No module named 'no_such_module'" in worker.perform(task).refused


def test_a_worker_asks_for_what_it_does_not_hold(task):
    worker.HELD.packed.clear()
    assert worker.perform(task).missing == ("the data", "the recipe")


def test_a_worker_holds_a_few_data_sets(task, engine, monkeypatch):
    monkeypatch.setattr(worker, "MOST_DATA_SETS", 2)
    for number in range(4):
        worker.hold(f"data {number}", pack_data(DATA))
        worker.perform(replace(task, data=f"data {number}"))
    assert list(worker.HELD.data) == ["data 2", "data 3"]
    assert worker.HELD.packed.keys() == {"the data"}


def test_what_is_finished_is_sent_with_an_error(task, engine):
    engine.fails_after = 1
    answer = worker.perform(task)
    assert len(answer.results) == 1
    assert str(answer.error) == "out of memory"


def test_a_task_of_a_call_that_was_ended_does_nothing(task, engine):
    worker.stop("a call")
    assert worker.perform(task).results == []
    assert not engine.calls


def test_a_task_ends_between_two_epochs(task, monkeypatch):
    from negres_core.engine.interruption import stop_if_interrupted

    def train(recipe, data, jobs, *, device):
        worker.stop("a call")
        stop_if_interrupted()
        yield

    monkeypatch.setattr("negres_core.engine.selection.train", train)
    answer = worker.perform(task)
    assert (answer.results, answer.error) == ([], None)


def test_an_error_that_cannot_be_sent_becomes_its_text():
    class OwnError(Exception):
        pass

    sent = worker.sendable(OwnError("mine"))
    assert type(sent) is RuntimeError
    assert str(sent) == "OwnError: mine"
    assert str(worker.sendable(ValueError("theirs"))) == "theirs"
