"""The result: one versioned JSON document of which every output is a rendering.

``optimize-result/1``. Additive changes keep the number, breaking ones raise it.
The document holds no clock time and no machine name: the same request on the
same data gives the same bytes.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from catalogs.errors import InputError, collected
from catalogs.reading import validated
from optimizer.report.canonical import readable, too_long

SCHEMA: Literal["optimize-result/1"] = "optimize-result/1"
"""Name and version of this contract."""

JsonNumber = int | float
Value = JsonNumber | str | bool | None
Verdict = Literal["controlled", "not_controlled", "undetermined"]
Status = Literal["optimal", "feasible", "infeasible", "undecided"]
ParentStatus = Literal["optimal", "feasible", "infeasible", "undecided", "left_out", "unranked"]


_OBJECTIVE = "What is ranked: tokens/s per chip, or per W, USD or wafer by the option objective."
_WITHIN = (
    "Whether the 80 % interval of the ratio of its objective to that of the first holds 1; of a "
    "ratio the interval is that of the throughputs."
)
_BAND = "Group of the stored intervals that this interval is from, null where nothing is compared."
_ENDS = "End of the 80 % interval of the mean. [ms]"


class Record(BaseModel):
    """Base of every part of the document: frozen and closed."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True
    )


class Member(Record):
    """Projection of one member of a workload; null where it cannot be served."""

    name: str
    model: str
    tokens_per_s_per_chip: JsonNumber | None = Field(
        description="Output tokens per second and chip. [1/s]"
    )
    low: JsonNumber | None = Field(description="Lower end of the 80 % interval. [1/s]")
    high: JsonNumber | None = Field(description="Upper end of the 80 % interval. [1/s]")
    ttft_ms: JsonNumber | None = Field(description="Mean time to first token. [ms]")
    ttft_p99_ms: JsonNumber | None = Field(description="The same, 99th percentile. [ms]")
    tpot_ms: JsonNumber | None = Field(description="Mean time per further token. [ms]")
    tpot_p99_ms: JsonNumber | None = Field(description="The same, 99th percentile. [ms]")
    ttft_low_ms: JsonNumber | None = Field(default=None, description=_ENDS)
    ttft_high_ms: JsonNumber | None = Field(default=None, description=_ENDS)
    tpot_low_ms: JsonNumber | None = Field(default=None, description=_ENDS)
    tpot_high_ms: JsonNumber | None = Field(default=None, description=_ENDS)
    chips: int | None = Field(description="Chips of one instance.")
    tensor_parallel: int | None = Field(description="Chips that share one layer.")
    data_parallel: int | None = Field(description="Replicas of attention in an instance.")
    pipeline_stages: int | None = Field(
        default=None, description="Stages that the layers are spread over, one after the other."
    )
    batch: JsonNumber | None = Field(description="Mean sequences per attention replica.")
    batch_limit: str | None = Field(description="What keeps the batch from growing.")
    binding: str | None = Field(description="Term that takes most of a step.")
    utilization: JsonNumber | None = Field(description="Share of a step of that term.")
    reason: str | None = Field(default=None, description="Why this member cannot be served.")


class Projection(Record):
    """Projected throughput on the workload, with its interval."""

    tokens_per_s_per_chip: JsonNumber | None
    low: JsonNumber | None = Field(description="Lower end of the 80 % interval. [1/s]")
    high: JsonNumber | None = Field(description="Upper end of the 80 % interval. [1/s]")
    ttft_ms: JsonNumber | None = Field(description="Worst member. [ms]")
    tpot_ms: JsonNumber | None = Field(description="Worst member. [ms]")
    ttft_low_ms: JsonNumber | None = Field(default=None, description=_ENDS)
    ttft_high_ms: JsonNumber | None = Field(default=None, description=_ENDS)
    tpot_low_ms: JsonNumber | None = Field(default=None, description=_ENDS)
    tpot_high_ms: JsonNumber | None = Field(default=None, description=_ENDS)
    members: tuple[Member, ...] = ()


class Test(Record):
    """One comparison of a paragraph."""

    text: str
    quantity: str
    arithmetic: str
    value: Value
    op: str
    threshold: Value
    holds: bool | None
    slack: JsonNumber | None = Field(
        description="Distance to the legal line, in the unit of the quantity."
    )


class Finding(Record):
    """What one paragraph says of a design; the deciding test stands beside its verdict."""

    rule: str
    kind: str = Field(description="control, presumption or engineering.")
    paragraph: str
    verdict: Verdict
    because: str = Field(default="", description="What overrides the condition, if anything.")
    condition: str
    quantity: str = ""
    value: Value = None
    threshold: Value = None
    slack: JsonNumber | None = None
    arithmetic: str = ""
    tests: tuple[Test, ...] = ()
    citation: str = ""
    confidence: str = Field(default="", description="How sure the text of the rule is, A to D.")
    grade: str = Field(default="", description="Evidence: A law or vendor, B press, C estimate.")


class FuseRow(Record):
    """One line of the cut: the whole die, the parent as it ships, the design."""

    name: str
    die: str
    parent: str
    design: str
    changed: bool


class Line(Record):
    """A requirement beside the value that it stops."""

    name: str = Field(description="Rule paragraph, limit or fix.")
    quantity: str | None = None
    value: JsonNumber | None = None
    line: JsonNumber | None = None
    slack: JsonNumber | None = None


class Binding(Record):
    """A knob whose next step is closed, and by what; nothing named where its domain ends."""

    knob: str
    by: tuple[Line, ...] = ()
    gain: JsonNumber = Field(description="Relative rise of the objective at that step. [1]")


class Moved(Record):
    """What one input does to an estimate by itself; nothing is said of a confidential one."""

    name: str = Field(description="Key of the input, as --set-economics takes it.")
    low: JsonNumber | None = Field(default=None, description="Estimate at the input's p10.")
    high: JsonNumber | None = Field(default=None, description="Estimate at the input's p90.")


class Estimate(Record):
    """A number of the silicon models: derived, never published or measured."""

    estimate: JsonNumber | None
    low: JsonNumber | None = Field(default=None, description="p10 over the ranges of its inputs.")
    median: JsonNumber | None = Field(default=None, description="p50.")
    high: JsonNumber | None = Field(default=None, description="p90.")
    spans: str = Field(default="", description="What low and high span.")
    relative_error: JsonNumber | None = Field(
        default=None, description="Error to expect of the model, out of sample. [1]"
    )
    untested: str = Field(default="", description="Without an error: what would test it.")
    moved_by: tuple[Moved, ...] = Field(default=(), description="Strongest inputs first.")
    grade: str = Field(default="", description="Of the weakest figure behind it, A to C.")
    missing: tuple[str, ...] = Field(default=(), description="Figures without which it is unknown.")


class Evidence(Record):
    """How sure the facts of silicon are that this design rests on."""

    grade: str = Field(description="Of the weakest fact: A law or vendor, B press, C estimate.")
    weakest: tuple[str, ...] = Field(description="Facts of that grade.")


class Design(Record):
    """A solved SKU."""

    rank: int
    parent: str
    reference: str = Field(description="Shipped SKU of the parent that the fuse map starts from.")
    status: Literal["optimal", "feasible"]
    verdict: Verdict
    tier: str | None = None
    knobs: dict[str, Value]
    quantities: dict[str, JsonNumber | None]
    derived: dict[str, Estimate] = Field(
        default_factory=dict, description="Quantities of the silicon models, with their error."
    )
    projection: Projection
    objective_value: JsonNumber | None = Field(default=None, description=_OBJECTIVE)
    within_interval: bool | None = Field(default=None, description=_WITHIN)
    ratio_band: str | None = Field(default=None, description=_BAND)
    classification: tuple[Finding, ...]
    fuse_map: tuple[FuseRow, ...]
    binding: tuple[Binding, ...]
    flags: tuple[str, ...] = Field(
        default=(), description="Points for counsel, and power beyond the board."
    )
    needs: tuple[str, ...] = Field(default=(), description="Facts that would change the verdict.")
    evidence: Evidence
    proofs: dict[str, str] = Field(
        default_factory=dict, description="Stage of the objective -> proved or unproved."
    )


class ParentRow(Record):
    """One parent die: its best design, or why it has none."""

    parent: str
    status: ParentStatus
    rank: int | None = None
    tokens_per_s_per_chip: JsonNumber | None = None
    low: JsonNumber | None = None
    high: JsonNumber | None = None
    objective_value: JsonNumber | None = Field(default=None, description=_OBJECTIVE)
    within_interval: bool | None = Field(default=None, description=_WITHIN)
    ratio_band: str | None = Field(default=None, description=_BAND)
    quantities: dict[str, JsonNumber | None] = Field(default_factory=dict)
    knobs: dict[str, Value] = Field(default_factory=dict)
    binding: tuple[Binding, ...] = ()
    conflict: tuple[str, ...] = ()
    missing: tuple[str, ...] = Field(default=(), description="Facts that it lacks.")
    reason: str | None = None


class Corner(Record):
    """Resources under which every lawful design lies, and their throughput."""

    parent: str
    resources: dict[str, Value]
    objective_value: JsonNumber


class Certificate(Record):
    """Why nothing lawful is better: every lawful design lies under a corner."""

    level: JsonNumber | None = Field(description="Proved throughput. [1/s per chip]")
    tolerance: JsonNumber
    corners: tuple[Corner, ...]


class Result(Record):
    """The document ``optimize-result/1``."""

    schema_: Annotated[Literal["optimize-result/1"], Field(alias="schema")] = SCHEMA
    status: Status
    designs: tuple[Design, ...]
    parents: tuple[ParentRow, ...]
    certificate: Certificate | None
    conflict: tuple[str, ...] = Field(
        default=(),
        description="Smallest set of requirements that cannot hold together; with several parents "
        "all that are in the smallest set of one.",
    )
    reason: str | None = None
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    inputs: dict[str, Any]
    hashes: dict[str, str]
    versions: dict[str, str]
    stripped: tuple[str, ...] = Field(
        default=(), description="Paths of confidential values left out by --public."
    )

    def to_dict(self) -> dict[str, Any]:
        """The document as plain Python values."""
        document: dict[str, Any] = self.model_dump(mode="python", by_alias=True)
        return document

    def to_json(self) -> str:
        """The document as readable JSON, byte for byte the same for equal results."""
        return readable(self.to_dict())

    @classmethod
    def from_document(cls, document: Any, where: str) -> Self:
        """Validate a parsed document; every fault is reported at once.

        Raises
        ------
        InputError
            Not a result, or not of this version.
        """
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            found = document.get("schema") if isinstance(document, dict) else None
            raise InputError(
                f"is not an {SCHEMA} document (schema: {found!r})",
                where=where,
                remedy="Make one with 'optimize --rules RULES -o result.json'",
            )
        long = list(too_long(document))
        if long:
            raise collected(long, where)
        return validated(cls, document, where)
