"""A rule set made ready for one destination: verdict, tier and needs of an item, fast."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from constraints.completions import Question
from constraints.expressions import Expr, Reader, compiled, disjunction, nnf, widen
from constraints.remarks import NO_TIER, ROLE, UNDETERMINED
from constraints.rulesets import CONTROL, PRESUMPTION, Rule, Ruleset
from constraints.spans import Answer

CONTROLLED, NOT_CONTROLLED = "controlled", "not_controlled"


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
        self._questions: dict[bool, Question] = {}

    def question(self, asked: bool) -> Question:
        """Verdict and tier as one question; presumptions only where a role is stated."""
        if asked not in self._questions:
            self._questions[asked] = self._question(asked)
        return self._questions[asked]

    def banded(self, whole: Mapping[str, Any]) -> bool | None:
        """Whether the margin of the rule set catches the item."""
        reached = self.rules.limbs(self.destination, self.headquarters).values()
        found: bool | None = self._widened(disjunction(*reached))(whole)
        return found

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

    def near(self, whole: Mapping[str, Any]) -> tuple[str, ...]:
        """Paragraphs that the margin of the rule set catches, or may catch."""
        return tuple(
            paragraph.id
            for rule_id, limb in self.rules.limbs(self.destination, self.headquarters).items()
            if self._widened(limb)(whole) is not False
            for rule, _, _ in self.catching
            if rule.id == rule_id
            for paragraph in rule.paragraphs
            if self._widened(paragraph.expr)(whole) is not False
        )

    def elsewhere(self, whole: Mapping[str, Any]) -> tuple[str, ...]:
        """Controls that surely catch the item, though not on this way."""
        return tuple(
            rule.id
            for rule, inside, reader in self.catching
            if not inside and rule.kind == CONTROL and reader(whole)
        )

    def _widened(self, expr: Expr) -> Reader:
        return compiled(widen(nnf(expr), self.rules.margin))

    def _question(self, asked: bool) -> Question:
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
        span = self.question(ROLE in whole).span(known)
        if span.whole and len({each for each, _ in span.answers}) == 1:
            verdict = next(iter(span.answers))[0]
        if span.whole and len({each for _, each in span.answers}) == 1:
            tier = next(iter(span.answers))[1]
        return verdict, tier, caught, span.needs


@lru_cache(maxsize=64)
def screen(rules: Ruleset, destination: str = "CN", headquarters: str | None = None) -> Screen:
    """Return the rule set made ready for a destination, once per pair."""
    return Screen(rules, destination, headquarters)
