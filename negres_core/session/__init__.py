"""The pytest session: the `experiment` fixture, the summary, progress and bisection."""
