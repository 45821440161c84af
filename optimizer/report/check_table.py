"""A table of parts, classified row by row, with the law that says so in the file itself.

``optimize-check-table/1``. Additive changes keep the number, breaking ones raise it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from catalogs.errors import InputError, collected
from catalogs.load import read_table, shown
from constraints import screen
from constraints.destinations import load_destinations
from constraints.quantities import PLAIN, TRUTH, Vocabulary, unknown_fact
from optimizer.report.assessment import BULK_COLUMNS, row
from optimizer.report.canonical import readable
from optimizer.report.check_ids import id_warnings, refuse_two_answers
from optimizer.report.csv_text import csv_text
from optimizer.report.parts import ID
from optimizer.report.result import Record
from optimizer.report.standing import beyond_law, changes_of

if TYPE_CHECKING:
    from constraints import Ruleset
    from constraints.check import Screen

TABLE_SCHEMA: Literal["optimize-check-table/1"] = "optimize-check-table/1"
"""Name and version of this contract."""

PLACES = ("destination", "headquarters")
SEPARATORS = {";": "semicolons", "\t": "tabs"}
MOST_FAULTS = 20
# What a row says beside its answer: where it went, what the margin adds, who else controls it.
ROW_COLUMNS = ("exported_to", "party_seat", "guard_band", "controlled_elsewhere_by")
LAW_COLUMNS = ("ruleset", "on", "law_last_checked", "changes", "warnings", "schema")
EXAMPLE = "id,tpp,applicable_die_area_mm2,datacenter"


class CheckTable(Record):
    """Parts of a table, each with its answer, under one rule set."""

    schema_: Literal["optimize-check-table/1"] = Field(alias="schema")
    ruleset: str
    on: str = Field(description="Day of the law.")
    destination: str = Field(description="Where a row goes that names no place. [ISO 3166 code]")
    headquarters: str | None = Field(description="Seat of the party, where a row names none.")
    law_last_checked: str
    law_last_checked_text: str
    rules_digest: str = Field(description="SHA-256 of the rule set.")
    changes: tuple[str, ...] = Field(description="What the user changed in the rule set.")
    warnings: tuple[str, ...] = Field(description="What belongs beside every verdict.")
    not_legal_advice: Literal[True] = True
    rows: tuple[dict[str, str], ...] = Field(
        description="The columns of the table, then the answer; every cell is a text."
    )


@dataclass(frozen=True, slots=True)
class Classified:
    """The table as text, and what has to be said beside it."""

    text: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table with its answer."""

    number: int
    cells: Mapping[str, str]
    answer: tuple[str, ...]
    beside: tuple[str, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Part and shipment: two rows with one key ask one question."""
        return (self.cells.get(ID, "").strip(), *self.beside[:2])


def classified(path: Path, ready: "Screen", form: str) -> Classified:
    """Every row of a CSV file with its answer and the law behind it, in its order.

    Columns ``destination`` and ``headquarters`` name the places of each row; where they are blank
    or absent, those of `ready` hold.

    Raises
    ------
    InputError
        No header, no row, an unknown column, cells that no fact can have (all of them, by row and
        column), or one id with two answers.
    """
    columns, numbered = read_table(path)
    _refuse_columns(columns, ready.rules.vocabulary, path)
    if not numbered:
        raise InputError("has a header row and no part below it", shown(path), "Give a row a part.")
    rows = _answered(numbered, ready, path)
    refuse_two_answers(rows, path)
    warned = (*_law_warnings(ready.rules), *id_warnings(columns, rows))
    if form == "json":
        return Classified(readable(_document(columns, rows, ready, warned)), warned)
    law = [*_law(ready.rules), "; ".join(_law_warnings(ready.rules)), TABLE_SCHEMA]
    header = [*columns, *BULK_COLUMNS, *ROW_COLUMNS, *LAW_COLUMNS]
    lines = ([*each.cells.values(), *each.answer, *each.beside, *law] for each in rows)
    return Classified(csv_text(header, lines), warned)


def _answered(
    numbered: Sequence[tuple[int, dict[str, str]]], ready: "Screen", path: Path
) -> list[Row]:
    found: list[Row] = []
    faults: list[str] = []
    for number, cells in numbered:
        try:
            found.append(_row(number, cells, _placed(ready, cells)))
        except InputError as error:
            faults.append(f"row {number}, {error}")
    if faults:
        more = [f"and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
        raise collected(faults[:MOST_FAULTS] + more, shown(path))
    return found


def _row(number: int, cells: Mapping[str, str], placed: "Screen") -> Row:
    known = placed.rules.vocabulary
    given = known.read({name: cell for name, cell in cells.items() if name not in (ID, *PLACES)})
    answer = placed.classify(given)
    whole = known.completed(given)
    near = placed.near(whole) if placed.rules.margin and answer[0] == "not_controlled" else ()
    beside = (
        placed.destination,
        placed.headquarters or "",
        ";".join(near),
        ";".join(placed.elsewhere(whole)),
    )
    return Row(number, cells, tuple(row(*answer)), beside)


def _refuse_columns(columns: Sequence[str], known: Vocabulary, path: Path) -> None:
    where = f"{shown(path)}, row 1"
    for mark, word in SEPARATORS.items():
        if len(columns) == 1 and mark in columns[0]:
            raise InputError(f"the columns are separated by {word}", where, "Save it with commas.")
    if any(PLAIN.fullmatch(name) or name.casefold() in TRUTH for name in columns):
        raise InputError(
            f"is no header: it reads '{','.join(columns)}'",
            where,
            f"Name the columns in row 1, such as {EXAMPLE}.",
        )
    for name in columns:
        if name not in (ID, *PLACES) and name not in known.quantities:
            error = unknown_fact(name, known.quantities)
            raise InputError(f"unknown column '{name}'", where, error.remedy)


def _placed(ready: "Screen", cells: Mapping[str, str]) -> "Screen":
    """The rule set made ready for the places of one row."""
    stated = [cells.get(name, "").strip() for name in PLACES]
    if not any(stated):
        return ready
    codes = [load_destinations().code(place) if place else None for place in stated]
    return screen(ready.rules, codes[0] or ready.destination, codes[1] or ready.headquarters)


def _law(rules: "Ruleset") -> list[str]:
    return [rules.id, str(rules.on), str(rules.last_checked), "; ".join(changes_of(rules))]


def _law_warnings(rules: "Ruleset") -> tuple[str, ...]:
    late = [f"{rules.on} is after the day on which the law was last checked"]
    opens = (f"open: {point}" for point in rules.open_points)
    return (
        *rules.cautions,
        *beyond_law(rules),
        *(late if rules.on > rules.last_checked else ()),
        *opens,
    )


def _document(
    columns: Sequence[str], rows: Sequence[Row], ready: "Screen", warned: tuple[str, ...]
) -> dict[str, Any]:
    rules = ready.rules
    header = [*columns, *BULK_COLUMNS, *ROW_COLUMNS]
    return CheckTable(
        schema_=TABLE_SCHEMA,
        ruleset=rules.id,
        on=str(rules.on),
        destination=ready.destination,
        headquarters=ready.headquarters,
        law_last_checked=str(rules.last_checked),
        law_last_checked_text=rules.last_checked_text,
        rules_digest=f"sha256:{rules.digest}",
        changes=changes_of(rules),
        warnings=warned,
        rows=tuple(
            dict(zip(header, (*each.cells.values(), *each.answer, *each.beside), strict=True))
            for each in rows
        ),
    ).model_dump(by_alias=True)
