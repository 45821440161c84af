"""The CP-SAT model of one parent: the knobs, the requirements, and the corners. No objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from ortools.sat.python import cp_model

from catalogs.errors import InputError
from constraints.expressions import And, Compare, Expr, Literal, Or, names
from optimizer.design import Design, DesignSpace
from optimizer.solver import lowering
from optimizer.solver.attributes import Attributes, check_magnitude, power_columns
from optimizer.solver.costs import STEPS, axis_bound
from optimizer.solver.lowering import Linear, LoweringError, Row, Scale
from optimizer.solver.salvage import Bound
from optimizer.solver.tables import AXES, POWER, POWER_STEPS

# Deterministic-time limit of one solve; the models here need well under 1.
DETERMINISTIC_LIMIT = 60.0
# The first try of a solve searches the model as it was written: presolve is most of the time of
# an easy one. What this does not settle is solved again with presolve.
QUICK_LIMIT = 0.05


class Model:
    """Knobs, attributes and requirements of a space as a CP-SAT model.

    Parameters
    ----------
    space : DesignSpace
        Domains of the knobs.
    requirements : mapping of str to Expr
        Conditions in negation normal form, by label.
    named : bool
        Give each requirement a literal, so that it can be switched off.
    board_columns : mapping of str to Sequence of int, optional
        Further columns of the board class, in tenths of a milliwatt.
    forms : mapping of str to Linear, optional
        Further axes of a corner by name: integer forms over columns, better when less.
    """

    def __init__(
        self,
        space: DesignSpace,
        requirements: Mapping[str, Expr],
        *,
        named: bool = False,
        board_columns: Mapping[str, Sequence[int]] | None = None,
        forms: Mapping[str, Linear] | None = None,
    ) -> None:
        self.space = space
        read = {n for condition in requirements.values() for n in names(condition)}
        read |= {n for form in (forms or {}).values() for n in form.terms}
        self.attributes = Attributes(space, board_columns or {}, read)
        self.cp = self.attributes.cp
        self.forms = {n: self.attributes.over_variables(f) for n, f in (forms or {}).items()}
        self._beyond: dict[tuple[str, int], cp_model.IntVar | None] = {}
        self._scales: dict[str, Scale] = {}
        self.switches: dict[str, cp_model.IntVar] = {}
        for label, condition in requirements.items():
            try:
                self._assert(condition, [self.switch(label)] if named else [])
            except LoweringError as error:
                raise InputError(
                    f"{label}: {error}, so the exact solver cannot hold it",
                    "rules",
                    "Compare quantities of like steps, in numbers of fewer digits, or bound each "
                    "with --limit.",
                ) from None

    # -- requirements ------------------------------------------------------------------------

    def _assert(self, condition: Expr, enforced_by: list[cp_model.IntVar]) -> None:
        match condition:
            case Literal(True):
                return
            case And(args):
                for arg in args:
                    self._assert(arg, enforced_by)
            case Compare() if condition.op != "!=":
                for row in lowering.rows(condition, self.attributes.names):
                    self._add(row, enforced_by)
            case _:
                self.cp.add_bool_or(
                    [*self._alternatives(condition), *(b.negated() for b in enforced_by)]
                )

    def _alternatives(self, condition: Expr) -> list[cp_model.IntVar]:
        """Literals one of which must hold; each implies its part of the condition."""
        match condition:
            case Literal(False):
                return []
            case Or(args):
                return [literal for arg in args for literal in self._alternatives(arg)]
            case Compare(op="!="):
                return [
                    self._implies_row(row)
                    for row in lowering.rows(condition, self.attributes.names)
                ]
        literal = self.cp.new_bool_var("part")
        self._assert(condition, [literal])
        return [literal]

    def _implies_row(self, row: Row) -> cp_model.IntVar:
        literal = self.cp.new_bool_var("row")
        self._add(row, [literal])
        return literal

    def _add(self, row: Row, enforced_by: list[cp_model.IntVar]) -> None:
        magnitude = sum(
            abs(c) * max(abs(v) for v in self.attributes.ranges[n]) for n, c in row.terms
        )
        check_magnitude(magnitude)
        total = sum(c * self.attributes.vars[n] for n, c in row.terms)
        if not row.terms:
            if row.at_least > 0:
                self.cp.add_bool_or([b.negated() for b in enforced_by])
            return
        constraint = self.cp.add(total >= row.at_least)
        if enforced_by:
            constraint.only_enforce_if(enforced_by)

    # -- corners and solves ------------------------------------------------------------------

    def switch(self, label: str) -> cp_model.IntVar:
        """A literal under which further demands may be put."""
        if label not in self.switches:
            self.switches[label] = self.cp.new_bool_var(f"keep {label}")
        return self.switches[label]

    def exclude(
        self,
        corner: np.ndarray,
        switch: cp_model.IntVar | None = None,
        axes: Sequence[str] = AXES,
    ) -> None:
        """Demand a design better than a corner on at least one of its axes."""
        literals = [] if switch is None else [switch.negated()]
        for axis, value in zip(axes, corner.tolist(), strict=False):
            key = (axis, int(value))
            if key not in self._beyond:
                self._beyond[key] = self._beyond_literal(*key)
            literal = self._beyond[key]
            if literal is not None:
                literals.append(literal)
        self.cp.add_bool_or(literals)

    def _beyond_literal(self, axis: str, value: int) -> cp_model.IntVar | None:
        """A literal that implies more than a value; None where no design of the space has it."""
        if axis in STEPS:
            literal = self.cp.new_bool_var(f"{axis} below {value}")
            below = axis_bound(self.space, axis, Bound("<", Fraction(value)))
            self.attributes.need(names(below))
            self._assert(below, [literal])
            return literal
        row = self._scale(axis).beyond(value)
        most = sum(max(c * v for v in self.attributes.ranges[n]) for n, c in row.terms)
        return self._implies_row(row) if most >= row.at_least else None

    def _scale(self, axis: str) -> Scale:
        if axis not in self._scales:
            if axis in self.forms:
                form, sign = self.forms[axis], -1
            elif axis == POWER:
                form, sign = self._power_form(), -1
            else:
                form, sign = self.attributes.names[axis], 1
            self._scales[axis] = Scale.of(form, sign)
        return self._scales[axis]

    def _power_form(self) -> Linear:
        parts = sorted(power_columns("power"))
        self.attributes.need(set(parts))
        unit = Fraction(POWER_STEPS)
        return self.attributes.over_variables(Linear(dict.fromkeys(parts, unit)))

    def admits(self, design: Design) -> bool:
        """Whether a design meets everything; if so, later solves start from it, free to move."""
        self.attributes.pin(design.clock_mhz, design.rate_units)
        self.forget_hints()
        for variable, value in self._knobs(design):
            self.cp.add_hint(variable, value)
        solver = _solver()
        solver.parameters.fix_variables_to_their_hinted_value = True
        solver.parameters.cp_model_presolve = False
        status = solver.solve(self.cp)
        self.forget_hints()
        found = status in (cp_model.FEASIBLE, cp_model.OPTIMAL)
        if not found or self._read(solver) != design:
            return False
        whole, solution = self.cp.proto.solution_hint, solver.response_proto.solution
        whole.vars.extend(range(len(solution)))
        whole.values.extend(solution)
        return True

    def forget_hints(self) -> None:
        """Start later solves from nowhere."""
        self.cp.clear_hints()  # type: ignore[no-untyped-call]

    def _knobs(self, design: Design) -> list[tuple[cp_model.IntVar, int]]:
        boards = [b.form_factor for b in self.space.boards]
        return [
            (self.attributes.vars["enabled_cores"], design.cores),
            (self.attributes.vars["core_clock_mhz"], design.clock_mhz),
            (self.attributes.vars["memory_sites"], design.sites),
            (self.attributes.vars["memory_data_rate"], design.rate),
            (self.attributes.vars["links"], design.links),
            (self.attributes.rate[self.space.rate_units.index(design.rate_units)], 1),
            (self.attributes.option[self.space.memory.index(design.option)], 1),
            (self.attributes.board[boards.index(design.board)], 1),
        ]

    def solve(
        self, assumed: Sequence[str] | None = None, *, presolve: bool = True
    ) -> Design | None:
        """A design that meets everything, or None where CP-SAT proves that there is none.

        Power is bounded by lines between the clocks at which it is exact, so what is found
        elsewhere is asked for again with its clock made exact; that there is none needs no more.

        Parameters
        ----------
        assumed : sequence of str, optional
            Requirements that are switched on; all others are off. Needs a model with names.
        presolve : bool
            Without it the model is searched as it was written.

        Raises
        ------
        TimeoutError
            The deterministic limit was reached without an answer.
        """
        while True:
            found = self._solve(assumed, presolve)
            if found is None or not self.attributes.pin(found.clock_mhz, found.rate_units):
                return found

    def _solve(self, assumed: Sequence[str] | None, presolve: bool) -> Design | None:
        model = self.cp
        if assumed is not None:
            model = self.cp.clone()
            for label, switch in self.switches.items():
                model.add_bool_and([switch if label in assumed else switch.negated()])
        solver = _solver()
        status = cp_model.UNKNOWN
        for limit, reduced in ((QUICK_LIMIT, False), (DETERMINISTIC_LIMIT, presolve)):
            solver.parameters.max_deterministic_time = limit
            solver.parameters.cp_model_presolve = reduced
            status = solver.solve(model)
            if status != cp_model.UNKNOWN:
                break
        if status == cp_model.INFEASIBLE:
            return None
        if status not in (cp_model.FEASIBLE, cp_model.OPTIMAL):
            raise TimeoutError(f"CP-SAT stopped with {solver.status_name(status)}")
        return self._read(solver)

    def _read(self, solver: cp_model.CpSolver) -> Design:
        def chosen(literals: list[cp_model.IntVar]) -> int:
            return next(i for i, b in enumerate(literals) if solver.boolean_value(b))

        space = self.space
        return Design(
            space,
            solver.value(self.attributes.vars["enabled_cores"]),
            solver.value(self.attributes.vars["core_clock_mhz"]),
            space.rate_units[chosen(self.attributes.rate)],
            space.memory[chosen(self.attributes.option)],
            solver.value(self.attributes.vars["memory_sites"]),
            solver.value(self.attributes.vars["memory_data_rate"]),
            solver.value(self.attributes.vars["links"]),
            space.boards[chosen(self.attributes.board)].form_factor,
        )


def _solver() -> cp_model.CpSolver:
    """One worker, fixed seed, deterministic limit: the same answer on every run."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = DETERMINISTIC_LIMIT
    solver.parameters.auto_detect_greater_than_at_least_one_of = False
    # Products and clauses decide here; keeping linear relaxations of them takes more than it tells.
    solver.parameters.linearization_level = 0
    # An interrupt ends the program; caught here it would only leave a proof out, unsaid.
    solver.parameters.catch_sigint_signal = False
    return solver
