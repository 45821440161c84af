"""The knobs of one parent and what hangs on them, as CP-SAT variables.

Every attribute is an integer by construction; products of two knobs are multiplication
constraints; what hangs on a category (tensor rate, memory option, board) is a linear equation
enforced by the category's literal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from fractions import Fraction

import numpy as np
from ortools.sat.python import cp_model

from optimizer.design import DesignSpace
from optimizer.design.board_power import BoardPower
from optimizer.design.memory import RATE_STEPS_PER_GBPS
from optimizer.design.space import RATE_UNITS
from optimizer.solver.envelopes import Line, below
from optimizer.solver.lowering import ROW_LIMIT, Linear, LoweringError
from optimizer.solver.tables import part_codes


class Attributes:
    """Knobs and attributes of a space in a CP-SAT model, with no requirement on them.

    Parameters
    ----------
    space : DesignSpace
        Domains of the knobs.
    board_columns : mapping of str to Sequence of int
        Further columns of the board class, in tenths of a milliwatt.
    read : set of str
        Quantities that the conditions name; what only others need is left out (`need`).

    Attributes
    ----------
    cp : CpModel
    vars : mapping of str to IntVar
        Integer variables by name.
    ranges : mapping of str to (low, high)
        Domain of each variable.
    names : mapping of str to Linear
        Every quantity that a condition may name, as a form over the variables.
    rate, option, board : list of IntVar
        One literal per category, of which exactly one holds.
    """

    def __init__(
        self, space: DesignSpace, board_columns: Mapping[str, Sequence[int]], read: Set[str]
    ) -> None:
        self.space = space
        self.cp = cp_model.CpModel()
        self.ranges: dict[str, tuple[int, int]] = {}
        self.vars: dict[str, cp_model.IntVar] = {}
        self.names: dict[str, Linear] = {}
        self._tables: dict[str, list[list[int]]] = {}
        self._pinned: set[tuple[int, int]] = set()
        self._scaled: dict[tuple[str, tuple[int, ...]], str] = {}
        self._compute()
        self._memory()
        self._wiring(board_columns)
        self.need(read)

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
        return literals

    def _index(self, name: str, literals: list[cp_model.IntVar]) -> None:
        """Place of the chosen category."""
        self._var(name, (0, len(literals) - 1), Fraction(1))
        self.cp.add(self.vars[name] == sum(i * b for i, b in enumerate(literals)))

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
        """An attribute that is a multiple, set by the category, of another attribute.

        One that is in proportion to the other, or to an earlier multiple of it, is that one scaled.
        """
        common = math.gcd(*factors) or 1
        shares = tuple(factor // common for factor in factors)
        same = of if set(shares) == {1} else self._scaled.setdefault((of, shares), name)
        self.names[name] = Linear({same: Fraction(common)})
        if same in self.vars:
            return
        low, high = self.ranges[of]
        self._var(name, (low * min(shares), high * max(shares)), Fraction(common))
        for literal, share in zip(literals, shares, strict=True):
            check_magnitude(high * share + self.ranges[name][1])
            row = self.vars[name] - share * self.vars[of]
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
        rate = self.vars["memory_data_rate"]
        for literal, option in zip(self.option, space.memory, strict=True):
            ends = option.rate_min, option.rate_max
            if ends != (low, high):
                self.cp.add_linear_constraint(rate, *ends).only_enforce_if(literal)
        self._product("lanes", "memory_sites", "memory_data_rate")
        self._scaled_by_choice(
            "dram", "lanes", self.option, [m.mb_s_per_rate for m in space.memory]
        )
        self._scaled_by_choice(
            "capacity", "memory_sites", self.option, [m.gb_per_site for m in space.memory]
        )
        self.names["dram_bandwidth_gb_s"] = self.names["dram"].times(Fraction(1, 1000))
        self.names["memory_capacity_gb"] = self.names["capacity"]

    def _wiring(self, board_columns: Mapping[str, Sequence[int]]) -> None:
        space = self.space
        one = Fraction(1)
        self._var("links", list(space.links), one)
        self.board = self._choice("board", len(space.boards))
        for literal, board in zip(self.board, space.boards, strict=True):
            if board.links_max < space.links[-1]:
                self.cp.add(self.vars["links"] <= board.links_max).only_enforce_if(literal)
        for name, values in board_columns.items():
            self._by_choice(name, self.board, values, Fraction(1, 10**4))
        link = self.names["links"].times(Fraction(space.link_mb_s, 1000))
        self.names["link_bandwidth_gb_s"] = link
        self.names["link"] = link.times(Fraction(1000))
        io = link.plus(Linear({}, Fraction(space.pcie_mb_s, 1000)))
        self.names["io_bandwidth_gb_s"] = io
        self.names["io_transfer_rate_gb_s"] = io

    def need(self, read: Set[str]) -> None:
        """Add what some quantities hang on, where it is not there yet.

        Power hangs on tables over the clock, which cost CP-SAT as much as all the rest.
        """
        space, one = self.space, Fraction(1)
        memory, boards = space.memory, space.boards
        categories: dict[str, tuple[list[cp_model.IntVar], Sequence[int], Fraction]] = {
            "tensor_rate_fraction": (self.rate, space.rate_units, Fraction(1, RATE_UNITS)),
            "memory_part": (self.option, part_codes(space), one),
            "memory_gb_per_site": (self.option, [m.gb_per_site for m in memory], one),
            "clamshell": (self.option, [int(m.clamshell) for m in memory], one),
            "clamshell_allowed": (self.board, [int(b.clamshell) for b in boards], one),
        }
        for name, (literals, values, scale) in categories.items():
            if name in read and name not in self.names:
                self._by_choice(name, literals, values, scale)
        for name, literals in (("memory_option", self.option), ("board_class", self.board)):
            if name in read and name not in self.names:
                self._index(name, literals)
        drawn = {
            "power": space.power,
            "sustained": space.sustained_power if space.sustained else None,
        }
        for kind, power in drawn.items():
            if power is not None and power_columns(kind) & read - set(self.names):
                self._power_at(kind, power)

    def _power_at(self, kind: str, power: BoardPower) -> None:
        """Power in tenths of a milliwatt: cores x table, lanes x part, links, and a base.

        The table of a core over the clock is an element constraint over hundreds of cells, which
        takes CP-SAT seconds. It gets lines that no cell crosses, and the cell itself at clocks
        that matter (`pin`).
        """
        clocks, units = self.space.clocks_mhz, self.space.rate_units
        steps = np.array(clocks)
        tables = [power.per_core(steps, np.full(len(steps), u)).tolist() for u in units]
        core = f"core {kind}"
        self._var(core, (min(map(min, tables)), max(map(max, tables))), Fraction(1))
        self._tables[core] = tables
        for literal, table in zip(self.rate, tables, strict=True):
            for sign in (1, -1):
                for line in below(clocks, tuple(sign * cell for cell in table)):
                    self._keep_above(core, sign, line, literal)
        self._product(f"compute {kind}", "enabled_cores", core)
        self._scaled_by_choice(f"memory {kind}", "lanes", self.option, list(power.per_rate_unit))
        unit = Fraction(1, 10**4)
        self.names[f"compute_{kind}_w"] = self.names[f"compute {kind}"].times(unit)
        self.names[f"memory_{kind}_w"] = self.names[f"memory {kind}"].times(unit)
        wiring = Linear({"links": power.per_link * unit}, power.base * unit)
        self.names[f"wiring_{kind}_w"] = wiring

    def _keep_above(self, core: str, sign: int, line: Line, literal: cp_model.IntVar) -> None:
        """A line as a row, unless it reaches too far: without it the model is only looser."""
        clock = "core_clock_mhz"
        reach = line.run * self.ranges[core][1] + abs(line.rise) * self.ranges[clock][1]
        if reach < ROW_LIMIT:
            row = sign * line.run * self.vars[core] - line.rise * self.vars[clock]
            least = line.run * line.value - line.rise * line.at
            self.cp.add(row >= least).only_enforce_if(literal)

    def pin(self, clock_mhz: int, rate_units: int) -> bool:
        """Make power exact at a clock and tensor rate; False where it is already."""
        place = (clock_mhz, rate_units)
        if place in self._pinned or not self._tables:
            return False
        self._pinned.add(place)
        clock, at = self.vars["core_clock_mhz"], self.space.clocks_mhz.index(clock_mhz)
        rate = self.space.rate_units.index(rate_units)
        for core, tables in self._tables.items():
            drawn, cell = self.vars[core], tables[rate][at]
            sides = ((clock >= clock_mhz, clock < clock_mhz, drawn >= cell),
                     (clock <= clock_mhz, clock > clock_mhz, drawn <= cell))  # fmt: skip
            for inside, outside, reads in sides:
                literal = self.cp.new_bool_var(f"{core} at {clock_mhz}")
                self.cp.add(inside).only_enforce_if(literal)
                self.cp.add(outside).only_enforce_if(literal.negated())
                self.cp.add(reads).only_enforce_if(literal, self.rate[rate])
        return True

    def over_variables(self, form: Linear) -> Linear:
        """A form over columns as one over variables."""
        total = Linear({}, form.constant)
        for name, factor in form.terms.items():
            total = total.plus(self.names[name].times(factor))
        return total


def power_columns(kind: str) -> frozenset[str]:
    """Columns whose sum is board power of a kind: at full activity, or `sustained`.

    Examples
    --------
    >>> sorted(power_columns("power"))
    ['compute_power_w', 'memory_power_w', 'wiring_power_w']
    """
    return frozenset(f"{group}_{kind}_w" for group in ("compute", "memory", "wiring"))


def check_magnitude(magnitude: int) -> None:
    """Refuse a row that CP-SAT might misread.

    Raises
    ------
    LoweringError
        The sum of coefficient times range is not below `ROW_LIMIT`.
    """
    if magnitude >= ROW_LIMIT:
        raise LoweringError(f"a row reaches {magnitude}, over the limit of {ROW_LIMIT}")
