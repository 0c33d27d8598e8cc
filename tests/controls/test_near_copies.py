from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine, make_swiss_roll

from negres_core.controls import near_copies
from negres_core.controls.near_copies import check
from negres_core.dataset import Dataset
from negres_core.design import FixedSplit, KFolds
from negres_core.run.run import Run


def run_of(x, y, groups=None):
    data, design = Dataset(x=x, y=y, name="data", groups=groups), KFolds(folds=5, repeats=1)
    return Run(data, design, list(design.split(data)), ())


def images(seed, rows=150):
    """Images of digits under labels that are noise."""
    rng = np.random.default_rng(seed)
    return load_digits().images[rng.permutation(1797)[:rows]] / 16, rng.permutation(np.arange(rows) % 2)


def oversample(x, y, rng):
    """Add rows between a row of the rare class and one of its five nearest, until the classes are equal (SMOTE)."""
    rare = x[y == 1]
    near = np.argsort(((rare[:, None] - rare) ** 2).sum(axis=2), axis=1)[:, 1:6]
    first = rng.integers(len(rare), size=np.sum(y == 0) - len(rare))
    second = near[first, rng.integers(5, size=len(first))]
    new = rare[first] + rng.random((len(first), 1)) * (rare[second] - rare[first])
    return np.vstack([x, new]), np.append(y, np.ones(len(new), dtype=int))


def walk_in_windows(seed, stride=1):
    """Windows of a random walk under labels that hold for twenty steps, and the last step of each window."""
    rng = np.random.default_rng(seed)
    walk, labels, ends = np.cumsum(rng.normal(size=640)), np.repeat(rng.integers(0, 2, 32), 20), np.arange(30, 640)
    ends = ends[::stride]
    return np.stack([walk[end - 30 : end] for end in ends]), labels[ends], ends


COPIES = {
    "mirrored": lambda x, rng: x[:, :, ::-1],
    "upside down": lambda x, rng: x[:, ::-1],
    "turned": lambda x, rng: np.rot90(x, axes=(1, 2)),
    "moved": lambda x, rng: np.roll(x, 1, axis=1),
    "noisy": lambda x, rng: x + rng.normal(0, 0.05, x.shape),
    "brighter": lambda x, rng: 1.3 * x,
    "of less contrast": lambda x, rng: 0.7 * x + 0.2,
    "of another gamma": lambda x, rng: x**1.3,
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("flat", [False, True], ids=["images", "flattened"])
def test_images_augmented_before_the_split_fail(how, flat):
    x, y = images(0)
    both = np.concatenate([x, COPIES[how](x, np.random.default_rng(1))])
    finding = check(run_of(both.reshape(300, -1) if flat else both[..., None], np.tile(y, 2)))

    assert not finding.passed, finding.found
    assert finding.control == "near copies"


@pytest.mark.parametrize("how", COPIES)
def test_groups_that_keep_copies_together_pass(how):
    x, y = images(0)
    both = np.concatenate([x, COPIES[how](x, np.random.default_rng(1))])
    finding = check(run_of(both[..., None], np.tile(y, 2), groups=np.tile(np.arange(150), 2)))

    assert finding.passed, finding.found


@pytest.mark.parametrize("load", [load_wine, load_iris, load_diabetes, load_breast_cancer])
def test_rows_of_a_table_repeated_with_noise_fail(load):
    x, y = load(return_X_y=True)
    noise = 0.02 * x.std(axis=0) * np.random.default_rng(0).normal(size=x.shape)

    assert check(run_of(x, y)).passed
    assert not check(run_of(np.vstack([x, x + noise]), np.tile(y, 2))).passed


def test_a_rare_class_oversampled_by_interpolation_fails():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 15)), (rng.permutation(300) < 40).astype(int)

    assert check(run_of(x, y)).passed
    assert not check(run_of(*oversample(x, y, rng))).passed


@pytest.mark.parametrize("stride", [1, 5])
@pytest.mark.parametrize("shuffled", [False, True])
def test_windows_that_overlap_across_folds_fail_unless_blocks_stay_together(stride, shuffled):
    x, y, ends = walk_in_windows(0, stride)
    order = np.random.default_rng(0).permutation(len(x)) if shuffled else np.arange(len(x))

    assert not check(run_of(x[order][..., None], y[order])).passed
    assert check(run_of(x[order][..., None], y[order], groups=ends[order] // 60)).passed


def test_windows_that_each_have_their_own_scale_are_recognized():
    x, y, _ = walk_in_windows(1)

    assert not check(run_of((x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True), y)).passed


def test_near_rows_with_unrelated_targets_pass():
    """Two runs of one experiment under the same settings, of which each has its own outcome."""
    rng = np.random.default_rng(2)
    x = np.repeat(rng.normal(size=(150, 8)), 2, axis=0) + 0.01 * rng.normal(size=(300, 8))

    assert check(run_of(x, rng.integers(0, 2, 300))).passed


def of_few_kinds(rng):
    return rng.integers(0, 2, size=(24, 14))[rng.integers(24, size=400)], rng.integers(0, 2, 400)


def designed(rng):
    grid = np.stack(np.meshgrid(*[np.arange(3)] * 3), -1).reshape(-1, 3)
    return np.repeat(grid, 12, axis=0), rng.integers(0, 2, 324)


def mixed(rng):
    x = np.column_stack([rng.normal(size=(600, 3)), rng.integers(0, 3, (600, 6))])
    return x, (x[:, 0] + x[:, 4] > 1).astype(int)


def mostly_zero(rng):
    x = np.column_stack([rng.exponential(size=(600, 4)) * (rng.random((600, 4)) < 0.3), rng.normal(size=(600, 2))])
    return x, (x[:, 0] + x[:, 4] > 1).astype(int)


def heavy_tailed(rng):
    x = np.exp(1.5 * rng.normal(size=(400, 8)))
    return x, (x[:, 0] > 1).astype(int)


def on_a_surface(rng):
    return make_swiss_roll(500, random_state=int(rng.integers(100)))


def waves(rng):
    kind, phase = rng.integers(0, 3, 300), rng.uniform(0, 6, 300)
    return np.sin(np.arange(40) * (0.2 + 0.1 * kind[:, None]) + phase[:, None])[..., None], kind


def clusters(rng):
    kind = rng.integers(20, size=400)
    return 5 * rng.normal(size=(20, 8))[kind] + rng.normal(size=(400, 8)), kind


def digit_images(rng):
    images, labels = load_digits().images, load_digits().target
    rows = rng.permutation(1797)[:300]
    return images[rows][..., None], labels[rows]


CLEAN = [of_few_kinds, designed, mixed, mostly_zero, heavy_tailed, on_a_surface, waves, clusters, digit_images]


@pytest.mark.parametrize("sample", CLEAN)
@pytest.mark.parametrize("seed", range(3))
def test_rows_that_are_alike_by_nature_pass(sample, seed):
    finding = check(run_of(*sample(np.random.default_rng(seed))))

    assert finding is None or finding.passed, finding.found


def test_too_few_rows_or_features_have_no_finding():
    rng = np.random.default_rng(3)

    assert check(run_of(rng.normal(size=(50, 6)), np.arange(50) % 2)) is None
    assert check(run_of(rng.normal(size=(400, 2)), np.arange(400) % 2)) is None


@pytest.mark.parametrize("copied", [slice(200, 300), slice(300, 400)], ids=["validation", "test"])
def test_near_copies_in_official_rows_fail(copied):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(400, 8)), rng.integers(0, 2, 400)
    x[copied], y[copied] = x[:100] + 0.01 * rng.normal(size=(100, 8)), y[:100]
    design = FixedSplit(train=range(200), validation=range(200, 300), test=range(300, 400))
    data = Dataset(x=x, y=y, name="official")
    finding = check(Run(data, design, list(design.split(data)), ()))

    assert not finding.passed
    assert finding.found.startswith(f"100.0% of 100 {'validation' if copied.start == 200 else 'test'} rows")


def test_the_same_rows_in_the_same_folds_are_searched_once(monkeypatch):
    x, y = images(1)
    finding = check(run_of(x, y))
    monkeypatch.setattr(near_copies, "_search", lambda *arguments: pytest.fail("it was searched again"))

    assert check(run_of(x, y)) is finding
    for changed in (run_of(x, 1 - y), run_of(x + 1, y), run_of(x, y, groups=np.arange(150) // 2)):
        with pytest.raises(pytest.fail.Exception):
            check(changed)
