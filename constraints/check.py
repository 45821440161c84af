"""The classification of one item under one rule set: verdict, tier, every paragraph.

The verdict is three-valued. A missing fact never reads as a limb that is not met.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from constraints.elsewhere import Elsewhere, elsewhere
from constraints.expressions import exact
from constraints.findings import Finding, View, findings
from constraints.licensing import (
    Duty,
    License,
    LicenseException,
    ReportingDuty,
    Review,
    VolumeCap,
    licensing,
)
from constraints.remarks import (
    BILL,
    NO_TIER,
    ROLE,
    UNDETERMINED,
    assumptions,
    beyond_law,
    cautions,
    eccn_family,
    warnings,
)
from constraints.rulesets import CONTROL, ENGINEERING, PRESUMPTION, Ruleset
from constraints.screening import CONTROLLED, NOT_CONTROLLED, Screen, screen

__all__ = [
    "CONTROLLED", "NOT_CONTROLLED", "NO_TIER", "UNDETERMINED", "Assessment", "Screen", "check",
    "screen",
]  # fmt: skip

SEVERITY = (NOT_CONTROLLED, UNDETERMINED, CONTROLLED)
TIER_SEVERITY = (NO_TIER, UNDETERMINED, "c", "b", "a")


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a rule set says of an item. See ``check``.

    Attributes
    ----------
    changes : tuple of str
        What the user moved in the rule set, added to it or left out of it.
    verdict : str
        ``controlled``, ``not_controlled`` or ``undetermined``, for the destination.
    tier : str
        ``a``, ``b``, ``c``, ``none`` or ``undetermined``: 3A090 only, whatever the destination.
    needs : tuple of str
        Unknown facts whose value would change the verdict or the tier.
    holds : bool or None
        Whether verdict and tier are the same at every live claim of disputed facts.
    at_worst : tuple of str or None
        Verdict and tier at the most adverse live claims, where they are not the same at all.
    in_guard_band : bool or None
        Whether the margin of the rule set catches the item though the law does not.
    guard_band : tuple of str
        Paragraphs whose line, moved by the margin, catches the item or may catch it.
    elsewhere : tuple of Elsewhere
        Controls that catch the item, or may, on its way to other destinations only.
    beyond_law : mapping
        Rules that catch or may catch the item and are no law in force, with their status.
    counts_bills : tuple of str
        Those among them that are bills.
    verdict_without : str or None
        Verdict without the rules in `beyond_law`; None where there are none.
    cautions : tuple of str
        The warnings that belong beside the verdict itself.
    """

    ruleset: str
    on: date
    changes: tuple[str, ...]
    destination: str
    headquarters: str | None
    facts: Mapping[str, Any]
    verdict: str
    tier: str
    paragraphs: tuple[str, ...]
    needs: tuple[str, ...]
    eccn: tuple[str, ...]
    license: License
    findings: tuple[Finding, ...]
    exceptions: tuple[LicenseException, ...]
    review: Review
    duty: Duty
    volume: tuple[VolumeCap, ...]
    reporting: tuple[ReportingDuty, ...]
    engineering: tuple[Finding, ...]
    holds: bool | None
    disputed: tuple[str, ...]
    at_worst: tuple[str, str] | None
    in_guard_band: bool | None
    guard_band: tuple[str, ...]
    elsewhere: tuple[Elsewhere, ...]
    beyond_law: Mapping[str, str]
    counts_bills: tuple[str, ...]
    verdict_without: str | None
    cautions: tuple[str, ...]
    warnings: tuple[str, ...]
    assumptions: tuple[str, ...]
    last_checked: date
    last_checked_text: str


def check(
    facts: Mapping[str, Any],
    rules: Ruleset,
    destination: str = "CN",
    headquarters: str | None = None,
    *,
    intervals: Mapping[str, tuple[Any, Any]] | None = None,
    strict_evidence: bool = False,
    grades: Mapping[str, str] | None = None,
) -> Assessment:
    """Classify an item, paragraph by paragraph.

    Parameters
    ----------
    facts : mapping
        Exact values by name (see ``packs/quantities.toml``); absent or ``None`` is unknown.
    rules : Ruleset
        The law of a day.
    destination, headquarters : str
        Where the item goes; where the party or its parent sits, if stated. [ISO 3166 code]
    intervals : mapping, optional
        Lowest and highest live claim of disputed facts.
    strict_evidence : bool
        Classify at the most adverse live claims instead of the preferred values.
    grades : mapping, optional
        Evidence grade of each fact, ``A`` to ``C``; a finding carries the weakest it rests on.

    Raises
    ------
    InputError
        An unknown fact, an impossible value, an unknown destination.

    Examples
    --------
    >>> from constraints.rules import load_law
    >>> rules = load_law().ruleset("us-2023")
    >>> h20 = {"tpp": 2368, "applicable_die_area_mm2": 814, "datacenter": True}
    >>> check(h20, rules).verdict, check({"tpp": 2368, "datacenter": True}, rules).needs
    ('not_controlled', ('applicable_die_area_mm2',))
    """
    given = rules.vocabulary.read(facts)
    ready = screen(rules, destination, headquarters)
    at_claims = claimed(ready, given, intervals or {})
    if strict_evidence and at_claims.disputed:
        given = {name: at_claims.adverse[name] for name in given}
    verdict, tier, caught, needs = ready.classify(given)
    whole = rules.vocabulary.completed(given)
    truths = ready.truths(whole)
    follows = licensing(rules, whole, truths, destination, headquarters)
    view = View(rules, whole, destination, headquarters, grades or {})
    found = findings(view, (CONTROL, PRESUMPTION))
    catching = tuple(each.rule for each in found if each.verdict != NOT_CONTROLLED)
    beyond = beyond_law(rules, catching)
    without = _without(ready, given, beyond)
    band = _in_band(ready, whole, verdict)
    first = (*cautions(rules, whole, destination, catching), *_other_verdict(verdict, without))
    return Assessment(
        ruleset=rules.id,
        on=rules.on,
        changes=rules.changes,
        destination=destination,
        headquarters=headquarters,
        facts=given,
        verdict=verdict,
        tier=tier,
        paragraphs=caught,
        needs=needs,
        eccn=eccn_family(rules, whole, tier),
        license=follows.license,
        exceptions=follows.exceptions,
        review=follows.review,
        duty=follows.duty,
        volume=follows.volume,
        reporting=follows.reporting,
        findings=found,
        engineering=findings(view, (ENGINEERING,)),
        holds=at_claims.holds,
        disputed=at_claims.disputed,
        at_worst=at_claims.worst,
        in_guard_band=band,
        guard_band=ready.near(whole) if band else (),
        elsewhere=elsewhere(rules, whole, destination, headquarters),
        beyond_law=beyond,
        counts_bills=tuple(rule for rule, status in beyond.items() if status == BILL),
        verdict_without=without,
        cautions=first,
        warnings=(*first, *warnings(rules, whole, destination, headquarters)),
        assumptions=tuple(assumptions(rules, whole, destination, headquarters)),
        last_checked=rules.last_checked,
        last_checked_text=rules.last_checked_text,
    )


def _without(ready: Screen, given: Mapping[str, Any], left: Mapping[str, str]) -> str | None:
    """Verdict with some rules left out; ``None`` where there are none to leave out."""
    if not left:
        return None
    return _narrowed(ready, frozenset(left)).classify(given)[0]


@lru_cache(maxsize=64)
def _narrowed(ready: Screen, left: frozenset[str]) -> Screen:
    """Return the same screen without some rules."""
    kept = tuple(rule for rule in ready.rules.rules if rule.id not in left)
    rules = replace(ready.rules, rules=kept)
    return Screen(rules, ready.destination, ready.headquarters)


def _other_verdict(verdict: str, without: str | None) -> tuple[str, ...]:
    if without is None:
        return ()
    word = "still " if without == verdict else ""
    return (f"by the texts in force alone the item is {word}{without.replace('_', ' ')}",)


@dataclass(frozen=True, slots=True)
class Claims:
    """What becomes of verdict and tier over the live claims of disputed facts.

    Attributes
    ----------
    disputed : tuple of str
        Facts whose claims differ and that a rule reads.
    holds : bool or None
        Whether verdict and tier are one at all claims; None where nothing is disputed.
    worst : tuple of str or None
        Verdict and tier at the most adverse claims, where they are not one.
    adverse : mapping
        The facts at those claims.
    """

    disputed: tuple[str, ...] = ()
    holds: bool | None = None
    worst: tuple[str, str] | None = None
    adverse: Mapping[str, Any] = field(default_factory=dict)


def claimed(
    ready: Screen, given: Mapping[str, Any], intervals: Mapping[str, tuple[Any, Any]]
) -> Claims:
    """Verdict and tier over the lowest and highest live claims of facts.

    Parameters
    ----------
    given : mapping
        Exact facts by name, as ``Vocabulary.read`` returns them.
    intervals : mapping
        Lowest and highest live claim by fact.
    """
    if not intervals:
        return Claims()
    question = ready.question(ROLE in given)
    disputed = {
        name: (exact(low), exact(high))
        for name, (low, high) in intervals.items()
        if name in given and low != high and name in question.facts
    }
    if not disputed:
        return Claims()
    settled = {name: exact(value) for name, value in given.items() if name not in disputed}
    found = [(ready.classify(claims), claims) for claims in question.corners(settled, disputed)]
    holds = len({answer[:2] for answer, _ in found}) == 1
    worst, claims = max(found, key=lambda each: _severity(each[0]))
    return Claims(tuple(disputed), holds, None if holds else worst[:2], claims)


def _severity(found: tuple[str, str, tuple[str, ...], tuple[str, ...]]) -> tuple[int, int]:
    return SEVERITY.index(found[0]), TIER_SEVERITY.index(found[1])


def _in_band(ready: Screen, whole: Mapping[str, Any], verdict: str) -> bool | None:
    """Whether the margin catches what the law does not."""
    if not ready.rules.margin or verdict != NOT_CONTROLLED:
        return None
    return ready.banded(whole) is not False
