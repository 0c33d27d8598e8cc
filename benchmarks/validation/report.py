"""Tables and a figure of the counts of calibration.py, made from its JSON alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

BEGIN, END = "<!-- written by python -m benchmarks.validation.calibration -->", "<!-- until here -->"
"""Marks in the page around what is written here."""

PRODUCT = ("looks", "one look")
NAIVE = {
    "uncorrected": "by t-test over cells",
    "pooled seeds": "by t-test over replicates",
    "naive looks": "at the full level after each repeat",
}
"""How each naive rule decides, for the heading of its column."""
ERRORS = {
    "greater": "called greater than it is, %",
    "less": "called less than it is, %",
    "missed": "95% interval misses it, %",
}
"""The errors about the true effect, with the headings of their columns."""
SCOPES = {
    "over_both": "any seeds, on rows like these",
    "over_rows": "these trainings, on rows like these",
    "over_seeds": "any seeds, on this test set",
}
"""The scopes of crossed effects, with the ends of their headings."""
STYLES = {
    "looks": ("#0072B2", "o", "negres, looks after each repeat"),
    "one look": ("#56B4E9", "s", "negres, one look"),
    "uncorrected": ("#D55E00", "^", "paired t-test over cells"),
    "pooled seeds": ("#CC79A7", "v", "paired t-test over replicates, seeds pooled"),
    "naive looks": ("#E69F00", "D", "corrected t-test, full level at each look"),
}
"""Colour from Okabe and Ito's palette, marker and label of each rule."""


class Rate(NamedTuple):
    """How often something happened."""

    count: int
    trials: int

    @property
    def percent(self) -> float:
        """The rate in percent."""
        return 100 * self.count / self.trials

    @property
    def error(self) -> float:
        """Binomial standard error, in percentage points."""
        return math.sqrt(self.percent * (100 - self.percent) / self.trials)


class Measure(NamedTuple):
    """One rate of a point: how often a rule reaches a verdict about a claim, or its interval misses the truth."""

    title: str
    population: str
    claim: str
    event: str

    def rate(self, results: Mapping[str, Any], point: Mapping[str, Any], rule: str) -> Rate:
        """Return the rate of a rule at a point."""
        counts, trials = point[self.population][self.claim][rule], results["simulations"]
        if self.event == "missed":
            trials -= counts["invalid"]
            return Rate(trials - counts["covered"], trials)
        return Rate(counts[self.event], trials)


class Column(NamedTuple):
    """A column of rates: one measure under one rule, or under several side by side."""

    heading: str
    measure: Measure
    rules: Sequence[str]


FALSE_SUPPORTED = Measure("beats() supported, twins equal", "equal", "beats by 0", "supported")
FALSE_EQUIVALENT = Measure("matches(within=δ) supported, twins apart by δ", "apart", "matches within all", "supported")
FALSE_MARGIN = Measure("beats(by=δ) supported, twins apart by δ", "apart", "beats by all", "supported")
FALSE_REFUTED = Measure("beats(by=δ) refuted, twins apart by δ", "apart", "beats by all", "refuted")
MISSED = Measure("95% interval misses 0, twins equal", "equal", "beats by 0", "missed")
MISSED_APART = Measure("95% interval misses δ, twins apart by δ", "apart", "beats by 0", "missed")
POWER = Measure("beats() supported, twins apart by δ", "apart", "beats by 0", "supported")
POWER_MARGIN = Measure("beats(by=δ/2) supported, twins apart by δ", "apart", "beats by half", "supported")
POWER_EQUIVALENT = Measure("matches(within=δ) supported, twins equal", "equal", "matches within all", "supported")
POWER_REFUTED = Measure("beats(by=δ) refuted, twins equal", "equal", "beats by all", "refuted")


def write_tables(results: Mapping[str, Any], path: Path) -> None:
    """Write the tables between the marks of a page; create the page if there is none."""
    page = path.read_text() if path.exists() else f"{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{tables(results)}\n\n{END}{after}")


def tables(results: Mapping[str, Any]) -> str:
    """Return the bounds and all rates as Markdown."""
    parts = []
    if "points" in results:
        parts += twin_tables(results)
    if "cells" in results:
        parts += ["### Normal cells", normal_table(results["cells"]), "### Other cells", kinds_table(results["cells"])]
    if "learners" in results:
        parts += ["### Learners", kinds_table(results["learners"])]
    if "crossed" in results:
        for scope, title in SCOPES.items():
            parts += [f"### Crossed effects, {title}", crossed_table(results["crossed"], scope)]
    if "series" in results:
        parts += ["### Time series", series_table(results["series"])]
    return "\n\n".join(parts)


def twin_tables(results: Mapping[str, Any]) -> list[str]:
    """Return the tables of the twins, each after its heading."""
    points = results["points"]
    gaps = [f"{100 * point['gap']:.2f}" for point in points]
    errors = columns_of(FALSE_SUPPORTED, naive=NAIVE) + columns_of(FALSE_EQUIVALENT, naive=["uncorrected"])
    errors += columns_of(FALSE_MARGIN) + columns_of(FALSE_REFUTED)
    intervals = columns_of(MISSED, naive=NAIVE) + columns_of(MISSED_APART)
    powers = columns_of(POWER) + columns_of(POWER_MARGIN) + columns_of(POWER_EQUIVALENT) + columns_of(POWER_REFUTED)
    repeats = {
        "mean repeats run for beats(), twins apart by δ": [f"{mean_repeats(results, point):.1f}" for point in points]
    }
    return [
        "### Bounds",
        markdown(
            ("error, nominal 5%", "rule", "bound, %", "worst rate, %", "at", "rates above the bound"), bounds(results)
        ),
        "### Errors",
        rates_by_point(results, errors, {"δ, %": gaps}),
        "### Intervals",
        rates_by_point(results, intervals),
        "### Power",
        rates_by_point(results, powers, repeats),
        "### Families",
        markdown(
            ("design", "rule", "true nulls per family", "families with a claim supported, %", "after Holm, %"),
            family_rows(results),
        ),
    ]


def normal_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the worst error of normal cells, with looks, by folds and repeats: either false verdict or a miss."""
    worst = {
        (row["folds"], row["repeats"]): max(percent_of(row, "looks", error) for error in ERRORS)
        for row in rows
        if row["kind"] == "normal"
    }
    repeats = sorted({repeat for _, repeat in worst})
    lines = [
        (folds, *(f"{worst[folds, each]:.1f}" if (folds, each) in worst else "" for each in repeats))
        for folds in sorted({folds for folds, _ in worst})
    ]
    return markdown(("folds", *(f"{each} repeats" if each > 1 else "1 repeat" for each in repeats)), lines)


def kinds_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the errors of all kinds of cells but normal ones, with looks and with one look."""
    lines = [
        (row["kind"], design_of(row), *(both_rules(row, error) for error in ERRORS))
        for row in rows
        if row["kind"] != "normal"
    ]
    return markdown(("differences", "design", *ERRORS.values()), lines)


def crossed_table(rows: Sequence[Mapping[str, Any]], scope: str) -> str:
    """Return the worse of both false verdicts and the misses of one scope: a line per kind and rows, by seeds."""
    judged = [row for row in rows if scope in row]
    rates = {
        (
            row["kind"],
            row["rows"],
            row["seeds"],
        ): f"{worst_verdict(row, scope):.1f} / {percent_of(row, scope, 'missed'):.1f}"
        for row in judged
    }
    seeds = sorted({row["seeds"] for row in judged})
    lines = dict.fromkeys((row["kind"], row["rows"]) for row in judged)
    return markdown(
        ("differences", "rows", *map(seeds_of, seeds)),
        [(*line, *(rates[*line, each] for each in seeds)) for line in lines],
    )


def series_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the errors and the power of the test that judges, and the errors of the published one."""
    lines = [
        (
            row["kind"],
            row["rows"],
            *(f"{percent_of(row, 'judged', error):.1f}" for error in ERRORS),
            f"{100.0 * row['power'] / row['judged']['runs']:.0f}",
            f"{worst_verdict(row, 'published'):.1f} / {percent_of(row, 'published', 'missed'):.1f}",
        )
        for row in rows
    ]
    return markdown(
        ("differences", "rows", *ERRORS.values(), "power, %", "as published: false verdict / missed, %"), lines
    )


def worst_verdict(row: Mapping[str, Any], rule: str) -> float:
    """Return the rate of the more frequent of both false verdicts, in percent."""
    return max(percent_of(row, rule, error) for error in ("greater", "less"))


def both_rules(row: Mapping[str, Any], error: str) -> str:
    """Return an error with looks and with one look, or only one of them if there is one repeat."""
    rules = PRODUCT if row["repeats"] > 1 else PRODUCT[:1]
    return " / ".join(f"{percent_of(row, rule, error):.1f}" for rule in rules)


def percent_of(row: Mapping[str, Any], rule: str, error: str) -> float:
    """Return how often an error happens, in percent of the runs."""
    return 100.0 * row[rule][error] / row[rule]["runs"]


def columns_of(measure: Measure, *, naive: Iterable[str] = ()) -> list[Column]:
    """Return the columns of a measure: one for negres, and one for each of the naive rules."""
    own = Column(measure.title, measure, PRODUCT)
    return [own, *(Column(f"same, {NAIVE[rule]}", measure, (rule,)) for rule in naive)]


def bounds(results: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Compare the worst rate of each kind of error with a bound that was set before anything was measured."""
    points = results["points"]
    repeated = [point for point in points if point["repeats"] > 1]
    claims = [(population, claim) for population in ("equal", "apart") for claim in points[0][population]]
    missed = [Measure("95% interval misses the truth, any claim", *each, "missed") for each in claims]
    for measures, among, bound in (
        ([FALSE_SUPPORTED], repeated, 5.5),
        ([FALSE_EQUIVALENT], points, 5.5),
        ([FALSE_MARGIN], points, 5.5),
        ([FALSE_REFUTED], points, 5.5),
        (missed, points, 6.5),
    ):
        for rule in PRODUCT:
            rates = [(measure.rate(results, point, rule), name_of(point)) for measure in measures for point in among]
            yield bound_row(measures[0].title, rule, bound, rates)
    for rule in PRODUCT:
        rates = [
            (Rate(family["supported_after_holm"], results["simulations"]), design_of(family))
            for family in results["families"]
            if family["rule"] == rule
        ]
        yield bound_row("a claim of a family of true nulls supported after Holm", rule, 5.5, rates)


def bound_row(title: str, rule: str, bound: float, rates: Sequence[tuple[Rate, str]]) -> tuple[str, ...]:
    """Return a row: the bound, the worst rate with its standard error and place, and how many are above the bound."""
    worst, place = max(rates, key=lambda each: each[0].percent)
    above = sum(rate.percent > bound for rate, _ in rates)
    return title, rule, f"≤ {bound}", f"{worst.percent:.2f} ± {worst.error:.2f}", place, f"{above} of {len(rates)}"


def distinct_rules(rules: Iterable[str], point: Mapping[str, Any]) -> list[str]:
    """Leave out rules that coincide with others: one repeat has only one look, and one seed has nothing to pool."""
    coinciding = set()
    if point["repeats"] == 1:
        coinciding |= {"looks", "naive looks"}
    if point["seeds"] == 1:
        coinciding |= {"pooled seeds"}
    return [rule for rule in rules if rule not in coinciding]


def rates_by_point(
    results: Mapping[str, Any],
    columns: Sequence[Column],
    extra: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Return a table with one row per point; the rates of several rules in a column are separated by slashes."""
    extra = extra or {}
    rows = []
    for number, point in enumerate(results["points"]):
        row = [design_of(point), point["seeds"], point["rows"], *(values[number] for values in extra.values())]
        for _, measure, rules in columns:
            rates = (measure.rate(results, point, rule).percent for rule in distinct_rules(rules, point))
            row.append(" / ".join(f"{rate:.1f}" for rate in rates))
        rows.append(row)
    return markdown(("design", "seeds", "rows", *extra, *(column.heading for column in columns)), rows)


def family_rows(results: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return one row per family."""
    rows = []
    for family in results["families"]:
        rates = (Rate(family[key], results["simulations"]).percent for key in ("supported", "supported_after_holm"))
        rows.append((design_of(family), family["rule"], family["members"], *(f"{rate:.1f}" for rate in rates)))
    return rows


def mean_repeats(results: Mapping[str, Any], point: Mapping[str, Any]) -> float:
    """Return the mean number of repeats until a look decides `beats()` about twins that are apart, or the run ends."""
    return point["apart"]["beats by 0"]["looks"]["repeats"] / results["simulations"]


def design_of(point: Mapping[str, Any]) -> str:
    """Name a design."""
    return f"{point['folds']}x{point['repeats']}"


def seeds_of(count: int) -> str:
    """Name a number of seeds."""
    return f"{count} seed" if count == 1 else f"{count} seeds"


def name_of(point: Mapping[str, Any]) -> str:
    """Name a point."""
    return f"{design_of(point)}, {seeds_of(point['seeds'])}, {point['rows']} rows"


def markdown(headers: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a Markdown table."""
    headers = list(headers)
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def draw_figure(results: Mapping[str, Any], path: Path) -> None:
    """Draw the rates by the number of rows: one column of panels per design, one row per kind of rate."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    designs = list(dict.fromkeys(design_of(point) for point in results["points"]))
    measures = (FALSE_SUPPORTED, FALSE_EQUIVALENT, MISSED, POWER_MARGIN)
    size = (4.2 * len(designs), 2.6 * len(measures) + 1)
    figure, axes = plt.subplots(len(measures), len(designs), figsize=size, sharex=True, sharey="row", squeeze=False)
    for panels, measure in zip(axes, measures, strict=True):
        for panel, design in zip(panels, designs, strict=True):
            points = [point for point in results["points"] if design_of(point) == design]
            draw_panel(panel, results, points, measure)
        panels[0].set_ylabel(f"{measure.title.replace(', ', chr(10))}\n(% of data sets)")
    for top, bottom, design in zip(axes[0], axes[-1], designs, strict=True):
        top.set_title(f"{design} (folds x repeats)")
        bottom.set_xlabel("rows per data set")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False)
    figure.tight_layout(rect=(0, 0.09, 1, 1))
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_panel(panel: Any, results: Mapping[str, Any], points: Sequence[Mapping[str, Any]], measure: Measure) -> None:
    """Draw one kind of rate for one design."""
    from matplotlib.ticker import NullLocator

    sizes = sorted({point["rows"] for point in points})
    for rule, (colour, marker, label) in STYLES.items():
        for seeds in sorted({point["seeds"] for point in points}):
            selected = [point for point in points if point["seeds"] == seeds]
            if not distinct_rules([rule], selected[0]):
                continue
            rates = [measure.rate(results, point, rule) for point in selected]
            panel.errorbar(
                [point["rows"] for point in selected],
                [rate.percent for rate in rates],
                [rate.error for rate in rates],
                color=colour,
                marker=marker,
                markersize=5,
                markerfacecolor=colour if seeds == 1 else "white",
                linestyle="-" if seeds == 1 else "--",
                linewidth=1.2,
                zorder=3 if rule in PRODUCT else 2,
                label=f"{label}, {seeds_of(seeds)}",
            )
    if measure is POWER_MARGIN:
        panel.set_ylim(0, 100)
    else:
        # The square root spreads the small rates, where the bound is, and is defined at 0.
        panel.set_yscale("function", functions=(lambda rate: abs(rate) ** 0.5, lambda root: root**2))
        panel.axhline(5, color="black", linewidth=1, linestyle=":", label="nominal 5%")
        panel.set_yticks([0, 1, 5, 10, 20, 40, 70])
        panel.set_ylim(0, 75)
    panel.set_xscale("log")
    panel.set_xticks(sizes, [f"{rows:,}" for rows in sizes])
    panel.xaxis.set_minor_locator(NullLocator())
    panel.grid(color="0.9")
