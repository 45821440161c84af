"""The questions that are asked of one die: what a request allows, and how little of a quantity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from constraints.expressions import And, Compare, Expr, Number
from optimizer.design import Design
from optimizer.solver.binding import columns_of
from optimizer.solver.breakpoints import Site, weighed
from optimizer.solver.lines import Line, attribute_at
from optimizer.solver.objective import Objective
from optimizer.solver.possible import Asked, Meter, any_design, best_design
from optimizer.solver.problem import Problem
from optimizer.solver.request import Request
from optimizer.solver.requirements import requirements
from optimizer.solver.tables import with_columns


@dataclass(frozen=True, slots=True)
class Bench:
    """What every question about one die shares.

    Attributes
    ----------
    level : float
        Least value that a design must have. [token/s per chip]
    meter : Meter
        Boxes that are left.
    """

    site: Site
    objective: Objective
    level: float
    meter: Meter = field(compare=False)

    def asked(self, request: Request, line: Line) -> Asked:
        """The designs that a request allows, weighed by what a line is compared with."""
        needs = requirements(request, self.site.space)
        tables = with_columns(self.site.tables, needs.board_columns)
        problem = Problem.compile(weighed(self.site.space, tables, line), needs.expr)
        ends = _ends(needs.expr, line.attribute)
        return Asked(problem, self.objective, self.level, self.meter, self._value_of(line), ends)

    def _value_of(self, line: Line) -> Callable[[Design], Fraction]:
        def value(design: Design) -> Fraction:
            found = attribute_at(line, self.site.space, columns_of(design))
            assert found is not None
            return found

        return value

    def any(self, request: Request) -> bool:
        """Whether a request allows a design of the level."""
        needs = requirements(request, self.site.space)
        tables = with_columns(self.site.tables, needs.board_columns)
        problem = Problem.compile(tables, needs.expr)
        return any_design(problem, self.objective, self.level, self.meter) is not None

    def best(self, request: Request) -> tuple[float, Design | None]:
        """Best throughput that a request allows and its design; 0 where there is none."""
        needs = requirements(request, self.site.space)
        tables = with_columns(self.site.tables, needs.board_columns)
        problem = Problem.compile(tables, needs.expr)
        return best_design(problem, self.objective, self.meter)


def _ends(expr: Expr, attribute: Expr) -> tuple[Fraction | None, Fraction | None]:
    """Numbers between which a condition holds an attribute, by the bounds that it states alone."""
    clauses = expr.args if isinstance(expr, And) else (expr,)
    bounds = [
        (clause.op, Fraction(clause.right.value))
        for clause in clauses
        if isinstance(clause, Compare)
        and isinstance(clause.right, Number)
        and clause.left == attribute
    ]
    lower = [value for op, value in bounds if op in (">", ">=", "==")]
    upper = [value for op, value in bounds if op in ("<", "<=", "==")]
    return max(lower, default=None), min(upper, default=None)
