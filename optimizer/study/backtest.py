"""The back-test: every derived SKU of history beside the optimum of its die on the law of its day.

The left-hand side reads the law, the die, the parts on sale that day, the declared market and the
workload. What the vendor shipped stands on the right-hand side only: without the records of the
derived parts every optimum is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from catalogs import Catalog, Sku
from catalogs.architectures import Workload
from catalogs.errors import InputError, near_matches
from catalogs.parts import Derivation
from constraints import Law, Ruleset
from constraints.check import Assessment
from optimizer.projection import Prepared
from optimizer.projection.devices import missing_facts
from optimizer.projection.ratios import kin_of_die
from optimizer.projection.remarks import thin_words
from optimizer.report.numbers import text_number
from optimizer.solver import LeftOut, Optimal, Unserved
from optimizer.solver.outcome import Feasible, Infeasible, ParentOutcome, SolvedDesign, Undecided
from optimizer.study.gap import Gap
from optimizer.study.held import Held, held_of, holds_of
from optimizer.study.history import DESTINATION, Optima, law_of, market_of
from optimizer.study.lines import MEASURED
from optimizer.study.reasons import GROUP_OF, GROUPS, TOLERATED, Reason, reason_for
from optimizer.study.sides import (
    Side,
    assessed,
    exchanged,
    projected,
    shipped_side,
    solved_side,
    unpublished,
)

COMPARED, UNDETERMINED, UNMODIFIED, UNSERVED = (
    "compared",
    "undetermined",
    "unmodified",
    "unserved",
)
STATUSES = (COMPARED, UNDETERMINED, UNMODIFIED, UNSERVED)
ITSELF = (
    "Sold unmodified: the part is its own parent, so this is a question of licensing, not of "
    "design."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One derivation.

    Attributes
    ----------
    status : str
        `compared`, `undetermined` (see `missing`), `unmodified` or `unserved`.
    ruleset : Ruleset or None
        Law of its day; None where no day is recorded.
    workload : str
        Id of the workload of both sides; empty where nothing was projected.
    proved : bool or None
        Whether the optimum is proved; None without one.
    optimum, shipped : Side or None
    share : float or None
        Shipped over optimum, projected throughput. [1]
    lost : mapping
        Share of the optimum's throughput that each group of knobs costs alone. [1]
    reasons : tuple of Reason
        One for every group that differs by more than `TOLERATED`.
    missing : tuple of str
        Facts without which the row is open.
    classification : Assessment or None
        Of the shipped part, under the law of the row.
    held : Held or None
        The optimum under the shipped part's salvage, power and cost.
    """

    derivation: Derivation
    status: str
    ruleset: Ruleset | None
    workload: str = ""
    proved: bool | None = None
    optimum: Side | None = None
    shipped: Side | None = None
    share: float | None = None
    lost: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    classification: Assessment | None = None
    held: Held | None = None

    @property
    def datacenter(self) -> bool:
        """Declared market of the derived part."""
        return market_of(self.derivation)


def backtest(
    catalog: Catalog,
    law: Law,
    *,
    derivations: Iterable[str] = (),
    workload: Workload | None = None,
    prove: bool = True,
) -> tuple[Row, ...]:
    """Solve and compare every derivation, oldest first.

    Parameters
    ----------
    catalog : Catalog
        Dies, parts on sale, derivations, and the shipped parts of the right-hand side.
    law : Law
        Every rule of every day.
    derivations : iterable of str
        Ids; all when empty. The id of a derived SKU stands for its derivation.
    workload : Workload, optional
        One for every row; by market when absent (`WORKLOADS`).
    prove : bool
        Prove each optimum.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> from constraints import load_law
    >>> rows = backtest(load_catalog(), load_law(), derivations=["h20"])
    >>> rows[0].status, rows[0].proved, rows[0].shipped.verdict
    ('compared', True, 'not_controlled')
    """
    wanted = [catalog.derivations[key] for key in ids_of(catalog, derivations)]
    solver = Optima(catalog, workload, prove)
    rows = [_row(each, catalog, law, solver) for each in wanted]
    return tuple(sorted(rows, key=lambda r: (_day(r), r.derivation.id)))


def ids_of(catalog: Catalog, names: Iterable[str]) -> tuple[str, ...]:
    """Derivation ids for ids or derived SKUs, in catalog order; all where none is named."""
    known = {each.derived_sku: each.id for each in catalog.derivations.values()}
    found = set()
    for name in names:
        key = name if name in catalog.derivations else known.get(_sku_id(catalog, name), "")
        if not key:
            remedy = near_matches(name, [*catalog.derivations, *known])
            raise InputError(
                f"unknown derivation '{name}'",
                "--derivation",
                remedy or f"Known: {', '.join(catalog.derivations)}.",
            )
        found.add(key)
    return tuple(key for key in catalog.derivations if not found or key in found)


def _sku_id(catalog: Catalog, name: str) -> str:
    try:
        return catalog.skus.id_of(name)
    except InputError:
        return name


def _day(row: Row) -> date:
    return row.derivation.rule_date or date.max


def _row(each: Derivation, catalog: Catalog, law: Law, solver: Optima) -> Row:
    ruleset, sku = law_of(each, law), catalog.skus.get(each.derived_sku)
    if ruleset is None:
        open_ = (f"{each.id}: rule_set", f"{each.id}: rule_date")
        missing = _missing(each, sku, () if sku is None else missing_facts(sku), open_)
        return Row(each, UNDETERMINED, None, missing=missing)
    said = None if sku is None else assessed(sku, ruleset, DESTINATION)
    if each.derived_sku == each.base_sku:
        return Row(each, UNMODIFIED, ruleset, notes=(ITSELF,), classification=said)
    answer, workload, passed = solver.best(each.base_die, ruleset, market_of(each))
    used = "" if isinstance(answer, LeftOut) else workload.id
    ready = solver.prepared(workload)
    passed = (*_dated(each), *passed)
    row = Row(each, COMPARED, ruleset, used, notes=passed, classification=said)
    solved = answer if isinstance(answer, Optimal | Feasible) else None
    design = solved.designs[0].design if solved else None
    if solved is not None:
        left = solved_side(solved.designs[0], ruleset, DESTINATION)
        notes = (*passed, *_thin(solved, ready), *_throttled(left))
        row = replace(row, optimum=left, proved=isinstance(solved, Optimal), notes=notes)
    if sku is not None:
        row = replace(row, shipped=shipped_side(sku, ruleset, DESTINATION, ready, design))
    lacking = () if sku is None else unpublished(sku, ready, sku.die_record)
    missing = _missing(each, sku, lacking, _why_not(answer))
    if solved is not None and row.shipped is not None:
        row = replace(row, held=_held(row, row.shipped, solver, workload, solved.designs[0]))
    if missing or isinstance(answer, Unserved):
        return replace(row, status=UNDETERMINED if missing else UNSERVED, missing=missing)
    if sku is None or design is None or row.optimum is None or row.shipped is None:
        return row
    gap = Gap(sku, catalog.skus.get(each.base_sku), row.shipped, row.optimum, design)
    return _compared(row, gap, ready)


def _held(
    row: Row, shipped: Side, solver: Optima, workload: Workload, free: SolvedDesign
) -> Held | None:
    """The optimum of a row once more, needing no more than the shipped part does."""
    if row.ruleset is None:
        return None
    holds, die = holds_of(shipped, free.design), row.derivation.base_die
    limits = tuple(hold.limit for hold in holds if hold.limit is not None)
    if not limits:
        return Held(holds)
    answer = solver.within(die, row.ruleset, row.datacenter, workload, limits)
    return held_of(answer, holds, shipped, free, (row.ruleset, DESTINATION))


def _dated(each: Derivation) -> tuple[str, ...]:
    """Why a row is judged on its day, where its record says so."""
    return (each.note,) if each.note else ()


def _thin(solved: Optimal | Feasible, ready: Prepared) -> tuple[str, ...]:
    """What was never measured of the kind of a die that is projected."""
    die = solved.space.die
    words = thin_words(ready.stack, ready.workload, [kin_of_die(die)])
    return tuple(f"Warning: {text}." for text in words)


def _throttled(side: Side) -> tuple[str, ...]:
    """Say where the optimum draws more than its board gives; power excludes no design."""
    if side.power_w is None or side.tdp_w is None or side.power_w <= side.tdp_w:
        return ()
    return (
        f"The optimum draws {text_number(side.power_w, [side.tdp_w], 0)} W by the power model "
        f"where its board class gives {text_number(side.tdp_w)} W, so it would not hold its "
        "highest clock.",
    )


def _why_not(answer: ParentOutcome) -> tuple[str, ...]:
    """Facts that keep a die from being solved."""
    match answer:
        case LeftOut(parent, missing, reason):
            return tuple(f"{parent}: {name}" for name in missing or (reason,))
        case Infeasible(parent, conflict):
            return (f"{parent}: no design meets {' with '.join(conflict)}",)
        case Undecided(parent, why):
            return (f"{parent}: {why}",)
    return ()


def _missing(
    each: Derivation, sku: Sku | None, lacking: tuple[str, ...], more: tuple[str, ...]
) -> tuple[str, ...]:
    """What keeps a row open, each fact with the record that lacks it."""
    own = (f"{each.derived_sku}: no record",) if sku is None else ()
    return (*more, *own, *(f"{each.derived_sku}: {name}" for name in lacking))


def _compared(row: Row, gap: Gap, ready: Prepared) -> Row:
    """Share of the optimum, what each group of knobs costs, and the reasons."""
    best = gap.optimum.tokens_per_s or 0.0
    share = None if gap.shipped.tokens_per_s is None else gap.shipped.tokens_per_s / best
    lost = {group: 1 - _with(gap, ready, names) / best for group, names in GROUPS.items()}
    lost = {group: max(0.0, loss) for group, loss in lost.items()}
    tolerated = float(TOLERATED)
    groups = [g for g, loss in lost.items() if loss > tolerated]
    if share is not None and share >= 1 - tolerated:
        groups = []
    elif not groups:
        groups = [max(lost, key=lambda group: lost[group])]
    groups += [g for g in _apart(gap) if g not in groups]
    groups.sort(key=lambda group: -lost[group])
    reasons = tuple(reason_for(gap, group, lost[group]) for group in groups)
    return replace(row, share=share, lost=lost, reasons=reasons)


def _with(gap: Gap, ready: Prepared, names: tuple[str, ...]) -> float:
    """Throughput of the optimum with one group of the shipped part's resources."""
    if gap.optimum.resources is None or gap.shipped.resources is None:
        return 0.0
    mixed = exchanged(gap.optimum.resources, gap.shipped.resources, names)
    return projected(ready, mixed)[0] or 0.0


def _apart(gap: Gap) -> list[str]:
    """Groups whose legal quantity stands farther from the same line than the optimum's."""
    found = []
    for name in MEASURED:
        own, best = gap.shipped.measure(name), gap.optimum.measure(name)
        if own.share is None or best.share is None or own.line != best.line:
            continue
        if best.share - own.share > Fraction(TOLERATED):
            found.append(GROUP_OF[name])
    return list(dict.fromkeys(found))


__all__ = ["COMPARED", "UNDETERMINED", "UNMODIFIED", "UNSERVED", "Row", "backtest"]
