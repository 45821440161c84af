"""The document of a comparison: parts side by side, every value with who says so.

``optimize-compare/1``. Additive changes keep the number, breaking ones raise it.
"""

from typing import Annotated, Literal

from pydantic import Field

from optimizer.report.result import JsonNumber, Record, Value, Verdict

SCHEMA: Literal["optimize-compare/1"] = "optimize-compare/1"
"""Name and version of this contract."""

Basis = Literal[
    "published", "measured", "derived", "estimated", "designed", "stated", "projected", "checked"
]
Likeness = Literal["same", "different", "overlapping", "unknown"]


class Cell(Record):
    """One value of one part; null is unknown, never zero."""

    value: Value
    basis: Basis | None = Field(
        description="Published, measured, derived or estimated as the catalog has it; designed "
        "by the solver; stated in a file of facts; projected; checked against the law."
    )
    grade: str = Field(default="", description="Evidence: A law or vendor, B press, C estimate.")
    low: JsonNumber | None = Field(default=None, description="Lower end of the 80 % interval.")
    high: JsonNumber | None = Field(default=None, description="Upper end of the 80 % interval.")
    confidential: bool = Field(default=False, description="Marked so by its record.")


class Told(Record):
    """Two columns whose throughputs are projected, and whether the model tells them apart."""

    one: str = Field(description="Letter of the column.")
    other: str
    told_apart: bool | None = Field(
        description="Whether the 80 % interval of their ratio leaves out 1; null if unknown."
    )
    band: str | None = Field(description="Group of the stored intervals that it is from.")


class Row(Record):
    """One quantity over all parts."""

    group: str
    name: str
    unit: str = ""
    likeness: Likeness = Field(
        description="Whether the parts agree; overlapping: no two projections differ "
        "by more than the model can tell; unknown: the known values agree and at least one is not "
        "known."
    )
    lines: tuple[JsonNumber, ...] = Field(
        default=(), description="Legal lines that printing must not move a value across."
    )
    cells: tuple[Cell, ...]
    pairs: tuple[Told, ...] = Field(default=(), description="Of projected throughput alone.")


class Classified(Record):
    """What the rule set says of one part."""

    verdict: Verdict
    tier: str
    paragraphs: tuple[str, ...]
    needs: tuple[str, ...] = Field(description="Unknown facts that would change the answer.")
    license: str = Field(description="required, not_required or undetermined.")
    holds: bool | None = Field(description="Whether it holds at every live claim.")
    elsewhere: tuple[str, ...] = Field(
        default=(), description="Other destinations to which it is controlled. [ISO 3166 code]"
    )
    perhaps_elsewhere: tuple[str, ...] = Field(
        default=(), description="Further ones to which an unknown fact may have it controlled."
    )
    warnings: tuple[str, ...] = ()


class Column(Record):
    """One part."""

    key: str = Field(description="Letter under which tables show it.")
    id: str
    name: str
    kind: Literal["sku", "design", "facts"]
    origin: str = Field(description="Catalog, or the file as named.")
    notes: tuple[str, ...] = ()
    classification: Classified | None = None


class RulesUsed(Record):
    """The law that classified the columns."""

    id: str
    on: str
    destination: str
    digest: str
    last_checked: str
    changes: tuple[str, ...] = Field(default=(), description="What the user changed in it.")
    assumptions: tuple[str, ...]


class Comparison(Record):
    """The document ``optimize-compare/1``."""

    schema_: Annotated[Literal["optimize-compare/1"], Field(alias="schema")] = SCHEMA
    columns: tuple[Column, ...]
    rules: RulesUsed | None = None
    workload: str | None = None
    rows: tuple[Row, ...]
    assumptions: tuple[str, ...] = Field(default=(), description="Of the projections.")
    not_legal_advice: bool = True
