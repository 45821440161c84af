"""The static half of a what-if: cataloged parts, their margins and what follows."""

from collections.abc import Iterable, Mapping
from typing import Any

from constraints import Assessment, Ruleset
from constraints.compare import differences, texts_of
from constraints.findings import Finding
from constraints.quantities import load_quantities
from constraints.remarks import not_naming, only_if
from optimizer.report.canonical import plain
from optimizer.report.classified import finding_of
from optimizer.report.numbers import Number, text_number
from optimizer.report.solve import Case
from optimizer.report.whatif_document import (
    Consequences,
    Count,
    Detail,
    Margin,
    RuleDifference,
    RulesSide,
    Side,
    SkuRow,
    StandingRow,
)
from optimizer.study.reclassify import Reclassification, Standing
from optimizer.study.whatif import Examined, WhatIf

VERDICTS = ("controlled", "not_controlled", "undetermined")
CONSEQUENCES = "consequences"
NONE = "none"


def rules_side(rules: Ruleset, destination: str) -> RulesSide:
    """A rule set by name, day and content."""
    return RulesSide(
        id=rules.id,
        title=rules.title,
        on=rules.on.isoformat(),
        digest=rules.digest,
        overrides=dict(rules.overrides),
        assumptions=rules.assumed(destination),
    )


def rule_differences(before: Ruleset, after: Ruleset) -> tuple[RuleDifference, ...]:
    """Which rules the change adds, removes and rewrites."""
    rows = differences(texts_of(before), texts_of(after))
    return tuple(
        RuleDifference(rule=row["id"], change=row["change"], what=tuple(_what(row))) for row in rows
    )


def _what(row: Mapping[str, Any]) -> Iterable[str]:
    if row["change"] != "changed":
        yield row["text"]["citation"]
        return
    units = row.get("units", {})
    for name, (old, new) in row.get("thresholds", {}).items():
        yield f"{name} {_number(old)} -> {_number(new)} {units.get(name, '')}".rstrip()
    for name, (old, new) in row.get("paragraphs", {}).items():
        word = "added" if old is None else "removed" if new is None else "rewritten"
        yield f"paragraph {name} {word}"
    if "scope" in row:
        yield "scope rewritten"


def _number(value: Any) -> str:
    if value is None:
        return "none"
    return text_number(value) if hasattr(value, "as_integer_ratio") else str(value)


def counts_of(classes: Reclassification) -> tuple[Count, ...]:
    """Number of parts by verdict before and after; pairs without a part are left out."""
    found = classes.counts
    return tuple(
        Count(before=old, after=new, parts=found[old, new])
        for old in VERDICTS
        for new in VERDICTS
        if found[old, new]
    )


def sku_rows(answer: WhatIf) -> tuple[SkuRow, ...]:
    """Every part, with its margins where the change touches it."""
    records = {record.sku: record for record in answer.records}
    catalog = answer.scenario.before.catalog
    found = []
    for row in answer.classes.rows:
        record = records.get(row.sku)
        detail = None if record is None else detail_of(record)
        change = row.change
        if change == NONE and detail is not None and _follows(detail.before, detail.after):
            change = CONSEQUENCES
        found.append(
            SkuRow(
                sku=row.sku,
                name=f"{catalog.skus[row.sku].vendor} {catalog.skus[row.sku].name}",
                change=change,
                before=_standing(row.before),
                after=_standing(row.after),
                detail=None if change == NONE else detail,
            )
        )
    return tuple(found)


def strangers(case: Case, standings: Iterable[tuple[str, Standing]]) -> tuple[str, ...]:
    """Letters under a case's law that catch parts whose makers they do not name.

    Parameters
    ----------
    standings : iterable of (part, Standing)
        Classes under that law.
    """
    found: dict[str, list[str]] = {}
    for name, said in standings:
        for rule in not_naming(case.ruleset, case.catalog.skus[name].vendor):
            if any(paragraph.startswith(f"{rule.id}.") for paragraph in said.paragraphs):
                words = f"{rule.id} does not name the maker of every part: {only_if(rule)}"
                found.setdefault(words, []).append(name)
    return tuple(f"{words}; so with {', '.join(names)}" for words, names in found.items())


def _follows(before: Consequences, after: Consequences) -> bool:
    """Whether something follows from an unchanged class that did not before."""
    facts = {"holds": None, "in_guard_band": None}
    return before.model_copy(update=facts) != after.model_copy(update=facts)


def _standing(said: Standing) -> StandingRow:
    return StandingRow(
        verdict=said.verdict,
        tier=said.tier,
        paragraphs=said.paragraphs,
        needs=said.needs,
    )


def detail_of(record: Examined) -> Detail:
    """Paragraphs that speak otherwise of a part, and what follows, before and after."""
    return Detail(
        margins=tuple(_margins(record.before.findings, record.after.findings)),
        disputed=tuple(dict.fromkeys((*record.before.disputed, *record.after.disputed))),
        before=_consequences(record.before),
        after=_consequences(record.after),
    )


def _margins(before: tuple[Finding, ...], after: tuple[Finding, ...]) -> Iterable[Margin]:
    old = {finding.paragraph: finding for finding in before}
    new = {finding.paragraph: finding for finding in after}
    for name in dict.fromkeys((*old, *new)):
        first, second = side_of(old.get(name)), side_of(new.get(name))
        if first != second:
            known = new.get(name) or old[name]
            yield Margin(
                rule=known.rule, paragraph=name, citation=known.citation, before=first, after=second
            )


def side_of(said: Finding | None) -> Side | None:
    """What a paragraph says, with its margin; nothing where it is not in the rule set."""
    if said is None:
        return None
    shown = finding_of(said, "")
    return Side(
        verdict=shown.verdict,
        quantity=shown.quantity,
        value=shown.value,
        line=shown.threshold,
        slack=shown.slack,
        unit=_unit(said.quantity),
        arithmetic=shown.arithmetic,
        because=shown.because,
        grade=shown.grade,
        confidence=shown.confidence,
    )


def _consequences(said: Assessment) -> Consequences:
    rate: Number | None = said.duty.rate
    return Consequences(
        license=said.license.status,
        exceptions=tuple(f"{each.id} {each.status}" for each in said.exceptions),
        review=said.review.policy,
        review_paragraph=said.review.paragraph,
        duty=said.duty.status,
        duty_rate=plain(rate),
        holds=said.holds,
        in_guard_band=said.in_guard_band,
    )


def _unit(quantity: str) -> str:
    """Unit as the law's own table has it, for facts that no design has too."""
    known = load_quantities()
    units = {known[name].unit for name in quantity.split(" + ") if name in known}
    found = units.pop() if len(units) == 1 else ""
    return "" if found == "1" else found
