"""``optimize catalog``: the silicon as data. List it, read it with its sources, check your own."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.cli import options as opt
from optimizer.cli.errors import ExitCode

if TYPE_CHECKING:
    from catalogs import Catalog, Sku
    from catalogs.records import Record
    from optimizer.report.layout import Block

SCHEMA = "optimize-catalog/1"
FORMATS = ("text", "json", "md")
SILICON = ("dies", "skus", "memory", "links")

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="The silicon as data: list, show, check, new, where.",
)
KindOption = Annotated[
    str | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        help="dies, skus, memory, links, derivations, models, workloads or sources.",
        show_default=False,
    ),
]


@app.command("list")
def list_(
    kind: KindOption = None,
    catalog: opt.CatalogOption = None,
    format_: opt.PageFormatOption = None,
    output: opt.PageOutputOption = None,
) -> None:
    """List the records of a kind; without --kind dies, SKUs, memory and links."""
    from optimizer.cli.catalog_text import list_blocks

    found = _catalog(catalog)
    kinds = _kinds(found, kind) if kind else SILICON
    data = {
        each: [_summary(each, record) for record in found.records(each).values()] for each in kinds
    }
    _answer(data, list_blocks(found, kinds), format_, output)


@app.command()
def show(
    name: Annotated[
        str, typer.Argument(metavar="ID", help="A record by id or alias, or a SKU file.")
    ],
    kind: KindOption = None,
    catalog: opt.CatalogOption = None,
    format_: opt.PageFormatOption = None,
    output: opt.PageOutputOption = None,
) -> None:
    """Show every value of a record with basis, grade, sources, rival claims and legal clauses."""
    from optimizer.cli.catalog_text import record_blocks

    found = _catalog(catalog)
    views = [(each, _view(each, record, found)) for each, record in _find(found, name, kind)]
    data = {"records": [{"kind": each} | view for each, view in views]}
    blocks = (block for each, view in views for block in record_blocks(_one(each), view))
    _answer(data, blocks, format_, output)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Overlay folders or files to check as well."),
    ] = None,
    catalog: opt.CatalogOption = None,
    format_: opt.PageFormatOption = None,
    output: opt.PageOutputOption = None,
) -> int:
    """Check every record and reference, and count the values of each grade."""
    from catalogs.audit import audit
    from optimizer.cli.catalog_text import check_lines
    from optimizer.cli.output import note

    overlays = [*(paths or ()), *(catalog or ())]
    found = audit(_catalog(overlays))
    what = ", ".join(map(str, overlays)) + " over the built-in catalog" if overlays else "catalog"
    data = {
        "checked": what,
        "faults": found.faults,
        "records": found.records,
        "values": found.values,
        "grades": {grade: found.grades[grade] for grade in "ABC"},
        "claims": found.claims,
        "not_opened": found.unopened.total(),
    }
    _answer(data, check_lines(found, what), format_, output)
    if found.faults:
        note(f"error: {len(found.faults)} faults in {what}")
        return ExitCode.USAGE
    return ExitCode.DONE


@app.command()
def new(
    key: Annotated[str, typer.Argument(metavar="ID", help="Id of the new record.")],
    kind: Annotated[
        str, typer.Option("--kind", metavar="KIND", help="skus, dies, memory or links.")
    ] = "skus",
    output: opt.TomlOutputOption = None,
) -> None:
    """Write a commented template that is valid as it stands; fill in what you know."""
    from catalogs.template import template
    from optimizer.cli.output import Target, emit
    from optimizer.report.files import check_writable

    text = template(key, kind)
    if output is not None:
        check_writable(output)
    emit(Target("text", output), text)


@app.command()
def where(
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A record: the file that holds it.")
    ] = None,
    catalog: opt.CatalogOption = None,
    format_: opt.PageFormatOption = None,
    output: opt.PageOutputOption = None,
) -> None:
    """Print which folders are read, in which order; or the file that holds a record."""
    from catalogs.load import shown
    from optimizer.report.layout import Block, Heading, Lines, Table

    found = _catalog(catalog)
    if name is not None:
        _answer(*_place(found, name), format_, output)
        return
    rows = [
        {"origin": layer.origin, "path": str(layer.path), "shown": shown(layer.path),
         "records": sum(len(entries) for entries in layer.entries.values())}
        for layer in found.layers
    ]  # fmt: skip
    blocks: list[Block] = [
        Heading("READ IN THIS ORDER; THE FIRST THAT HAS AN ID WINS", 1),
        Table(
            ("origin", "records", "path"),
            tuple((str(r["origin"]), str(r["records"]), str(r["shown"])) for r in rows),
            frozenset({1}),
        ),
        Lines(("Also looked for: OPTIMIZE_PATH, ./catalogs.d, ~/.config/optimize/catalogs.",)),
    ]
    _answer({"layers": [{k: v for k, v in r.items() if k != "shown"} for r in rows]}, blocks,
            format_, output)  # fmt: skip


def _place(found: "Catalog", name: str) -> "tuple[dict[str, Any], list[Block]]":
    """Where the records of a name stand, as JSON and as lines."""
    from optimizer.report.layout import Lines

    rows = [
        {"kind": kind, "id": record.id, "file": found.records(kind).entries[record.id].where}
        for kind, record in _find(found, name, None)
    ]
    lines = tuple(f"{_one(row['kind'])} {row['id']} is read from {row['file']}" for row in rows)
    return {"records": rows}, [Lines(lines, indent=0)]


def _catalog(overlays: Sequence[Path] | None) -> "Catalog":
    from catalogs import load_catalog

    return load_catalog(tuple(overlays or ()))


def _kinds(found: "Catalog", kind: str) -> tuple[str, ...]:
    """The kind that is asked for, by its plural or by the name of one record."""
    from catalogs.errors import InputError, near_matches
    from catalogs.kinds import KINDS

    by_label = {each.label: name for name, each in KINDS.items()} | {n: n for n in KINDS}
    if kind.lower() not in by_label:
        remedy = near_matches(kind, KINDS) or "One of: " + ", ".join(KINDS)
        raise InputError(f"unknown kind '{kind}'", "--kind", remedy)
    return (by_label[kind.lower()],)


def _one(kind: str) -> str:
    from catalogs.kinds import KINDS

    return KINDS[kind].label


def _find(found: "Catalog", name: str, kind: str | None) -> list[tuple[str, Any]]:
    """Every record that goes by the name, or the SKU of a file."""
    from catalogs.errors import InputError, near_matches
    from catalogs.kinds import KINDS

    if name.endswith(".toml"):
        return [("skus", found.sku_from_file(Path(name)))]
    kinds = _kinds(found, kind) if kind else tuple(KINDS)
    hits = []
    for each in kinds:
        records = found.records(each)
        try:
            hits.append((each, records[records.id_of(name)]))
        except InputError as error:
            if not error.what.startswith("unknown"):
                raise
    if not hits:
        from optimizer.cli.catalog_text import kinds_of

        if kind and (others := kinds_of(found, name)):
            remedy = f"Leave --kind out, or give --kind {_one(others[0][0])}."
            told = " and ".join(each for _, each in others)
            raise InputError(f"no {_one(kinds[0])} is called '{name}': {told}", "--kind", remedy)
        known = [key for each in kinds for key in found.records(each)]
        remedy = near_matches(name, known) or "'optimize catalog list' prints all ids"
        raise InputError(f"nothing in the catalog is called '{name}'", None, remedy)
    return hits


def _summary(kind: str, record: Any) -> dict[str, Any]:
    from optimizer.cli.catalog_text import COLUMNS

    return {field: getattr(record, field, None) for _, field in COLUMNS[kind]}


def _view(kind: str, record: Any, found: "Catalog") -> dict[str, Any]:
    """A record as the JSON shows it."""
    from catalogs.records import Record
    from optimizer.cli.catalog_text import fact_view, plain_values

    if not isinstance(record, Record):
        name = getattr(record, "name", getattr(record, "title", ""))
        rows = plain_values(record)
        return {"id": record.id, "name": name, "values": rows, "sources": [], "record_sources": []}
    facts = list(record.facts())
    cited = dict.fromkeys(s for fact in facts for s in fact.sources)
    cited |= dict.fromkeys(claim.source for claim in record.claims)
    view: dict[str, Any] = {
        "id": record.id,
        "name": record.name,
        "aliases": list(record.aliases),
        "note": record.note,
        "record_sources": list(record.sources),
        "values": [fact_view(fact) for fact in facts],
    }
    if kind in ("skus", "dies"):
        view["law"] = _law_view(record, found)
        cited |= dict.fromkeys(s for fact in view["law"] for s in fact["sources"])
    view["sources"] = [
        found.sources[s].model_dump(exclude={"replaces"}) | {"grade": found.sources[s].grade}
        for s in cited
    ]
    return view


def _law_view(record: "Record", found: "Catalog") -> list[dict[str, Any]]:
    """The facts that the law reads, with the clauses that read them."""
    from catalogs import Sku
    from catalogs.audit import unopened_vendor
    from optimizer.cli.catalog_law import clauses_by_quantity
    from optimizer.cli.catalog_text import LAW_FACTS, fact_view

    is_sku = isinstance(record, Sku)
    spans = _spans(record) if isinstance(record, Sku) else {}
    rows = []
    for name in LAW_FACTS if is_sku else ("applicable_die_area_mm2",):
        fact = record.fact(name)
        low, high = spans.get(name, (fact.low, fact.high))
        rows.append(
            fact_view(fact)
            | {"low": low, "high": high, "unopened": list(unopened_vendor(fact, found)),
               "clauses": clauses_by_quantity(name)}
        )  # fmt: skip
    return rows


def _spans(sku: "Sku") -> dict[str, tuple[Any, Any]]:
    return dict(sku.legal_intervals())


def _answer(
    data: dict[str, Any], blocks: "Iterable[Block]", format_: str | None, output: Path | None
) -> None:
    from optimizer.cli.output import emit, plan
    from optimizer.report.canonical import readable
    from optimizer.report.layout import as_markdown, as_text

    target = plan(output, format_, allowed=FORMATS)
    if target.format == "json":
        emit(target, readable({"schema": SCHEMA} | data))
    else:
        emit(target, (as_text if target.format == "text" else as_markdown)(list(blocks)))
