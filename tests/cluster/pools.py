"""A pool in this process, whose workers do what a test wants, and an engine that trains nothing."""

from __future__ import annotations

from negres_core.cluster import worker
from negres_core.cluster.contract import Answer
from negres_core.engine.contract import Result
from tests.fakes import BUDGET


class PoolHere:
    """Performs tasks when their answers are asked for, the last one first.

    Attributes:
        tasks: all tasks that were submitted.
        dies: called with a task; whether it ends every worker that trains it.
        answer: called with a task; what a worker answers.
        cancelled: tasks that were given up.
    """

    def __init__(self, workers=2):
        self.workers = workers
        self.tasks, self.waiting, self.cancelled = [], [], []
        self.packs = {}
        self.dies = lambda task: False
        self.answer = lambda task: worker.perform(task, "one on here")
        self.is_closed = False

    def hold(self, name, pack):
        self.packs[name] = pack

    def submit(self, task):
        self.tasks.append(task)
        self.waiting.append(task)

    def as_completed(self):
        while self.waiting:
            task = self.waiting.pop()
            if self.dies(task):
                yield task, Answer(killed=("3 workers",))
                continue
            answer = self.answer(task)
            while answer.missing:
                for name in answer.missing:
                    worker.hold(name, self.packs[name]())
                answer = self.answer(task)
            yield task, answer

    def cancel(self):
        self.cancelled += self.waiting
        self.waiting.clear()

    def close(self):
        self.is_closed = True


class SimpleEngine:
    """Returns a result for each job, and raises an error after some of them, if a test wants that.

    Attributes:
        calls: the recipe, the data and the jobs of each call.
        parents: the content and the suffix of the model of the stage before, for each job that has one.
        fails_after: the number of results before an error; None for no error.
    """

    def __init__(self):
        self.calls, self.parents, self.fails_after = [], [], None

    def train(self, recipe, data, jobs, *, device):
        self.calls.append((recipe, data, jobs))
        for number, job in enumerate(jobs):
            if number == self.fails_after:
                raise RuntimeError("out of memory")
            if job.parent is not None:
                self.parents.append((job.parent.read_bytes(), job.parent.suffix))
            yield (
                job,
                Result(
                    metrics={"accuracy": 0.75},
                    finite=True,
                    curve=[],
                    predictions={},
                    weights=[],
                    inputs_digest="",
                    budget=BUDGET,
                    cost={"train_s": 0.5},
                    model=None,
                ),
            )
