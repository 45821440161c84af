"""Options that several commands share, each declared once.

A command names the alias as the type of its parameter and gives its own
default: ``rules: RulesOption = None``. An option given before a sub-command is
handed on to it by its flag (see ``optimizer.cli.lazy``), so every command that
uses an alias understands ``optimize --rules us-2025 check h20`` without more.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

RulesOption = Annotated[
    str | None,
    typer.Option(
        "--rules",
        "-r",
        metavar="RULES",
        help="Rule set (us-2025), rule set on a day (us@2024-06-01), or a rule file.",
        show_default=False,
    ),
]
OnOption = Annotated[
    str | None,
    typer.Option(
        "--on", metavar="DATE", help="Day whose law applies, YYYY-MM-DD.", show_default=False
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="THRESHOLD=VALUE",
        help="Move a threshold: us_ear/3A090.a.tpp_ceiling=2400. Repeatable.",
        show_default=False,
    ),
]
WithOption = Annotated[
    list[str] | None,
    typer.Option(
        "--with", metavar="PACK", help="Add a pack or rule. Repeatable.", show_default=False
    ),
]
WithoutOption = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="PACK",
        help="Leave a pack or rule out. Repeatable.",
        show_default=False,
    ),
]
PackOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--pack", metavar="FILE", help="Read your own rule file. Repeatable.", show_default=False
    ),
]
DestinationOption = Annotated[
    str | None,
    typer.Option(
        "--destination",
        metavar="COUNTRY",
        help="Two-letter country code (default CN).",
        show_default=False,
    ),
]
ExporterOption = Annotated[
    str | None,
    typer.Option(
        "--exporter",
        metavar="NAME",
        help="Who exports; letters bind the companies they name.",
        show_default=False,
    ),
]
MarginOption = Annotated[
    list[str] | None,
    typer.Option(
        "--margin",
        metavar="[METRIC=]PERCENT",
        help="Stay that far outside every line: 1%, or tpp=1%. Repeatable.",
        show_default=False,
    ),
]
WorkloadOption = Annotated[
    str | None,
    typer.Option(
        "--workload",
        "-w",
        metavar="WORKLOAD",
        help="Workload id or file (default default-mix), or a mix: A=0.7,B=0.3.",
        show_default=False,
    ),
]
ParentOption = Annotated[
    list[str] | None,
    typer.Option(
        "--parent",
        "-p",
        metavar="DIE",
        help="Parent die; all when absent. Repeatable.",
        show_default=False,
    ),
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="NAME<=NUMBER",
        help="Limit a quantity or knob, quoted: 'tdp_w<=400'. Repeatable.",
        show_default=False,
    ),
]
FixOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fix",
        metavar="NAME=VALUE",
        help="Fix a quantity or knob. Repeatable.",
        show_default=False,
    ),
]
StackOption = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="STACK",
        help="Software stack: tensorrt-llm (default), sglang, vllm.",
        show_default=False,
    ),
]
CatalogOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--catalog",
        metavar="PATH",
        help="Overlay of catalog records, file or folder. Repeatable.",
        show_default=False,
    ),
]
FactOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fact",
        metavar="NAME=VALUE",
        help="A further fact, of the shipment too. Repeatable.",
        show_default=False,
    ),
]
NotDatacenterOption = Annotated[
    bool,
    typer.Option("--not-datacenter", help="The part is not designed or marketed for data centers."),
]


def _form(forms: str, more: str = "") -> Any:
    """Option ``--format`` of a command that takes these forms."""
    said = f"Form of the answer{more}."
    return typer.Option("--format", "-f", metavar=forms, help=said, show_default=False)


def _file(extensions: str) -> Any:
    """Option ``--output`` of a command that writes files with these extensions."""
    said = f"Write to FILE ({extensions}) instead of standard output."
    return typer.Option("--output", "-o", metavar="FILE", help=said, show_default=False)


FormatOption = Annotated[str | None, _form("text|json|csv|md")]
OutputOption = Annotated[Path | None, _file(".txt .json .csv .md")]
PageFormatOption = Annotated[str | None, _form("text|json|md")]
PageOutputOption = Annotated[Path | None, _file(".txt .json .md")]
PlainFormatOption = Annotated[str | None, _form("text|json")]
PlainOutputOption = Annotated[Path | None, _file(".txt .json")]
SheetFormatOption = Annotated[
    str | None, _form("text|json|csv|md|html", "; html is the spec sheet of the best design")
]
RecordFormatOption = Annotated[
    str | None, _form("text|json|csv|md|html", "; md and html are a record to sign")
]
HtmlOutputOption = Annotated[Path | None, _file(".txt .json .csv .md .html")]
JsonOutputOption = Annotated[Path | None, _file(".json")]
TomlOutputOption = Annotated[Path | None, _file(".toml")]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="No notes on standard error; errors stay.")
]
PublicOption = Annotated[
    bool, typer.Option("--public", help="Strip values that an overlay marks confidential.")
]
SustainedOption = Annotated[
    bool,
    typer.Option(
        "--sustained", help="Project at the clock that the board class sustains, not the highest."
    ),
]
EconomicsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set-economics",
        metavar="KEY=VALUE|FILE",
        help="Your own price, defect density or coefficient, or a file of them. Repeatable.",
        show_default=False,
    ),
]
DrawsOption = Annotated[
    int | None,
    typer.Option(
        "--draws",
        metavar="N",
        help="Draws behind the intervals of silicon estimates (default 2000).",
        show_default=False,
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", help="Their seed (default 0).", show_default=False),
]
TopOption = Annotated[
    int | None,
    typer.Option(
        "--top", metavar="N", min=1, help="Length of the ranking (default 1).", show_default=False
    ),
]
DiverseOption = Annotated[
    str | None,
    typer.Option(
        "--diverse",
        metavar="PERCENT",
        help="Rank designs that differ most, within so much of the best: 2%.",
        show_default=False,
    ),
]
ThenOption = Annotated[
    list[str] | None,
    typer.Option(
        "--then",
        metavar="QUANTITY",
        help="Next goal after throughput: power_w, unit_cost_usd, salvage_share, tpp ...; last"
        " also throughput_per_dollar, _per_watt, _per_wafer. Repeatable.",
        show_default=False,
    ),
]
WithinOption = Annotated[
    str | None,
    typer.Option(
        "--within",
        metavar="PERCENT",
        help="Share of the throughput that --then may cost (default none): 1%.",
        show_default=False,
    ),
]
ObjectiveOption = Annotated[
    str | None,
    typer.Option(
        "--objective",
        metavar="NAME",
        help="What to maximize: throughput (default), worst_throughput (of any"
        " member), throughput_per_watt, _per_dollar, _per_wafer.",
        show_default=False,
    ),
]
TimeLimitOption = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="SECONDS",
        min=0,
        help="Stop there; an unproved answer is printed and marked.",
        show_default=False,
    ),
]
