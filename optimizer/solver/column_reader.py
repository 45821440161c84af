"""A condition on facts as one over the columns of a design space, board classes put in.

What is constant for the space is put in and what is computed is expanded. An atom whose fact is
unknown takes the value that forbids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from catalogs.errors import InputError
from constraints.expressions import (
    MIRRORED,
    NEGATED,
    And,
    BinOp,
    Compare,
    Expr,
    Literal,
    Name,
    Not,
    Number,
    Or,
    conjunction,
    disjunction,
    names,
    nnf,
    render,
    substitute,
)
from optimizer.design import DesignSpace
from optimizer.design.unit_cost import UnitCost
from optimizer.silicon import floorplan
from optimizer.solver.costs import COST, cost_bound
from optimizer.solver.lowering import Linear, LoweringError, linear, rows
from optimizer.solver.request import NUMBERS, THROUGHPUT_NAME
from optimizer.solver.salvage import SALVAGE, Bound, salvage_bound
from optimizer.solver.tables import POWER_STEPS

POWER = BinOp(
    "+", BinOp("+", Name("compute_power_w"), Name("memory_power_w")), Name("wiring_power_w")
)
TOTAL_BANDWIDTH = BinOp("+", Name("dram_bandwidth_gb_s"), Name("io_bandwidth_gb_s"))
COLUMNS = frozenset({
    "enabled_cores", "core_clock_mhz", "tensor_rate_fraction", "tpp", "bit_length_x_tops",
    "dense_bf16_tflops", "memory_option", "memory_part", "memory_gb_per_site", "clamshell",
    "memory_sites", "memory_data_rate_gbps", "memory_capacity_gb", "dram_bandwidth_gb_s",
    "board_class", "clamshell_allowed", "links", "link_bandwidth_gb_s", "io_bandwidth_gb_s",
    "io_transfer_rate_gb_s",
})  # fmt: skip
# Facts that a space gives by itself, where its die has them.
CONSTANTS = frozenset({
    "datacenter", "item_kind", "first_marketed", "has_hbm", "co_packaged_with_processor", "vendor",
    "applicable_die_area_mm2", "largest_die_area_mm2", "total_logic_area_mm2",
    "transistor_count_bn",
})  # fmt: skip
POWER_COLUMNS = frozenset({"compute_power_w", "memory_power_w", "wiring_power_w"})
TDP = "tdp_w"
LIVE_GPCS = "live_gpcs"
# Beyond every board class; a board whose largest class is inside a bound excludes no power.
UNLIMITED_W = 20_000


class ColumnReader:
    """Turns a condition on facts into one on the columns of a space."""

    def __init__(self, space: DesignSpace) -> None:
        self.space = space
        self.board_columns: dict[str, tuple[int, ...]] = {}
        self.unknown: dict[str, None] = {}
        self.columns = COLUMNS | (POWER_COLUMNS if space.power is not None else frozenset())
        self.values = constants(space)
        self.values["total_bandwidth_gb_s"] = TOTAL_BANDWIDTH
        if "applicable_die_area_mm2" in self.values:
            area = Name("applicable_die_area_mm2")
            self.values["performance_density"] = substitute(
                BinOp("/", Name("tpp"), area), self.values
            )
        if space.power is not None:
            self.values["power_w"] = POWER
        self.alone = {LIVE_GPCS} if space.power is None else {LIVE_GPCS, TDP}
        self.joint: dict[str, Callable[[DesignSpace, Bound], Expr]] = {}
        if floorplan(space.parent, space.figures) is not None:
            self.joint[SALVAGE] = salvage_bound
        if isinstance(space.cost, UnitCost):
            self.joint[COST] = cost_bound

    def forbid(self, condition: Expr, *, unknown: bool = False) -> Expr:
        """What keeps a design outside a condition.

        An atom whose fact is unknown counts as met, so that it forbids; with ``unknown`` it counts
        as not met: an engineering limit that cannot be evaluated is reported, not applied.
        """
        return self._read(nnf(Not(substitute(nnf(condition), self.values))), unknown)

    def demand(self, condition: Expr) -> Expr:
        """What keeps a design inside a condition; unknown atoms count as not met."""
        return self._read(nnf(substitute(condition, self.values)), False)

    def _read(self, expr: Expr, unknown: bool) -> Expr:
        match expr:
            case And(args):
                return conjunction(*(self._read(a, unknown) for a in args))
            case Or(args):
                return disjunction(*(self._read(a, unknown) for a in args))
            case Literal():
                return expr
            case Compare() if names(expr) == {TDP} and self.space.power is not None:
                return self._tdp(expr)
            case Compare() if names(expr) == {LIVE_GPCS}:
                return self._live_gpcs(_signed(expr, LIVE_GPCS))
            case Compare() if len(names(expr)) == 1 and names(expr) <= self.joint.keys():
                return self._joint(expr, unknown)
            case Compare() if names(expr) <= self.columns:
                return _linear(expr)
            case Compare() if self._by_class(expr):
                return self._classes(expr)
            case Compare() if names(expr) <= self.columns | self.joint.keys() | self.alone:
                raise _unreadable(expr)
        if not unknown:
            self.unknown |= dict.fromkeys(sorted(names(expr) - self.columns))
        return Literal(unknown)

    def _joint(self, atom: Compare, unknown: bool) -> Expr:
        """A comparison of what hangs on several knobs at once with a number.

        Where a design has no value of it, the comparison is what the unknown counts as.
        """
        (name,) = names(atom)
        bound = self.joint[name]
        if not unknown:
            return bound(self.space, _signed(atom, name))
        contrary = replace(atom, op=NEGATED[atom.op])
        return nnf(Not(bound(self.space, _signed(contrary, name))))

    def _by_class(self, atom: Expr) -> bool:
        """Whether an atom compares the power class with columns."""
        found = names(atom)
        return TDP in found and found - {TDP} <= self.columns and self.space.power is not None

    def _classes(self, atom: Expr) -> Expr:
        """An atom that reads the power class among columns: one case a class."""
        classes = sorted({c for board in self.space.boards for c in board.tdp_classes_w})
        cases = (
            conjunction(
                self._tdp(Compare("==", Name(TDP), Number(Fraction(c)))),
                _linear(substitute(atom, {TDP: c})),
            )
            for c in classes
        )
        return disjunction(*cases)

    def _live_gpcs(self, bound: Bound) -> Expr:
        """A bound on live clusters: no more than the die has, no more than enabled groups."""
        die = self.space.die
        groups = BinOp("/", Name("enabled_cores"), Number(Fraction(int(die.core_group or 1))))
        sides = (groups, *(() if die.gpcs is None else (Number(Fraction(die.gpcs)),)))
        join = conjunction if bound.op in (">", ">=") else disjunction
        return substitute(
            join(*(Compare(bound.op, side, Number(bound.line)) for side in sides)), {}
        )

    def _tdp(self, atom: Compare) -> Expr:
        """A bound on the board's power class, as a bound on power board by board.

        The class of a design is the least of its form factor that covers its power, or the
        largest one, so ``tdp <= q`` reads ``power <= the largest class not above q``.
        """
        bound = _signed(atom, TDP)
        line = bound.line
        match bound.op:
            case "<=":
                return self._within(line, strict=False)
            case "<":
                return self._within(line, strict=True)
            case ">":
                return nnf(Not(self._within(line, strict=False)))
            case ">=":
                return nnf(Not(self._within(line, strict=True)))
        below = self._within(line, strict=True)
        return conjunction(self._within(line, strict=False), nnf(Not(below)))

    def _within(self, line: Fraction, *, strict: bool) -> Expr:
        """That the class is at most a line (or below it); true where every board's largest is."""
        largest = max(max(b.tdp_classes_w) for b in self.space.boards)
        if largest < line or (largest == line and not strict):
            return Literal(True)
        return Compare("<=", POWER, self._room(line, strict=strict))

    def _room(self, line: Fraction, *, strict: bool) -> Name:
        values = []
        for board in self.space.boards:
            inside = [c for c in board.tdp_classes_w if c < line or (c == line and not strict)]
            room = -1 if not inside else max(inside)
            if inside and max(inside) == max(board.tdp_classes_w):
                room = UNLIMITED_W
            values.append(room * POWER_STEPS)
        name = f"tdp_room_{len(self.board_columns)}"
        self.board_columns[name] = tuple(values)
        self.columns |= {name}
        return Name(name)


def _linear(atom: Expr) -> Expr:
    """The same atom, if both solvers can read it.

    Raises
    ------
    InputError
        It multiplies or divides two quantities of the design.
    """
    try:
        if isinstance(atom, Compare):
            rows(atom, {name: Linear({name: Fraction(1)}) for name in names(atom)})
    except LoweringError:
        raise _unreadable(atom) from None
    return atom


def _unreadable(atom: Expr) -> InputError:
    """The error of an atom that is no sum of columns, nor one quantity beside a number."""
    alone = ", ".join((SALVAGE, COST, LIVE_GPCS))
    summed = ", ".join(sorted({*NUMBERS} - {SALVAGE, COST, TDP, THROUGHPUT_NAME}))
    return InputError(
        f"'{render(atom)}' multiplies or divides what a design chooses, or adds to what the solver "
        "reads alone",
        "rules",
        f"It reads sums and constant multiples of {summed}; {TDP} beside any of them; and each of "
        f"{alone} against a number. Bound one quantity with --limit; 'optimize check' reads any "
        "condition.",
    )


def attribute_of(space: DesignSpace, name: str) -> Expr:
    """A quantity or knob as an expression over the columns of a space."""
    return substitute(Name(name), ColumnReader(space).values)


def constants(space: DesignSpace) -> dict[str, object]:
    """Facts that are equal for every design of a space; a fact that is not known is absent."""
    found: dict[str, object] = {
        "datacenter": space.datacenter,
        "item_kind": "ic",
        "first_marketed": space.on,
        "has_hbm": space.die.memory.kind == "HBM",
        "co_packaged_with_processor": True,
        "vendor": space.die.vendor,
    }
    if space.area_mm2 is not None:
        found["applicable_die_area_mm2"] = space.area_mm2
    dies = space.die.logic_dies
    areas = [d.area_mm2 for d in dies if d.area_mm2 is not None]
    if areas and len(areas) == len(dies):
        found["largest_die_area_mm2"] = max(areas)
        found["total_logic_area_mm2"] = sum(d.count * (d.area_mm2 or 0) for d in dies)
    if space.die.transistors_billion is not None:
        found["transistor_count_bn"] = space.die.transistors_billion
    return {**found, **dict(space.stated)}


def _signed(atom: Compare, name: str) -> Bound:
    """An atom in one name as ``name op line``."""
    itself = {name: Linear({name: Fraction(1)})}
    form = linear(atom.left, itself).plus(linear(atom.right, itself), -1)
    factor = form.terms[name]
    op = atom.op if factor > 0 else MIRRORED.get(atom.op, atom.op)
    return Bound(op, -form.constant / factor)


def live_gpcs(space: DesignSpace, cores: int) -> int:
    """Most graphics clusters that can stay alive: each needs one group of enabled cores."""
    groups = cores // int(space.die.core_group or 1)
    return groups if space.die.gpcs is None else min(groups, int(space.die.gpcs))


def tdp_class(space: DesignSpace, board: str, power: int) -> int:
    """Power class of a design: the least of its form factor that covers its power, or the largest.

    Parameters
    ----------
    power : int
        Board power. [0.1 mW]

    Returns
    -------
    int
        TDP. [W]
    """
    classes = next(b.tdp_classes_w for b in space.boards if b.form_factor == board)
    return next((c for c in classes if power <= c * POWER_STEPS), classes[-1])
