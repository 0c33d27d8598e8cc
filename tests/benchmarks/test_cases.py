"""A case names a data set, the parameters of its hypothesis, and the expected verdict, in this order."""

from benchmarks.cases import on


def test_the_data_set_is_a_fixture_and_other_parameters_stand_before_the_verdict():
    mark = on(("digits", 32, "refuted"), ("covertype", 64, "supported"), by=["code"]).mark
    assert mark.name == "parametrize"
    assert mark.args == (("data", "code", "expected"), (("digits", 32, "refuted"), ("covertype", 64, "supported")))
    assert mark.kwargs == {"indirect": ["data"]}
