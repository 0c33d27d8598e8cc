"""The runs in a database of MLflow, read back by MLflow's own client."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path


class Runs:
    """The runs of an experiment.

    Attributes:
        client: MLflow's client.
        parents: the runs of hypotheses, the oldest first.
        children: the runs of replicates by the id of the parent's run, in the order of their names.
    """

    def __init__(self, uri, experiment="negres"):
        from mlflow import MlflowClient

        self._uri = uri
        self.client = MlflowClient(tracking_uri=uri)
        known = self.client.get_experiment_by_name(experiment)
        runs = [] if known is None else self.client.search_runs([known.experiment_id], max_results=10_000)
        self.parents = [run for run in reversed(runs) if "mlflow.parentRunId" not in run.data.tags]
        self.children = defaultdict(list)
        for run in sorted(runs, key=lambda run: run.info.run_name):
            if parent := run.data.tags.get("mlflow.parentRunId"):
                self.children[parent].append(run)

    @property
    def parent(self):
        """The run of the only hypothesis."""
        [parent] = self.parents
        return parent

    def curve(self, run, name):
        """Return the steps of a metric with their values."""
        history = self.client.get_metric_history(run.info.run_id, name)
        return sorted((each.step, each.value) for each in history)

    def files(self, run):
        """Return the content of the artifacts of a run by their paths."""
        from mlflow.artifacts import download_artifacts

        folder = Path(download_artifacts(run_id=run.info.run_id, artifact_path="", tracking_uri=self._uri))
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
