import pytest

from tests.docs.transcript import Step, mismatch, normalize, read_steps

PRINTED = "head\n\neffect  +0.0476 in 12.3 s\nevidence in /tmp/a/.negres\n=== 1 passed in 61.20s (0:01:01) ===\n"


def test_a_transcript_is_commands_with_their_outputs():
    text = "$ pytest test_a.py\n...\n1 passed\n$ negres verify\nverified\n"
    assert read_steps(text) == [Step("pytest test_a.py", "...\n1 passed"), Step("negres verify", "verified")]


@pytest.mark.parametrize("text", ["", "output without a command\n", "output\n$ ls\n"])
def test_a_transcript_without_a_command_in_front_is_an_error(text):
    with pytest.raises(ValueError, match="begins with a command"):
        read_steps(text)


@pytest.mark.parametrize(
    "shown",
    [
        PRINTED,
        "head\n...",
        "...\neffect -0.0512 in 1m 03s\n...",
        "...\nevidence in /home/ada/.negres\n======= 1 passed in 9.10s =======",
        "head\n...\n=== 1 passed in 9.10s ===",
    ],
)
def test_an_output_may_differ_in_numbers_times_paths_and_spaces_and_at_gaps(shown):
    assert mismatch(shown, PRINTED) is None


@pytest.mark.parametrize(
    "shown",
    [
        "head",
        "effect +0.0476 in 12.3 s\n...",
        "...\neffects +0.0476 in 12.3 s\n...",
        "...\nanother line\n...",
        "...\nevidence in /tmp/a/.negres",
        "...\neffect +0.0476 in 12.3 s\n=== 1 passed in 61.20s ===",
        "...\n=== 1 passed in 61.20s ===\n...\nhead",
    ],
)
def test_other_differences_are_found(shown):
    assert mismatch(shown, PRINTED)


def test_the_number_of_cells_may_differ_as_another_look_may_decide():
    assert normalize("supported  5 of 10") == normalize("supported  10")


def test_lines_are_compared_without_what_differs_between_machines():
    assert normalize("a  <0.001\n\n 3.2e-05 of 1,797 in entry ced173276fd8\n-----  --\n") == [
        "a #",
        "# in entry digest",
        "--- --",
    ]
