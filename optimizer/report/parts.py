"""What is to be classified: a SKU, a file of facts, facts as typed, or a table of parts."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogs.errors import InputError, collected
from catalogs.load import load_catalog, read_csv, read_text, read_toml, shown
from constraints import Assessment, Ruleset, load_law, screen
from constraints.destinations import load_destinations
from constraints.quantities import Vocabulary, unknown_fact
from constraints.syntax import decimal_text
from optimizer.report.assessment import BULK_COLUMNS, Part, row
from optimizer.report.canonical import readable
from optimizer.report.margins import with_lines
from optimizer.report.overlays import overlays_of_sku
from optimizer.report.safe import safe_cell
from optimizer.report.settings import read_day, read_margin, read_pairs

if TYPE_CHECKING:
    from catalogs import Sku
    from constraints.check import Screen

FLAGS = (
    "tpp", "performance_density", "applicable_die_area_mm2", "dram_bandwidth_gb_s",
    "io_bandwidth_gb_s", "bit_length_x_tops", "io_transfer_rate_gb_s", "item_kind",
    "memory_bandwidth_density_gb_s_mm2",
)  # fmt: skip
# Keys of a file of facts that are no facts, and keys that only a catalogue record has.
LABELS = frozenset({"id", "name", "note"})
RECORD_KEYS = frozenset({"die", "memory", "dense_tflops", "form_factor", "record"})
NOT_A_PART = {
    ".json": "A result is compared or replayed: optimize compare FILE, optimize replay FILE.",
    ".csv": "A table of parts goes to --from FILE.",
}
SEPARATORS = {";": "semicolons", "\t": "tabs"}
MOST_FAULTS = 20
ID = "id"
PLACES = ("destination", "headquarters")


@dataclass(frozen=True, slots=True)
class Question:
    """Facts to classify, their disputed ranges, and whose they are."""

    part: Part
    facts: Mapping[str, Any]
    intervals: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def ruleset_for(values: Mapping[str, Any]) -> Ruleset:
    """Rule set that the options of a command name; ``--rules`` is required."""
    if not values["rules"]:
        names = ", ".join(name for name in load_law().bundles if name != "us")
        raise InputError("is required", "--rules", f"Rule sets: {names}, us@DATE, or a file.")
    return with_lines(
        load_law(tuple(values["pack"] or ())).ruleset(
            values["rules"],
            on=read_day(values["on"]),
            set_=read_pairs(values["set_"] or (), "--set"),
            with_=tuple(values["with_"] or ()),
            without=tuple(values["without"] or ()),
            exporter=values["exporter"],
            margin=read_margin(values["margin"] or ()),
        )
    )


def facts_of_flags(values: Mapping[str, Any]) -> dict[str, Any]:
    """Facts that stand on the command line; both flags of one fact contradict each other."""
    given = {name: values[name] for name in FLAGS if values[name] is not None}
    if values["datacenter"] and values["not_datacenter"]:
        raise InputError("--datacenter and --not-datacenter contradict each other", "check")
    if values["datacenter"] or values["not_datacenter"]:
        given["datacenter"] = values["datacenter"]
    return given


def question(
    part: str | None,
    given: Mapping[str, Any],
    extra: Sequence[str],
    catalogs: Sequence[Path],
    rules: Ruleset,
) -> Question:
    """Facts of a SKU, of a file, or as typed, with further facts added."""
    if part is None:
        found = Question(Part("", "the facts given"), given)
    elif part.endswith(".toml"):
        found = question_of_file(Path(part), catalogs, rules.vocabulary)
    elif (suffix := Path(part).suffix.lower()) in NOT_A_PART:
        raise InputError(f"'{part}' is no part", "check", NOT_A_PART[suffix])
    else:
        found = question_of(load_catalog(tuple(catalogs)).sku(part))
    added = read_pairs(extra, "--fact")
    both = sorted({*added} & {*found.facts})
    if both:
        raise InputError(f"'{both[0]}' is stated already", "--fact", "Put it in a file of facts.")
    facts = rules.vocabulary.read({**found.facts, **added})
    return Question(found.part, facts, found.intervals)


def question_of(sku: "Sku") -> Question:
    """Facts of a catalogued SKU, with the grade and the live claims of each."""
    facts = sku.legal_facts()
    grades = {name: sku.fact(name).grade for name in facts if _has_evidence(sku, name)}
    declared = "" if sku.declared_tpp is None else f"{sku.declared_tpp:,}"
    overlays = tuple(map(str, overlays_of_sku(sku)))
    part = Part(sku.id, f"{sku.vendor} {sku.name}", grades, declared, overlays)
    return Question(part, facts, sku.legal_intervals())


def _has_evidence(sku: "Sku", name: str) -> bool:
    try:
        return bool(sku.fact(name).sources)
    except InputError:
        return False


def question_of_file(
    path: Path, catalogs: Sequence[Path] = (), known: Vocabulary | None = None
) -> Question:
    """Facts of a file: a flat table of facts, or a SKU record.

    Raises
    ------
    InputError
        A fact that `known` does not have, or a value that it cannot take: the file and the line.
    """
    table = read_toml(path)
    if RECORD_KEYS & table.keys():
        return question_of(load_catalog(tuple(catalogs)).sku_from_file(path))
    name = str(table.get("name", table.get(ID, path.stem)))
    facts = {key: value for key, value in table.items() if key not in LABELS}
    for key, value in facts.items() if known is not None else ():
        try:
            known.read({key: value})  # type: ignore[union-attr]
        except InputError as error:
            what = f"{error.where}: {error.what}" if error.where else error.what
            raise InputError(what, _place(path, key), error.remedy) from None
    return Question(Part(str(table.get(ID, path.stem)), name), facts)


def _place(path: Path, key: str) -> str:
    """File and line at which a top-level key of a TOML file stands."""
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if line.partition("=")[0].strip().strip("\"'") == key:
            return f"{shown(path)}, line {number}"
    return shown(path)


def classified(path: Path, ready: "Screen", form: str) -> str:
    """Every row of a CSV file with its verdict, paragraphs, tier and needs, in its order.

    Columns ``destination`` and ``headquarters`` name the places of each row; where they are blank
    or absent, those of `ready` hold.

    Raises
    ------
    InputError
        An unknown column, or cells that no fact can have: all of them, by row and column.
    """
    rows = read_csv(path)
    known = ready.rules.vocabulary
    columns = list(rows[0]) if rows else []
    _refuse_columns(columns, known, path)
    found: list[list[str]] = []
    faults: list[str] = []
    for number, cells in enumerate(rows, start=2):
        try:
            facts = {name: cell for name, cell in cells.items() if name not in (ID, *PLACES)}
            found.append(row(*_placed(ready, cells).classify(known.read(facts))))
        except InputError as error:
            faults.append(f"row {number}, {error}")
    if faults:
        more = [f"and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
        raise collected(faults[:MOST_FAULTS] + more, str(path))
    whole = [[*cells.values(), *added] for cells, added in zip(rows, found, strict=True)]
    return _table([*columns, *BULK_COLUMNS], whole, form)


def _refuse_columns(columns: Sequence[str], known: Vocabulary, path: Path) -> None:
    where = f"{path}, row 1"
    for mark, word in SEPARATORS.items():
        if len(columns) == 1 and mark in columns[0]:
            raise InputError(f"the columns are separated by {word}", where, "Save it with commas.")
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


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], form: str) -> str:
    if form == "json":
        return readable([dict(zip(header, cells, strict=True)) for cells in rows])
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([safe_cell(cell) for cell in cells] for cells in rows)
    return stream.getvalue()


def single_row(said: Assessment, part: Part) -> str:
    """One assessment as CSV: the law and the places, then the columns of bulk output."""
    facts = {name: _cell(value) for name, value in said.facts.items()}
    law = {
        "ruleset": said.ruleset,
        "on": str(said.on),
        "destination": said.destination,
        "headquarters": said.headquarters or "",
    }
    added = row(said.verdict, said.tier, said.paragraphs, said.needs)
    warned = "; ".join((*part.overlays, *said.cautions))
    header = [ID, *law, *facts, *BULK_COLUMNS, "warnings"]
    return _table(header, [[part.id, *law.values(), *facts.values(), *added, warned]], "csv")


def _cell(value: Any) -> str:
    """Text that reads back as the same fact."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | date) else decimal_text(Fraction(value))
