"""`negres export --mlflow`: hypotheses and replicates as runs on a tracking server or in a database of MLflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from negres_core.commands.mlflow_server import Server, asking, without_password
from negres_core.errors import EvidenceError, show
from negres_core.evidence import Evidence, Store, read_scores
from negres_core.evidence.picture_files import read_picture
from negres_core.report import mlflow_runs
from negres_core.report.layout import plural
from negres_core.report.mlflow_runs import EVIDENCE, PARENT, REPLICATE, ROLE

EXPERIMENT = "negres"
"""The default name of MLflow's experiment that holds the runs."""


def export(
    store: Store, records: Sequence[Evidence], *, uri: str, experiment: str, note: Callable[[str], None]
) -> None:
    """Write each hypothesis that is not there yet as a run, with its replicates as child runs, and print the counts.

    Args:
        store: the store of the records.
        records: the evidence of the hypotheses.
        uri: MLflow's tracking URI.
        experiment: the name of MLflow's experiment, which is made if it is missing.
        note: called with a sentence about each file that is missing or was changed.

    Raises:
        InputError: MLflow knows no such URI, or the experiment was deleted.
        EvidenceError: MLflow is not installed or cannot be reached, or refuses to write.
    """
    with asking(uri):
        server = Server(uri, experiment)
    hypotheses, replicates = Counter[str](), Counter[str]()
    for evidence in records:
        with asking(uri):
            result, found = _write(server, store, evidence, note)
        hypotheses[result] += 1
        replicates += found
        name = f"{show(evidence.title)}, on {show(evidence.data.name)}"
        print(f"{result:<8} {name}: {_in_words(found, 'replicate')}", flush=True)
    print(
        f"MLflow {show(without_password(uri))}, experiment {show(experiment)}: "
        f"{_in_words(hypotheses, 'hypothesis', 'hypotheses')}; {_in_words(replicates, 'replicate')}"
    )


def _in_words(found: Counter[str], *names: str) -> str:
    missing = f", {found['missing']} missing" if found["missing"] else ""
    return f"{plural(found['written'], *names)} written, {found['there']} there before{missing}"


def _write(server: Server, store: Store, evidence: Evidence, note: Callable[[str], None]) -> tuple[str, Counter[str]]:
    """Write a hypothesis and those of its replicates that are not there; return "written" or "there", and their counts.

    A run is found by its tags, and ended after all its content is written: what an interrupted export left under way is
    written again and ended.
    """
    found = server.find(EVIDENCE, mlflow_runs.identity_of(evidence))
    parent = found[0] if found else None
    run = mlflow_runs.run_of_hypothesis(evidence)
    if parent is None or parent.info.status == "RUNNING":
        result, id = "written", server.begin(run, parent)
        for path, folder in _files_of(evidence, store, note):
            server.client.log_artifact(id, str(path), folder)
    else:
        result, id = "there", parent.info.run_id
    known = {(each.data.tags.get(ROLE), each.data.tags.get(REPLICATE)): each for each in server.find(PARENT, id)}
    counts = Counter[str]()
    for arm in evidence.arms:
        for replicate_id in arm.own_replicates:
            before = known.get((arm.role, replicate_id))
            if before is not None and before.info.status != "RUNNING":
                counts["there"] += 1
            elif (replicate := store.find(replicate_id)) is None:
                counts["missing"] += 1
            else:
                child = mlflow_runs.run_of_replicate(arm, replicate, parent=id)
                server.end(server.begin(child, before), child)
                counts["written"] += 1
    if result == "written":
        server.end(id, run)
    return result, counts


def _files_of(evidence: Evidence, store: Store, note: Callable[[str], None]) -> Iterator[tuple[Path, str | None]]:
    """Yield the evidence and each file beside it that it names, with the folder among the run's artifacts."""
    folder = store.evidence_folder(evidence.hypothesis)
    yield store.evidence_path(evidence.hypothesis), None
    sound = {picture.file: read_picture(store, evidence, picture) is not None for picture in evidence.pictures}
    if evidence.scores is not None:
        sound[evidence.scores.file] = read_scores(store, evidence) is not None
    if evidence.row_scores is not None:
        try:
            store.read_row_scores(evidence)
        except EvidenceError:
            sound[evidence.row_scores.file] = False
        else:
            sound[evidence.row_scores.file] = True
    for file, is_sound in sound.items():
        if is_sound:
            yield folder / file, file.rpartition("/")[0] or None
        else:
            note(f"{show(folder / file)} is missing or was changed, and is left out")
