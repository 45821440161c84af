"""Every named threshold from both sides, found in the packs: a new pack is covered by itself.

For each text of each rule, each comparison with a threshold is tried at the line, a millionth below
and a millionth above. The whole rule must turn at the line, on the side that the operator means.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import pytest

from constraints.check import check
from constraints.expressions import Compare, Expr, Name, Reader, atoms, compiled, names
from constraints.rules import MEETS, Pack, Version, condition, load_law
from constraints.rulesets import Rule
from tests.law.support import DATA, STEP, read_csv, ruleset

LAW = load_law()
# Numbers that no condition compares: rates, days of notice, allocations that a note explains.
PARAMETERS = {"duty_rate", "notice_days"}
TURNS_BELOW, TURNS_ABOVE = "below", "above"
# Where the answer changes: between a step below and the line, or between the line and a step above.
SIDE = {">=": TURNS_BELOW, "<": TURNS_BELOW, ">": TURNS_ABOVE, "<=": TURNS_ABOVE}
MIRROR = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}


@dataclass(frozen=True)
class Line:
    """One comparison of a clause with a named threshold."""

    pack: Pack
    version: Version
    clause: str
    threshold: str
    op: str
    other: Expr

    def __str__(self) -> str:
        return f"{self.pack.id}@{self.version.id} {self.clause}: {self.op} {self.threshold}"


def conditions(pack: Pack, version: Version) -> Iterator[tuple[str, str]]:
    for clause in (*version.paragraphs, *version.exclusions):
        yield clause.id, clause.condition
        if pack.kind == "volume":
            yield clause.id, clause.outcome


def lines_of(pack: Pack, version: Version) -> Iterator[Line]:
    for clause, text in conditions(pack, version):
        for atom in atoms(condition(text)):
            match atom:
                case Compare(op, other, Name(name)) if name in version.thresholds and op in SIDE:
                    yield Line(pack, version, clause, name, op, other)
                case Compare(op, Name(name), other) if name in version.thresholds and op in SIDE:
                    yield Line(pack, version, clause, name, MIRROR[op], other)


LINES = [line for pack in LAW.packs.values() for v in pack.versions for line in lines_of(pack, v)]
LIVE = [line for line in LINES if line.pack.kind != "engineering"]


@cache
def built(pack_id: str, version_id: str) -> Rule:
    """One text of a rule as it stands on its first day, every other rule of that day beside it."""
    pack = LAW.packs[pack_id]
    version = next(each for each in pack.versions if each.id == version_id)
    day = max(version.effective or LAW.last_checked["date"], LAW.bundles["us"]["first_day"])
    begun = tuple(name for name, pack in LAW.packs.items() if pack.version_by_name(day))
    rule = ruleset(f"us@{day}", with_=begun).rule(pack_id)
    assert rule is not None
    assert rule.version.id == version_id
    return rule


def value_of(line: Line) -> Any:
    return built(line.pack.id, line.version.id).thresholds[line.threshold]


def step_of(value: Any) -> Any:
    return timedelta(days=1) if isinstance(value, date) else STEP


def moved(value: Any, steps: int) -> Any:
    exact = value if isinstance(value, date) else Fraction(value)
    return exact + steps * step_of(value)


def around(value: Any) -> tuple[Any, Any, Any]:
    return moved(value, -1), moved(value, 0), moved(value, 1)


def turns(truths: tuple[Any, Any, Any]) -> str | None:
    below, at, above = truths
    if below == at == above:
        return None
    assert below != above, "a comparison cannot hold on the line alone"
    return TURNS_BELOW if at == above else TURNS_ABOVE


@pytest.mark.parametrize("line", LINES, ids=str)
def test_an_atom_turns_on_the_side_that_its_operator_means(line):
    measure, *rest = sorted(names(line.other))
    truths = []
    for value in around(value_of(line)):
        facts = {measure: value, line.threshold: moved(value_of(line), 0)}
        facts |= dict.fromkeys(rest, Fraction(0))
        truths.append(compiled(Compare(line.op, line.other, Name(line.threshold)))(facts))
    assert turns(tuple(truths)) == SIDE[line.op]
    assert truths[-1] == (line.op in (">", ">="))


def drawn_lines(exprs: Iterable[Expr]) -> dict[str, set[Any]]:
    """For each fact that conditions name, values on either side of every line drawn for it."""
    found: dict[str, set[Any]] = {}
    for atom in (atom for expr in exprs for atom in atoms(expr)):
        for name in names(atom):
            found.setdefault(name, set())
        match atom:
            case Compare(op, Name(name), fixed) | Compare(op, fixed, Name(name)):
                value = compiled(fixed)({})
                found[name] |= {value} if op in ("==", "!=") else set(around(value)[::2])
    return found


def grid(exprs: Iterable[Expr], fixed: Mapping[str, Any], few: bool) -> Iterator[dict[str, Any]]:
    """Facts to try: every combination of values around the lines; `few` takes only the plainest."""
    values: dict[str, list[Any]] = {}
    for name, found in drawn_lines(exprs).items():
        kind = LAW.vocabulary.quantities[name].type
        if name in fixed:
            values[name] = [fixed[name]]
        elif kind == "bool":
            values[name] = [True, False]
        elif kind == "number":
            values[name] = [Fraction(0)] if few else sorted({Fraction(0), *found})
        elif kind == "date":
            values[name] = sorted(found)[:1] if few else sorted(found)
        else:
            values[name] = sorted({*found, ""})
    for point in product(*values.values()):
        yield {**fixed, **dict(zip(values, point, strict=True))}


def whole_rule(rule: Rule) -> Expr | None:
    return rule.applies if rule.kind in ("control", "presumption") else None


# Where two facts are added the other is held at these, so that the sum turns within both limits.
HELD = (Fraction(0), Fraction(1000), Fraction(1050))
# At rule level these need not be seen, because another paragraph or rule says the same or more:
# 3A090.a comes before .b from 4,800 up, and what S.4456 restricts it also covers.
HIDDEN = {("us_ear/3A090.b", "Note 2")} | {
    ("us_bills/s4456", each) for each in ("restricted_tpp", "restricted_density", "restricted_new")
}


@pytest.mark.parametrize("line", [each for each in LIVE if each.pack.kind != "volume"], ids=str)
def test_a_threshold_is_live_and_the_rule_turns_exactly_there(line):
    rule = built(line.pack.id, line.version.id)
    clauses = (*rule.paragraphs, *rule.exclusions)
    clause = next(each.expr for each in clauses if each.clause.id == line.clause)
    measure, *rest = sorted(names(line.other))
    whole = whole_rule(rule)
    read_clause, read_whole = compiled(clause), compiled(rule.applies)
    in_clause, in_rule = set(), set()
    for held in HELD if rest else HELD[:1]:
        tried = around(value_of(line) - held if rest else value_of(line))
        for base in grid([clause], dict.fromkeys(rest, held), few=False):
            turned = turned_by(read_clause, base, measure, tried)
            in_clause.add(turned)
            if whole is not None and turned == SIDE[line.op] and turned not in in_rule:
                points = grid([whole], base, few=True)
                in_rule |= {turned_by(read_whole, facts, measure, tried) for facts in points}
    allowed = {None, *(SIDE[each.op] for each in LIVE if same_line(each, line))}
    assert SIDE[line.op] in in_clause <= allowed
    assert in_rule <= allowed
    if whole is not None and (line.pack.id, line.clause) not in HIDDEN:
        assert SIDE[line.op] in in_rule


def turned_by(read: Reader, facts: Mapping[str, Any], measure: str, tried: Iterable[Any]) -> Any:
    below, at, above = (read({**facts, measure: value}) for value in tried)
    return turns((below, at, above))


def same_line(one: Line, other: Line) -> bool:
    """Whether two comparisons draw the same line, so that either may turn the rule."""
    return names(one.other) == names(other.other) and value_of(one) == value_of(other)


def test_every_number_of_a_pack_is_compared_or_is_a_parameter():
    compared = {(line.pack.id, line.version.id, line.threshold) for line in LINES}
    equal_only = {
        (pack.id, version.id, name)
        for pack in LAW.packs.values()
        for version in pack.versions
        for _, text in conditions(pack, version)
        for name in names(condition(text)) & version.thresholds.keys()
    }
    idle = {
        f"{pack.id}.{name}"
        for pack in LAW.packs.values()
        for version in pack.versions
        for name in version.thresholds
        if (pack.id, version.id, name) not in compared | equal_only and name not in PARAMETERS
    }
    assert idle == set()


def golden() -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (row["threshold"], row["operator"]): (row["value"], row["source"])
        for row in read_csv(DATA / "thresholds.csv")
    }


@pytest.mark.parametrize(("path", "operator"), sorted(golden()))
def test_the_packs_carry_the_numbers_and_operators_of_the_law(path, operator):
    rule_id, _, name = path.rpartition(".")
    value, _ = golden()[path, operator]
    mine = [line for line in LINES if line.pack.id == rule_id and line.threshold == name]
    assert operator in {line.op for line in mine}
    line = next(line for line in mine if line.op == operator)
    found = value_of(line)
    assert (str(found) if isinstance(found, date) else Fraction(found)) == (
        value if isinstance(found, date) else Fraction(value)
    )


LETTER = {"tpp": 1000, "applicable_die_area_mm2": 1000, "datacenter": True}
MEMORY = {"item_kind": "hbm", "co_packaged_with_processor": False}
INSIDE_FROM_THE_LINE = ["not_controlled", "controlled", "controlled"]
INSIDE_PAST_THE_LINE = ["not_controlled", "not_controlled", "controlled"]


@pytest.mark.parametrize(
    ("rules", "facts", "measure", "value", "verdicts"),
    [
        ("us-2023", {"datacenter": True}, "tpp", 4800, INSIDE_FROM_THE_LINE),
        ("us-2023", {"datacenter": False}, "tpp", 4800, INSIDE_FROM_THE_LINE),
        ("us-2025", {"io_bandwidth_gb_s": 0}, "dram_bandwidth_gb_s", 1400, INSIDE_FROM_THE_LINE),
        ("us-2025", {"dram_bandwidth_gb_s": 0}, "io_bandwidth_gb_s", 1100, INSIDE_FROM_THE_LINE),
        ("us-2025", {"dram_bandwidth_gb_s": 1300}, "io_bandwidth_gb_s", 400, INSIDE_FROM_THE_LINE),
        ("us-2025", MEMORY, "memory_bandwidth_density_gb_s_mm2", 2, INSIDE_PAST_THE_LINE),
    ],
)
def test_the_check_turns_exactly_at_the_line(rules, facts, measure, value, verdicts):
    base = {} if facts is MEMORY else {**LETTER, "applicable_die_area_mm2": 10_000}
    found = [
        check({**base, **facts, measure: each}, ruleset(rules)).verdict for each in around(value)
    ]
    assert found == verdicts


def test_meets_names_are_no_facts():
    assert not [name for name in LAW.vocabulary.quantities if name.startswith(MEETS)]
