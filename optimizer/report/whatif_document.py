"""The answer to one change of the law as a versioned JSON document: ``optimize-whatif/1``.

Both answers stand side by side: the parts that exist under both rule sets, and the best part of
each die designed anew. Text, Markdown and the schema are renderings of it.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from optimizer.report.canonical import readable
from optimizer.report.ratio import High, Low, Ratio
from optimizer.report.result import JsonNumber, ParentRow, Record, Status, Value, Verdict

SCHEMA: Literal["optimize-whatif/1"] = "optimize-whatif/1"
"""Name and version of this contract."""

SkuChange = Literal["class", "paragraphs", "consequences", "needs", "none"]


class RulesSide(Record):
    """One of the two rule sets."""

    id: str
    title: str
    on: str = Field(description="Day whose law applies.")
    digest: str
    overrides: dict[str, str]
    assumptions: tuple[str, ...]


class RuleDifference(Record):
    """What differs in one rule."""

    rule: str
    change: Literal["added", "removed", "changed"]
    what: tuple[str, ...] = Field(description="Numbers, conditions and scope, in words.")


class Count(Record):
    """Parts by verdict before and after."""

    before: Verdict
    after: Verdict
    parts: int


class StandingRow(Record):
    """Class of a part under one rule set."""

    verdict: Verdict
    tier: str = Field(description="Of ECCN 3A090 alone.")
    paragraphs: tuple[str, ...] = Field(description="Those that catch the part.")
    needs: tuple[str, ...] = Field(description="Unknown facts that would change the class.")


class Side(Record):
    """What a paragraph says of a part under one rule set, with the exact distance to its line."""

    verdict: Verdict
    quantity: str
    value: Value
    line: Value
    slack: JsonNumber | None = Field(description="Distance to the line that decides, exact.")
    unit: str
    arithmetic: str
    because: str
    grade: str = Field(description="Weakest evidence among the facts used; A to C.")
    confidence: str = Field(description="How sure the text of the rule is, A to D.")


class Margin(Record):
    """A paragraph that speaks otherwise of a part after the change; null where it is not there."""

    rule: str
    paragraph: str
    citation: str
    before: Side | None
    after: Side | None


class Consequences(Record):
    """What follows from the class of a part: each is an answer of its own."""

    license: str
    exceptions: tuple[str, ...]
    review: str
    review_paragraph: str
    duty: str
    duty_rate: JsonNumber | None = Field(description="Share of the value.")
    holds: bool | None = Field(description="Whether the class is the same at every live claim.")
    in_guard_band: bool | None


class Detail(Record):
    """Margins and consequences of a part; given where the change touches it."""

    margins: tuple[Margin, ...]
    disputed: tuple[str, ...] = Field(description="Facts with several live claims.")
    before: Consequences
    after: Consequences


class SkuRow(Record):
    """One cataloged part before and after."""

    sku: str
    name: str
    change: SkuChange
    before: StandingRow
    after: StandingRow
    detail: Detail | None


class TradeRow(Record):
    """A knob that the new best part sets otherwise."""

    name: str
    before: Value
    after: Value


class MoveRow(Record):
    """The next value of a threshold at which the new answer would change again."""

    threshold: str
    now: JsonNumber
    unit: str
    direction: Literal["up", "down"]
    beyond: JsonNumber = Field(description="The line must reach or pass this value.")
    exact: str = Field(description="The same, exact: a decimal or a quotient.")
    reach: Literal["at", "past"] = Field(description="Whether standing at it is enough.")
    effect: Literal["relaxes", "tightens"]
    tokens_per_s_per_chip: JsonNumber = Field(description="Best after the move. [1/s]")
    low: Low
    high: High
    change: JsonNumber = Field(description="Relative change of the best. [1]")
    told_apart: bool | None = Field(
        description="Whether the ratio of both leaves its 80 % interval; null where none is left."
    )


class ParentChange(Record):
    """The best part of one die before and after, or the reason why it has none."""

    parent: str
    before: ParentRow
    after: ParentRow
    change: JsonNumber | None = Field(description="Relative change of the throughput. [1]")
    sign_survives: bool | None = Field(
        description="Whether the ratio of both leaves the 80 % interval of such a ratio."
    )
    ratio: Ratio | None = Field(description="Throughput after over before, with its interval.")
    h100_equivalents_before: JsonNumber | None
    h100_equivalents_after: JsonNumber | None
    traded: tuple[TradeRow, ...]
    moves: tuple[MoveRow, ...]


class WhatIfDocument(Record):
    """The document ``optimize-whatif/1``."""

    schema_: Annotated[Literal["optimize-whatif/1"], Field(alias="schema")] = SCHEMA
    change: tuple[str, ...]
    destination: str
    workload: str
    before: RulesSide
    after: RulesSide
    differences: tuple[RuleDifference, ...]
    counts: tuple[Count, ...]
    parts: tuple[str, ...] = Field((), description="Parts asked for by name.")
    skus: tuple[SkuRow, ...]
    status_before: Status
    status_after: Status
    parents: tuple[ParentChange, ...]
    h100_tokens_per_s_per_chip: JsonNumber | None = Field(
        description="Projected for h100_sxm on the same workload and stack. [1/s]"
    )
    h100_low: Low
    h100_high: High
    best_told_apart: bool | None = Field(
        default=None,
        description="Whether the best designs of all dies, before and after, are told apart.",
    )
    sign_rule: str
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    inputs: dict[str, Any] = Field(description="Options of both sides, as typed.")
    hashes: dict[str, dict[str, str]] = Field(
        description="Over law, catalog, models and workload of both sides."
    )
    versions: dict[str, str]
    not_legal_advice: Literal[True] = True

    def to_dict(self) -> dict[str, Any]:
        """The document as plain Python values."""
        document: dict[str, Any] = self.model_dump(mode="python", by_alias=True)
        return document

    def to_json(self) -> str:
        """The document as readable JSON, byte for byte the same for equal answers."""
        return readable(self.to_dict())
