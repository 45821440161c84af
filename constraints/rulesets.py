"""Rule sets: which text of which rule counts on a day, with every override listed.

A rule set is a value. An override makes another one, and leaves the first equal to itself.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from typing import Any

from constraints.expressions import (
    Expr,
    Literal,
    conjunction,
    disjunction,
    names,
    nnf,
    render,
    substitute,
    widen,
)
from constraints.quantities import KIND_OF_FACT, Vocabulary
from constraints.reach import Premise, reaches
from constraints.records import Clause, Pack, Scope, Threshold, Version
from constraints.rules import condition

CONTROL, PRESUMPTION, ENGINEERING = "control", "presumption", "engineering"
BY_DAY = "us@"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A clause with its thresholds put in: ``expr`` names facts and quantities only."""

    id: str
    clause: Clause
    expr: Expr


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it stands on the day of a rule set.

    Attributes
    ----------
    thresholds : mapping
        Every number of the text by its local name, references followed, overrides applied.
    owners : mapping
        Path and record of the threshold that owns each of these numbers.
    guard : Expr
        The item is of a kind that the rule speaks of.
    alone : Expr
        A paragraph catches the item and no exclusion does.
    meets : Expr
        ``alone``, and no rule that is read before this one catches the item.
    """

    pack: Pack
    version: Version
    thresholds: Mapping[str, Any]
    owners: Mapping[str, tuple[str, Threshold]]
    paragraphs: tuple[Paragraph, ...]
    exclusions: tuple[Paragraph, ...]
    guard: Expr
    alone: Expr
    meets: Expr

    @property
    def id(self) -> str:
        """Family and name: ``us_ear/3A090.a``."""
        return self.pack.id

    @property
    def kind(self) -> str:
        """Control, exception, review ..."""
        return self.pack.kind

    @property
    def applies(self) -> Expr:
        """Condition of the whole rule, item kinds included."""
        return conjunction(self.guard, self.meets)

    def reaches(self, destination: str, headquarters: str | None, on: date) -> bool:
        """Whether the scope of the rule takes in a destination or a party's seat."""
        return reaches(self.version.scope, destination, headquarters, on)


@dataclass(frozen=True, slots=True)
class ThresholdUse:
    """A legal number: its value in this rule set, and every clause that it moves."""

    value: Any
    unit: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Ruleset:
    """The rules in force on one day, as one frozen value. Equal content is equal."""

    id: str
    title: str
    on: date
    rules: tuple[Rule, ...]
    premises: tuple[Premise, ...]
    last_checked: date
    last_checked_text: str
    open_points: tuple[str, ...]
    overrides: Mapping[str, str]
    exporter: str | None
    margin: Fraction | Mapping[str, Fraction]
    vocabulary: Vocabulary
    rebuild: Callable[[Mapping[str, Any]], "Ruleset"] = field(repr=False)
    cautions: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    def override(self, path: str, value: int | Decimal | Fraction) -> "Ruleset":
        """Return this rule set with one threshold at another value; this one stays as it is.

        Parameters
        ----------
        path : str
            The owner of a threshold, as ``us_ear/3A090.a.tpp_ceiling``.
        value : int, Decimal or Fraction
            Its new value, in its own unit.

        Examples
        --------
        >>> from constraints.rules import load_law
        >>> rules = load_law().ruleset("us-2023")
        >>> stricter = rules.override("us_ear/3A090.a.tpp_ceiling", 2400)
        >>> stricter == rules, stricter.atoms()["us_ear/3A090.a.tpp_ceiling"].value
        (False, 2400)
        """
        return self.rebuild({path: value})

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the rules take for granted, wherever an item goes."""
        return tuple(each.text for each in self.premises)

    def assumed(self, destination: str, headquarters: str | None = None) -> tuple[str, ...]:
        """What is taken for granted by the rules that are read for a destination.

        Examples
        --------
        >>> from constraints.rules import load_law
        >>> load_law().ruleset("us-2025").assumed("DE")
        ()
        """
        return tuple(
            each.text for each in self.premises if each.counts(destination, headquarters, self.on)
        )

    def __eq__(self, other: object) -> bool:
        """Compare content."""
        return isinstance(other, Ruleset) and self.digest == other.digest

    def __hash__(self) -> int:
        """Hash of the numbers: they tell most rule sets apart."""
        return hash((self.on, self.exporter, self._numbers))

    @cached_property
    def _numbers(self) -> frozenset[tuple[str, str, str]]:
        return frozenset((r.id, n, str(v)) for r in self.rules for n, v in r.thresholds.items())

    def rule(self, rule_id: str) -> Rule | None:
        """Return a rule of this set by id; ``None`` where it is not in force."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    def controls(self, destination: str, headquarters: str | None = None) -> tuple[Rule, ...]:
        """Control rules that reach a destination on the day."""
        return tuple(
            rule
            for rule in self.rules
            if rule.kind == CONTROL and rule.reaches(destination, headquarters, self.on)
        )

    def limbs(self, destination: str, headquarters: str | None = None) -> Mapping[str, Expr]:
        """Condition of each control that reaches a destination, by rule id, on quantities.

        A rule that gives way to an earlier one among them need not say so here: together they
        catch the same items.
        """
        inside = self.controls(destination, headquarters)
        left_out = {rule.id for rule in self.rules} - {rule.id for rule in inside}
        return {
            rule.id: conjunction(
                rule.guard, rule.meets if left_out & {*rule.pack.after} else rule.alone
            )
            for rule in inside
        }

    def controlled(self, destination: str = "CN", item_kind: str = "ic") -> Expr:
        """One condition on facts: some control in force catches the item.

        Thresholds are numbers, computed quantities are expanded to facts, and the margin moves
        every line so that the condition holds more often. Negation normal form.

        Parameters
        ----------
        destination : str
            Where the item goes. [ISO 3166 code]
        item_kind : str
            What it is; the solver designs integrated circuits.

        Examples
        --------
        >>> from constraints.rules import load_law
        >>> sorted(names(load_law().ruleset("us-2023").controlled("CN")))
        ['applicable_die_area_mm2', 'datacenter', 'tpp']
        """
        return disjunction(*self.conditions(destination, item_kind).values())

    def conditions(self, destination: str = "CN", item_kind: str = "ic") -> Mapping[str, Expr]:
        """What `controlled` joins: the condition of each control in force, by rule id."""
        found = {
            rule_id: self._on_facts(expr, item_kind)
            for rule_id, expr in self.limbs(destination).items()
        }
        return {rule_id: expr for rule_id, expr in found.items() if expr != Literal(False)}

    def _on_facts(self, expr: Expr, item_kind: str) -> Expr:
        fixed = substitute(expr, {KIND_OF_FACT: item_kind})
        return substitute(widen(nnf(fixed), self.margin), self.vocabulary.definitions)

    def atoms(self, destination: str | None = None) -> Mapping[str, ThresholdUse]:
        """Every legal number of this set by its path, and the clauses that use it.

        Parameters
        ----------
        destination : str, optional
            Only rules that reach it.
        """
        found: dict[str, ThresholdUse] = {}
        for rule in self.rules:
            if destination is None or rule.reaches(destination, None, self.on):
                for name, (path, owner) in rule.owners.items():
                    before = found[path].clauses if path in found else ()
                    uses = (*before, *_clauses_using(rule, name))
                    found[path] = ThresholdUse(rule.thresholds[name], owner.unit, uses)
        return found

    @cached_property
    def lines(self) -> frozenset[Fraction]:
        """Every legal number of this set, whatever it is compared with."""
        return frozenset(
            Fraction(value)
            for rule in self.rules
            for value in rule.thresholds.values()
            if isinstance(value, int | Decimal | Fraction) and not isinstance(value, bool)
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical content: same rules, same digest, on every machine."""
        margin = self.margin if isinstance(self.margin, Mapping) else {"": self.margin}
        definitions = sorted(self.vocabulary.definitions.items())
        content = {
            "on": str(self.on),
            "exporter": self.exporter,
            "margin": {name: str(share) for name, share in sorted(margin.items())},
            "rules": [_canonical(rule) for rule in self.rules],
            "definitions": {name: render(expr) for name, expr in definitions},
        }
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _canonical(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "kind": rule.kind,
        "tier": rule.pack.tier,
        "version": rule.version.id,
        "thresholds": {name: str(value) for name, value in sorted(rule.thresholds.items())},
        "applies": render(rule.applies),
        "clauses": [
            [each.id, render(each.expr), each.clause.outcome, _scope(each.clause.scope)]
            for each in (*rule.paragraphs, *rule.exclusions)
        ],
        "scope": _scope(rule.version.scope),
        "overcomes": list(rule.version.overcomes),
    }


def _scope(scope: Scope | None) -> Any:
    return None if scope is None else scope.model_dump(mode="json")


def _clauses_using(rule: Rule, name: str) -> list[str]:
    return [
        each.id
        for each in (*rule.paragraphs, *rule.exclusions)
        if name in names(condition(each.clause.condition))
    ]
