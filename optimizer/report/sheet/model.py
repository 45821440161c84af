"""The sheet as data: ``optimize-sheet/1``, of which HTML and Markdown are renderings.

Every number carries its exact value beside its printed form, and the place in the result that it
was read from; a number that the sheet computed itself names the endnote with the arithmetic.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from optimizer.report.canonical import readable
from optimizer.report.result import Record, Value

SCHEMA: Literal["optimize-sheet/1"] = "optimize-sheet/1"
"""Name and version of this contract."""

Basis = Literal[
    "design", "derived", "estimated", "projected", "published", "measured", "law", "unknown"
]


class Cell(Record):
    """One printed value."""

    text: str = Field(description="As printed; on its own side of every line.")
    value: Value = Field(default=None, description="The exact value; null where unknown.")
    source: str = Field(default="", description="Place in the result document, if it is there.")
    basis: Basis = "unknown"


class Row(Record):
    """A line of the specification: the design, the parent beside it."""

    label: str
    unit: str
    design: Cell
    parent: Cell
    notes: tuple[int, ...] = Field(default=(), description="Endnotes by number.")


class Group(Record):
    """Lines of the specification under one heading."""

    title: str
    rows: tuple[Row, ...]


class Figure(Record):
    """A key figure."""

    label: str
    unit: str
    cell: Cell
    notes: tuple[int, ...] = ()


class MemberRow(Record):
    """Projected throughput of one member of the workload. PROJECTED, never measured."""

    name: str
    model: str
    tokens_per_s_per_chip: Cell
    low: Cell
    high: Cell
    ttft_ms: Cell
    tpot_ms: Cell
    chips: Cell
    batch: Cell
    bound_by: str


class Projected(Record):
    """Projected throughput of the workload. PROJECTED, never measured."""

    workload: str
    tokens_per_s_per_chip: Cell
    low: Cell
    high: Cell
    members: tuple[MemberRow, ...]
    notes: tuple[int, ...] = ()


class ParagraphRow(Record):
    """One paragraph of the law beside the design."""

    paragraph: str
    condition: str
    verdict: str
    quantity: str
    unit: str
    value: Cell
    line: Cell
    margin: Cell
    margin_share: str = Field(description="Margin over the line, in per cent; empty beyond it.")
    because: str
    silent: bool = Field(description="It does not speak of the item or the destination.")
    citation: str
    confidence: str


class Consequence(Record):
    """What follows from the classification."""

    label: str
    text: str


class Classification(Record):
    """Verdict, tier, every paragraph, and what follows."""

    verdict: Literal["controlled", "not_controlled", "undetermined"]
    headline: str
    tier: str
    eccn: str
    nearest: str = Field(description="The line that is closest, with the margin to it.")
    paragraphs: tuple[ParagraphRow, ...]
    engineering: tuple[ParagraphRow, ...]
    consequences: tuple[Consequence, ...]
    needs: tuple[str, ...]
    flags: tuple[str, ...]
    notes: tuple[int, ...] = ()


class Fuse(Record):
    """A line of the fuse map."""

    name: str
    die: str
    parent: str
    design: str
    how: str = Field(description="How it is cut: fuse, limit, population.")
    changed: bool


class Region(Record):
    """A rectangle of the plane in which a paragraph catches the design; null is open-ended."""

    paragraph: str
    x_low: float | None
    x_high: float | None
    y_low: float | None
    y_high: float | None


class Point(Record):
    """A part on the plane."""

    id: str
    name: str
    short: str = Field(description="The name without its vendor, for the picture.")
    role: Literal["design", "parent", "part"]
    x: float
    y: float
    x_text: str
    y_text: str
    verdict: str
    labeled: bool = False


class Label(Record):
    """A name in the picture, and where it stands on the two axes."""

    of: str = Field(description="Id of the point, or the paragraph of the region.")
    text: str
    x: float
    y: float
    align: Literal["left", "center", "right"]
    line: bool = Field(default=False, description="A line leads from the point to the name.")
    region: bool = False


class Chart(Record):
    """The plane of the two quantities that the 3A090 paragraphs speak of."""

    x: str
    y: str
    x_title: str
    y_title: str
    regions: tuple[Region, ...]
    points: tuple[Point, ...]
    labels: tuple[Label, ...] = ()
    text: str = Field(description="What the chart shows, in words.")
    not_shown: str


class Endnote(Record):
    """A numbered note: the arithmetic, and who says so."""

    number: int
    text: str
    source: str


class Sheet(Record):
    """The document ``optimize-sheet/1``."""

    schema_: Annotated[Literal["optimize-sheet/1"], Field(alias="schema")] = SCHEMA
    name: str
    subtitle: str
    standing: str
    rank: int
    reference: str
    key_figures: tuple[Figure, ...]
    specification: tuple[Group, ...]
    fuse_map: tuple[Fuse, ...]
    projection: Projected
    classification: Classification
    chart: Chart | None
    binding: tuple[str, ...]
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    endnotes: tuple[Endnote, ...]
    not_screened: str
    disclaimer: str
    withheld: tuple[str, ...] = Field(description="Confidential values that are not shown.")
    hashes: dict[str, str]
    versions: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The document as plain Python values."""
        document: dict[str, Any] = self.model_dump(mode="python", by_alias=True)
        return document

    def to_json(self) -> str:
        """The document as readable JSON, byte for byte the same for equal results."""
        return readable(self.to_dict())
