"""What unknown or disputed facts could still change.

Each open fact is tried at every value that can matter: on each line that an unsettled comparison
draws for it, and between the lines. A fact whose value changes no answer is not worth asking for.
"""

from collections.abc import Callable, Hashable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise, product
from math import prod
from typing import Any

from constraints.expressions import Compare, Expr, Literal, atoms, compiled, disjunction, names
from constraints.quantities import Vocabulary
from constraints.spans import Answer, Span, Table, groups_of
from constraints.tracing import Truths, tracer_of

Bounds = Mapping[str, tuple[Fraction, Fraction]]
# More completions than this are not tried: every open fact is then reported as needed.
MOST_COMPLETIONS = 20_000
# Three points tell whether a gap is a straight line in a fact or in its reciprocal.
PROBES = (Fraction(1), Fraction(2), Fraction(3))
# Where two open facts share a comparison, the other one is held at these in turn.
TURNS: tuple[Callable[[Fraction], Fraction], ...] = (lambda value: value, lambda value: 1 / value)
LEVELS = (Fraction(0), Fraction(1000))
ONE_DAY = timedelta(days=1)


class Question:
    """Conditions and the answer they give together. Remembers every pattern it has worked out."""

    def __init__(
        self,
        conditions: tuple[Expr, ...],
        answer: Callable[[Truths], Answer],
        vocabulary: Vocabulary,
    ) -> None:
        whole = disjunction(*conditions)
        self.atoms = tuple(dict.fromkeys(atom for atom in atoms(whole) if names(atom)))
        self.readers = tuple(compiled(atom) for atom in self.atoms)
        self.sides = tuple(
            (compiled(atom.left), compiled(atom.right)) if isinstance(atom, Compare) else None
            for atom in self.atoms
        )
        place = {atom: index for index, atom in enumerate(self.atoms)}
        self.used = tuple(
            tuple(sorted({place[atom] for atom in atoms(expr) if names(atom)}))
            for expr in conditions
        )
        self.tracers = tuple(tracer_of(expr, place) for expr in conditions)
        self.answer, self.vocabulary = answer, vocabulary
        used = frozenset[str]().union(*(names(atom) for atom in self.atoms))
        self.computed = {
            name: compiled(expr) for name, expr in vocabulary.definitions.items() if name in used
        }
        self.roots = tuple(
            tuple(sorted((name, sorted(vocabulary.roots(name))) for name in names(atom)))
            for atom in self.atoms
        )
        self.facts = frozenset(root for each in self.roots for _, roots in each for root in roots)
        self.forms: dict[tuple[str, int], int | None] = {}
        self.lines: dict[Any, Fraction | None] = {}
        self.remembered: dict[Any, Span] = {}

    def span(self, facts: Mapping[str, Any]) -> Span:
        """Answers that facts leave possible.

        Parameters
        ----------
        facts : mapping
            Known facts as Fractions, computed quantities only where they are given directly.
        """
        whole = self._whole(facts)
        truths = tuple(reader(whole) for reader in self.readers)
        found: set[int] = set()
        values_now = tuple(tracer(truths, found) for tracer in self.tracers)
        behind = {index: self._behind(index, facts) for index in sorted(found)}
        free = tuple(dict.fromkeys(name for each in behind.values() for name in each))
        shared = {name for each in behind.values() if len(each) > 1 for name in each}
        lines = {name: self._lines(name, facts, behind) for name in free}
        order = tuple((name, _pattern(lines[name], name in shared)) for name in free)
        settled = tuple(
            tuple(truths[index] for index in used) if value is None else value
            for value, used in zip(values_now, self.used, strict=True)
        )
        key = (settled, order)
        if key not in self.remembered:
            values = {name: self._values(name, lines[name], behind, {}) for name in free}
            known = all(line is not None for each in lines.values() for line, _ in each)
            span = self._tried(facts, truths, behind, values)
            whole_span = span.whole and known and not shared
            self.remembered[key] = Span(span.answers, span.needs or free, whole_span)
        return self.remembered[key]

    def corners(self, facts: Mapping[str, Any], bounds: Bounds) -> list[dict[str, Any]]:
        """Facts at every combination of disputed values that can matter.

        Parameters
        ----------
        bounds : mapping
            Lowest and highest live claim of disputed facts, which `facts` leaves out.
        """
        behind = {index: self._behind(index, facts) for index in range(len(self.atoms))}
        values = {
            name: self._values(name, self._lines(name, facts, behind), behind, bounds)
            for name in sorted(bounds)
        }
        return [
            {**facts, **dict(zip(values, point, strict=True))}
            for point in product(*values.values())
        ]

    def _whole(self, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        return facts | {  # type: ignore[operator,no-any-return]
            name: value(facts) for name, value in self.computed.items() if name not in facts
        }

    def _behind(self, index: int, facts: Mapping[str, Any]) -> tuple[str, ...]:
        """Unknown facts on which a comparison hangs."""
        found = (
            root
            for name, roots in self.roots[index]
            if name not in facts
            for root in roots
            if root not in facts
        )
        return tuple(dict.fromkeys(found))

    def _lines(
        self, name: str, facts: Mapping[str, Any], behind: Mapping[int, tuple[str, ...]]
    ) -> list[tuple[Fraction | None, int]]:
        """Values of a number at which an open comparison turns, with the comparison's index."""
        if self.vocabulary.quantities[name].type != "number":
            return []
        found: list[tuple[Fraction | None, int]] = []
        for index, open_facts in behind.items():
            if name in open_facts and self.sides[index] is not None:
                others = [other for other in open_facts if other != name]
                for level in LEVELS if others else LEVELS[:1]:
                    held = {**facts, **dict.fromkeys(others, level)}
                    found.append((self._line(name, index, held), index))
        return sorted(found, key=lambda each: (each[0] or Fraction(0), each[1]))

    def _line(self, name: str, index: int, facts: Mapping[str, Any]) -> Fraction | None:
        """Return where the two sides of a comparison meet; ``None`` where that is not one point.

        The gap between the sides must be a straight line in the fact or in its reciprocal.
        """
        facts_used = tuple(facts.get(root) for _, roots in self.roots[index] for root in roots)
        key = (name, index, facts_used)
        if key not in self.lines:
            self.lines[key] = self._solved(name, index, facts)
        return self.lines[key]

    def _solved(self, name: str, index: int, facts: Mapping[str, Any]) -> Fraction | None:
        form = self.forms.get((name, index))
        for turn in TURNS if form is None else (TURNS[form],):
            first, second = (self._gap(name, index, facts, turn(probe)) for probe in PROBES[:2])
            step = second - first
            straight = form is not None or (
                step and self._gap(name, index, facts, turn(PROBES[2])) - second == step
            )
            if straight and step:
                self.forms[name, index] = TURNS.index(turn)
                root = PROBES[0] - first / step
                return turn(root) if root else None
        return None

    def _gap(self, name: str, index: int, facts: Mapping[str, Any], value: Fraction) -> Any:
        left, right = self.sides[index] or (None, None)
        whole = self._whole({**facts, name: value})
        return left(whole) - right(whole) if left and right else None

    def _values(
        self,
        name: str,
        lines: list[tuple[Fraction | None, int]],
        behind: Mapping[int, tuple[str, ...]],
        bounds: Bounds,
    ) -> list[Any]:
        """Every value of a fact that can matter."""
        quantity = self.vocabulary.quantities[name]
        literals = {
            side.value
            for index in behind
            if isinstance(atom := self.atoms[index], Compare) and name in names(atom)
            for side in (atom.left, atom.right)
            if isinstance(side, Literal)
        }
        match quantity.type:
            case "bool":
                return [True, False]
            case "str":
                return sorted({*quantity.choices} or {*(str(each) for each in literals), ""})
            case "date":
                days = [each for each in literals if isinstance(each, date)]
                return sorted({day + step * ONE_DAY for day in days for step in (-1, 0, 1)})
        least, most = bounds.get(name, (Fraction(0), None))
        points = sorted({line for line, _ in lines if line is not None and line > least})
        marks = [least, *points, (points[-1] if points else least) + 1]
        tried = {*marks, *((low + high) / 2 for low, high in pairwise(marks))}
        if most is not None:
            tried = {each for each in tried if least <= each <= most} | {least, most}
        if quantity.positive:
            tried.discard(Fraction(0))
        return sorted(tried)

    def _tried(
        self,
        facts: Mapping[str, Any],
        truths: Truths,
        behind: Mapping[int, tuple[str, ...]],
        values: Mapping[str, list[Any]],
    ) -> Span:
        """Try every completion: group by group of facts that share comparisons."""
        tables = [
            self._table(facts, group, behind, values) for group in groups_of(tuple(values), behind)
        ]
        size = prod(len(table.patterns) for table in tables)
        if size > MOST_COMPLETIONS or any(not table.points for table in tables):
            return Span(frozenset(), tuple(values), False)
        answers = {}
        filled = list(truths)
        for patterns in product(*(table.patterns for table in tables)):
            for table, pattern in zip(tables, patterns, strict=True):
                for index, truth in zip(table.atoms, pattern, strict=True):
                    filled[index] = truth
            settled = tuple(filled)
            answers[patterns] = self.answer(tuple(each(settled, set()) for each in self.tracers))
        needs = [name for place, table in enumerate(tables) for name in table.needs(place, answers)]
        ordered = tuple(name for name in values if name in needs)
        return Span(frozenset(answers.values()), ordered, True)

    def _table(
        self,
        facts: Mapping[str, Any],
        group: tuple[str, ...],
        behind: Mapping[int, tuple[str, ...]],
        values: Mapping[str, list[Any]],
    ) -> Table:
        indices = tuple(index for index, names_ in behind.items() if {*names_} & {*group})
        points: dict[tuple[Any, ...], Truths] = {}
        if prod(len(values[name]) for name in group) <= MOST_COMPLETIONS:
            for point in product(*(values[name] for name in group)):
                whole = self._whole({**facts, **dict(zip(group, point, strict=True))})
                points[point] = tuple(self.readers[index](whole) for index in indices)
        return Table(group, indices, points)


def _pattern(lines: list[tuple[Fraction | None, int]], exact: bool) -> Hashable:
    """Return all that the answers can depend on: the order of the lines, and which coincide.

    Where a fact shares a comparison with another open one, the lines themselves are kept.
    """
    if exact:
        return tuple(lines)
    before: Fraction | None = None
    found = []
    for line, index in lines:
        found.append((index, line is None or line <= 0, line == before))
        before = line
    return tuple(found)
