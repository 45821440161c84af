"""What the held optimum of a back-test may not be beyond: one quantity of the shipped part."""

from typing import Literal

from pydantic import Field

from optimizer.report.estimates import rounded
from optimizer.report.numbers import json_number
from optimizer.report.result import JsonNumber, Record
from optimizer.study import held


class Hold(Record):
    """One quantity of the shipped part that the held optimum may not be beyond."""

    quantity: Literal["salvage_share", "power_w", "unit_cost_usd"]
    op: str | None = Field(description="Null where the quantity is not held.")
    value: JsonNumber | None = Field(description="Estimate of the shipped part. [1, W, USD]")
    note: str = Field(description="Why it is not held, or why the value is not the published one.")
    low: JsonNumber | None = Field(None, description="p10 of an estimate; null of a published one.")
    high: JsonNumber | None = Field(None, description="p90.")
    relative_error: JsonNumber | None = Field(
        None, description="Error of the estimate out of sample; null where nothing tests it. [1]"
    )


def hold_of(hold: held.Hold) -> Hold:
    """A hold as the document has it."""
    low, high = (rounded(hold.quantity, end) for end in hold.ends or (None, None))
    return Hold(
        quantity=hold.quantity,
        op=hold.limit and hold.limit.op,
        value=hold.limit and json_number(hold.limit.value),
        note=hold.note,
        low=low,
        high=high,
        relative_error=hold.error,
    )
