"""What is said beside a verdict: the ECCN family, warnings, assumptions."""

from collections.abc import Iterator, Mapping
from typing import Any

from constraints.expressions import compiled
from constraints.rulesets import CONTROL, PRESUMPTION, Ruleset

CLASSIFICATION = "classification"
NO_TIER, UNDETERMINED = "none", "undetermined"
AREA, ROLE = "applicable_die_area_mm2", "exporter_role"


def eccn_family(rules: Ruleset, whole: Mapping[str, Any], tier: str) -> tuple[str, ...]:
    """ECCN family: of the rule that gives the tier, else of the classification below it."""
    if tier == UNDETERMINED:
        return ()
    kind = CLASSIFICATION if tier == NO_TIER else CONTROL
    for rule in rules.rules:
        named = rule.kind == kind and (tier == NO_TIER or rule.pack.tier == tier)
        if named and rule.version.eccn and compiled(rule.applies)(whole):
            return rule.version.eccn
    return ()


def warnings(rules: Ruleset, whole: Mapping[str, Any]) -> Iterator[str]:
    """What a reader of the verdict has to know and cannot see in it."""
    if rules.on > rules.last_checked:
        yield f"{rules.on} is after the day on which the law was last checked"
    for point in rules.open_points:
        yield f"open: {point}"
    for rule in rules.rules:
        asked = rule.kind == CONTROL or (rule.kind == PRESUMPTION and ROLE in whole)
        if asked and rule.version.open:
            yield f"open in {rule.id}: {rule.version.open}"
        for exclusion in rule.exclusions:
            held = exclusion.clause.note and compiled(rule.guard)(whole) is not False
            if held and compiled(exclusion.expr)(whole):
                yield f"{exclusion.id}: {exclusion.clause.note}"
    if whole.get(AREA) == 0:
        yield "no non-planar logic: no density is defined, density limbs count as not met"


def assumptions(
    rules: Ruleset, whole: Mapping[str, Any], destination: str, headquarters: str | None
) -> Iterator[str]:
    """What the verdict takes for granted, the letters first."""
    yield from rules.assumptions
    by_seat = any(
        rule.version.scope is not None
        and rule.version.scope.headquarters_groups
        and not rule.reaches(destination, None, rules.on)
        for rule in rules.rules
        if rule.kind == CONTROL
    )
    if headquarters is None and by_seat:
        yield "no party has its seat, or its parent's, in Macau or country group D:5"
    if ROLE not in whole and any(rule.kind == PRESUMPTION for rule in rules.rules):
        yield "the exporter is neither a front-end fabricator nor a packager (OSAT)"
