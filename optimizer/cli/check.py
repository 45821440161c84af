"""``optimize check``: classify one part, or a table of parts, paragraph by paragraph."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.cli import options as opt
from optimizer.cli.output import Target, emit, note, plan

if TYPE_CHECKING:
    from constraints import Assessment, Ruleset
    from optimizer.report.assessment import Part
    from optimizer.report.parts import Question

app = typer.Typer(rich_markup_mode=None)

ONE_OF = "Give exactly one of SKU, FILE, facts such as --tpp, or --from"


def _fact(flag: str, help_: str, metavar: str = "NUMBER") -> Any:
    return typer.Option(flag, metavar=metavar, help=help_, show_default=False, rich_help_panel=None)


def register(root: typer.Typer) -> None:
    """Add the command to an application."""
    root.command("check")(check_command)


@app.command()
def check_command(
    context: typer.Context,
    part: Annotated[
        str | None,
        typer.Argument(metavar="[SKU|FILE]", help="SKU id or alias, or a TOML file of facts."),
    ] = None,
    rules: opt.RulesOption = None,
    destination: opt.DestinationOption = None,
    headquarters: Annotated[
        str | None,
        typer.Option(
            "--headquarters",
            metavar="COUNTRY",
            help="Seat of the party or its parent.",
            show_default=False,
        ),
    ] = None,
    exporter: opt.ExporterOption = None,
    on: opt.OnOption = None,
    set_: opt.SetOption = None,
    with_: opt.WithOption = None,
    without: opt.WithoutOption = None,
    pack: opt.PackOption = None,
    margin: opt.MarginOption = None,
    fail_on_control: Annotated[
        bool,
        typer.Option(
            "--fail-on-control",
            help="Exit 3 if controlled (or inside the margin), 4 if undetermined.",
        ),
    ] = False,
    strict_evidence: Annotated[
        bool,
        typer.Option("--strict-evidence", help="Take the most adverse live claim of every fact."),
    ] = False,
    from_: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="CSV with columns id and fact names, one part a row.",
            show_default=False,
        ),
    ] = None,
    tpp: Annotated[str | None, _fact("--tpp", "Total processing performance.")] = None,
    performance_density: Annotated[
        str | None, _fact("--performance-density", "TPP per mm2, instead of the area.")
    ] = None,
    applicable_die_area_mm2: Annotated[
        str | None, _fact("--applicable-die-area-mm2", "Area of non-planar logic dies.")
    ] = None,
    datacenter: Annotated[
        bool, typer.Option("--datacenter", help="Designed or marketed for data centers.")
    ] = False,
    not_datacenter: opt.NotDatacenterOption = False,
    dram_bandwidth_gb_s: Annotated[
        str | None, _fact("--dram-bandwidth-gb-s", "HBM and GDDR together.")
    ] = None,
    io_bandwidth_gb_s: Annotated[
        str | None, _fact("--io-bandwidth-gb-s", "Links and PCIe, both directions.")
    ] = None,
    bit_length_x_tops: Annotated[
        str | None, _fact("--bit-length-x-tops", "October 2022 measure of speed.")
    ] = None,
    io_transfer_rate_gb_s: Annotated[
        str | None, _fact("--io-transfer-rate-gb-s", "October 2022 measure of links.")
    ] = None,
    item_kind: Annotated[
        str | None, _fact("--item-kind", "ic, cpu, hbm, assembly or server.", "KIND")
    ] = None,
    memory_bandwidth_density_gb_s_mm2: Annotated[
        str | None,
        _fact("--memory-bandwidth-density-gb-s-mm2", "Of an HBM stack or package."),
    ] = None,
    fact: opt.FactOption = None,
    catalog: opt.CatalogOption = None,
    format_: opt.RecordFormatOption = None,
    output: opt.HtmlOutputOption = None,
    quiet: opt.QuietOption = False,
) -> int:
    """Classify a part: verdict, tier, every paragraph with its sum, and what follows.

    Give exactly one of SKU, FILE, facts, or --from. An unknown fact is left out,
    never guessed. -o FILE.md or FILE.html writes a classification record to sign.
    Classification only; not legal advice.
    """
    from catalogs.errors import InputError
    from optimizer.report.parts import facts_of_flags, question, ruleset_for

    values = context.params
    given = facts_of_flags(values)
    if [part is not None, bool(given), from_ is not None].count(True) != 1:
        raise InputError(ONE_OF, "check")
    if from_ is not None:
        _refuse_with_table(values)
    bulk = from_ is not None
    if bulk:
        _refuse_bulk_record(output, format_)
    form = format_ or ("csv" if bulk and output is None else None)
    target = plan(output, form, quiet=quiet, allowed=("csv", "json") if bulk else FORMS)
    ready = ruleset_for(values)
    _print_moved(ready, target)
    if from_ is not None:
        return _bulk(from_, ready, values, target)
    asked = question(part, given, fact or (), catalog or (), ready)
    return _single(asked, ready, values, target)


# Options of one part -> why they mean nothing with a table.
OF_ONE_PART = {
    "fail_on_control": "a table exits 0 whatever its verdicts: read its column 'verdict'",
    "strict_evidence": "rows of a table have no rival claims: give the adverse value itself",
    "fact": "facts of a table stand in its columns: add one",
}


def _refuse_with_table(values: dict[str, Any]) -> None:
    from catalogs.errors import InputError

    for name, why in OF_ONE_PART.items():
        if values[name]:
            flag = "--" + name.replace("_", "-")
            what, _, remedy = why.partition(": ")
            raise InputError(
                f"means nothing with --from, as {what}", flag, remedy[0].upper() + remedy[1:]
            )


FORMS = ("text", "json", "csv", "md", "html")
RECORDS = {"md": (".md", ".markdown"), "html": (".html",)}
"""Forms that are a classification record, which speaks of one part."""


def _refuse_bulk_record(output: Path | None, form: str | None) -> None:
    from catalogs.errors import InputError

    suffix = "" if output is None else output.suffix.lower()
    if form in RECORDS or any(suffix in known for known in RECORDS.values()):
        raise InputError(
            "a classification record speaks of one part; --from gives .csv or .json",
            "--format" if form in RECORDS else "--output",
            "Check the part by itself for its record",
        )


def _places(values: dict[str, Any]) -> tuple[str, str | None]:
    from constraints.destinations import load_destinations
    from optimizer.report.settings import DEFAULT_DESTINATION

    known = load_destinations()
    place, seat = values["destination"], values["headquarters"]
    to = known.code(DEFAULT_DESTINATION if place is None else place)
    return to, None if seat is None else known.code(seat)


def _single(asked: "Question", ready: "Ruleset", values: dict[str, Any], target: Target) -> int:
    from constraints import check

    destination, headquarters = _places(values)
    said = check(
        asked.facts,
        ready,
        destination,
        headquarters,
        intervals=asked.intervals,
        strict_evidence=values["strict_evidence"],
        grades=asked.part.grades,
    )
    if target.format in RECORDS:
        emit(target, _record(said, asked.part, ready, values, target.format))
    else:
        emit(target, _rendered(said, asked.part, ready, target.format))
    return _exit_code(said, values["fail_on_control"])


def _exit_code(said: "Assessment", fail_on_control: bool) -> int:
    from optimizer.cli.errors import ExitCode

    if not fail_on_control or (said.verdict == "not_controlled" and not said.in_guard_band):
        return int(ExitCode.DONE)
    if said.verdict == "undetermined":
        note("undetermined: needs " + (", ".join(said.needs) or "more facts"))
        return int(ExitCode.UNDETERMINED)
    near = f"not controlled, but inside the guard band of {', '.join(said.guard_band)}"
    note("controlled: " + ", ".join(said.paragraphs) if said.paragraphs else near)
    return int(ExitCode.CONTROLLED)


def _rendered(said: "Assessment", part: "Part", ready: "Ruleset", form: str) -> str:
    from optimizer.report.assessment import as_page, document
    from optimizer.report.canonical import readable
    from optimizer.report.parts import single_row

    if form == "json":
        return readable(document(said, part))
    if form == "csv":
        return single_row(said, part, ready)
    return as_page(said, part, form)


def _record(
    said: "Assessment", part: "Part", ready: "Ruleset", values: dict[str, Any], form: str
) -> str:
    """The classification record of one part."""
    from optimizer.report.record import record_of
    from optimizer.report.record_evidence import origin_of
    from optimizer.report.record_html import as_html_record
    from optimizer.report.record_md import as_markdown_record

    origin = origin_of(values["part"], values["catalog"] or (), strict=values["strict_evidence"])
    record = record_of(said, part, ready, origin)
    return as_html_record(record) if form == "html" else as_markdown_record(record)


def _bulk(path: Path, ready: "Ruleset", values: dict[str, Any], target: Target) -> int:
    from constraints import screen
    from optimizer.report.check_table import classified

    destination, headquarters = _places(values)
    found = classified(path, screen(ready, destination, headquarters), target.format)
    emit(target, found.text)
    if not target.quiet:
        note(f"{ready.id} on {ready.on}, to {destination}; law last checked {ready.last_checked}")
        for each in found.warnings:
            note(f"warning: {each}")
    return 0


def _print_moved(ready: "Ruleset", target: Target) -> None:
    """Name every clause that an override moves, before the answer."""
    if target.quiet:
        return
    uses = ready.atoms()
    for path, value in ready.overrides.items():
        note(f"{path} = {value} moves {', '.join(uses[path].clauses)}")
