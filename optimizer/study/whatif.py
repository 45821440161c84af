"""One change of the law: the parts that exist, and the parts that would be built the next day."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from constraints import Assessment, Ruleset
from constraints.rulesets import CONTROL, ENGINEERING, PRESUMPTION
from optimizer.study.reclassify import NO_CHANGE, Reclassification, examined, reclassify
from optimizer.study.redesign import Redesign, redesign
from optimizer.study.scenario import Scenario

# Kinds of rules that decide the class; every other kind speaks of what follows from it.
CLASSIFYING = (CONTROL, PRESUMPTION, ENGINEERING)


@dataclass(frozen=True, slots=True)
class Examined:
    """The full assessment of a part under both rule sets."""

    sku: str
    before: Assessment
    after: Assessment


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Both answers to one change: static, and with parts designed anew.

    Attributes
    ----------
    classes : Reclassification
        Every cataloged part before and after.
    records : tuple of Examined
        Margins, evidence and what follows from the class, of the parts that the change touches.
    redesign : Redesign or None
        Best part of each die before and after; None where it was not asked for.
    """

    scenario: Scenario
    classes: Reclassification
    records: tuple[Examined, ...]
    redesign: Redesign | None


def what_if(asked: Scenario, *, redesigned: bool = True) -> WhatIf:
    """Answer a change of the law.

    Parameters
    ----------
    asked : Scenario
        The two requests.
    redesigned : bool
        Whether the best part of each die is sought too.

    Examples
    --------
    >>> from optimizer.report.settings import Settings
    >>> from optimizer.study.scenario import Change, scenario
    >>> asked = scenario(Settings("us-2022"), Change(versus="us-2023"))
    >>> found = what_if(asked, redesigned=False)
    >>> found.classes.counts["not_controlled", "controlled"] > 0, found.redesign
    (True, None)
    """
    old, new = asked.before, asked.after
    place, stated = old.request.destination, _stated(asked)
    classes = reclassify(old.catalog, old.ruleset, new.ruleset, place, stated)
    touched = [
        row.sku
        for row in classes.rows
        if row.change != NO_CHANGE or not same_aftermath(old.ruleset, new.ruleset)
    ]
    return WhatIf(
        scenario=asked,
        classes=classes,
        records=records(asked, touched),
        redesign=redesign(old, new) if redesigned else None,
    )


def records(asked: Scenario, skus: Iterable[str]) -> tuple[Examined, ...]:
    """Full assessments of some parts under both rule sets."""
    old, new = asked.before, asked.after
    both, place = (old.ruleset, new.ruleset), old.request.destination
    stated = _stated(asked)
    return tuple(
        Examined(name, *examined(old.catalog.skus[name], both, place, stated)) for name in skus
    )


def _stated(asked: Scenario) -> dict[str, Any]:
    """Facts that the user states, under either law."""
    return dict((*asked.before.request.facts, *asked.after.request.facts))


def same_aftermath(before: Ruleset, after: Ruleset) -> bool:
    """Whether equal classes surely have equal consequences under both rule sets.

    Licenses, reviews and duties follow from the day, from the rules about them, and from which
    controls catch the part and with what standing.
    """
    return before.on == after.on and _following(before) == _following(after)


def _following(rules: Ruleset) -> tuple[object, ...]:
    return tuple(
        (rule.id, rule.version, tuple(rule.thresholds.items()))
        for rule in rules.rules
        if rule.kind not in CLASSIFYING
    )
