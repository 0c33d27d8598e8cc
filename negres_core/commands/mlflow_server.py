"""An experiment of MLflow, on a server or in a database, by MLflow's client: imported and asked only here."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from negres_core.errors import EvidenceError, InputError
from negres_core.report.mlflow_runs import MlflowRun

if TYPE_CHECKING:
    from mlflow import MlflowClient

MOST_POINTS, MOST_PARAMS = 500, 100
"""Most values of metrics, and most params, in one request. Servers take 1,000 and 100, and 1 MB in all."""
_DATABASES = ("postgresql", "mysql", "sqlite", "mssql")
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
"""For the first request, unless the user sets them: MLflow waits 4 minutes for a server that is not there."""
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}
"""Unless the user sets them: people who export to their own database do not expect that anything is sent to
MLflow's makers, and two lines for each run are too many."""


class Server:
    """An experiment of MLflow, by MLflow's client.

    Args:
        uri: MLflow's tracking URI.
        experiment: the name of the experiment, which is made if it is missing.
    """

    def __init__(self, uri: str, experiment: str) -> None:
        self.client = _client(uri)
        with _patience():
            found = self.client.get_experiment_by_name(experiment)
        if found is not None and found.lifecycle_stage != "active":
            raise InputError(
                "This experiment of MLflow was deleted.",
                received=experiment,
                remedy=f"Restore it with `mlflow experiments restore --experiment-id {found.experiment_id}`, "
                "or name another one with --experiment NAME.",
            )
        self._experiment: str = self.client.create_experiment(experiment) if found is None else str(found.experiment_id)

    def find(self, tag: str, value: str) -> list[Any]:
        """Return the runs that have a tag, those under way included, the oldest first."""
        runs: list[Any] = []
        token = None
        while True:
            query = f"tags.`{tag}` = '{value}'"
            page = self.client.search_runs(
                [self._experiment], query, order_by=["attributes.start_time"], page_token=token
            )
            runs += page
            token = page.token
            if not token:
                return runs

    def begin(self, run: MlflowRun, before: Any | None = None) -> str:
        """Write a run, which stays under way, and return MLflow's id of it.

        Args:
            run: what is written: the tags at once, then params and metrics in requests of a bounded size.
            before: the same run as an export that was interrupted left it; None if there is none.
        """
        from mlflow.entities import Metric, Param

        if before is None:
            before = self.client.create_run(self._experiment, start_time=run.start_ms, tags=run.tags, run_name=run.name)
        id = str(before.info.run_id)
        # Some servers refuse a value of a metric that they have already.
        there = {(name, each.step) for name in before.data.metrics for each in self.client.get_metric_history(id, name)}
        params = [Param(name, value) for name, value in run.params.items()]
        points = [
            Metric(each.name, each.value, run.end_ms, each.step)
            for each in run.points
            if (each.name, each.step) not in there
        ]
        for some, others in itertools.zip_longest(_parts(params, MOST_PARAMS), _parts(points, MOST_POINTS)):
            self.client.log_batch(id, params=some or (), metrics=others or (), synchronous=True)
        return id

    def end(self, id: str, run: MlflowRun) -> None:
        """End a run, after all its content is there."""
        self.client.set_terminated(id, run.status, run.end_ms)


def _parts(items: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + most] for start in range(0, len(items), most))


def _client(uri: str) -> MlflowClient:
    scheme = urlsplit(uri).scheme.partition("+")[0]
    needed = ["mlflow", *(["sqlalchemy", "alembic"] if scheme in _DATABASES else [])]
    if missing := [name for name in needed if importlib.util.find_spec(name) is None]:
        raise EvidenceError(
            "The export to MLflow needs packages that are not installed.",
            received=f"{without_password(uri)}, without {' and '.join(missing)}",
            remedy="pip install 'negres[mlflow]'.",
        )
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient
    from mlflow.tracking.registry import UnsupportedModelRegistryStoreURIException

    unknown = InputError(
        "MLflow does not know this kind of tracking URI.",
        received=without_password(uri) or repr(uri),
        remedy="Give the address of a server, such as http://localhost:5000, or a database, such as "
        "sqlite:///mlflow.db.",
    )
    if not uri.strip():  # MLflow would take one of its own
        raise unknown
    try:
        return MlflowClient(tracking_uri=uri)
    except UnsupportedModelRegistryStoreURIException as error:
        raise unknown from error


@contextlib.contextmanager
def asking(uri: str) -> Iterator[None]:
    """Raise EvidenceError for whatever MLflow, its database or its store of artifacts raises."""
    try:
        yield
    except (EvidenceError, InputError):
        raise
    except Exception as error:
        if not _is_from_outside(error):
            raise
        raise EvidenceError(
            "MLflow did not take the evidence.",
            received=f"{without_password(uri)}: {_without_secret(str(error), uri)}",
            remedy="Check that the server runs and that you may write there. Runs that were written stay there, and "
            "the next export continues from them.",
        ) from error


def _is_from_outside(error: BaseException) -> bool:
    """Return whether an error was raised outside of negres: its stores are plugins, each with errors of its own."""
    trace, module = error.__traceback__, ""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        trace = trace.tb_next
    return module.partition(".")[0] != "negres_core"


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    changed = {name: value for name, value in _PATIENCE.items() if name not in os.environ}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name in changed:
            del os.environ[name]


def without_password(uri: str) -> str:
    """Return a tracking URI without the password that it may hold."""
    return _without_secret(uri, uri)


def _without_secret(text: str, uri: str) -> str:
    try:
        password: str | None = urlsplit(uri).password
    except ValueError:  # an address that is none
        password = None
    return text.replace(f":{password}@", ":***@") if password else text
