"""From the answer to one change of the law to its document."""

from constraints import Ruleset
from optimizer.projection import Prepared
from optimizer.projection.devices import resources_of_sku
from optimizer.projection.ratios import told_apart
from optimizer.report.canonical import plain
from optimizer.report.grounds import assumptions_of, versions_of, warnings_of_outcome
from optimizer.report.inputs import hashes_of, resolved_inputs
from optimizer.report.numbers import json_number
from optimizer.report.parents import parent_rows, status_of
from optimizer.report.projected import speed_of
from optimizer.report.ratio import SIGN_RULE, apart, band_of, ratio_of
from optimizer.report.result import JsonNumber, ParentRow
from optimizer.report.solve import Case
from optimizer.report.whatif_document import MoveRow, ParentChange, TradeRow, WhatIfDocument
from optimizer.report.whatif_skus import (
    counts_of,
    rule_differences,
    rules_side,
    sku_rows,
    strangers,
)
from optimizer.solver.breakpoints import Move
from optimizer.solver.request import show
from optimizer.study.redesign import Redesign, Redesigned
from optimizer.study.sides import projected
from optimizer.study.whatif import WhatIf

# Fields of the row that compare a die with the first rank, which is no question here.
UNASKED = {"within_interval": None, "ratio_band": None}
# The part that throughput is counted in beside tokens per second.
YARDSTICK = "h100_sxm"
# Behind every rank.
LAST = 10**6


def document_of(answer: WhatIf, parts: tuple[str, ...] = ()) -> WhatIfDocument:
    """The document of an answer with parts designed anew.

    Parameters
    ----------
    answer : WhatIf
    parts : tuple of str
        Cataloged parts whose rows the page shows whatever they are.

    Raises
    ------
    ValueError
        The answer holds the static half alone.
    """
    anew, (before, after) = answer.redesign, (answer.scenario.before, answer.scenario.after)
    if anew is None:
        raise ValueError("the document needs the parts designed anew")
    h100 = before.catalog.sku(YARDSTICK)
    yardstick, low, high, _ = projected(anew.prepared, resources_of_sku(h100, h100.die_record))
    inputs = {"before": resolved_inputs(before), "after": resolved_inputs(after)}
    return WhatIfDocument(
        change=answer.scenario.words,
        destination=before.request.destination,
        workload=before.request.workload.id,
        before=rules_side(before.ruleset, before.request.destination),
        after=rules_side(after.ruleset, before.request.destination),
        differences=rule_differences(before.ruleset, after.ruleset),
        counts=counts_of(answer.classes),
        parts=parts,
        skus=sku_rows(answer),
        status_before=status_of(anew.before),
        status_after=status_of(anew.after),
        parents=_parents(anew, answer, yardstick),
        h100_tokens_per_s_per_chip=yardstick,
        h100_low=low,
        h100_high=high,
        best_told_apart=_best_told_apart(anew, after),
        sign_rule=SIGN_RULE,
        assumptions=_joined(assumptions_of(before), assumptions_of(after)),
        warnings=_joined(
            (
                *strangers(before, [(row.sku, row.before) for row in answer.classes.rows]),
                *warnings_of_outcome(anew.before, before),
            ),
            (
                *strangers(after, [(row.sku, row.after) for row in answer.classes.rows]),
                *warnings_of_outcome(anew.after, after),
            ),
        ),
        inputs={side: whole["options"] for side, whole in inputs.items()},
        hashes={side: hashes_of(whole) for side, whole in inputs.items()},
        versions=versions_of(before),
    )


def _joined(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    """What is said of both sides, then what is said of one, each marked."""
    both = tuple(text for text in before if text in after)
    return (
        *both,
        *(f"before: {text}" for text in before if text not in after),
        *(f"after: {text}" for text in after if text not in before),
    )


def _parents(anew: Redesign, answer: WhatIf, unit: float | None) -> tuple[ParentChange, ...]:
    """Dies in the order of the answer after, those without a part last."""
    asked = answer.scenario
    before = {row.parent: row for row in parent_rows(anew.before, asked.before, ())}
    after = {row.parent: row for row in parent_rows(anew.after, asked.after, ())}
    rows = {row.parent: row for row in anew.rows}
    moves = {
        name: tuple(move_row(move, asked.after.ruleset, anew.prepared) for move in row.moves)
        for name, row in rows.items()
    }
    changes = [_parent(rows[name], before[name], after[name], unit, moves[name]) for name in after]
    return tuple(
        sorted(changes, key=lambda each: (_rank(each.after), _rank(each.before), each.parent))
    )


def _best_told_apart(anew: Redesign, case: Case) -> bool | None:
    """Whether the best designs of all dies, before and after, are told apart."""
    sides = anew.before.ranked, anew.after.ranked
    if not all(sides):
        return None
    old, new = (ranked[0].designs[0] for ranked in sides)
    if old.value == new.value:
        return None
    names = [each.design.space.parent for each in (old, new)]
    return told_apart(old.value, new.value, band_of(case, *names))


def _rank(row: ParentRow) -> int:
    return LAST if row.rank is None else row.rank


def _parent(
    row: Redesigned,
    before: ParentRow,
    after: ParentRow,
    unit: float | None,
    moves: tuple[MoveRow, ...],
) -> ParentChange:
    return ParentChange(
        parent=row.parent,
        before=before.model_copy(update=UNASKED),
        after=after.model_copy(update=UNASKED),
        change=row.change,
        sign_survives=None if row.survives is None else bool(row.survives),
        ratio=ratio_of(after.tokens_per_s_per_chip, before.tokens_per_s_per_chip),
        h100_equivalents_before=_share(before.tokens_per_s_per_chip, unit),
        h100_equivalents_after=_share(after.tokens_per_s_per_chip, unit),
        traded=tuple(
            TradeRow(name=each.name, before=plain(each.before), after=plain(each.after))
            for each in row.traded
        ),
        moves=moves,
    )


def _share(value: JsonNumber | None, unit: float | None) -> float | None:
    return None if value is None or unit is None else value / unit


def move_row(move: Move, rules: Ruleset, prepared: Prepared) -> MoveRow:
    """A move with its direction and what it buys or costs."""
    ends = speed_of(move.design if move.after > 0 else None, prepared)
    return MoveRow(
        threshold=move.path,
        now=json_number(move.value),
        unit=rules.atoms()[move.path].unit,
        direction="up" if move.beyond > move.value else "down",
        beyond=json_number(move.beyond, [move.value]),
        exact=show(move.beyond),
        reach="at" if move.inclusive else "past",
        effect="relaxes" if move.relaxes else "tightens",
        tokens_per_s_per_chip=move.after,
        low=ends["low"],
        high=ends["high"],
        change=move.after / move.before - 1,
        told_apart=apart(move.after, move.before),
    )
