from __future__ import annotations

import pytest

from benchmarks.speed import single_rows


@pytest.mark.parametrize(("binary", "megabytes"), [(True, "0.001"), (False, "0.016")])
def test_a_row_names_the_size_of_the_file(binary, megabytes):
    rows, kind, *_, packed, read = single_rows.measure(200, binary=binary)

    assert (rows, kind) == ("200", "right or wrong" if binary else "values")
    assert single_rows.measure(200, binary=binary)[3] == megabytes
    assert float(packed) >= 0 <= float(read)


def test_the_least_of_three_times_is_taken():
    calls = []
    result, seconds = single_rows.timed(lambda: calls.append(0) or len(calls))

    assert (result, len(calls)) == (3, 3)
    assert seconds >= 0
