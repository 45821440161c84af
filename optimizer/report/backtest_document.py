"""The back-test as one versioned JSON document: ``optimize-backtest/1``."""

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any, Literal

from pydantic import Field

from constraints import Assessment
from optimizer.projection.calibration import load_calibration
from optimizer.projection.ratios import band_words, same_die
from optimizer.report.canonical import plain, readable
from optimizer.report.numbers import json_number
from optimizer.report.ratio import Ratio, ratio_of
from optimizer.report.result import JsonNumber, Record, Value, Verdict
from optimizer.study.backtest import STATUSES
from optimizer.study.backtest import Row as Found
from optimizer.study.held import Held as Frugal
from optimizer.study.held import sentence
from optimizer.study.history import DESTINATION
from optimizer.study.lines import Measure as Measured
from optimizer.study.sides import Side as Half

SCHEMA: Literal["optimize-backtest/1"] = "optimize-backtest/1"
"""Name and version of this contract."""

Status = Literal["compared", "undetermined", "unmodified", "unserved"]


class Measure(Record):
    """A legal quantity beside the line that it would cross first; null where there is none."""

    quantity: str
    value: JsonNumber | None = Field(description="Null where a fact is unknown.")
    line: JsonNumber | None = Field(description="Lowest threshold above it that catches the part.")
    share: JsonNumber | None = Field(description="Value over line. [1]")
    paragraph: str = Field(description="What would catch it there.")


class Side(Record):
    """The optimum of the die, or the part that the vendor shipped."""

    name: str = Field(description="Die of the optimum, or shipped SKU.")
    verdict: Verdict
    needs: tuple[str, ...] = Field(description="Unknown facts that would change the verdict.")
    knobs: dict[str, Value] = Field(description="Null where a part does not publish one.")
    measures: tuple[Measure, ...]
    tokens_per_s_per_chip: JsonNumber | None = Field(description="Projected. [1/s]")
    low: JsonNumber | None = Field(description="Lower end of the 80 % interval. [1/s]")
    high: JsonNumber | None = Field(description="Upper end of the 80 % interval. [1/s]")
    reason: str | None = Field(description="Why the workload cannot be served.")
    salvage_share: JsonNumber | None = Field(description="Estimate, grade C. [1]")
    power_w: JsonNumber | None = Field(description="Of the optimum, by the power model. [W]")
    tdp_w: JsonNumber | None = Field(description="Power class. [W]")


class Reason(Record):
    """Why a group of knobs that differs by more than 4 % does so."""

    group: Literal["compute", "memory", "links"]
    rule: str = Field(description="Named rule that the data satisfy.")
    support: Literal["shown", "consistent", "unexplained"]
    lost: JsonNumber | None = Field(description="Throughput that the group alone costs. [1]")
    sentence: str = Field(description="A clause that follows 'because', without a full stop.")


class Classification(Record):
    """Class of the shipped part, and how an application would be read."""

    verdict: Verdict
    tier: str
    paragraphs: tuple[str, ...]
    needs: tuple[str, ...]
    license: str
    review: str
    review_paragraph: str
    review_needs: tuple[str, ...]


class Hold(Record):
    """One quantity of the shipped part that the held optimum may not be beyond."""

    quantity: Literal["salvage_share", "power_w", "unit_cost_usd"]
    op: str | None = Field(description="Null where the quantity is not held.")
    value: JsonNumber | None = Field(description="Estimate of the shipped part. [1, W, USD]")
    note: str = Field(description="Why it is not held, or why the value is not the published one.")


class Held(Record):
    """The optimum that needs no more than the shipped part; it depends on that part."""

    holds: tuple[Hold, ...]
    optimum: Side | None
    proved: bool | None = Field(description="Null without an optimum.")
    share: JsonNumber | None = Field(description="Shipped over held optimum, projected. [1]")
    accounted: JsonNumber | None = Field(
        description="Throughput that holding costs, as a share of the free optimum. [1]"
    )
    unit_cost_usd: dict[Literal["free", "held", "shipped"], JsonNumber | None] = Field(
        description="Estimated unit cost of both optima and the shipped part. [USD]"
    )
    sentence: str


class Row(Record):
    """One derivation."""

    derivation: str
    base_die: str
    base_sku: str
    derived_sku: str
    status: Status
    rules: str | None
    on: str | None = Field(description="Day whose law and parts on sale apply.")
    destination: str
    datacenter: bool = Field(description="Declared market of the derived part.")
    workload: str | None
    proved: bool | None = Field(description="Whether the optimum is proved; null without one.")
    optimum: Side | None
    shipped: Side | None
    share: JsonNumber | None = Field(description="Shipped over optimum, projected. [1]")
    ratio: Ratio | None = Field(None, description="The share with its 80 % interval.")
    lost: dict[str, JsonNumber] = Field(description="Throughput that each group alone costs. [1]")
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...] = Field(description="Facts without which the row is open.")
    notes: tuple[str, ...]
    classification: Classification | None
    held: Held | None = Field(None, description="Null without an optimum or a record of the part.")


class Backtest(Record):
    """The document ``optimize-backtest/1``."""

    schema_: Annotated[Literal["optimize-backtest/1"], Field(alias="schema")] = SCHEMA
    workload: str | None = Field(description="The one asked for; null where the market picks.")
    counts: dict[str, int] = Field(description="Rows by status.")
    rows: tuple[Row, ...]
    assumptions: tuple[str, ...]
    versions: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The document as plain Python values."""
        document: dict[str, Any] = self.model_dump(mode="python", by_alias=True)
        return document

    def to_json(self) -> str:
        """The document as readable JSON, byte for byte the same for equal results."""
        return readable(self.to_dict())


def document(rows: Sequence[Found], workload: str | None = None) -> Backtest:
    """The document of a back-test.

    Parameters
    ----------
    rows : sequence of Row
        As `optimizer.study.backtest.backtest` returns them.
    workload : str, optional
        Id of the workload that the user named.
    """
    found = Counter(row.status for row in rows)
    constants = load_calibration()
    from optimizer import __version__

    return Backtest(
        workload=workload,
        counts={status: found[status] for status in STATUSES},
        rows=tuple(_row(row) for row in rows),
        assumptions=_assumptions(rows),
        versions={
            "optimize": __version__,
            "ortools": version("ortools"),
            "projection": f"{constants.id} {constants.fitted_date}",
            **_law_checked(rows),
        },
    )


def _assumptions(rows: Sequence[Found]) -> tuple[str, ...]:
    """What the answers rest on, each once."""
    constants = load_calibration()
    said = [text for row in rows if row.ruleset for text in row.ruleset.assumed(DESTINATION)]
    own = (
        "law and parts on sale are those of each row's day; shipped parts are read only for the "
        "right-hand side",
        "a derivation that names no market is one for data centers, as the record of its part says",
        "only the held optimum reads the shipped part, by definition; its salvage share, power and "
        "unit cost are the solver's own estimates for both",
        "throughput is projected for both sides by one model: constants "
        f"'{constants.id}' of {constants.fitted_date}, one set for all devices",
    )
    return tuple(dict.fromkeys([*own, band_words(same_die()), *said]))


def _law_checked(rows: Sequence[Found]) -> dict[str, str]:
    days = {row.ruleset.last_checked.isoformat() for row in rows if row.ruleset}
    return {"law": max(days)} if days else {}


def _row(row: Found) -> Row:
    each, rules = row.derivation, row.ruleset
    return Row(
        derivation=each.id,
        base_die=each.base_die,
        base_sku=each.base_sku,
        derived_sku=each.derived_sku,
        status=row.status,
        rules=None if rules is None else rules.id,
        on=None if rules is None else rules.on.isoformat(),
        destination=DESTINATION,
        datacenter=row.datacenter,
        workload=row.workload or None,
        proved=row.proved,
        optimum=_side(row.optimum),
        shipped=_side(row.shipped),
        share=row.share,
        ratio=ratio_of(row.share, 1),
        lost=dict(row.lost),
        reasons=tuple(
            Reason(group=r.group, rule=r.rule, support=r.support, lost=r.lost, sentence=r.sentence)
            for r in row.reasons
        ),
        missing=row.missing,
        notes=row.notes,
        classification=_classification(row.classification),
        held=None if row.held is None else _held(row, row.held),
    )


def _held(row: Found, held: Frugal) -> Held:
    return Held(
        holds=tuple(
            Hold(
                quantity=hold.quantity,
                op=hold.limit and hold.limit.op,
                value=hold.limit and json_number(hold.limit.value),
                note=hold.note,
            )
            for hold in held.holds
        ),
        optimum=_side(held.side),
        proved=held.proved,
        share=held.share,
        accounted=held.accounted,
        unit_cost_usd={
            "free": held.free_usd,
            "held": held.held_usd,
            "shipped": held.shipped_usd,
        },
        sentence=sentence(row.derivation.derived_sku, held, row.share),
    )


def _side(half: Half | None) -> Side | None:
    if half is None:
        return None
    return Side(
        name=half.name,
        verdict=half.verdict,
        needs=half.needs,
        knobs={name: plain(getattr(half.knobs, name)) for name in type(half.knobs).__slots__},
        measures=tuple(_measure(m) for m in half.measures),
        tokens_per_s_per_chip=half.tokens_per_s,
        low=half.low,
        high=half.high,
        reason=half.reason,
        salvage_share=half.salvage_share,
        power_w=half.power_w,
        tdp_w=half.tdp_w,
    )


def _measure(measured: Measured) -> Measure:
    value, line, share = measured.value, measured.line, measured.share
    return Measure(
        quantity=measured.quantity,
        value=None if value is None else json_number(value, [] if line is None else [line]),
        line=None if line is None else json_number(line),
        share=None if share is None else json_number(share, [1]),
        paragraph=measured.paragraph,
    )


def _classification(said: Assessment | None) -> Classification | None:
    if said is None:
        return None
    return Classification(
        verdict=said.verdict,
        tier=said.tier,
        paragraphs=said.paragraphs,
        needs=said.needs,
        license=said.license.status,
        review=said.review.policy,
        review_paragraph=said.review.paragraph,
        review_needs=said.review.needs,
    )
