"""How a study was run, in sentences with citations: controls, budgets, tuning, software and hardware."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

from negres_core.errors import show
from negres_core.evidence import ArmRecord, Budget, Evidence
from negres_core.report.layout import plural
from negres_core.report.paper.latex import Sentence
from negres_core.report.paper.study import Study, count_hypotheses, enumerate_names

BACKENDS = {
    "tensorflow": ("TensorFlow", "abadi2016tensorflow", ("tensorflow", "tensorflow-cpu")),
    "jax": ("JAX", "bradbury2018jax", ("jax",)),
    "torch": ("PyTorch", "paszke2019pytorch", ("torch",)),
}
"""Backends of Keras: their names, their references, and the packages that they come in."""
LIBRARIES = (
    ("scikit-learn", "pedregosa2011scikit"),
    ("numpy", "harris2020array"),
    ("scipy", "virtanen2020scipy"),
)
"""What negres itself computes with, and their references."""
MOST_CONTROLS = 80
"""Most controls that are named."""


def describe_controls(study: Study) -> list[Sentence]:
    """Return which controls ran and how often one failed."""
    trained = [each for each in study.records if each.scores is None]
    if not trained:
        return [Sentence("Scores were given, so no control could check the pipeline")]
    ran = Counter(show(finding.control) for each in trained for finding in each.controls)
    sentences = []
    if ran:
        listed = [name if count == len(trained) else f"{name} ({count})" for name, count in sorted(ran.items())]
        text = (
            "Controls of the pipeline ran before and after training and on small runs; a failure makes the "
            f"verdict invalid. {plural(len(ran), 'control')} applied (in parentheses to how many hypotheses, if not to "
            f"all {len(trained)}): {enumerate_names(listed, most=MOST_CONTROLS)}"
        )
        sentences.append(Sentence(text))
    failed = [each for each in trained if any(not finding.is_sound for finding in each.controls)]
    names = Counter(show(finding.control) for each in failed for finding in each.controls if not finding.is_sound)
    outcome = f" ({enumerate_names(f'{name}: {count}' for name, count in names.items())})"
    text = f"A control failed for {count_hypotheses(failed, trained)}{outcome}" if failed else "No control failed"
    sentences.append(Sentence(text))
    for controlled, words in (("cheap", "only controls that train nothing ran"), ("none", "no control ran")):
        if some := [each for each in trained if each.controlled == controlled]:
            sentences.append(Sentence(f"For {count_hypotheses(some, study.records)}, {words}"))
    if own := list(dict.fromkeys(show(name) for each in trained for name in each.own_controls)):
        sentences.append(Sentence(f"Controls of the authors' own: {enumerate_names(own)}"))
    return sentences


def describe_budgets(study: Study) -> list[Sentence]:
    """Return the training budgets of the arms, and whether those of a claim are alike; [] without networks."""
    budgets = [(each, arm.budget) for each in study.records for arm in each.arms if _is_trained(arm)]
    known = [budget for _, budget in budgets if budget is not None]
    if not known:
        return []
    trained = list(dict.fromkeys(each.hypothesis for each, _ in budgets))
    sentences = [
        Sentence(
            f"A replicate of an arm was trained for {_range(each.epochs for each in known)} epochs and "
            f"{_range(each.steps for each in known)} optimizer steps in all stages, and its last stage has "
            f"{_range(each.trainable_weights for each in known)} trainable weights"
        )
    ]
    equal = [each for each in study.records if each.equal is not None]
    units = enumerate_names(each.equal.unit for each in equal if each.equal is not None)
    if equal:
        sentences.append(
            Sentence(f"For {count_hypotheses(equal, study.records)}, both arms had the same budget, in {units}")
        )
    pairs = [each for each in study.records if each.equal is None and len(each.arms) == 2]
    pairs = [each for each in pairs if each.hypothesis in trained]
    if pairs:
        alike = sum(_steps(each.arms[0]) == _steps(each.arms[1]) for each in pairs)
        others = "other comparison" if equal else "comparison"
        text = f"Both arms had the same number of optimizer steps in {alike or 'none'} of {plural(len(pairs), others)}"
        sentences.append(Sentence(text))
    if early := [each for each in study.records if any(map(_has_patience, each.arms))]:
        text = (
            f"For {count_hypotheses(early, study.records)}, training could stop early by a metric on validation rows "
            "of the training fold, and the epochs are upper limits"
        )
        sentences.append(Sentence(text))
    return sentences


def _is_trained(arm: ArmRecord) -> bool:
    return arm.budget is not None and arm.budget.steps > 0


def _steps(arm: ArmRecord) -> int:
    return arm.budget.steps if isinstance(arm.budget, Budget) else 0


def _has_patience(arm: ArmRecord) -> bool:
    stages = arm.description.stages if arm.description else []
    return any(stage.monitor is not None and stage.monitor.patience is not None for stage in stages)


def _range(values: Iterable[int]) -> str:
    known = sorted(values)
    low, high = f"{known[0]:,}", f"{known[-1]:,}"
    return low if low == high else f"{low} to {high}"


def describe_tuning(study: Study) -> list[Sentence]:
    """Return how arms were tuned; [] if none was."""
    tuned = [(each, arm.tuning) for each in study.records for arm in each.arms if arm.tuning is not None]
    if not tuned:
        return []
    trials = _range(tuning.plan.trials for _, tuning in tuned)
    count = len({each.hypothesis for each, _ in tuned})
    sentences = [
        Sentence(
            f"In {plural(count, 'hypothesis', 'hypotheses')} at least one arm was tuned, inside each training fold, "
            f"by {trials} trials compared on validation rows outside the test fold"
        )
    ]
    samplers = {tuning.plan.sampler for _, tuning in tuned}
    if "random" in samplers:
        sentences.append(Sentence("Settings were drawn at random", ("bergstra2012random",)))
    if "tpe" in samplers:
        text = "Settings were proposed by the tree-structured Parzen estimator of Optuna"
        sentences.append(Sentence(text, ("bergstra2011algorithms", "akiba2019optuna")))
    return sentences


def describe_software(study: Study) -> list[Sentence]:
    """Return what the hypotheses ran with, from their provenance."""
    records = study.records
    networks = [each for each in records if any(_is_trained(arm) for arm in each.arms)]
    parts = [(f"negres {_versions(records, ('negres',))}", "negres")]
    if networks:
        parts.append((f"Keras {_versions(networks, ('keras',))}", "chollet2015keras"))
    for backend in dict.fromkeys(each.provenance.backend for each in networks):
        if backend in BACKENDS:
            name, cite, packages = BACKENDS[backend]
            users = [each for each in networks if each.provenance.backend == backend]
            parts.append((f"{name} {_versions(users, packages)}", cite))
    proper = {"numpy": "NumPy", "scipy": "SciPy"}
    parts += [(f"{proper.get(name, name)} {_versions(records, (name,))}", cite) for name, cite in LIBRARIES]
    pythons = _sorted(show(each.provenance.python) for each in records)
    text = f"Software: Python {enumerate_names(pythons)}, {enumerate_names(name.strip() for name, _ in parts)}"
    return [Sentence(text, tuple(cite for _, cite in parts)), *describe_hardware(study)]


def describe_hardware(study: Study) -> list[Sentence]:
    """Return the machines, and what training took."""
    devices = _sorted(show(each.provenance.device) for each in study.records if each.scores is None)
    if not devices:
        return []
    systems = _sorted(show(each.provenance.platform) for each in study.records if each.scores is None)
    sentences = [Sentence(f"Hardware: {'; '.join(devices[:6])}, under {'; '.join(systems[:6])}")]
    compute = study.compute
    if compute.seconds is not None:
        memory = (
            ""
            if compute.memory_bytes is None
            else f"; the peak memory of one is {compute.memory_bytes / 2**30:.2g} GiB"
        )
        missing = f" (time not known of {compute.unmeasured:,})" if compute.unmeasured else ""
        text = (
            f"{plural(compute.replicates, 'replicate')}{missing}, those of controls and trials included, took "
            f"{_duration(compute.seconds)} of compiling, training and evaluation, some of it at the same time{memory}"
        )
        sentences.append(Sentence(text))
    return sentences


def _duration(seconds: float) -> str:
    """Return a duration in words.

    Examples:
        >>> _duration(12.34), _duration(600), _duration(9000)
        ('12.3 s', '10.0 min', '2.5 h')
    """
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _versions(records: Sequence[Evidence], packages: Sequence[str]) -> str:
    found = (each.provenance.packages.get(package) for each in records for package in packages)
    return enumerate_names(_sorted(show(each) for each in found if each), most=4)


def _sorted(texts: Iterable[str]) -> list[str]:
    return [text for text, _ in itertools.groupby(sorted(texts))]
