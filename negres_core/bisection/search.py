"""Bisection: which factors, of all that two configurations differ in, make one fail where the other works."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from negres_core.bisection.factors import Configuration, differing_factors, shown
from negres_core.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one run of the experiment came to.

    Attributes:
        verdict: supported, refuted, inconclusive or invalid; or another word where the run came to none.
        finding: what was found, or what went wrong.
        trained: replicates trained for it.
        reused: replicates that were there already.
        hypothesis: the name of its evidence, where it has any.
    """

    verdict: str
    finding: str
    trained: int = 0
    reused: int = 0
    hypothesis: str | None = None

    def __str__(self) -> str:
        return f"{self.verdict} ({self.finding})"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One run of a bisection.

    Attributes:
        changed: the differing factors that had their failing values.
        kept: those that had their working values.
        configuration: what was run.
        decided: what it came to.
    """

    changed: tuple[str, ...]
    kept: tuple[str, ...]
    configuration: Configuration
    decided: Outcome

    def __str__(self) -> str:
        return f"{self.decided}: {self._mixture()}; {self.decided.trained} trained, {self.decided.reused} reused"

    def _mixture(self) -> str:
        if not self.kept or not self.changed:
            return "the failing configuration" if self.changed else "the working configuration"
        if len(self.changed) <= len(self.kept):
            return f"the working configuration with {', '.join(self.changed)} changed"
        return f"the failing configuration with {', '.join(self.kept)} reverted"


@dataclass(frozen=True, kw_only=True)
class Bisection:
    """What makes the difference, and the runs that show it.

    Attributes:
        failing: the configuration that fails.
        working: the configuration that works.
        cause: a 1-minimal set of factors: the working configuration fails with these changed, and with any one of them
            changed back it does not.
        steps: every run, in order; first the failing configuration, then the working one.
    """

    failing: Configuration
    working: Configuration
    cause: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def differing(self) -> tuple[str, ...]:
        """The factors that the configurations differ in."""
        return self.steps[0].changed

    @property
    def sufficient(self) -> bool:
        """Whether the working configuration fails with the cause alone changed."""
        return self._with(self.cause).verdict == self.steps[0].decided.verdict

    @property
    def necessary(self) -> bool | None:
        """Whether the failing configuration works with the cause alone reverted; None where it does neither."""
        verdict = self._reverted.verdict
        ends = {self.steps[1].decided.verdict: True, self.steps[0].decided.verdict: False}
        return ends.get(verdict)

    @property
    def trained(self) -> int:
        """Replicates trained, over all runs."""
        return sum(step.decided.trained for step in self.steps)

    @property
    def reused(self) -> int:
        """Replicates found in the store, over all runs."""
        return sum(step.decided.reused for step in self.steps)

    @property
    def _reverted(self) -> Outcome:
        return self._with(_without(self.differing, self.cause))

    def _with(self, changed: Collection[str]) -> Outcome:
        return next(step.decided for step in self.steps if set(step.changed) == set(changed))

    def __str__(self) -> str:
        cause, differing, asked = self.cause, len(self.differing), len(self.steps) - 2
        makes = "factor makes" if len(cause) == 1 else "factors together make"
        lines = [f"{len(cause)} {makes} the difference, of {differing} that differ"]
        lines += [
            f"  cause       {name}: {shown(self.working[name])} works, {shown(self.failing[name])} fails"
            for name in cause
        ]
        lines += [f"  sufficient  {self._say_sufficient()}", f"  necessary   {self._say_necessary()}"]
        if len(cause) > 1:
            lines += [
                f"  minimal     without {name}, the working configuration with the rest changed is "
                f"{self._with(_without(cause, (name,)))}"
                for name in cause
            ]
        lines += [f"  run {number:<7} {step}" for number, step in enumerate(self.steps, 1)]
        lines.append(f"  spent       {self.trained} replicates trained, {self.reused} reused")
        alone = f"the two ends and {asked} mixtures; one factor at a time takes the ends and {differing}"
        together = ", and finds nothing where factors act together, as here" if len(cause) > 1 else ""
        return "\n".join([*lines, f"  asked       {alone}{together}"])

    def _say_sufficient(self) -> str:
        told, failing = self._with(self.cause), self.steps[0].decided
        # A mixture may fail in a way of its own: to be judged by whoever reads it.
        other = "" if told.finding == failing.finding else f", where the failing one is {failing}"
        return f"yes: the working configuration, with this alone changed, is {told}{other}"

    def _say_necessary(self) -> str:
        told = f"the failing configuration, with this alone reverted, is {self._reverted}"
        if self.necessary is None:
            return f"undecided: {told}"
        if self.necessary:
            return f"yes: {told}"
        return f"no: {told}; other factors make it fail as well: revert this, and bisect what is left"


def bisect(
    failing: Configuration,
    working: Configuration,
    decide: Callable[[Configuration], Outcome],
    *,
    tell: Callable[[Step], None] = lambda step: None,
) -> Bisection:
    """Find a 1-minimal set of factors with which a working configuration fails.

    The differing factors take their failing values one after another, and the first with which the verdict turns is
    found by halving. It belongs to the cause, and the search goes on among those before it, until what was found turns
    the verdict by itself. That every part of it is needed is then asked, not assumed: so the set is 1-minimal in the
    sense of Zeller & Hildebrandt (2002), "Simplifying and isolating failure-inducing input", whatever mixtures do. One
    that comes to another verdict than either end, or to none, counts as not failing, as their "unresolved" does.

    Args:
        failing: the configuration that fails.
        working: the configuration that works, with the same factors.
        decide: runs the experiment in a configuration; asked at most once for each.
        tell: told of every run as soon as it has ended.

    Returns:
        The cause, with every run that was asked for.

    Raises:
        InputError: the configurations have different factors, differ in none, are no plain values, or come to the same
            verdict or to one that decides nothing.
    """
    differing = differing_factors(failing, working)
    steps: dict[frozenset[str], Step] = {}

    def run(changed: Collection[str]) -> Outcome:
        names = frozenset(changed)
        if names not in steps:
            mixed = {name: (failing if name in names else working)[name] for name in working}
            within, without = _within(differing, names), _without(differing, names)
            step = Step(changed=within, kept=without, configuration=mixed, decided=decide(mixed))
            steps[names] = step
            tell(step)
        return steps[names].decided

    ends = [_check_decided(which, run(changed)) for which, changed in (("failing", differing), ("working", ()))]
    if ends[0].verdict == ends[1].verdict:
        raise InputError(
            "The failing and the working configuration come to the same verdict: there is no difference to explain.",
            received=f"failing: {ends[0]}; working: {ends[1]}",
            remedy="Give two configurations of which one fails, or a claim that tells them apart.",
        )

    def fails(changed: Collection[str]) -> bool:
        return run(changed).verdict == ends[0].verdict

    # Runs in the mean over 6 to 12 factors, ends and the check of necessity included, for one cause, for two factors
    # together, and for two of which either will do (every place in the order, monotone):
    #     this one 6.96, 11.38, 6.84; QuickXplain 7.83, 12.10, 7.26; halves that are both asked 7.94, 11.71, 7.26;
    #     ddmin 7.94, 16.79, 7.26; dd 8.65, 14.33, 7.92; single factors first 8.00, 18.36, 6.33.
    cause = _minimize(_search(differing, fails), fails)
    run(_without(differing, cause))
    return Bisection(failing=failing, working=working, cause=_within(differing, cause), steps=tuple(steps.values()))


def _search(differing: Sequence[str], fails: Callable[[Collection[str]], bool]) -> list[str]:
    """Return a set of factors that fails: minimal where adding a factor never makes what fails work."""
    found: list[str] = []
    before = list(differing)
    while not fails(found):
        # What was found does not fail without any of `before`, and does with all of it.
        low, high = 0, len(before)
        while high - low > 1:
            middle = (low + high) // 2
            if fails([*found, *before[:middle]]):
                high = middle
            else:
                low = middle
        found.append(before[low])
        before = before[:low]
    return found


def _minimize(cause: Sequence[str], fails: Callable[[Collection[str]], bool]) -> Sequence[str]:
    """Leave out factors as long as the rest fails."""
    for name in cause:
        rest = _without(cause, (name,))
        if fails(rest):
            return _minimize(rest, fails)
    return cause


def _check_decided(which: str, decided: Outcome) -> Outcome:
    if decided.verdict not in ("supported", "refuted", "invalid"):
        raise InputError(
            f"The {which} configuration came to no verdict that mixtures could be held against.",
            received=str(decided),
            remedy="Run its test by itself and see why; an inconclusive one may need more folds or repeats.",
        )
    return decided


def _within(differing: Sequence[str], names: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in differing if name in names)


def _without(names: Sequence[str], others: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in others)
