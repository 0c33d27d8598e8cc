"""The critical difference diagram (Demšar 2006): arms by mean rank, with a bar beside those that do not differ."""

from __future__ import annotations

from markupsafe import Markup

from negres_core.report.page.canvas import Canvas
from negres_core.report.page.colours import INK, MUTED
from negres_core.report.page.scale import Scale
from negres_core.report.ranks import Ranks

WIDTH, LEFT, ROW = 860, 330, 20
MOST_NAME = 50
"""Most characters of an arm's name with its rank."""


def cliques(mean_ranks: list[float], difference: float) -> list[tuple[int, int]]:
    """Return the longest runs of arms, best first, whose mean ranks differ by no more than the critical difference.

    Examples:
        >>> cliques([1.0, 1.5, 2.4, 4.0], 1.0)
        [(0, 1), (1, 2)]
    """
    runs: list[tuple[int, int]] = []
    for first, low in enumerate(mean_ranks):
        last = max(place for place, high in enumerate(mean_ranks) if high - low <= difference)
        if last > first and (not runs or last > runs[-1][1]):
            runs.append((first, last))
    return runs


def draw_ranks(ranks: Ranks, *, id: str) -> Markup:
    """Draw the mean ranks of arms for the page."""
    listed = "; ".join(f"{arm} {mean:.2f}" for arm, mean in ranks.ranking.mean_ranks.items())
    pairs = "; ".join(f"{better} is better than {worse}" for better, worse in ranks.ranking.differing)
    text = f"Mean ranks: {listed}. {pairs or 'No two arms differ by more than the critical difference'}."
    title = f"Critical difference diagram of {ranks.metric}"
    return plot_ranks(ranks).finish(id=id, title=title, description=text)


def plot_ranks(ranks: Ranks, *, width: float = WIDTH, left: float = LEFT, most: int = MOST_NAME) -> Canvas:
    """Plot the mean ranks of arms.

    Args:
        ranks: the ranks.
        width: of the figure, in pixels.
        left: pixels for the names.
        most: most characters of a name with its rank.
    """
    ranking = ranks.ranking
    arms, means = list(ranking.mean_ranks), list(ranking.mean_ranks.values())
    bars = cliques(means, ranking.critical_difference)
    bottom = 40 + ROW * len(arms) + 8
    canvas = Canvas(bottom + 40, width)
    right = width - 30 - 10 * len(bars)
    scale = Scale(1.0, float(len(arms)), left, right)
    end = scale.at(min(1.0 + ranking.critical_difference, len(arms)))
    canvas.line((left, end), (14, 14), INK, width=2)
    for x in (left, end):
        canvas.line((x, x), (10, 18), INK)
    canvas.text(end + 8, 14, f"critical difference {ranking.critical_difference:.2f}", MUTED, size=11)
    canvas.axis(scale, bottom, above=30)
    for place, (arm, mean) in enumerate(zip(arms, means, strict=True)):
        y = 40 + ROW * (place + 0.5)
        canvas.text(left - 14, y, f"{arm}  {mean:.2f}", size=11.5, align="right", most=most)
        canvas.marks([scale.at(mean)], [y], INK, size=7)
    for place, (first, last) in enumerate(bars):
        x = right + 14 + 10 * place
        canvas.line((x, x), (40 + ROW * first + 4, 40 + ROW * (last + 1) - 4), INK, width=4)
    canvas.text(right, bottom + 29, "mean rank; 1 is best", MUTED, size=11, align="right")
    return canvas
