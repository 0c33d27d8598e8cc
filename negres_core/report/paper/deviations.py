"""How a study departs from its registration: `deviations.tex`, from the ledger and the evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from negres_core.errors import show
from negres_core.evidence import Evidence, PriorLooks, Registration
from negres_core.report.layout import plural
from negres_core.report.page.background import registrations
from negres_core.report.paper.latex import Sentence, write_list, write_paragraph
from negres_core.report.paper.study import Study, count_hypotheses, enumerate_names, name_of

MOST_LISTED = 40
"""Most hypotheses that have a sentence of their own in a paragraph."""
MOST_REASON = 600
"""Most characters of the reason of an amendment or a waiver."""
NO_RESULT = "none"
"""What the background of a hypothesis says of an entry that was written when no verdict was known."""
NONE = Sentence("There is no deviation: every hypothesis was run as it was first registered, with all controls")
NONE_KNOWN = Sentence("The evidence records no deviation; more cannot be known without a ledger")
RESULTS_LEFT_OUT = "hypotheses with results in the evidence folder are"


def write_deviations(study: Study) -> str:
    """Return in LaTeX how hypotheses were registered, and every deviation; if there is none, it says so."""
    deviations = {heading: find(study) for heading, find in PARAGRAPHS.items()}
    paragraphs = [write_paragraph("Registration.", describe_registration(study))]
    paragraphs += [write_list(f"{heading}.", sentences) for heading, sentences in deviations.items()]
    if not any(deviations.values()):
        paragraphs.append(write_paragraph("Deviations.", [NONE if study.ledger == "intact" else NONE_KNOWN]))
    return "\n".join(filter(None, paragraphs))


def describe_registration(study: Study) -> list[Sentence]:
    """Return how many hypotheses were registered before they ran, and what dates it."""
    if study.ledger == "missing":
        return [Sentence("There is no ledger here, so no registration can be checked"), *_statuses(study)]
    if study.ledger == "broken":
        text = "The ledger is damaged, so only what the evidence recorded about it is known"
        return [Sentence(text), *_statuses(study)]
    hypotheses = {each.hypothesis for each in study.entries}
    entries = plural(len(study.entries), "entry", "entries")
    count = plural(len(hypotheses), "hypothesis", "hypotheses")
    return [Sentence(f"The ledger has {entries} of {count}"), *_statuses(study)]


def _statuses(study: Study) -> list[Sentence]:
    first = [each for each in study.records if _is_clean(_registered(each))]
    text = f"{count_hypotheses(first, study.records)} ran as first registered, with no result on record before"
    sentences = [Sentence(text[0].upper() + text[1:])]
    undated = [each for each in study.records if (known := _registered(each)).entry and not known.committed]
    if undated:
        text = f"The entries of {count_hypotheses(undated, study.records)} were not committed before the run"
        sentences.append(Sentence(f"{text}, so their dates rest only on the clock of the machine"))
    return sentences


def _registered(evidence: Evidence) -> Registration:
    return evidence.registration or Registration(status="exploratory")


def _is_clean(registration: Registration) -> bool:
    return registration.status == "registered" and not (registration.seen or registration.older)


def describe_exploratory(study: Study) -> list[Sentence]:
    """Return which hypotheses ran without a registration."""
    some = [each for each in study.records if _registered(each).status == "exploratory"]
    if not some:
        return []
    return [Sentence(f"Without a registration, and so exploratory: {_who(some, study)}")]


def describe_late(study: Study) -> list[Sentence]:
    """Return which hypotheses were registered after some of their results, and run as registered."""
    some = [each for each in study.records if _registered(each).status == "registered"]
    late = [each for each in some if not _is_clean(_registered(each))]
    return _listed(late, lambda each: f"{name_of(each)}: {_known_before(_registered(each))}")


def _known_before(registration: Registration) -> str:
    parts = [f"verdicts known at registration: {', '.join(map(show, registration.seen))}"] if registration.seen else []
    if registration.older:
        parts.append(f"{plural(registration.older, 'difference')} older than the registration")
    return "; ".join(parts) or "no result was known at registration"


def describe_amendments(study: Study) -> list[Sentence]:
    """Return every amendment of a reported hypothesis, what it changed, why, and which results were on record."""
    amended: dict[_Amendment, dict[str, set[str]]] = {}
    for evidence in study.records:
        found = [
            (_Amendment(row.when[:10], row.what, row.reason, row.seen != NO_RESULT), row.seen)
            for row in registrations(evidence, study.entries)
            if row.reason
        ]
        own = _registered(evidence)
        if own.status == "amended" and not found:  # the ledger is not here; the evidence knows the last amendment
            day, reason = (own.registered_at or "unknown")[:10], own.reason or "unknown"
            found = [(_Amendment(day, "amended", reason, bool(own.seen)), ", ".join(own.seen))]
        for each, seen in found:
            amended.setdefault(each, {}).setdefault(name_of(evidence), set()).add(seen)
    sentences = []
    for each, known in sorted(amended.items(), key=lambda item: item[0].day):
        who = enumerate_names(known) if len(known) <= 3 else count_hypotheses(known, study.records)
        seen = ", ".join(sorted({show(verdict) for verdicts in known.values() for verdict in verdicts}))
        results = f"with results on record ({seen})" if each.late else "with no result on record"
        reason = show(each.reason, most=MOST_REASON).rstrip(".")
        sentences.append(Sentence(f"{show(each.day)}, {who}: {show(each.what)}, {results}; reason: “{reason}”"))
    return _cut(sentences)


class _Amendment(NamedTuple):
    """An amendment, which may be that of several hypotheses.

    Attributes:
        day: when it was registered.
        what: what it changed, in words.
        reason: why.
        late: whether results were on record.
    """

    day: str
    what: str
    reason: str
    late: bool


def describe_changes(study: Study) -> list[Sentence]:
    """Return which hypotheses were run differently from their registration, and in what."""
    some = [each for each in study.records if _registered(each).status == "changed"]
    return _listed(
        some, lambda each: f"{name_of(each)} was run with another {', '.join(map(show, _registered(each).changed))}"
    )


def describe_later_amendments(study: Study) -> list[Sentence]:
    """Return which hypotheses have been amended since they ran, so that their results are of an older registration."""
    latest = {entry.hypothesis: digest for digest, entry in study.entries_by_digest.items()}
    some = [
        each
        for each in study.records
        if (entry := _registered(each).entry) and latest.get(each.hypothesis, entry) != entry
    ]
    text = "The ledger has a newer entry than the one that the run was compared with"
    return [Sentence(f"{text}: {_who(some, study)}")] if some else []


def describe_not_reported(study: Study) -> list[Sentence]:
    """Return which hypotheses are registered or have results, and are not reported."""
    sentences = []
    if study.left_out:
        count = plural(len(study.left_out), "hypothesis with results in the evidence folder is", RESULTS_LEFT_OUT)
        sentences.append(Sentence(f"{count} not reported here: {enumerate_names(study.left_out.values())}"))
    known = {each.hypothesis for each in study.records} | set(study.left_out)
    missing = {each.hypothesis: each for each in study.entries if each.hypothesis not in known}
    if missing:
        names = enumerate_names(f"“{show(each.title)}” on {show(each.data.name)}" for each in missing.values())
        count = plural(len(missing), "registered hypothesis has", "registered hypotheses have")
        sentences.append(Sentence(f"{count} no result in the evidence folder: {names}"))
    return sentences


def describe_waivers(study: Study) -> list[Sentence]:
    """Return each control that was waived, what it found, and why."""
    sentences = []
    for evidence in study.records:
        findings = {finding.control: finding for finding in evidence.controls}
        for control, reason in evidence.waived.items():
            finding = findings.get(control)
            found = "has no finding" if finding is None else "passed" if finding.passed else "failed"
            why = show(reason, most=MOST_REASON).rstrip(".")
            sentences.append(
                Sentence(f"{name_of(evidence)}: the control “{show(control)}” {found} and is waived; reason: “{why}”")
            )
    return _cut(sentences)


def describe_fewer_controls(study: Study) -> list[Sentence]:
    """Return which hypotheses ran with fewer controls than all."""
    some = [each for each in study.records if each.controlled != "all" and each.scores is None]
    given = [each for each in study.records if each.scores is not None]
    sentences = [Sentence(f"Not all controls ran: {_who(some, study)}")] if some else []
    return [*sentences, Sentence(f"Scores were given, so no control ran: {_who(given, study)}")] if given else sentences


def describe_cut_off(study: Study) -> list[Sentence]:
    """Return which runs ended without a verdict."""
    some = [each for each in study.records if each.verdict is None]
    return [Sentence(f"Interrupted, and so without a verdict: {_who(some, study)}")] if some else []


def describe_openings(study: Study) -> list[Sentence]:
    """Return which confirmations used sealed rows that had been opened or seen before."""
    some = [each for each in study.records if each.seal is not None and each.seal.phase == "confirming"]
    again = [each for each in some if not (each.prior or PriorLooks()).is_first_opening]
    return _listed(again, lambda each: f"The sealed rows of {name_of(each)} had been opened or seen before")


PARAGRAPHS: dict[str, Callable[[Study], list[Sentence]]] = {
    "Not registered": describe_exploratory,
    "Registered after results": describe_late,
    "Amendments": describe_amendments,
    "Amended since the run": describe_later_amendments,
    "Run differently": describe_changes,
    "Not reported": describe_not_reported,
    "Waived controls": describe_waivers,
    "Controls that did not run": describe_fewer_controls,
    "Cut off": describe_cut_off,
    "Sealed rows": describe_openings,
}
"""Kinds of deviations, by their headings."""


def _who(some: Sequence[Evidence], study: Study) -> str:
    """Return how many hypotheses some are, and which, unless they are all."""
    count = count_hypotheses(some, study.records)
    if len(some) == len(study.records) > 1:
        return count
    return f"{count}, {enumerate_names((name_of(each) for each in some), most=MOST_LISTED)}"


def _listed(some: Sequence[Evidence], say: Callable[[Evidence], str]) -> list[Sentence]:
    return _cut([Sentence(say(each)) for each in some])


def _cut(sentences: list[Sentence]) -> list[Sentence]:
    """Return the first sentences, and one that counts the others."""
    more = len(sentences) - MOST_LISTED
    return sentences if more <= 0 else [*sentences[:MOST_LISTED], Sentence(f"There are {more:,} more like these")]
