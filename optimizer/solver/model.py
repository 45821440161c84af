"""The CP-SAT model of one parent: the knobs, the requirements, and the corners. No objective.

Every attribute is an integer by construction; products of two knobs are multiplication
constraints; what hangs on a category (tensor rate, memory option, board) is a linear equation
enforced by the category's literal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from ortools.sat.python import cp_model

from constraints.expressions import And, Compare, Expr, Literal, Or
from optimizer.design import Design, DesignSpace
from optimizer.design.board_power import BoardPower
from optimizer.design.space import RATE_STEPS_PER_GBPS, RATE_UNITS
from optimizer.solver import lowering
from optimizer.solver.costs import STEPS, axis_bound
from optimizer.solver.lowering import ROW_LIMIT, Linear, LoweringError, Row
from optimizer.solver.salvage import Bound
from optimizer.solver.tables import AXES, part_codes

# Deterministic-time limit of one solve; the models here need well under 1.
DETERMINISTIC_LIMIT = 60.0


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
        self.cp = cp_model.CpModel()
        self.ranges: dict[str, tuple[int, int]] = {}
        self.vars: dict[str, cp_model.IntVar] = {}
        self.names: dict[str, Linear] = {}
        self._compute()
        self._memory()
        self._wiring(board_columns or {})
        self._power()
        self.forms = {name: self._over_variables(form) for name, form in (forms or {}).items()}
        self._beyond: dict[tuple[str, int], cp_model.IntVar] = {}
        self.switches: dict[str, cp_model.IntVar] = {}
        for label, condition in requirements.items():
            self._assert(condition, [self.switch(label)] if named else [])

    # -- variables ---------------------------------------------------------------------------

    def _var(self, name: str, values: Sequence[int] | tuple[int, int], scale: Fraction) -> None:
        domain = (
            cp_model.Domain(*values)
            if isinstance(values, tuple)
            else cp_model.Domain.from_values(list(values))
        )
        self.vars[name] = self.cp.new_int_var_from_domain(domain, name)
        self.ranges[name] = (min(values), max(values))
        self.names[name] = Linear({name: scale})

    def _choice(self, name: str, size: int) -> list[cp_model.IntVar]:
        literals = [self.cp.new_bool_var(f"{name} {i}") for i in range(size)]
        self.cp.add_exactly_one(literals)
        self._var(f"{name} index", (0, size - 1), Fraction(1))
        self.cp.add(self.vars[f"{name} index"] == sum(i * b for i, b in enumerate(literals)))
        return literals

    def _by_choice(
        self, name: str, literals: list[cp_model.IntVar], values: Sequence[int], scale: Fraction
    ) -> None:
        """An attribute that is a constant of the chosen category."""
        self._var(name, sorted(set(values)), scale)
        for literal, value in zip(literals, values, strict=True):
            self.cp.add(self.vars[name] == value).only_enforce_if(literal)

    def _scaled_by_choice(
        self, name: str, of: str, literals: list[cp_model.IntVar], factors: Sequence[int]
    ) -> None:
        """An attribute that is a multiple, set by the category, of another attribute."""
        low, high = self.ranges[of]
        common = math.gcd(*factors) or 1
        self._var(
            name, (low * min(factors) // common, high * max(factors) // common), Fraction(common)
        )
        for literal, factor in zip(literals, factors, strict=True):
            row = self.vars[name] - (factor // common) * self.vars[of]
            self._check(high * (factor // common) + self.ranges[name][1])
            self.cp.add(row == 0).only_enforce_if(literal)

    def _product(self, name: str, a: str, b: str) -> None:
        low = self.ranges[a][0] * self.ranges[b][0]
        high = self.ranges[a][1] * self.ranges[b][1]
        self._var(name, (low, high), Fraction(1))
        self.cp.add_multiplication_equality(self.vars[name], [self.vars[a], self.vars[b]])

    def _compute(self) -> None:
        space = self.space
        self._var("enabled_cores", list(space.cores), Fraction(1))
        self._var("core_clock_mhz", list(space.clocks_mhz), Fraction(1))
        self._product("draw", "enabled_cores", "core_clock_mhz")
        self.rate = self._choice("rate", len(space.rate_units))
        units = list(space.rate_units)
        self._scaled_by_choice("tensor", "draw", self.rate, units)
        self._rated(units)
        self._by_choice("tensor_rate_fraction", self.rate, units, Fraction(1, RATE_UNITS))

    def _rated(self, units: list[int]) -> None:
        """What the law sees: cores at the rated clock, which may be above the clock in use."""
        space, draw, tensor = self.space, "draw", "tensor"
        if space.rated_clock_mhz is not None:
            draw, tensor = "rated draw", "rated tensor"
            rated = space.rated_clock_mhz
            self._var(draw, [c * rated for c in space.cores], Fraction(1))
            self.cp.add(self.vars[draw] == rated * self.vars["enabled_cores"])
            self._scaled_by_choice(tensor, draw, self.rate, units)
            self.names["core_clock_mhz"] = Linear({}, Fraction(rated))
        per_mhz = [space.tpp_per_core_mhz(u) for u in units]
        self._scaled_by_choice("tpp", draw, self.rate, per_mhz)
        self.names["tpp"] = self.names["tpp"].times(Fraction(1, 10**6))
        self.names["bit_length_x_tops"] = self.names["tpp"]
        per_unit = Fraction(space.matrix_ops["fp16"], RATE_UNITS * 10**6)
        self.names["dense_bf16_tflops"] = self.names[tensor].times(per_unit)

    def _memory(self) -> None:
        space = self.space
        self._var("memory_sites", list(space.sites), Fraction(1))
        low = min(m.rate_min for m in space.memory)
        high = max(m.rate_max for m in space.memory)
        self._var("memory_data_rate", (low, high), Fraction(1))
        self.names["memory_data_rate_gbps"] = Linear(
            {"memory_data_rate": Fraction(1, RATE_STEPS_PER_GBPS)}
        )
        self.option = self._choice("memory option", len(space.memory))
        for literal, option in zip(self.option, space.memory, strict=True):
            rate = self.vars["memory_data_rate"]
            self.cp.add_linear_constraint(rate, option.rate_min, option.rate_max).only_enforce_if(
                literal
            )
        self._product("lanes", "memory_sites", "memory_data_rate")
        self._scaled_by_choice(
            "dram", "lanes", self.option, [m.mb_s_per_rate for m in space.memory]
        )
        self._scaled_by_choice(
            "capacity", "memory_sites", self.option, [m.gb_per_site for m in space.memory]
        )
        self.names["dram_bandwidth_gb_s"] = self.names["dram"].times(Fraction(1, 1000))
        self.names["memory_capacity_gb"] = self.names["capacity"]
        self.names["memory_option"] = self.names["memory option index"]
        one = Fraction(1)
        self._by_choice("memory_part", self.option, part_codes(space), one)
        self._by_choice(
            "memory_gb_per_site", self.option, [m.gb_per_site for m in space.memory], one
        )
        self._by_choice("clamshell", self.option, [int(m.clamshell) for m in space.memory], one)

    def _wiring(self, board_columns: Mapping[str, Sequence[int]]) -> None:
        space = self.space
        one = Fraction(1)
        self._var("links", list(space.links), one)
        self.board = self._choice("board", len(space.boards))
        for literal, board in zip(self.board, space.boards, strict=True):
            self.cp.add(self.vars["links"] <= board.links_max).only_enforce_if(literal)
        self.names["board_class"] = self.names["board index"]
        self._by_choice(
            "clamshell_allowed", self.board, [int(b.clamshell) for b in space.boards], one
        )
        for name, values in board_columns.items():
            self._by_choice(name, self.board, values, Fraction(1, 10**4))
        link = self.names["links"].times(Fraction(space.link_mb_s, 1000))
        self.names["link_bandwidth_gb_s"] = link
        self.names["link"] = link.times(Fraction(1000))
        io = link.plus(Linear({}, Fraction(space.pcie_mb_s, 1000)))
        self.names["io_bandwidth_gb_s"] = io
        self.names["io_transfer_rate_gb_s"] = io

    def _power(self) -> None:
        """Board power at full activity, and at that of the sustained clock where it is asked."""
        space = self.space
        drawn = {
            "power": space.power,
            "sustained": space.sustained_power if space.sustained else None,
        }
        if space.power is None and drawn["sustained"] is None:
            return
        self._var("clock index", (0, len(space.clocks_mhz) - 1), Fraction(1))
        index, clock = self.vars["clock index"], self.vars["core_clock_mhz"]
        self.cp.add_element(index, list(space.clocks_mhz), clock)
        for kind, power in drawn.items():
            if power is not None:
                self._power_at(kind, power)

    def _power_at(self, kind: str, power: BoardPower) -> None:
        """Power in tenths of a milliwatt: cores x table, lanes x part, links, and a base."""
        clocks, units = np.array(self.space.clocks_mhz), self.space.rate_units
        tables = [[int(v) for v in power.per_core(clocks, np.full(len(clocks), u))] for u in units]
        index, core = self.vars["clock index"], f"core {kind}"
        self._var(core, (min(map(min, tables)), max(map(max, tables))), Fraction(1))
        for literal, table in zip(self.rate, tables, strict=True):
            drawn = self.cp.new_int_var(min(table), max(table), f"{core} at rate")
            self.cp.add_element(index, table, drawn)
            self.cp.add(self.vars[core] == drawn).only_enforce_if(literal)
        self._product(f"compute {kind}", "enabled_cores", core)
        self._scaled_by_choice(f"memory {kind}", "lanes", self.option, list(power.per_rate_unit))
        unit = Fraction(1, 10**4)
        self.names[f"compute_{kind}_w"] = self.names[f"compute {kind}"].times(unit)
        self.names[f"memory_{kind}_w"] = self.names[f"memory {kind}"].times(unit)
        wiring = Linear({"links": power.per_link * unit}, power.base * unit)
        self.names[f"wiring_{kind}_w"] = wiring

    # -- requirements ------------------------------------------------------------------------

    def _assert(self, condition: Expr, enforced_by: list[cp_model.IntVar]) -> None:
        match condition:
            case Literal(True):
                return
            case And(args):
                for arg in args:
                    self._assert(arg, enforced_by)
            case Compare() if condition.op != "!=":
                for row in lowering.rows(condition, self.names):
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
                return [self._implies_row(row) for row in lowering.rows(condition, self.names)]
        literal = self.cp.new_bool_var("part")
        self._assert(condition, [literal])
        return [literal]

    def _implies_row(self, row: Row) -> cp_model.IntVar:
        literal = self.cp.new_bool_var("row")
        self._add(row, [literal])
        return literal

    def _add(self, row: Row, enforced_by: list[cp_model.IntVar]) -> None:
        magnitude = sum(abs(c) * max(abs(v) for v in self.ranges[n]) for n, c in row.terms)
        self._check(magnitude)
        total = sum(c * self.vars[n] for n, c in row.terms)
        if not row.terms:
            if row.at_least > 0:
                self.cp.add_bool_or([b.negated() for b in enforced_by])
            return
        constraint = self.cp.add(total >= row.at_least)
        if enforced_by:
            constraint.only_enforce_if(enforced_by)

    @staticmethod
    def _check(magnitude: int) -> None:
        if magnitude >= ROW_LIMIT:
            raise LoweringError(f"a row reaches {magnitude}, over the limit of {ROW_LIMIT}")

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
        for axis, value in zip(axes, corner, strict=False):
            if axis in STEPS:
                literals.append(self._cheaper_literal(axis, int(value)))
                continue
            row = self._better_row(axis, int(value))
            if row is not None:
                literals.append(self._better_literal(axis, int(value), row))
        self.cp.add_bool_or(literals)

    def _cheaper_literal(self, axis: str, value: int) -> cp_model.IntVar:
        """A literal under which a joint cost is below a value."""
        key = (axis, value)
        if key not in self._beyond:
            self._beyond[key] = self.cp.new_bool_var(f"{axis} below {value}")
            below = axis_bound(self.space, axis, Bound("<", Fraction(value)))
            self._assert(below, [self._beyond[key]])
        return self._beyond[key]

    def _better_row(self, name: str, value: int) -> Row | None:
        """``resource > value`` as a row, or None where no design of the space can meet it."""
        if name in self.forms:
            form, sign = self.forms[name], -1
        else:
            form = self._power_form() if name == "power" else self.names[name]
            sign = -1 if name == "power" else 1
        row = lowering.row(
            form.plus(Linear({}, Fraction(value)), -1).times(Fraction(sign)), strict=True
        )
        most = sum(max(c * v for v in self.ranges[n]) for n, c in row.terms)
        return row if most >= row.at_least else None

    def _over_variables(self, form: Linear) -> Linear:
        """A form over columns as one over variables."""
        total = Linear({}, form.constant)
        for name, factor in form.terms.items():
            total = total.plus(self.names[name].times(factor))
        return total

    def _power_form(self) -> Linear:
        parts = (self.names[n] for n in ("compute_power_w", "memory_power_w", "wiring_power_w"))
        total = Linear({})
        for part in parts:
            total = total.plus(part)
        return total.times(Fraction(10**4))

    def _better_literal(self, axis: str, value: int, row: Row) -> cp_model.IntVar:
        key = (axis, value)
        if key not in self._beyond:
            self._beyond[key] = self._implies_row(row)
        return self._beyond[key]

    def admits(self, design: Design) -> bool:
        """Whether a design meets everything; if so, later solves start from it, free to move."""
        fixed = self.cp.clone()
        for variable, value in self._knobs(design):
            fixed.add(variable == value)
        solver = _solver()
        if solver.solve(fixed) not in (cp_model.FEASIBLE, cp_model.OPTIMAL):
            return False
        self.cp.clear_hints()  # type: ignore[no-untyped-call]
        for index, value in enumerate(solver.response_proto.solution):
            self.cp.add_hint(self.cp.get_int_var_from_proto_index(index), value)
        return True

    def _knobs(self, design: Design) -> list[tuple[cp_model.IntVar, int]]:
        boards = [b.form_factor for b in self.space.boards]
        return [
            (self.vars["enabled_cores"], design.cores),
            (self.vars["core_clock_mhz"], design.clock_mhz),
            (self.vars["memory_sites"], design.sites),
            (self.vars["memory_data_rate"], design.rate),
            (self.vars["links"], design.links),
            (self.rate[self.space.rate_units.index(design.rate_units)], 1),
            (self.option[self.space.memory.index(design.option)], 1),
            (self.board[boards.index(design.board)], 1),
        ]

    def solve(
        self, assumed: Sequence[str] | None = None, *, presolve: bool = True
    ) -> Design | None:
        """A design that meets everything, or None where CP-SAT proves that there is none.

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
        model = self.cp
        if assumed is not None:
            model = self.cp.clone()
            for label, switch in self.switches.items():
                model.add_bool_and([switch if label in assumed else switch.negated()])
        solver = _solver()
        solver.parameters.cp_model_presolve = presolve
        status = solver.solve(model)
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
            solver.value(self.vars["enabled_cores"]),
            solver.value(self.vars["core_clock_mhz"]),
            space.rate_units[chosen(self.rate)],
            space.memory[chosen(self.option)],
            solver.value(self.vars["memory_sites"]),
            solver.value(self.vars["memory_data_rate"]),
            solver.value(self.vars["links"]),
            space.boards[chosen(self.board)].form_factor,
        )


def _solver() -> cp_model.CpSolver:
    """One worker, fixed seed, deterministic limit: the same answer on every run."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = DETERMINISTIC_LIMIT
    solver.parameters.auto_detect_greater_than_at_least_one_of = False
    # An interrupt ends the program; caught here it would only leave a proof out, unsaid.
    solver.parameters.catch_sigint_signal = False
    return solver
