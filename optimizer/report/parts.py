"""What is to be classified: a SKU, a file of facts, facts as typed, or a table of parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogs.errors import InputError
from catalogs.legal import OF_DATA_SHEETS
from catalogs.load import load_catalog, read_text, read_toml, shown
from constraints import Assessment, Ruleset, load_law
from constraints.asked import facts_read
from constraints.syntax import decimal_text
from optimizer.report.assessment import BULK_COLUMNS, SCHEMA, Part, row
from optimizer.report.csv_text import csv_text
from optimizer.report.margins import with_lines
from optimizer.report.overlays import overlays_of_sku
from optimizer.report.settings import read_day, read_margin, read_pairs
from optimizer.report.standing import changes_of

if TYPE_CHECKING:
    from catalogs import Sku

FLAGS = (
    "tpp", "performance_density", "applicable_die_area_mm2", "dram_bandwidth_gb_s",
    "io_bandwidth_gb_s", "bit_length_x_tops", "io_transfer_rate_gb_s", "item_kind",
    "memory_bandwidth_density_gb_s_mm2",
)  # fmt: skip
# Keys of a file of facts that are no facts, and keys that only a catalog record has.
LABELS = frozenset({"id", "name", "note"})
RECORD_KEYS = frozenset({"die", "memory", "dense_tflops", "form_factor", "record"})
NOT_A_PART = {
    ".json": "A result is compared or replayed: optimize compare FILE, optimize replay FILE.",
    ".csv": "A table of parts goes to --from FILE.",
}
ID = "id"
# Columns that stand last in the CSV of one part.
LAST_COLUMNS = ("law_last_checked", "controlled_elsewhere_by", "schema", "changes")


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
    for name, value in given.items():
        if not value.strip():
            flag = "--" + name.replace("_", "-")
            raise InputError("is blank", flag, "Give a value, or leave it out: it is unknown then.")
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
        found = question_of_file(Path(part), catalogs, rules)
    elif (suffix := Path(part).suffix.lower()) in NOT_A_PART:
        raise InputError(f"'{part}' is no part", "check", NOT_A_PART[suffix])
    else:
        found = question_of(load_catalog(tuple(catalogs)).sku(part), rules)
    added = read_pairs(extra, "--fact")
    both = sorted({*added} & {*found.facts})
    if both:
        raise InputError(f"'{both[0]}' is stated already", "--fact", "Put it in a file of facts.")
    facts = rules.vocabulary.read({**found.facts, **added})
    return Question(found.part, facts, found.intervals)


def question_of(sku: "Sku", rules: Ruleset | None = None) -> Question:
    """Facts of a cataloged SKU, with the grade and the live claims of each.

    With a rule set, what no law speaks of is a fact only where a rule of one's own reads it.
    """
    unasked = set() if rules is None else {*OF_DATA_SHEETS} - facts_read(rules)
    facts = {name: value for name, value in sku.legal_facts().items() if name not in unasked}
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


def question_of_file(path: Path, catalogs: Sequence[Path], rules: Ruleset) -> Question:
    """Facts of a file: a flat table of facts, or a SKU record.

    Raises
    ------
    InputError
        A fact that no rule can ask for, or a value that it cannot take: the file and the line.
    """
    table = read_toml(path)
    if RECORD_KEYS & table.keys():
        return question_of(load_catalog(tuple(catalogs)).sku_from_file(path), rules)
    name = str(table.get("name", table.get(ID, path.stem)))
    facts = {key: value for key, value in table.items() if key not in LABELS}
    for key, value in facts.items():
        try:
            rules.vocabulary.read({key: value})
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


def single_row(said: Assessment, part: Part, rules: Ruleset) -> str:
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
    others = ";".join(each.rule for each in said.elsewhere if each.certain)
    last = [warned, str(said.last_checked), others, SCHEMA, "; ".join(changes_of(rules))]
    header = [ID, *law, *facts, *BULK_COLUMNS, "warnings", *LAST_COLUMNS]
    return csv_text(header, [[part.id, *law.values(), *facts.values(), *added, *last]])


def _cell(value: Any) -> str:
    """Text that reads back as the same fact."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | date) else decimal_text(Fraction(value))
