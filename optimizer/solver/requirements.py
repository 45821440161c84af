"""Everything that a design must meet, as labeled conditions over the columns of its space.

Law, engineering limits and the user's own bounds arrive as one kind of expression; this module
puts in what is constant for the space and expands what is computed. An atom whose fact is unknown
takes the value that forbids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from catalogs.errors import InputError
from constraints.expressions import (
    BinOp,
    Compare,
    Expr,
    Literal,
    Name,
    Number,
    conjunction,
    disjunction,
    substitute,
)
from constraints.rulesets import ENGINEERING
from optimizer.design import DesignSpace
from optimizer.solver.column_reader import ColumnReader
from optimizer.solver.costs import priced
from optimizer.solver.request import (
    CHOICES,
    THROUGHPUT_NAME,
    THROUGHPUT_PER_DOLLAR,
    Fix,
    Limit,
    Request,
    throughput_floor,
)
from optimizer.solver.tables import POWER_STEPS, part_codes

SUSTAINED = BinOp(
    "+",
    BinOp("+", Name("compute_sustained_w"), Name("memory_sustained_w")),
    Name("wiring_sustained_w"),
)
SUSTAIN_RULE = "the board class sustains the clock"
CLASS_ROOM = "class_room"
BOARD_RULE = "chips per channel fit the board"
PRICE_RULE = "the memory part has a price"
# Code of a memory part or board that a die does not have.
NO_CODE = -1
LAW, ENGINEERING_LIMIT, USER, STRUCTURE = "law", "engineering", "user", "structure"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition with the words a user knows it by."""

    label: str
    kind: str
    condition: Expr


@dataclass(frozen=True, slots=True)
class Requirements:
    """All conditions on a space.

    Attributes
    ----------
    items : tuple of Requirement
    board_columns : mapping of str to tuple of int
        Columns of the board class that TDP limits made. [0.1 mW]
    floor : Fraction or None
        Least value of the objective that the user asks for. [token/s]
    unknown : tuple of str
        Facts that a rule asks for and no design states; a comparison with one counts as met.
    """

    items: tuple[Requirement, ...]
    board_columns: Mapping[str, tuple[int, ...]]
    floor: Fraction | None
    unknown: tuple[str, ...] = ()

    @property
    def expr(self) -> Expr:
        """Every condition at once."""
        return conjunction(*(r.condition for r in self.items))

    @property
    def floors(self) -> dict[str, float]:
        """The floor on throughput by its label; empty where none is asked. [token/s per chip]"""
        if self.floor is None:
            return {}
        return {f"--limit {Limit(THROUGHPUT_NAME, '>=', self.floor)}": float(self.floor)}

    def by_label(self) -> dict[str, Expr]:
        """Conditions by label."""
        return {r.label: r.condition for r in self.items}


def requirements(request: Request, space: DesignSpace) -> Requirements:
    """Compile law, engineering limits, limits and fixes for one space."""
    reader = ColumnReader(space)
    items = [Requirement(BOARD_RULE, STRUCTURE, _clamshell_rule())]
    for rule_id, controlled in request.ruleset.conditions(request.destination).items():
        items.append(Requirement(rule_id, LAW, reader.forbid(controlled)))
    for rule in request.ruleset.rules:
        if rule.kind == ENGINEERING:
            violated = substitute(rule.applies, request.ruleset.vocabulary.definitions)
            within = reader.forbid(violated, unknown=True)
            items.append(Requirement(rule.id, ENGINEERING_LIMIT, within))
    if space.sustained:
        room = tuple(max(b.tdp_classes_w) * POWER_STEPS for b in space.boards)
        reader.board_columns[CLASS_ROOM] = room
        within = Compare("<=", SUSTAINED, Name(CLASS_ROOM))
        items.append(Requirement(SUSTAIN_RULE, ENGINEERING_LIMIT, within))
    if request.objective == THROUGHPUT_PER_DOLLAR:
        items.append(Requirement(PRICE_RULE, STRUCTURE, priced(space)))
    for limit in request.limits:
        if limit.name == THROUGHPUT_NAME:
            continue
        bound = Compare(limit.op, Name(limit.name), Number(limit.value))
        items.append(Requirement(f"--limit {limit}", USER, reader.demand(bound)))
    items += [
        Requirement(f"--fix {fix}", USER, reader.demand(_fixed(fix, space)))
        for fix in request.fixes
    ]
    live = tuple(r for r in items if r.condition != Literal(True))
    floor = throughput_floor(request.limits)
    return Requirements(live, reader.board_columns, floor, tuple(reader.unknown))


def _fixed(fix: Fix, space: DesignSpace) -> Expr:
    if fix.name not in CHOICES:
        if isinstance(fix.value, str):
            raise InputError(f"'{fix.value}' is no number for {fix.name}", "--fix")
        return Compare("==", Name(fix.name), Number(fix.value))
    codes: dict[str, int]
    match fix.name:
        case "memory_part":
            codes = dict(zip((m.part for m in space.memory), part_codes(space), strict=True))
        case "board_class":
            codes = {b.form_factor: i for i, b in enumerate(space.boards)}
        case _:
            codes = {"false": 0, "true": 1}
    text = str(fix.value)
    found = {key.casefold(): code for key, code in codes.items()}.get(text.casefold(), NO_CODE)
    return Compare("==", Name(fix.name), Number(Fraction(found)))


def _clamshell_rule() -> Expr:
    """Two chips on a channel need a board that ships them."""
    single = Compare("==", Name("clamshell"), Number(Fraction(0)))
    return disjunction(single, Compare("==", Name("clamshell_allowed"), Number(Fraction(1))))
