"""What would be built the next day: the best part of every die before and after a change."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from catalogs import Catalog
from constraints import Ruleset
from constraints.expressions import Expr
from constraints.rulesets import ENGINEERING
from optimizer.design import Design
from optimizer.projection import Prepared, prepare
from optimizer.projection.ratios import same_die, told_apart
from optimizer.report.solve import Case
from optimizer.solver import Feasible, Optimal, Outcome, Request
from optimizer.solver.breakpoints import Move, next_moves
from optimizer.solver.optimize import solve_parent
from optimizer.solver.outcome import ParentOutcome, SolvedDesign

# Dies whose next moves are sought where none is named: the winner and the runner-up.
MOVED = 2
Value = int | str | bool | Fraction | Decimal


@dataclass(frozen=True, slots=True)
class Trade:
    """A knob, or the memory capacity, that the new best part sets otherwise."""

    name: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class Redesigned:
    """One die: its best part before and after, or why it has none.

    Attributes
    ----------
    moves : tuple of Move
        Next moves of each threshold from the law after the change; sought for the dies that the
        request names, or for the best two where it names none.
    """

    parent: str
    before: ParentOutcome
    after: ParentOutcome
    moves: tuple[Move, ...] = ()

    @property
    def change(self) -> float | None:
        """Relative change of the throughput; None where one side has no part. [1]"""
        old, new = best_of(self.before), best_of(self.after)
        return None if old is None or new is None else new.value / old.value - 1

    @property
    def traded(self) -> tuple[Trade, ...]:
        """What differs between the two best parts."""
        old, new = best_of(self.before), best_of(self.after)
        return () if old is None or new is None else trades(old.design, new.design)

    @property
    def survives(self) -> bool | None:
        """Whether the sign of the change survives the projection: the ratio leaves its interval.

        The 80 % interval is that of the ratio of two devices on equal work, as
        `optimizer.projection.ratios.told_apart` reads it. None where nothing changes.
        """
        old, new = best_of(self.before), best_of(self.after)
        if old is None or new is None or old.value == new.value:
            return None
        return told_apart(old.value, new.value, same_die())


@dataclass(frozen=True, slots=True)
class Redesign:
    """Every die asked for, before and after.

    Attributes
    ----------
    prepared : Prepared
        The workload.
    """

    rows: tuple[Redesigned, ...]
    prepared: Prepared

    @property
    def before(self) -> Outcome:
        """Answers under the law before."""
        return Outcome(tuple(row.before for row in self.rows), {})

    @property
    def after(self) -> Outcome:
        """Answers under the law after."""
        return Outcome(tuple(row.after for row in self.rows), {})


def best_of(outcome: ParentOutcome) -> SolvedDesign | None:
    """The best part of a die, if it has one."""
    return outcome.designs[0] if isinstance(outcome, Optimal | Feasible) else None


def trades(before: Design, after: Design) -> tuple[Trade, ...]:
    """Knobs that differ between two parts of a die, and the capacity that follows from them."""
    old, new = _cut(before), _cut(after)
    return tuple(Trade(name, old[name], new[name]) for name in old if old[name] != new[name])


def _cut(design: Design) -> Mapping[str, Value | None]:
    return {**design.knobs(), "memory_capacity_gb": design.quantities()["memory_capacity_gb"]}


def redesign(before: Case, after: Case) -> Redesign:
    """Find and prove the best part of each die under both laws.

    Parameters
    ----------
    before, after : Case
        The same request under two rule sets.

    Notes
    -----
    Where both laws put the same bounds on a part, each die is solved once.
    """
    request, catalog = before.request, before.catalog
    prepared = prepare(request.workload, catalog, stack=request.stack)
    parents = request.parents or tuple(sorted(catalog.dies))
    same = _same_bounds(request, after.request)
    rows = tuple(
        _redesigned(request, after.request, catalog, prepared, catalog.die(name).id, same)
        for name in parents
    )
    rows = _with_moves(rows, after.request, prepared)
    return Redesign(rows, prepared)


def _redesigned(
    before: Request, after: Request, catalog: Catalog, prepared: Prepared, parent: str, same: bool
) -> Redesigned:
    old = solve_parent(before, catalog, prepared, parent)
    new = old if same else solve_parent(after, catalog, prepared, parent)
    return Redesigned(parent, old, new)


def _with_moves(
    rows: tuple[Redesigned, ...], request: Request, prepared: Prepared
) -> tuple[Redesigned, ...]:
    """Add the next moves of every die that was named, or else of the best ones."""
    ranked = Outcome(tuple(row.after for row in rows), {}).ranked
    wanted = {each.parent for each in (ranked if request.parents else ranked[:MOVED])}
    return tuple(
        replace(row, moves=next_moves(request, row.after, prepared))
        if row.parent in wanted and isinstance(row.after, Optimal | Feasible)
        else row
        for row in rows
    )


def _same_bounds(before: Request, after: Request) -> bool:
    """Whether both laws put the same bounds on every die, under the same names, on one day."""
    old, new = before.ruleset, after.ruleset
    return (
        old.on == new.on
        and old.conditions(before.destination) == new.conditions(after.destination)
        and _engineering(old) == _engineering(new)
    )


def _engineering(rules: Ruleset) -> tuple[tuple[str, Expr], ...]:
    return tuple((rule.id, rule.applies) for rule in rules.rules if rule.kind == ENGINEERING)
