"""One row of a projection table as the document has it."""

import math
from typing import Any

from optimizer.design import Design
from optimizer.projection import Prepared
from optimizer.projection.table import MemberTable, ProjectionTable
from optimizer.projection.time_intervals import of_slowest, times_between
from optimizer.report.result import Member, Projection

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
    served = [m.model_dump() for m in members if all(each.reason is None for each in members)]
    return Projection(
        tokens_per_s_per_chip=_number(table.tokens_per_s_per_chip[row]),
        low=_number(table.low[row]),
        high=_number(table.high[row]),
        **of_slowest(served),
        members=members,
    )


def speed_of(design: Design | None, prepared: Prepared) -> dict[str, float | None]:
    """Throughput of a design and both ends of its 80 % interval, by name. [1/s per chip]

    Parameters
    ----------
    design : Design or None
        Null values where there is none, or where it is not served.
    prepared : Prepared
        The workload.
    """
    names = ("tokens_per_s_per_chip", "low", "high")
    if design is None:
        return dict.fromkeys(names)
    table = prepared.project(design.resources())
    served = table.reason[0] is None
    return {name: _number(getattr(table, name)[0]) if served else None for name in names}


def _member(table: MemberTable, row: int) -> Member:
    served = table.reason[row] is None
    values: dict[str, Any] = {name: _number(getattr(table, name)[row]) for name in _NUMBERS}
    values |= {name: int(getattr(table, name)[row]) if served else None for name in _COUNTS}
    values |= {name: str(getattr(table, name)[row]) or None for name in _WORDS}
    values |= times_between(values["ttft_ms"], values["tpot_ms"], table.times)
    return Member(name=table.name, model=table.model, reason=table.reason[row], **values)


def _number(value: Any) -> float | None:
    """A float, or nothing where the table has none."""
    return float(value) if math.isfinite(value) else None
