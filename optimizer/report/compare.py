"""Parts side by side: which rows, where they differ, and what the law says of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from catalogs.errors import InputError
from optimizer.projection.serving import DEFAULT_STACK
from optimizer.report.canonical import plain
from optimizer.report.check_words import others
from optimizer.report.compare_parts import UNKNOWN, Job, Part, Projected
from optimizer.report.compare_rows import (
    GROUPS,
    OPTIONAL,
    classification_rows,
    letter,
    lines_of,
    projected_rows,
    row,
)
from optimizer.report.comparison import Classified, Column, Comparison, Row, RulesUsed

if TYPE_CHECKING:
    from catalogs.architectures import Workload
    from constraints import Assessment, Ruleset

LEAST = 2
"""Parts that a comparison needs."""

MOST = 26
"""Parts that have a letter each."""


@dataclass(frozen=True, slots=True)
class Law:
    """A rule set with the places of a shipment."""

    rules: "Ruleset"
    destination: str


def compare(
    parts: Sequence[Part],
    law: Law | None = None,
    workload: "Workload | None" = None,
    stack: str = DEFAULT_STACK,
) -> Comparison:
    """Set parts side by side.

    Parameters
    ----------
    parts : sequence of Part
        Two or more, in the order of the columns.
    law : Law, optional
        Classifies every column where given.
    workload : Workload, optional
        Projects every column where given.
    stack : str
        Software stack that every projection assumes, that of a solved design too.

    Examples
    --------
    >>> from optimizer.report.compare_open import open_part
    >>> both = compare([open_part("h100_sxm"), open_part("h20")])
    >>> [row.name for row in both.rows if row.group == "memory" and row.likeness == "different"]
    ['memory_capacity_gb', 'bus_width_bits', 'memory_data_rate_gbps']
    """
    if not LEAST <= len(parts) <= MOST:
        raise InputError(f"{len(parts)} parts given", "compare", f"Name {LEAST} to {MOST} of them")
    parts = [_with_estimates(part, law) for part in parts]
    said = [None if law is None else _checked(part, law) for part in parts]
    job = None if workload is None else Job(workload, stack)
    projected = [None if job is None else part.project(job) for part in parts]
    told = [each for each in said if each is not None]
    shown = [each for each in projected if each is not None]
    columns = [
        _column(letter(i), law, *each)
        for i, each in enumerate(zip(parts, said, projected, strict=True))
    ]
    return Comparison(
        columns=tuple(columns),
        rules=None if law is None else _rules(law, told),
        workload=None if workload is None else workload.id,
        rows=tuple(_rows(parts, said, shown, job)),
        assumptions=() if job is None else _assumptions(shown, job),
    )


def _with_estimates(part: Part, law: Law | None) -> Part:
    """A part with what the silicon models say of it, at the prices of the law's day."""
    if part.estimate is None:
        return part
    found = part.estimate(None if law is None else law.rules.on)
    secret = any(each.confidential for each in part.measures.values())
    added = {name: replace(each, confidential=secret) for name, each in found.measures.items()}
    return replace(part, measures={**part.measures, **added}, notes=(*part.notes, *found.notes))


def _rows(
    parts: Sequence[Part],
    said: "Sequence[Assessment | None]",
    shown: Sequence[Projected],
    job: Job | None,
) -> Iterator[Row]:
    lines = lines_of(said)
    for group, names in GROUPS.items():
        for name, unit in names.items():
            if name not in OPTIONAL or any(name in _known(part) for part in parts):
                measures = [part.measures.get(name, UNKNOWN) for part in parts]
                yield row(group, name, unit, measures, lines)
    told = [each for each in said if each is not None]
    if told:
        yield from classification_rows(told)
    if job is not None:
        yield from projected_rows(shown, job)


def _known(part: Part) -> set[str]:
    return {name for name, measure in part.measures.items() if measure.value is not None}


def _checked(part: Part, law: Law) -> "Assessment":
    from constraints import check

    known = law.rules.vocabulary
    if part.kind == "design":
        # What was stated for rules that this law does not have bears on nothing here.
        facts = {"first_marketed": law.rules.on, **known.read(known.known(part.facts))}
    else:
        facts = known.read(part.facts)
    return check(facts, law.rules, law.destination, intervals=part.intervals, grades=part.grades)


def _column(
    key: str, law: Law | None, part: Part, said: "Assessment | None", shown: Projected | None
) -> Column:
    notes = part.notes
    if shown is not None and shown.reason is not None:
        notes += (f"not projected: {shown.reason}",)
    secret = [name for name, measure in part.measures.items() if measure.confidential]
    if secret:
        notes += (f"CONFIDENTIAL values of its record are shown: {', '.join(secret)}",)
    return Column(
        key=key,
        id=part.id,
        name=part.name,
        kind=part.kind,
        origin=part.origin,
        notes=notes,
        classification=None if said is None or law is None else _classified(said, law),
    )


def _classified(said: "Assessment", law: Law) -> Classified:
    return Classified(
        verdict=said.verdict,
        tier=said.tier,
        paragraphs=said.paragraphs,
        needs=said.needs,
        license=said.license.status,
        holds=said.holds,
        elsewhere=tuple(sorted(others(said))),
        perhaps_elsewhere=tuple(sorted(others(said, certain=False) - others(said))),
        warnings=said.warnings,
    )


def _rules(law: Law, said: Sequence["Assessment"]) -> RulesUsed:
    assumed = dict.fromkeys(text for each in said for text in each.assumptions)
    values: dict[str, Any] = {
        "id": law.rules.id,
        "on": plain(law.rules.on),
        "destination": law.destination,
        "digest": law.rules.digest,
        "last_checked": plain(law.rules.last_checked),
        "changes": law.rules.changes,
        "assumptions": tuple(assumed),
    }
    return RulesUsed(**values)


def _assumptions(found: Sequence[Projected], job: Job) -> tuple[str, ...]:
    """What the projections assume; what not every one assumes, with the letters of its parts."""
    from optimizer.projection.ratios import band_words, same_die, wider_words

    said: dict[str, list[str]] = {}
    for i, each in enumerate(found):
        for text in each.assumptions:
            said.setdefault(text, []).append(letter(i))
    every = max(map(len, said.values()), default=0)
    own = (t if len(of) == every else f"{', '.join(of)}: {t}" for t, of in said.items())
    wider = wider_words(job.stack, job.formats, (each.kin for each in found if each.kin))
    return tuple(dict.fromkeys((*own, band_words(same_die()), *wider)))
