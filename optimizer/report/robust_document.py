"""The document ``optimize-robust/1``."""

from typing import Annotated, Any, Literal

from pydantic import Field

from optimizer.report.canonical import readable
from optimizer.report.estimates import Ends
from optimizer.report.result import JsonNumber, Record, Value, Verdict

SCHEMA: Literal["optimize-robust/1"] = "optimize-robust/1"
Kind = Literal["safe", "least_regret", "best_expected"]

_LOW, _HIGH = (f"{end} end of the 80 % interval. [1/s per chip]" for end in ("Lower", "Upper"))


class RobustChoice(Record):
    """A design and how it fares in every scenario."""

    kind: Kind
    same_as: tuple[Kind, ...] = Field(default=(), description="Choices that are this design too.")
    parent: str
    knobs: dict[str, Value]
    quantities: dict[str, JsonNumber | None]
    intervals: dict[str, Ends] = Field(
        default_factory=dict, description="p10 and p90 of the known estimates among them."
    )
    errors: dict[str, JsonNumber | None] = Field(
        default_factory=dict,
        description="Error of the estimates out of sample; null where nothing public tests it. [1]",
    )
    tokens_per_s_per_chip: JsonNumber = Field(description="Projected. [1/s]")
    low: JsonNumber = Field(description=_LOW)
    high: JsonNumber = Field(description=_HIGH)
    largest_regret: JsonNumber = Field(description="Over the scenarios. [1/s per chip]")
    expected: JsonNumber = Field(description="Weighted, nothing where controlled. [1/s per chip]")
    verdicts: dict[str, Verdict] = Field(description="By scenario.")
    at_worst: dict[str, Verdict] = Field(
        default_factory=dict,
        description="By scenario, the verdict at the most adverse claims of the die area, where it "
        "is another.",
    )
    regrets: dict[str, JsonNumber] = Field(description="By scenario. [1/s per chip]")
    regret_shares: dict[str, JsonNumber | None] = Field(
        description="By scenario, of its own optimum. [1]"
    )
    told_apart: dict[str, bool | None] = Field(
        description="By scenario, whether the 80 % interval of the ratio to its own optimum leaves "
        "out 1, or the design is controlled there; null where it is the optimum."
    )
    ratio_bands: dict[str, str | None] = Field(
        default_factory=dict,
        description="By scenario, the group of the stored intervals that this interval is from.",
    )
    flags: tuple[str, ...] = Field(
        default=(), description="Those that a solve prints, under the scenarios they hold in."
    )


class RobustScenario(Record):
    """One scenario and its own optimum."""

    name: str
    rules: str
    on: str
    weight: JsonNumber
    changes: tuple[str, ...] = Field(description="What differs from the rule set, as typed.")
    optimum: JsonNumber | None = Field(description="Projected, null if none. [1/s per chip]")
    low: JsonNumber | None = Field(description=_LOW)
    high: JsonNumber | None = Field(description=_HIGH)
    parent: str | None
    knobs: dict[str, Value]
    price_of_safety: JsonNumber | None = Field(
        description="What the safe design has less than this optimum. [1/s per chip]"
    )
    price_share: JsonNumber | None = Field(description="The same, of this optimum. [1]")


class Robust(Record):
    """The document ``optimize-robust/1``."""

    schema_: Annotated[Literal["optimize-robust/1"], Field(alias="schema")] = SCHEMA
    status: Literal["optimal", "feasible", "infeasible"]
    title: str
    parts_on_sale: str
    scenarios: tuple[RobustScenario, ...]
    choices: tuple[RobustChoice, ...]
    remarks: tuple[str, ...]
    solves: int
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    left_out: tuple[str, ...]
    inputs: dict[str, Any]
    hashes: dict[str, str]
    versions: dict[str, str]

    def to_json(self) -> str:
        """The document as readable JSON."""
        return readable(self.model_dump(mode="python", by_alias=True))
