"""The classification of one item under one rule set: verdict, tier, every paragraph.

The verdict is three-valued. A missing fact never reads as a limb that is not met.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from constraints.completions import Question
from constraints.expressions import Reader, compiled, disjunction, exact, nnf, widen
from constraints.findings import Finding, View, findings
from constraints.licensing import (
    Duty,
    Licence,
    LicenceException,
    ReportingDuty,
    Review,
    VolumeCap,
    licensing,
)
from constraints.remarks import (
    NO_TIER,
    ROLE,
    UNDETERMINED,
    assumptions,
    eccn_family,
    warnings,
)
from constraints.rulesets import CONTROL, ENGINEERING, PRESUMPTION, Rule, Ruleset
from constraints.spans import Answer

CONTROLLED, NOT_CONTROLLED = "controlled", "not_controlled"
SEVERITY = (NOT_CONTROLLED, UNDETERMINED, CONTROLLED)
TIER_SEVERITY = (NO_TIER, UNDETERMINED, "c", "b", "a")


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a rule set says of an item. See ``check``.

    Attributes
    ----------
    verdict : str
        ``controlled``, ``not_controlled`` or ``undetermined``, for the destination.
    tier : str
        ``a``, ``b``, ``c``, ``none`` or ``undetermined``: 3A090 only, whatever the destination.
    needs : tuple of str
        Unknown facts whose value would change the verdict or the tier.
    holds : bool or None
        Whether verdict and tier are the same at every live claim of disputed facts.
    in_guard_band : bool or None
        Whether the margin of the rule set catches the item though the law does not.
    """

    ruleset: str
    on: date
    destination: str
    headquarters: str | None
    facts: Mapping[str, Any]
    verdict: str
    tier: str
    paragraphs: tuple[str, ...]
    needs: tuple[str, ...]
    eccn: tuple[str, ...]
    licence: Licence
    findings: tuple[Finding, ...]
    exceptions: tuple[LicenceException, ...]
    review: Review
    duty: Duty
    volume: tuple[VolumeCap, ...]
    reporting: tuple[ReportingDuty, ...]
    engineering: tuple[Finding, ...]
    holds: bool | None
    disputed: tuple[str, ...]
    in_guard_band: bool | None
    warnings: tuple[str, ...]
    assumptions: tuple[str, ...]
    last_checked: date
    last_checked_text: str


class Screen:
    """A rule set made ready for one destination: the lean part, used row by row in bulk."""

    def __init__(self, rules: Ruleset, destination: str, headquarters: str | None) -> None:
        self.rules, self.destination, self.headquarters = rules, destination, headquarters
        self.catching = tuple(
            (rule, rule.reaches(destination, headquarters, rules.on), compiled(rule.applies))
            for rule in rules.rules
            if rule.kind in (CONTROL, PRESUMPTION)
        )
        self.paragraphs: Mapping[str, tuple[tuple[str, Reader], ...]] = {
            rule.id: tuple((each.id, compiled(each.expr)) for each in rule.paragraphs)
            for rule, _, _ in self.catching
        }
        self.questions = {asked: self._question(asked) for asked in (False, True)}
        reached = disjunction(*rules.limbs(destination, headquarters).values())
        self.banded = compiled(widen(nnf(reached), rules.margin))

    def _binding(self, whole: Mapping[str, Any]) -> tuple[tuple[Rule, bool, bool | None], ...]:
        """Truth of each rule; a presumption is asked only of who states a role."""
        return tuple(
            (rule, inside, reader(whole))
            for rule, inside, reader in self.catching
            if rule.kind == CONTROL or ROLE in whole
        )

    def truths(self, whole: Mapping[str, Any]) -> dict[str, bool | None]:
        """Whether each rule in reach catches the item, by rule id."""
        return {rule.id: truth for rule, inside, truth in self._binding(whole) if inside}

    def _question(self, asked: bool) -> Question:
        """Verdict and tier as one question; presumptions only where a role is stated."""
        kept = [each for each in self.catching if asked or each[0].kind == CONTROL]

        def answer(truths: tuple[bool | None, ...]) -> Answer:
            found = zip(kept, truths, strict=True)
            return self._answer(tuple((rule, inside, truth) for (rule, inside, _), truth in found))

        return Question(tuple(rule.applies for rule, _, _ in kept), answer, self.rules.vocabulary)

    @staticmethod
    def _answer(found: tuple[tuple[Rule, bool, bool | None], ...]) -> Answer:
        verdicts = {truth for _, inside, truth in found if inside}
        verdict = (
            CONTROLLED if True in verdicts else UNDETERMINED if None in verdicts else NOT_CONTROLLED
        )
        tiers = {rule.pack.tier: None for rule, _, truth in found if truth and rule.pack.tier}
        opens = {rule.pack.tier for rule, _, truth in found if truth is None and rule.pack.tier}
        best = min((tier for tier in tiers if tier), default=None)
        if best is None:
            return verdict, UNDETERMINED if opens else NO_TIER
        return verdict, UNDETERMINED if any(tier < best for tier in opens if tier) else best

    def classify(
        self, given: Mapping[str, Any]
    ) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
        """Verdict, tier, paragraphs that catch the item, facts needed.

        Parameters
        ----------
        given : mapping
            Exact facts by name, as ``Vocabulary.read`` returns them.
        """
        whole = self.rules.vocabulary.completed(given)
        found = self._binding(whole)
        verdict, tier = self._answer(found)
        caught = tuple(
            paragraph
            for rule, inside, truth in found
            if truth and inside
            for paragraph, reader in self.paragraphs[rule.id]
            if reader(whole)
        )
        if UNDETERMINED not in (verdict, tier):
            return verdict, tier, caught, ()
        known = {
            name: value
            for name, value in whole.items()
            if name in given or name not in self.rules.vocabulary.definitions
        }
        span = self.questions[ROLE in whole].span(known)
        if span.whole and len({each for each, _ in span.answers}) == 1:
            verdict = next(iter(span.answers))[0]
        if span.whole and len({each for _, each in span.answers}) == 1:
            tier = next(iter(span.answers))[1]
        return verdict, tier, caught, span.needs


@lru_cache(maxsize=64)
def screen(rules: Ruleset, destination: str = "CN", headquarters: str | None = None) -> Screen:
    """Return the rule set made ready for a destination, once per pair."""
    return Screen(rules, destination, headquarters)


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
    question = ready.questions[ROLE in given]
    disputed = {
        name: (exact(low), exact(high))
        for name, (low, high) in (intervals or {}).items()
        if name in given and low != high and name in question.facts
    }
    holds = None
    if disputed:
        settled = {name: exact(value) for name, value in given.items() if name not in disputed}
        at_claims = [
            (ready.classify(claims), claims) for claims in question.corners(settled, disputed)
        ]
        holds = len({found[:2] for found, _ in at_claims}) == 1
        if strict_evidence:
            worst = max(at_claims, key=lambda each: _severity(each[0]))[1]
            given = {name: worst[name] for name in given}
    verdict, tier, caught, needs = ready.classify(given)
    whole = rules.vocabulary.completed(given)
    truths = ready.truths(whole)
    follows = licensing(rules, whole, truths, destination, headquarters)
    view = View(rules, whole, destination, headquarters, grades or {})
    return Assessment(
        ruleset=rules.id,
        on=rules.on,
        destination=destination,
        headquarters=headquarters,
        facts=given,
        verdict=verdict,
        tier=tier,
        paragraphs=caught,
        needs=needs,
        eccn=eccn_family(rules, whole, tier),
        licence=follows.licence,
        exceptions=follows.exceptions,
        review=follows.review,
        duty=follows.duty,
        volume=follows.volume,
        reporting=follows.reporting,
        findings=findings(view, (CONTROL, PRESUMPTION)),
        engineering=findings(view, (ENGINEERING,)),
        holds=holds,
        disputed=tuple(disputed),
        in_guard_band=_in_band(ready, whole, verdict),
        warnings=tuple(warnings(rules, whole)),
        assumptions=tuple(assumptions(rules, whole, destination, headquarters)),
        last_checked=rules.last_checked,
        last_checked_text=rules.last_checked_text,
    )


def _severity(found: tuple[str, str, tuple[str, ...], tuple[str, ...]]) -> tuple[int, int]:
    return SEVERITY.index(found[0]), TIER_SEVERITY.index(found[1])


def _in_band(ready: Screen, whole: Mapping[str, Any], verdict: str) -> bool | None:
    """Whether the margin catches what the law does not."""
    if not ready.rules.margin or verdict != NOT_CONTROLLED:
        return None
    return ready.banded(whole) is not False
