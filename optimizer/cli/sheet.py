"""``optimize sheet RESULT``: the spec sheet of a design."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.cli import options as opt
from optimizer.cli.output import emit, plan

if TYPE_CHECKING:
    from optimizer.report.sheet import Sheet

app = typer.Typer()

FORMS = ("text", "html", "md", "json")


@app.command()
def sheet(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A result as JSON.")],
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Name of the part (default from parent and figures).",
            show_default=False,
        ),
    ] = None,
    rank: Annotated[
        int, typer.Option("--rank", metavar="N", min=1, help="Which design of the ranking.")
    ] = 1,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="text|html|md|json",
            help="Form of the sheet.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to FILE (.html .md .json .txt) instead of standard output.",
            show_default=False,
        ),
    ] = None,
    quiet: opt.QuietOption = False,
) -> None:
    """Write the spec sheet of a result: one page in the manner of a data sheet.

    Throughput is projected, power and yield are estimated. The HTML is one file
    that works offline. Classification only; not legal advice.
    """
    target = plan(output, format_, quiet=quiet, allowed=FORMS)
    from optimizer.report.sheet import sheet_of
    from optimizer.report.solve import read_result

    emit(target, rendered(sheet_of(read_result(result), name=name, rank=rank), target.format))


def rendered(made: "Sheet", form: str) -> str:
    """A sheet in one of its forms."""
    from optimizer.report.sheet import as_html, as_markdown_sheet, as_text_sheet

    if form == "json":
        return made.to_json()
    if form == "html":
        return as_html(made)
    return as_markdown_sheet(made) if form == "md" else as_text_sheet(made)
