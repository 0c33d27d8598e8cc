"""The comparison of two evidence folders: flipped verdicts, changed effects, times as ratios, environments."""

from __future__ import annotations

from collections.abc import Sequence

from negres_core.errors import show
from negres_core.evidence import Evidence
from negres_core.report.change import Change
from negres_core.report.layout import Style, lay_out, plural, show_interval, show_number, why_not_judged
from negres_core.report.moved import describe_moved

HEADERS = ("hypothesis", "data", "verdict", "effect", "change [95% interval]", "time")
"""Headers on a page."""
TERMINAL_HEADERS = ("hypothesis,\ndata set", "verdict", "effect", "change\n[95% interval]", "time")
"""Headers in a terminal."""
WIDTHS = (34, 24, 20, 20, 14)
"""Characters per column in a terminal."""


def render(
    changes: Sequence[Change],
    *,
    missing: tuple[Sequence[Evidence], Sequence[Evidence]] = ((), ()),
    names: tuple[str, str] = ("the first folder", "the second folder"),
    style: Style = "terminal",
) -> str:
    """Render what changed between two folders.

    Args:
        changes: the change of each hypothesis that both folders have.
        missing: the hypotheses that only the first and only the second folder has.
        names: how the folders are called.
        style: see `Style`.
    """
    parts = [summarize(changes)]
    if changes:
        page = style == "markdown"
        rows = [_row(each, on_page=page) for each in changes]
        headers, widths = (HEADERS, ()) if page else (TERMINAL_HEADERS, WIDTHS)
        parts.append(lay_out(rows, headers=headers, widths=widths, style=style))
    if any(each.effect for each in changes):
        parts.append(_explanation(changes))
    parts.append(_listed("Not comparable", [(e.after, e.incomparable) for e in changes if e.incomparable], style))
    moved = [(each.after, describe_moved(each.before, each.after, each.moved)) for each in changes if each.moved]
    parts.append(_listed("Changed parts", moved, style))
    for records, name in zip(missing, names, strict=True):
        parts.append(_listed(f"Only in {show(name, style)}", [(each, "") for each in records], style))
    before, after = ([each.before for each in changes], [each.after for each in changes])
    parts.append(_listed("Environment", differences_of_environments(before, after), style))
    return "\n\n".join(filter(None, parts))


def differences_of_environments(before: Sequence[Evidence], after: Sequence[Evidence]) -> list[tuple[str, str]]:
    """Return what differs between the environments of two folders, as a name and both values in words."""
    first, second = _environments(before), _environments(after)
    return [
        (name, f"{_values(first.get(name, set()))} -> {_values(second.get(name, set()))}")
        for name in first | second
        if first.get(name) != second.get(name)
    ]


def _environments(records: Sequence[Evidence]) -> dict[str, set[str]]:
    """Return all values of each part of the environments, by its name."""
    found: dict[str, set[str]] = {}
    for evidence in records:
        content = evidence.provenance.model_dump()
        for name, value in (content | content.pop("packages")).items():
            found.setdefault(name, set()).add("none" if value is None else str(value))
    return found


def _values(values: set[str]) -> str:
    return ", ".join(show(each) for each in sorted(values)) or "none"


def summarize(changes: Sequence[Change]) -> str:
    """Return in a sentence how many hypotheses changed, and how."""
    counted = plural(len(changes), "hypothesis", "hypotheses")
    if not changes:
        return "No hypothesis is in both folders."
    flips = plural(sum(each.is_flip for each in changes), "verdict")
    clear = plural(sum(each.effect is not None and each.effect.is_clear for each in changes), "effect")
    surprises = plural(sum(each.is_new_surprise for each in changes), "new surprise")
    return f"{counted} in both folders: {flips} flipped, {clear} clearly changed, {surprises}."


def _row(change: Change, *, on_page: bool) -> tuple[str, ...]:
    before, after = change.before, change.after
    verdict = arrow(verdict_of(before), verdict_of(after))
    if change.is_flip:
        verdict = f"FLIP: {verdict}"
    if change.is_new_surprise:
        verdict += "\nSURPRISE"
    effect = arrow(effect_of(before), effect_of(after))
    unit = show(after.claim.of_output(after.claim.unit)) if effect else ""
    change_and_interval = "\n".join(filter(None, change_in_words(change)))
    times = (", " if on_page else "\n").join(times_in_words(change))
    cells = (verdict, f"{effect} {unit}".strip(), change_and_interval, times)
    title, data = show(after.title), show(after.data.name)
    return (title, data, *cells) if on_page else (f"{title}, {data}", *cells)


def verdict_of(evidence: Evidence) -> str:
    """Return the verdict of a run, or why it has none."""
    return evidence.verdict or why_not_judged(evidence)


def effect_of(evidence: Evidence) -> str:
    """Return the effect of a run as text; "" if it has no estimate."""
    return "" if evidence.estimate is None else show_number(evidence.estimate.effect, sign=True)


def arrow(before: str, after: str, sign: str = "->") -> str:
    """Return a change of two texts, or the one text of both."""
    return after if before == after else f"{before or 'none'} {sign} {after or 'none'}"


def change_in_words(change: Change) -> tuple[str, str]:
    """Return the change of an effect and its interval as texts; an asterisk says that the runs count as independent."""
    if change.incomparable:
        return "not comparable", ""
    if change.effect is None:
        return "", ""
    if change.effect.interval_95 is None:
        return "none in any cell", ""
    interval = show_interval(change.effect.interval_95)
    return show_number(change.effect.change, sign=True), f"{interval}{'' if change.effect.paired else ' *'}"


def times_in_words(change: Change) -> list[str]:
    """Return the ratio of the seconds of each arm, after to before."""
    return [f"{show(role)} x{ratio:.2f}" for role, ratio in change.times.items()]


def _explanation(changes: Sequence[Change]) -> str:
    lines = [
        "A positive effect is in favour of the treatment. The change is that of the cells that both runs have, with "
        "the interval of the corrected resampled t-test. Times are ratios of the median seconds per replicate, after "
        "/ before."
    ]
    if any(each.effect and each.effect.interval_95 and not each.effect.paired for each in changes):
        lines.append("* The runs count as independent, which makes the interval too wide if they share rows.")
    return "\n".join(lines)


def _listed(heading: str, items: Sequence[tuple[Evidence | str, str | None]], style: Style) -> str:
    """Return a list of hypotheses, or of other names, each with a text; nothing if it is empty."""
    if not items:
        return ""
    lines = [f"{heading}:", *([""] if style == "markdown" else [])]
    for name, text in items:
        shown = name if isinstance(name, str) else f"{show(name.title, style)}, {show(name.data.name, style)}"
        lines.append(f"- {shown}: {show(text, style, most=500)}" if text else f"- {shown}")
    return "\n".join(lines)
