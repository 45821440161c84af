"""The document ``optimize-frontier/1``."""

from typing import Annotated, Any, Literal

from pydantic import Field

from optimizer.report.canonical import readable
from optimizer.report.estimates import Ends, Errors
from optimizer.report.result import JsonNumber, Record, Value, Verdict

SCHEMA: Literal["optimize-frontier/1"] = "optimize-frontier/1"
SPEED = "tokens_per_s_per_chip"
Status = Literal["optimal", "feasible", "infeasible", "undecided"]


class Goal(Record):
    """One objective of the frontier."""

    name: str
    better: Literal["more", "less"]
    unit: str
    step: JsonNumber | None = Field(
        description="Resolution: values within one step count as equal; null is exact."
    )


class FrontierPoint(Record):
    """One design that no lawful design dominates."""

    parent: str
    tokens_per_s_per_chip: JsonNumber = Field(description="Projected. [1/s]")
    low: JsonNumber = Field(description="Lower end of the 80 % interval. [1/s]")
    high: JsonNumber = Field(description="Upper end of the 80 % interval. [1/s]")
    within_interval: bool | None = Field(
        description="Whether the 80 % interval of its ratio to the fastest holds 1."
    )
    ratio_band: str | None = Field(
        default=None, description="Group of the stored intervals that this interval is from."
    )
    tokens_per_s_per_watt: JsonNumber | None = Field(
        description="Projected throughput over modeled board power. [1/(s W)]"
    )
    verdict: Verdict
    quantities: dict[str, JsonNumber | None]
    intervals: dict[str, Ends] = Field(
        default_factory=dict, description="p10 and p90 of those quantities that are estimates."
    )
    knobs: dict[str, Value]
    flags: tuple[str, ...] = Field(default=(), description="Those that a solve prints.")


class FrontierParent(Record):
    """One parent: its own Pareto set, or why it has none."""

    parent: str
    status: Literal["optimal", "feasible", "infeasible", "undecided", "left_out", "unranked"]
    points: int = Field(description="Points of the parent's own frontier.")
    listed: int = Field(description="Points that no other parent's point dominates.")
    proof: str
    statements: int = Field(description="Statements proved by the exact solver.")
    corners: int
    errors: Errors = Field(
        default_factory=dict,
        description="Error out of sample of each estimate; null where nothing public tests it. [1]",
    )
    conflict: tuple[str, ...] = ()
    reason: str | None = None


class Frontier(Record):
    """The document ``optimize-frontier/1``."""

    schema_: Annotated[Literal["optimize-frontier/1"], Field(alias="schema")] = SCHEMA
    status: Status
    objectives: tuple[Goal, ...]
    claim: str = Field(description="What is proved of the points.")
    points: tuple[FrontierPoint, ...]
    parents: tuple[FrontierParent, ...]
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    inputs: dict[str, Any]
    hashes: dict[str, str]
    versions: dict[str, str]

    def to_json(self) -> str:
        """The document as readable JSON."""
        return readable(self.model_dump(mode="python", by_alias=True))
