"""Lines that a design is held to: numbers of the law and limits of the user, as one kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from constraints.expressions import (
    Compare,
    Expr,
    Name,
    Number,
    atoms,
    evaluate,
    substitute,
)
from constraints.rules import condition
from constraints.rulesets import Rule, Ruleset
from optimizer.design import DesignSpace
from optimizer.solver.column_reader import POWER, constants
from optimizer.solver.request import Limit, Request

RELAXED_BY_RAISING = frozenset({">=", ">"})
# What a strict line forbids ends just before it, so the line itself may stand there.
STRICT = frozenset({">", "<"})
MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Line:
    """A threshold, or a user's limit, and the attribute that is compared with it.

    Attributes
    ----------
    path : str
        As `--set` or `--limit` takes it.
    value : Fraction
    attribute : Expr
        Over columns of the design.
    op : str
        The comparison that forbids.
    limit : Limit or None
        Of the user; a legal threshold if None.
    """

    path: str
    value: Fraction
    attribute: Expr
    op: str
    limit: Limit | None = None

    def moved(self, request: Request, value: Fraction) -> Request:
        """The request with the line elsewhere."""
        if self.limit is None:
            return replace(request, ruleset=request.ruleset.override(self.path, value))
        new = replace(self.limit, value=value)
        limits = tuple(new if each == self.limit else each for each in request.limits)
        return replace(request, limits=limits)

    def holds(self, value: Fraction) -> bool:
        """Whether the comparison is met at a value of the attribute."""
        met = Compare(self.op, Number(value), Number(self.value))
        return bool(evaluate(met, {}))


def lines(ruleset: Ruleset, destination: str) -> Iterator[Line]:
    """Every numeric threshold of the controls in force, with what is compared with it."""
    seen: set[str] = set()
    for rule in ruleset.controls(destination):
        for name, value in rule.thresholds.items():
            path, _ = rule.owners[name]
            found = _attribute(ruleset, rule, name)
            if path in seen or found is None or not _is_number(value):
                continue
            seen.add(path)
            yield Line(path, Fraction(value), *found)


def _is_number(value: object) -> bool:
    return isinstance(value, int | Fraction) or hasattr(value, "as_integer_ratio")


def _attribute(ruleset: Ruleset, rule: Rule, name: str) -> tuple[Expr, str] | None:
    """Left side and sense of the first comparison of a rule with a threshold."""
    for clause in rule.version.paragraphs:
        for atom in atoms(condition(clause.condition)):
            if not isinstance(atom, Compare):
                continue
            sides = ((atom.left, atom.right, atom.op), (atom.right, atom.left, MIRROR.get(atom.op)))
            for attribute, line, op in sides:
                if line == Name(name) and op is not None:
                    known = {**ruleset.vocabulary.definitions, "power_w": POWER}
                    return substitute(attribute, known), op
    return None


def attribute_at(line: Line, space: DesignSpace, facts: Mapping[str, Fraction]) -> Fraction | None:
    """Exact value of what a line is compared with; None where a fact is unknown."""
    value = evaluate(line.attribute, {**constants(space), **facts})
    return value if isinstance(value, Fraction) else None
