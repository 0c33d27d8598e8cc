"""The planted faults: every signature has some, their data are as described, and they are counted correctly."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from benchmarks.validation import faults
from benchmarks.validation.faults import HEALTHY, Case
from fixtures.synthetic_faces import draw_synthetic_faces
from negres_core.diagnosis.registry import find_signatures

CASES = {case.name: case for case in faults.cases()}
FACES = draw_synthetic_faces(rows=40, size=16)


def test_every_signature_has_its_fault_in_at_least_two_variants():
    planted = Counter(case.planted for case in faults.cases())

    assert set(planted) == {signature.NAME for signature in find_signatures()} | {HEALTHY}
    assert min(planted.values()) >= 2


def test_names_of_cases_are_unique():
    assert len(CASES) == len(list(faults.cases()))


@pytest.mark.parametrize(
    ("name", "inputs", "targets"),
    [
        ("sigmoid, cross-entropy", (0, 1), (0, 1)),
        ("0 to 255, cross-entropy", (0, 1), (0, 255)),
        ("inputs and targets 0 to 255", (0, 255), (0, 255)),
        ("tanh, targets -1 to 1", (-1, 1), (-1, 1)),
    ],
)
def test_data_are_scaled_as_the_name_of_the_case_says(name, inputs, targets):
    data = CASES[name].data(FACES)

    for images, (low, high) in ((data.x, inputs), (data.y, targets)):
        assert low <= images.min() < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < images.max() <= high


def test_standardized_data_are_standardized():
    whole, pixels = (CASES[name].data(FACES).y for name in ("standardized, squared error", "standardized by pixel"))

    assert (whole.mean(), whole.std()) == pytest.approx((0, 1), abs=1e-3)
    assert np.allclose(pixels.mean(axis=0), 0, atol=1e-3)
    assert CASES["only inputs standardized"].data(FACES).y.min() >= 0


@pytest.mark.parametrize("name", ["rounded to 0 and 1", "sigmoid, squared error", "PCA"])
def test_a_case_is_trained_and_diagnosed_seed_by_seed(name):
    diagnoses = faults.diagnose_case(CASES[name], FACES, seeds=2)

    assert [faults.first_cause(diagnosis) for diagnosis in diagnoses] == [CASES[name].planted] * 2


def test_the_table_counts_planted_and_named_faults():
    case = CASES["tanh, squared error"]
    healthy = Case("fine", HEALTHY, case.recipe)

    table = faults.tabulate_confusion([(healthy, [HEALTHY, "rate"]), (case, [case.planted] * 3 + [HEALTHY])])

    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    assert rows == [[case.planted, "4", "3", f"{HEALTHY} 1", "75%"], [HEALTHY, "2", "1", "rate 1", "50%"]]


@pytest.mark.parametrize(
    ("planted", "names", "wrong"),
    [
        ("tanh", ["tanh"] * 9 + [HEALTHY], False),
        ("tanh", ["tanh"] * 8 + [HEALTHY] * 2, True),
        (HEALTHY, [HEALTHY] * 10, False),
        (HEALTHY, [HEALTHY] * 99 + ["tanh"], True),
    ],
)
def test_one_fault_in_ten_may_be_missed_but_no_healthy_arm_may_be_given_a_fault(planted, names, wrong):
    assert faults.is_wrong(Case("any", planted, CASES["PCA"].recipe), names) == wrong


def test_without_photographs_the_error_names_the_missing_file(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("NEGRES_UTKFACE", str(tmp_path / "missing.zip"))

    with pytest.raises(SystemExit) as ended:
        faults.main(["--photographs"])

    assert ended.value.code == 2
    assert "missing.zip" in capsys.readouterr().err
