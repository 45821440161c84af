"""The document ``optimize-explain/1``."""

from typing import Annotated, Any, Literal

from pydantic import Field

from optimizer.report.canonical import readable
from optimizer.report.ratio import High, Low, Ratio, Speed
from optimizer.report.result import Binding, Finding, JsonNumber, Record, Status, Value, Verdict

SCHEMA: Literal["optimize-explain/1"] = "optimize-explain/1"

_APART = (
    "Whether the 80 % interval of the ratio of after to before leaves out 1; null where it is "
    "unknown or nothing is left."
)


class Step(Record):
    """One exact move of a threshold or limit: nothing changes before it, this much at it."""

    line: str = Field(description="Threshold as --set takes it, or the user's --limit.")
    unit: str
    value: JsonNumber
    direction: Literal["up", "down"]
    relaxes: bool
    breakpoint: JsonNumber
    at_or_beyond: Literal["at", "beyond"] = Field(
        description="Whether the answer changes with the line at the breakpoint or just beyond it."
    )
    distance: JsonNumber
    before: JsonNumber = Field(description="Best projected value of the objective now.")
    after: JsonNumber = Field(description="The same after the move; 0 where nothing is left.")
    change: JsonNumber = Field(description="after - before.")
    per_unit: JsonNumber | None = Field(
        description="change over distance; between the steps one unit is worth nothing."
    )
    tokens_per_s_per_chip: Speed
    low: Low
    high: High
    told_apart: bool | None = Field(description=_APART)
    knobs: dict[str, Value] = Field(description="Knobs of the best design after the move.")


class LimitCost(Record):
    """What one of the user's limits or fixes costs as a whole."""

    limit: str
    before: JsonNumber
    after: JsonNumber = Field(description="Best projected value of the objective without it.")
    tokens_per_s_per_chip: Speed
    low: Low
    high: High
    told_apart: bool | None = Field(description=_APART)
    knobs: dict[str, Value]


class Cure(Record):
    """The least move of one line alone that makes the request feasible."""

    line: str
    value: Value
    needed: Value = Field(
        description="Where it has to stand; null where no value is enough, or not settled."
    )
    at_or_beyond: Literal["at", "beyond"]
    tokens_per_s_per_chip: Speed
    low: Low = None
    high: High = None
    knobs: dict[str, Value] = Field(default_factory=dict)
    settled: bool = Field(
        default=True, description="Whether the question was answered within its bound."
    )


class Shift(Record):
    """One resource in which a named design and the optimum differ."""

    resource: str
    unit: str
    named: JsonNumber
    optimum: JsonNumber
    alone: JsonNumber = Field(
        description="Relative change of the optimum if only this resource changed. [1]"
    )


class NotThis(Record):
    """A design that the user named, beside the optimum."""

    knobs: dict[str, Value]
    verdict: Verdict
    broken: tuple[str, ...] = Field(description="Requirements that it does not meet.")
    classification: tuple[Finding, ...]
    limits: tuple[str, ...] = Field(description="Arithmetic of the user's limits it breaks.")
    tokens_per_s_per_chip: JsonNumber
    low: Low
    high: High
    value: JsonNumber = Field(description="Its objective.")
    optimum: JsonNumber = Field(description="Objective of the optimum.")
    change: JsonNumber = Field(description="Relative to the optimum. [1]")
    ratio: Ratio | None = Field(description="To the optimum, with its 80 % interval.")
    shifts: tuple[Shift, ...]
    tie: str = ""
    flags: tuple[str, ...] = Field(default=(), description="Those that a solve would print.")


class Marginal(Record):
    """What a little more of one resource is worth at the optimum, whatever the law says of it."""

    per_unit: JsonNumber = Field(description="Tokens/s per chip of one more unit. [1/s]")
    elasticity: JsonNumber = Field(description="Per cent of throughput of one more per cent.")


class ParentExplanation(Record):
    """One parent: what holds its answer, or why it has none."""

    parent: str
    status: Literal["optimal", "feasible", "infeasible", "unranked", "undecided", "left_out"]
    value: JsonNumber | None = Field(default=None, description="Best value of the objective.")
    tokens_per_s_per_chip: Speed = None
    low: Low = None
    high: High = None
    knobs: dict[str, Value] = Field(default_factory=dict)
    binding: tuple[Binding, ...] = ()
    steps: tuple[Step, ...] = ()
    costs: tuple[LimitCost, ...] = ()
    shares: dict[str, JsonNumber] = Field(
        default_factory=dict, description="Share of the GPU-seconds by term. [1]"
    )
    gradients: dict[str, Marginal] = Field(
        default_factory=dict, description="Derivatives in closed form, by resource and unit."
    )
    not_had: tuple[str, ...] = Field(
        default=(), description="Parts of the explanation that this request has not, and why."
    )
    flags: tuple[str, ...] = Field(default=(), description="Those that a solve prints.")
    why_not: NotThis | None = None
    conflicts: tuple[tuple[str, ...], ...] = ()
    corrections: tuple[tuple[str, ...], ...] = ()
    complete: bool = Field(default=True, description="Whether these are all conflicts.")
    cures: tuple[Cure, ...] = ()
    left_out: tuple[str, ...] = Field(
        default=(), description="What the bound of the search kept from the lists, in words."
    )
    reason: str | None = None


class Explanation(Record):
    """The document ``optimize-explain/1``."""

    schema_: Annotated[Literal["optimize-explain/1"], Field(alias="schema")] = SCHEMA
    status: Status
    objective: str
    unit: str = Field(description="Of the objective, and so of every value before and after.")
    parents: tuple[ParentExplanation, ...]
    unanswered: tuple[str, ...] = Field(
        default=(), description="Dies without an answer beside those explained, and why."
    )
    reproduced: bool | None = Field(
        default=None, description="Whether the stored answer came back; null where none was given."
    )
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    inputs: dict[str, Any]
    hashes: dict[str, str]
    versions: dict[str, str]

    def to_json(self) -> str:
        """The document as readable JSON."""
        return readable(self.model_dump(mode="python", by_alias=True))
