"""One row of a projection table as the document has it."""

import math
from typing import Any

from optimizer.projection.intervals import times_between
from optimizer.projection.table import MemberTable, ProjectionTable
from optimizer.report.result import JsonNumber, Member, Projection

_NUMBERS = (
    "tokens_per_s_per_chip",
    "low",
    "high",
    "ttft_ms",
    "ttft_p99_ms",
    "tpot_ms",
    "tpot_p99_ms",
    "batch",
    "utilization",
)
_COUNTS = ("chips", "tensor_parallel", "data_parallel", "pipeline_stages")
_WORDS = ("batch_limit", "binding")


def projection_of(table: ProjectionTable, row: int = 0) -> Projection:
    """Projection of one design; times are those of the slowest member.

    Parameters
    ----------
    table : ProjectionTable
        Of one or more designs.
    row : int
        Which of them.
    """
    members = tuple(_member(member, row) for member in table.members)
    ttft, tpot = _worst(m.ttft_ms for m in members), _worst(m.tpot_ms for m in members)
    return Projection(
        tokens_per_s_per_chip=_number(table.tokens_per_s_per_chip[row]),
        low=_number(table.low[row]),
        high=_number(table.high[row]),
        ttft_ms=ttft,
        tpot_ms=tpot,
        **times_between(ttft, tpot, two_pools=any(m.prefill is not None for m in table.members)),
        members=members,
    )


def _member(table: MemberTable, row: int) -> Member:
    served = table.reason[row] is None
    values: dict[str, Any] = {name: _number(getattr(table, name)[row]) for name in _NUMBERS}
    values |= {name: int(getattr(table, name)[row]) if served else None for name in _COUNTS}
    values |= {name: str(getattr(table, name)[row]) or None for name in _WORDS}
    values |= times_between(
        values["ttft_ms"], values["tpot_ms"], two_pools=table.prefill is not None
    )
    return Member(name=table.name, model=table.model, reason=table.reason[row], **values)


def _number(value: Any) -> float | None:
    """A float, or nothing where the table has none."""
    return float(value) if math.isfinite(value) else None


def _worst(values: Any) -> JsonNumber | None:
    known = list(values)
    return None if None in known or not known else max(known)
