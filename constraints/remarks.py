"""What is said beside a verdict: the ECCN family, cautions, warnings, assumptions."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from constraints.expressions import compiled, render, substitute
from constraints.rules import condition
from constraints.rulesets import CONTROL, PRESUMPTION, Paragraph, Rule, Ruleset

NOT_IN_FORCE: Mapping[str, str] = {
    "bill": "a bill, not law",
    "hypothetical": "a hypothetical text, not law",
    "guidance": "guidance, not law",
    "printed_not_enforced": "printed, but not enforced",
}
"""Status of a rule version -> what it is; every other status binds someone."""
BILL, LETTER = "bill", "letter"
UNITED_STATES = "US"

WORDS = re.compile(r"\w+")
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


def in_numbers(rules: Ruleset, rule: Rule, paragraph: Paragraph) -> str:
    """The condition of a paragraph with its thresholds as numbers and other rules by their names.

    Examples
    --------
    >>> from constraints.rules import load_law
    >>> rules = load_law().ruleset("us-2023")
    >>> rule = rules.rule("us_ear/4A090.a")
    >>> in_numbers(rules, rule, rule.paragraphs[0])
    '3A090.a'
    """
    text = render(substitute(condition(paragraph.clause.condition), rule.thresholds))
    named = {each.pack.meets: each.id.rpartition("/")[2] for each in rules.rules}
    return WORDS.sub(lambda found: named.get(found[0], found[0]), text)


def without_exception(
    rules: Ruleset, rule: Rule, shut: Iterable[Paragraph], inside: Iterable[Paragraph]
) -> str:
    """Why an exception does not cover an item: an exclusion, or what the item does not meet.

    Parameters
    ----------
    shut, inside : iterable of Paragraph
        Exclusions that hold, and paragraphs that reach the shipment.
    """
    for each in shut:
        return f"{each.clause.cite} shuts out {in_numbers(rules, rule, each)}"
    unmet = (f"{in_numbers(rules, rule, each)} ({each.clause.cite})" for each in inside)
    said = " nor ".join(unmet)
    return f"the item does not meet {said}" if said else "none of it reaches this shipment"


def unstated_review(read: Iterable[Rule], destination: str) -> str:
    """Which review rules were read without finding a policy, and what of them is open.

    Parameters
    ----------
    read : iterable of Rule
        The review rules that reach the destination. [ISO 3166 code]
    """
    texts = {rule.id: rule.version.open for rule in read}
    if not texts:
        return f"no review rule reaches {destination}"
    names = "names" if len(texts) == 1 else "name"
    none = f"{' and '.join(texts)} {names} no policy for this item to {destination}"
    return "; ".join([none, *(f"open in {rule}: {text}" for rule, text in texts.items() if text)])


def beyond_law(rules: Ruleset, catching: Iterable[str]) -> dict[str, str]:
    """Rules among these that are no law in force, with the status of each."""
    found = {rule_id: rules.rule(rule_id) for rule_id in dict.fromkeys(catching)}
    return {
        rule_id: rule.version.status
        for rule_id, rule in found.items()
        if rule is not None and rule.version.status in NOT_IN_FORCE
    }


def cautions(
    rules: Ruleset, whole: Mapping[str, Any], destination: str, catching: Iterable[str]
) -> Iterator[str]:
    """What belongs beside the verdict itself, before anything else.

    Parameters
    ----------
    catching : iterable of str
        Rules that catch the item or may catch it.
    """
    yield from rules.cautions
    caught = tuple(dict.fromkeys(catching))
    for rule_id, status in beyond_law(rules, caught).items():
        yield f"the verdict counts {rule_id}, which is {NOT_IN_FORCE[status]}"
    if destination == UNITED_STATES:
        yield "within the United States nothing is exported; deemed exports are not looked at"
    vendor = str(whole.get("vendor") or "")
    for rule in not_naming(rules, vendor):
        if rule.id in caught:
            yield f"the vendor is {vendor}, whom {rule.id} does not name: {only_if(rule)}"


def not_naming(rules: Ruleset, vendor: str) -> Iterator[Rule]:
    """Controls that bind companies by name, a vendor not among them, where nobody said who ships.

    Examples
    --------
    >>> from constraints.rules import load_law
    >>> rules = load_law().ruleset("us-2025")
    >>> [rule.id for rule in not_naming(rules, "Biren")], list(not_naming(rules, "nvidia"))
    (['us_letters/april_2025'], [])
    """
    for rule in rules.rules:
        named = [each.casefold() for each in rule.version.exporters]
        stranger = vendor and named and vendor.casefold() not in named
        if stranger and rule.kind == CONTROL and rules.exporter is None:
            yield rule


def only_if(rule: Rule) -> str:
    """When a rule counts for a part of a vendor that it does not name."""
    named = rule.version.exporters
    return f"it counts only if {'one of ' if len(named) > 1 else ''}{', '.join(named)} exports"


def warnings(
    rules: Ruleset, whole: Mapping[str, Any], destination: str, headquarters: str | None
) -> Iterator[str]:
    """What a reader of the verdict has to know and cannot see in it."""
    if rules.on > rules.last_checked:
        yield f"{rules.on} is after the day on which the law was last checked"
    for point in rules.open_points:
        yield f"open: {point}"
    for rule in rules.rules:
        asked = rule.kind == CONTROL or (rule.kind == PRESUMPTION and ROLE in whole)
        told = rule.version.eccn or rule.reaches(destination, headquarters, rules.on)
        if asked and told and rule.version.open:
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
    yield from rules.assumed(destination, headquarters)
    by_seat = any(
        rule.version.scope is not None
        and rule.version.scope.headquarters_groups
        and not rule.reaches(destination, None, rules.on)
        for rule in rules.rules
        if rule.kind == CONTROL
    )
    if headquarters is None and by_seat:
        yield "no party has its seat, or its parent's, in Macau or country group D:5"
    presumed = (rule for rule in rules.rules if rule.kind == PRESUMPTION)
    if ROLE not in whole and any(
        rule.reaches(destination, headquarters, rules.on) for rule in presumed
    ):
        yield "the exporter is neither a front-end fabricator nor a packager (OSAT)"
