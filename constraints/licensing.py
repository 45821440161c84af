"""What a control leads to: license, exceptions, review, duty, volume caps, reporting duties.

Each is an answer of its own. A duty says nothing of control, a review policy does not say whether a
license is needed, and an exception lifts only the rules that it names. Unknown facts stay unknown.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from constraints.consequences import (
    Duty,
    License,
    LicenseException,
    Licensing,
    ReportingDuty,
    Review,
    VolumeCap,
)
from constraints.destinations import load_destinations
from constraints.expressions import Expr, compiled, conjunction, evaluate, names
from constraints.reach import reaches
from constraints.remarks import in_numbers, unstated_review, without_exception
from constraints.rules import condition
from constraints.rulesets import Paragraph, Rule, Ruleset

__all__ = [
    "Duty",
    "License",
    "LicenseException",
    "Licensing",
    "ReportingDuty",
    "Review",
    "VolumeCap",
    "licensing",
    "with_places",
]

# Texts with this status would bind a buyer, not an exporter: no license hangs on them.
NO_LICENSE = frozenset({"guidance"})
CERTIFICATION = "certification"
NOTICE_DAYS, DUTY_RATE = "notice_days", "duty_rate"
TRANSFER_FACT = "transfer_in_country"
SEAT_FACT, PLACE_FACT = "headquartered_in_d5_or_macau", "end_user_in_china_or_macau"
CHINA_AND_MACAU = ("CN", "MO")

# Where open facts cancel out, the verdict of the whole is firmer than that of any one rule.
LICENSE_OF = {"controlled": "required", "not_controlled": "not_required"}

Facts = Mapping[str, Any]


def with_places(facts: Facts, destination: str, headquarters: str | None, rs: Ruleset) -> Facts:
    """Add the facts that follow from the places; a fact that is given stays as it is.

    A shipment to a destination is an export or reexport unless a transfer within it is stated.
    """
    known = load_destinations()
    derived = {
        SEAT_FACT: known.embargoed_or_macau(headquarters, rs.on),
        TRANSFER_FACT: False,
        PLACE_FACT: known.in_any(destination, CHINA_AND_MACAU, rs.on),
    }
    return {**derived, **facts}


@dataclass(frozen=True, slots=True)
class _Case:
    """One shipment under one rule set; facts are completed."""

    rs: Ruleset
    facts: Facts
    destination: str
    headquarters: str | None

    def reached(self, kind: str) -> Iterator[Rule]:
        for rule in self.rs.rules:
            if rule.kind == kind and rule.reaches(self.destination, self.headquarters, self.rs.on):
                yield rule

    def of_kind(self, rule: Rule, expr: Expr) -> Any:
        return compiled(conjunction(rule.guard, expr))(self.facts)

    def in_reach(self, paragraph: Paragraph) -> bool:
        scope = paragraph.clause.scope
        return reaches(scope, self.destination, self.headquarters, self.rs.on)

    def unknown(self, *exprs: Expr) -> tuple[str, ...]:
        """Facts that these conditions name and nobody has given."""
        used = (name for expr in exprs for name in names(expr) if self.facts.get(name) is None)
        roots = {root for name in used for root in self.rs.vocabulary.roots(name)}
        return tuple(sorted(root for root in roots if self.facts.get(root) is None))

    def policies(self) -> Iterator[tuple[Rule, Paragraph]]:
        """Paragraphs of review rules that name a policy, in reading order."""
        for rule in self.reached("review"):
            for paragraph in rule.paragraphs:
                if paragraph.clause.outcome != CERTIFICATION and self.in_reach(paragraph):
                    yield rule, paragraph

    def open_or_held(self, kind: str) -> Iterator[tuple[Rule, Paragraph, Any]]:
        for rule in self.reached(kind):
            for paragraph in rule.paragraphs:
                held = self.of_kind(rule, paragraph.expr)
                if held is not False and self.in_reach(paragraph):
                    yield rule, paragraph, held


def _license(case: _Case, verdicts: Mapping[str, bool | None], verdict: str | None) -> License:
    asking = [
        rule
        for rule in case.rs.rules
        if verdicts.get(rule.id, False) is not False
        and rule.version.status not in NO_LICENSE
        and rule.reaches(case.destination, case.headquarters, case.rs.on)
    ]
    sure = tuple(rule.id for rule in asking if verdicts[rule.id])
    may = tuple(rule.id for rule in asking if not verdicts[rule.id])
    seat = tuple(rule.id for rule in asking if not rule.reaches(case.destination, None, case.rs.on))
    status = "required" if sure else "undetermined" if may else "not_required"
    if asking and verdict in LICENSE_OF:
        status = LICENSE_OF[verdict]
    return License(status, sure, may, seat)


def _exception(case: _Case, rule: Rule, needed: License) -> LicenseException:
    inside = [each for each in rule.paragraphs if case.in_reach(each)]
    held = [(each, case.of_kind(rule, each.expr)) for each in inside]
    shut = [(each, case.of_kind(rule, each.expr)) for each in rule.exclusions]
    excluded = [value for _, value in shut]
    best = next((each for each in held if each[1]), None)
    status = "available" if best else "not_available"
    if not best and any(value is None for _, value in held):
        status = "undetermined"
    if True in excluded:
        status = "not_available"
    elif None in excluded and status == "available":
        status = "undetermined"
    standing = (*needed.rules, *needed.open_rules)
    open_exprs = [each.expr for each in (*inside, *rule.exclusions)]
    return LicenseException(
        id=rule.id.rpartition("/")[2],
        rule=rule.id,
        status=status,
        lifts=tuple(each for each in standing if each in rule.version.overcomes),
        leaves=tuple(each for each in standing if each not in rule.version.overcomes),
        notice_days=rule.thresholds.get(NOTICE_DAYS),
        notes=tuple(each.clause.note for each, value in held if value and each.clause.note),
        needs=case.unknown(*open_exprs) if status == "undetermined" else (),
        citation=rule.version.citation.text,
        confidence=rule.version.confidence,
        because=without_exception(case.rs, rule, [each for each, held in shut if held], inside)
        if status == "not_available"
        else "",
    )


def _exceptions(case: _Case, needed: License) -> tuple[LicenseException, ...]:
    if needed.status == "not_required":
        return ()
    found = (_exception(case, rule, needed) for rule in case.reached("exception"))
    return tuple(each for each in found if each.lifts)


def _review(case: _Case, needed: License) -> Review:
    """Return the first policy that holds; an open one counts only if the next differs from it."""
    if needed.status == "not_required":
        return Review("none")
    shut: list[str] = []
    doubtful: Review | None = None
    for rule, paragraph in case.policies():
        certified, failing = _certified(case, rule)
        held = case.of_kind(rule, paragraph.expr)
        if held is False or failing:
            why = failing or (f"the item does not meet {in_numbers(case.rs, rule, paragraph)}",)
            shut += [f"{paragraph.id}: {each}" for each in why] if certified else []
            continue
        found = Review(
            policy=paragraph.clause.outcome,
            paragraph=paragraph.id,
            provided=tuple(each.clause.note for each, value in certified if value is None),
            ruled_out=tuple(shut),
            needs=() if held else case.unknown(paragraph.expr),
            citation=paragraph.clause.cite,
            confidence=rule.version.confidence,
        )
        if held and doubtful is not None and doubtful.policy != found.policy:
            return replace(doubtful, policy="undetermined")
        if held:
            return found
        doubtful = doubtful or found
    if doubtful is not None:
        return replace(doubtful, policy="undetermined")
    because = unstated_review(case.reached("review"), case.destination)
    return Review("not_stated", ruled_out=tuple(shut), because=because)


def _certified(
    case: _Case, rule: Rule
) -> tuple[list[tuple[Paragraph, bool | None]], tuple[str, ...]]:
    """What an applicant must show under a review rule, and what of it is known to fail."""
    conditions = [each for each in rule.paragraphs if each.clause.outcome == CERTIFICATION]
    shown = [(each, case.of_kind(rule, each.expr)) for each in conditions]
    failing = (each.clause.note or each.id for each, value in shown if value is False)
    return shown, tuple(failing)


def _duty(case: _Case) -> Duty:
    found = Duty("not_due")
    for rule in case.reached("duty"):
        carved = [(each, case.of_kind(rule, each.expr)) for each in rule.exclusions]
        out = next((each for each, value in carved if value), None)
        for paragraph in rule.paragraphs:
            held = case.of_kind(rule, paragraph.expr)
            if held is False or not case.in_reach(paragraph):
                continue
            status = "not_due" if out else "due" if held else "undetermined"
            answer = Duty(
                status=status,
                paragraph=paragraph.id,
                heading=out.clause.id if out else paragraph.clause.outcome,
                rate=rule.thresholds.get(DUTY_RATE) if status != "not_due" else None,
                carve_out=out.clause.cite if out else "",
                unless=tuple(each.clause.cite for each, value in carved if value is None),
                needs=() if held else case.unknown(paragraph.expr),
                citation=paragraph.clause.cite,
                note=rule.version.note,
            )
            if held:
                return answer
            found = answer
    return found


def _volume(case: _Case) -> Iterator[VolumeCap]:
    for rule, paragraph, _ in case.open_or_held("volume"):
        cap = condition(paragraph.clause.outcome)
        measure = next(name for name in names(cap) if name not in rule.thresholds)
        limit = next(rule.thresholds[name] for name in names(cap) if name in rule.thresholds)
        value = case.facts.get(measure)
        kept = evaluate(cap, {**rule.thresholds, measure: value})
        status = "open" if kept is None else "within" if kept else "exceeded"
        text = paragraph.clause
        yield VolumeCap(paragraph.id, measure, limit, value, status, text.note, text.cite)


def _reporting(case: _Case, exceptions: Iterable[LicenseException]) -> Iterator[ReportingDuty]:
    for each in exceptions:
        if each.status != "not_available" and each.notice_days:
            what = f"notice to BIS in SNAP-R before using exception {each.id}"
            certain = each.status == "available"
            yield ReportingDuty(each.rule, what, each.notice_days, certain, each.citation)
    for rule, paragraph, held in case.open_or_held("reporting"):
        yield ReportingDuty(
            paragraph.id,
            paragraph.clause.note or paragraph.clause.outcome,
            rule.thresholds.get(NOTICE_DAYS),
            bool(held),
            paragraph.clause.cite,
        )


def licensing(
    rs: Ruleset,
    facts: Facts,
    verdicts: Mapping[str, bool | None],
    destination: str,
    headquarters: str | None = None,
    *,
    verdict: str | None = None,
) -> Licensing:
    """Everything that follows from a classification, for one destination and party.

    Parameters
    ----------
    rs : Ruleset
        The rules of the day.
    facts : mapping
        Completed facts of the item and of the shipment (`Vocabulary.completed`).
    verdicts : mapping
        For each control and presumption by id: caught, not caught, or `None` for a missing fact.
    destination, headquarters : str
        Where the item goes; where the party or its parent has its seat, if stated. [ISO code]
    verdict : str, optional
        Verdict over all rules, where it is firmer than that of any one.
    """
    whole = with_places(facts, destination, headquarters, rs)
    case = _Case(rs, whole, destination, headquarters)
    needed = _license(case, verdicts, verdict)
    exceptions = _exceptions(case, needed)
    asked = needed.status != "not_required"
    return Licensing(
        license=needed,
        exceptions=exceptions,
        review=_review(case, needed),
        duty=_duty(case),
        volume=tuple(_volume(case)) if asked else (),
        reporting=tuple(_reporting(case, exceptions)) if asked else (),
    )
