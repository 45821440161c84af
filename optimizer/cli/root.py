"""The root command: solve, print, and say by the exit code how it went."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from optimizer.cli.errors import ExitCode
from optimizer.cli.output import FORMATS, Target, emit, note, plan
from optimizer.cli.question import settings_of
from optimizer.report.result import Result
from optimizer.report.settings import Settings

FORMS = (*FORMATS, "html")
"""Forms of the answer; HTML is the spec sheet of the best design."""

_STATUS_CODES = {
    "optimal": ExitCode.DONE,
    "infeasible": ExitCode.INFEASIBLE,
    "feasible": ExitCode.NOT_PROVED,
    "undecided": ExitCode.NOT_PROVED,
}


@dataclass(frozen=True, slots=True)
class RootOptions:
    """Options of the root command: what to solve, and where the answer goes."""

    settings: Settings
    target: Target

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Read option values by their parameter names; nothing is solved yet."""
        target = plan(values["output"], values["format_"], quiet=values["quiet"], allowed=FORMS)
        return cls(settings_of(values), target)


def run(options: RootOptions) -> int:
    """Solve and print; the exit code says whether there is a design and a proof."""
    from optimizer.report.solve import solve_settings

    result = solve_settings(options.settings)
    emit(options.target, rendered(result, options.target.format))
    code = _STATUS_CODES[result.status]
    if options.target.path is not None and not options.target.quiet:
        note(summary(result, options.target.path))
    if code is ExitCode.INFEASIBLE:
        note(f"no feasible design: {' with '.join(result.conflict) or result.reason or ''}")
    elif code is ExitCode.NOT_PROVED:
        word = "not proved" if result.designs else "not decided"
        note(f"{word}: {result.reason or 'the time limit was reached'}")
    return code


def rendered(result: Result, form: str) -> str:
    """A result in one of the forms of ``--format``."""
    if form == "json":
        return result.to_json()
    if form == "csv":
        from optimizer.report.table import as_csv

        return as_csv(result)
    if form == "html":
        return _page(result)
    from optimizer.report.text import as_markdown_report, as_report

    return as_markdown_report(result) if form == "md" else as_report(result)


def _page(result: Result) -> str:
    """The best design as a spec sheet; without a design, the answer as a page."""
    from optimizer.report.sheet import as_html, as_html_page, sheet_of
    from optimizer.report.text import blocks

    if result.designs:
        return as_html(sheet_of(result, confirm=False))
    return as_html_page(f"No design under {result.inputs['rules']['id']}", blocks(result))


def summary(result: Result, path: Path) -> str:
    """One line for a reader whose answer went to a file."""
    from optimizer.report.numbers import significant

    if not result.designs:
        asked = result.status == "infeasible" and path.suffix.lower() == ".json"
        more = f"; next: optimize explain {path}" if asked else ""
        return f"{result.status}; the answer is in {path}{more}"
    best = result.designs[0]
    speed = significant(best.projection.tokens_per_s_per_chip)
    more = f"next: optimize replay {path}" if path.suffix.lower() == ".json" else ""
    return f"{result.status}: {best.parent}, {speed} tokens/s per chip. {more}".rstrip()
