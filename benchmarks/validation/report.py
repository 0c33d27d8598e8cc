"""Tables and a figure of what calibration.py counted; they need nothing but its JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

BEGIN, END = "<!-- written by python -m benchmarks.validation.calibration -->", "<!-- until here -->"

PRODUCT = ("looks", "one look")
STYLES = {
    "looks": ("#0072B2", "o", "negres, looks after each repeat"),
    "one look": ("#56B4E9", "s", "negres, one look"),
    "uncorrected": ("#D55E00", "^", "paired t-test over cells"),
    "pooled seeds": ("#CC79A7", "v", "paired t-test over replicates, seeds pooled"),
    "naive looks": ("#E69F00", "D", "corrected t-test, full level at each look"),
}
"""Colour of Okabe and Ito's palette, marker and name of each rule."""


class Rate(NamedTuple):
    """How often something happened."""

    count: int
    trials: int

    @property
    def percent(self) -> float:
        """The share, in per cent."""
        return 100 * self.count / self.trials

    @property
    def error(self) -> float:
        """Binomial standard error, in per cent."""
        return math.sqrt(self.percent * (100 - self.percent) / self.trials)


class Measure(NamedTuple):
    """One rate of a point: how often a rule comes to a verdict about a claim, or misses the truth."""

    title: str
    population: str
    claim: str
    event: str

    def rate(self, found: Mapping[str, Any], point: Mapping[str, Any], rule: str) -> Rate:
        """Return the rate of a rule at a point."""
        counts, trials = point[self.population][self.claim][rule], found["simulations"]
        if self.event == "missed":
            trials -= counts["invalid"]
            return Rate(trials - counts["covered"], trials)
        return Rate(counts[self.event], trials)


FALSE_SUPPORTED = Measure("supported, where equal", "equal", "beats by 0", "supported")
FALSE_EQUIVALENT = Measure("equivalent within δ, where apart by δ", "apart", "matches within all", "supported")
FALSE_MARGIN = Measure("supported by δ, where apart by δ", "apart", "beats by all", "supported")
FALSE_REFUTED = Measure("refuted by δ, where apart by δ", "apart", "beats by all", "refuted")
MISSED = Measure("95% interval misses 0, where equal", "equal", "beats by 0", "missed")
MISSED_APART = Measure("95% interval misses δ, where apart by δ", "apart", "beats by 0", "missed")
POWER = Measure("supported, where apart by δ", "apart", "beats by 0", "supported")
POWER_MARGIN = Measure("supported by δ/2, where apart by δ", "apart", "beats by half", "supported")
POWER_EQUIVALENT = Measure("equivalent within δ, where equal", "equal", "matches within all", "supported")
POWER_REFUTED = Measure("refuted by δ, where equal", "equal", "beats by all", "refuted")

NAIVE = {"t over cells": "uncorrected", "t over replicates": "pooled seeds", "naive looks": "naive looks"}


def write_tables(found: Mapping[str, Any], path: Path) -> None:
    """Write the tables into a page between two marks; a page that is not there yet is made of them alone."""
    page = path.read_text() if path.exists() else f"{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{tables(found)}\n\n{END}{after}")


def tables(found: Mapping[str, Any]) -> str:
    """Return everything that was asked, and every rate, as Markdown."""
    points = found["points"]
    gaps = [f"{100 * point['gap']:.2f}" for point in points]
    errors = beside(FALSE_SUPPORTED) | {
        FALSE_EQUIVALENT.title: (FALSE_EQUIVALENT, PRODUCT),
        "t over cells: equivalent": (FALSE_EQUIVALENT, ("uncorrected",)),
        FALSE_MARGIN.title: (FALSE_MARGIN, PRODUCT),
        FALSE_REFUTED.title: (FALSE_REFUTED, PRODUCT),
    }
    intervals = beside(MISSED) | {MISSED_APART.title: (MISSED_APART, PRODUCT)}
    powers = {each.title: (each, PRODUCT) for each in (POWER, POWER_MARGIN, POWER_EQUIVALENT, POWER_REFUTED)}
    repeats = {"repeats until supported or the end": [f"{repeats_run(found, point):.1f}" for point in points]}
    parts = [
        "### What was asked",
        markdown(("at a nominal 5%", "rule", "asked, %", "worst, %", "where", "points beyond"), asked(found)),
        "### Errors",
        by_point(found, errors, {"δ, %": gaps}),
        "### Intervals",
        by_point(found, intervals),
        "### Power",
        by_point(found, powers, repeats),
        "### Families",
        markdown(("design", "rule", "true nulls", "some supported", "some supported after Holm"), families(found)),
    ]
    return "\n\n".join(parts)


def beside(measure: Measure) -> dict[str, tuple[Measure, Sequence[str]]]:
    """Return the columns of a measure by negres and by each naive rule."""
    return {measure.title: (measure, PRODUCT)} | {name: (measure, (rule,)) for name, rule in NAIVE.items()}


def asked(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Compare the worst point of each kind of error with the bound that was set before anything was measured."""
    points = found["points"]
    repeated = [point for point in points if point["repeats"] > 1]
    claims = [(population, claim) for population in ("equal", "apart") for claim in points[0][population]]
    everywhere = [Measure("95% interval misses the truth, any of the claims", *each, "missed") for each in claims]
    for measures, among, bound in (
        ([FALSE_SUPPORTED], repeated, 5.5),
        ([FALSE_EQUIVALENT], points, 5.5),
        ([FALSE_MARGIN], points, 5.5),
        ([FALSE_REFUTED], points, 5.5),
        (everywhere, points, 6.5),
    ):
        for rule in PRODUCT:
            rates = [(measure.rate(found, point, rule), name_of(point)) for measure in measures for point in among]
            yield verdict_of(measures[0].title, rule, bound, rates)
    for rule in PRODUCT:
        rates = [
            (Rate(each["supported_after_holm"], found["simulations"]), design_of(each))
            for each in found["families"]
            if each["rule"] == rule
        ]
        yield verdict_of("some of a family of true nulls supported after Holm", rule, 5.5, rates)


def verdict_of(title: str, rule: str, bound: float, rates: Sequence[tuple[Rate, str]]) -> tuple[str, ...]:
    """Return a row: the bound, the worst rate with its standard error and place, and how many are beyond."""
    worst, where = max(rates, key=lambda each: each[0].percent)
    beyond = sum(rate.percent > bound for rate, _ in rates)
    return title, rule, f"≤ {bound}", f"{worst.percent:.2f} ± {worst.error:.2f}", where, f"{beyond} of {len(rates)}"


def one_of_each(rules: Iterable[str], point: Mapping[str, Any]) -> list[str]:
    """Leave out the rules that are others over again: one repeat has one look, and one seed is not pooled."""
    again = ["looks", "naive looks"] * (point["repeats"] == 1) + ["pooled seeds"] * (point["seeds"] == 1)
    return [rule for rule in rules if rule not in again]


def by_point(
    found: Mapping[str, Any],
    columns: Mapping[str, tuple[Measure, Sequence[str]]],
    extra: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Return a table with a row for each point; a column of several rules has their rates side by side."""
    extra = extra or {}
    rows = []
    for number, point in enumerate(found["points"]):
        row = [design_of(point), point["seeds"], point["rows"], *(values[number] for values in extra.values())]
        for measure, rules in columns.values():
            rates = (measure.rate(found, point, rule).percent for rule in one_of_each(rules, point))
            row.append(" / ".join(f"{rate:.1f}" for rate in rates))
        rows.append(row)
    return markdown(("design", "seeds", "rows", *extra, *columns), rows)


def families(found: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return a row for each family."""
    rows = []
    for each in found["families"]:
        rates = (Rate(each[name], found["simulations"]).percent for name in ("supported", "supported_after_holm"))
        rows.append((design_of(each), each["rule"], each["members"], *(f"{rate:.1f}" for rate in rates)))
    return rows


def repeats_run(found: Mapping[str, Any], point: Mapping[str, Any]) -> float:
    """Return how many repeats are run on average until a look supports that the better twin beats the other."""
    return point["apart"]["beats by 0"]["looks"]["repeats"] / found["simulations"]


def design_of(point: Mapping[str, Any]) -> str:
    """Name a design."""
    return f"{point['folds']}x{point['repeats']}"


def name_of(point: Mapping[str, Any]) -> str:
    """Name a point."""
    return f"{design_of(point)}, {point['seeds']} seed{'s' * (point['seeds'] > 1)}, {point['rows']} rows"


def markdown(headers: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a Markdown table."""
    headers = list(headers)
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def draw_figure(found: Mapping[str, Any], path: Path) -> None:
    """Draw the rates by the number of rows: one column of panels a design, one row of them a kind of rate."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    designs = list(dict.fromkeys(design_of(point) for point in found["points"]))
    measures = (FALSE_SUPPORTED, FALSE_EQUIVALENT, MISSED, POWER_MARGIN)
    size = (4.2 * len(designs), 2.6 * len(measures) + 1)
    figure, axes = plt.subplots(len(measures), len(designs), figsize=size, sharex=True, sharey="row", squeeze=False)
    for panels, measure in zip(axes, measures, strict=True):
        for panel, design in zip(panels, designs, strict=True):
            draw_panel(panel, found, [point for point in found["points"] if design_of(point) == design], measure)
        panels[0].set_ylabel(f"{measure.title.replace(', ', chr(10))}\n(% of data sets)")
    for top, bottom, design in zip(axes[0], axes[-1], designs, strict=True):
        top.set_title(f"{design} (folds x repeats)")
        bottom.set_xlabel("rows of a data set")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False)
    figure.tight_layout(rect=(0, 0.09, 1, 1))
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_panel(panel: Any, found: Mapping[str, Any], points: Sequence[Mapping[str, Any]], measure: Measure) -> None:
    """Draw one kind of rate of one design."""
    from matplotlib.ticker import NullLocator

    sizes = sorted({point["rows"] for point in points})
    for rule, (colour, marker, label) in STYLES.items():
        for seeds in sorted({point["seeds"] for point in points}):
            own = [point for point in points if point["seeds"] == seeds]
            if not one_of_each([rule], own[0]):
                continue
            rates = [measure.rate(found, point, rule) for point in own]
            panel.errorbar(
                [point["rows"] for point in own],
                [rate.percent for rate in rates],
                [rate.error for rate in rates],
                color=colour,
                marker=marker,
                markersize=5,
                markerfacecolor=colour if seeds == 1 else "white",
                linestyle="-" if seeds == 1 else "--",
                linewidth=1.2,
                zorder=3 if rule in PRODUCT else 2,
                label=f"{label}, {seeds} seed{'s' * (seeds > 1)}",
            )
    if measure is POWER_MARGIN:
        panel.set_ylim(0, 100)
    else:
        # A root spreads the small rates, where the bound is, and has a place for 0.
        panel.set_yscale("function", functions=(lambda rate: abs(rate) ** 0.5, lambda root: root**2))
        panel.axhline(5, color="black", linewidth=1, linestyle=":", label="nominal 5%")
        panel.set_yticks([0, 1, 5, 10, 20, 40, 70])
        panel.set_ylim(0, 75)
    panel.set_xscale("log")
    panel.set_xticks(sizes, [f"{rows:,}" for rows in sizes])
    panel.xaxis.set_minor_locator(NullLocator())
    panel.grid(color="0.9")
