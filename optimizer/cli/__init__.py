"""The command line: ``optimize`` and its sub-commands.

Every module here is thin: it reads options, calls the library and prints.
"""

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli import options as opt
from optimizer.cli.errors import ExitCode, UsageError, report
from optimizer.cli.lazy import LazyCommand, LazyGroup
from optimizer.cli.question import DRAWS, GOALS, LAW, WISH, Options, takes

COMMANDS = {
    "check": LazyCommand("optimizer.cli.check", "Classify a part, paragraph by paragraph."),
    "project": LazyCommand("optimizer.cli.project", "Project throughput of a part."),
    "compare": LazyCommand("optimizer.cli.compare", "Set parts side by side, differences marked."),
    "backtest": LazyCommand(
        "optimizer.cli.backtest", "Set shipped parts beside the optimum of their day."
    ),
    "what-if": LazyCommand(
        "optimizer.cli.whatif", "Change the law once: who is hit, what is built."
    ),
    "frontier": LazyCommand("optimizer.cli.frontier", "Exact Pareto sets of objectives."),
    "explain": LazyCommand("optimizer.cli.explain", "What binds, what it is worth."),
    "robust": LazyCommand("optimizer.cli.robust", "One design for several rule sets."),
    "validate": LazyCommand("optimizer.cli.validate", "Set predictions beside measured rows."),
    "allocate": LazyCommand("optimizer.cli.allocate", "Share bins of a die out between parts."),
    "new-die": LazyCommand("optimizer.cli.new_die", "The least lawful area of a new die."),
    "rules": LazyCommand("optimizer.cli.rules", "The law as data: list, show, diff, timeline."),
    "catalog": LazyCommand("optimizer.cli.catalog", "The silicon as data: list, show, check."),
    "sheet": LazyCommand("optimizer.cli.sheet", "Write the spec sheet of a result."),
    "replay": LazyCommand("optimizer.cli.replay", "Solve a result again and compare."),
    "schema": LazyCommand("optimizer.cli.schema", "Print a JSON Schema."),
    "doctor": LazyCommand("optimizer.cli.doctor", "Check this installation."),
}
"""Sub-commands; one whose module is not installed is not offered."""


class RootGroup(LazyGroup):
    """The group behind ``optimize``."""

    lazy_commands = COMMANDS


app = typer.Typer(
    cls=RootGroup,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        from optimizer import __version__

        print(f"optimize {__version__}")
        raise typer.Exit


ROOT: Options = {
    **LAW,
    **WISH,
    **GOALS,
    "top": opt.TopOption,
    "diverse": opt.DiverseOption,
    **DRAWS,
    "time_limit": opt.TimeLimitOption,
    "format_": opt.SheetFormatOption,
    "output": opt.HtmlOutputOption,
    "public": opt.PublicOption,
    "quiet": opt.QuietOption,
    "version": Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ],
    "debug": Annotated[bool, typer.Option("--debug", help="Show tracebacks.")],
}
"""Options before a command."""


@app.callback(invoke_without_command=True)
@takes(ROOT)
def root(context: typer.Context, **values: Any) -> int | None:
    """Find the best derived SKU outside every control of a rule set.

    Without a command: optimize over every parent die, or those of --parent, and
    prove the answer. With -o FILE.html: one page as a data sheet. Classification
    only; not legal advice.
    """
    if context.invoked_subcommand is not None:
        return None
    from optimizer.cli.root import RootOptions, run

    return run(RootOptions.of(values))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    debug = "--debug" in words
    try:
        _check_installation()
        code = _exit_code(
            typer.main.get_command(app).main(
                args=words, prog_name="optimize", standalone_mode=False
            )
        )
        _flush()
    except (BrokenPipeError, SystemExit) as error:
        return _closed_pipe(error)
    except (Exception, KeyboardInterrupt) as error:
        return report(error, debug=debug)
    if code == ExitCode.INTERRUPTED:
        return report(KeyboardInterrupt(), debug=debug)
    return code


def _flush() -> None:
    from optimizer.cli.output import flush

    flush()


def _exit_code(value: Any) -> int:
    """A command returns its exit code or nothing."""
    return value if isinstance(value, int) and not isinstance(value, bool) else ExitCode.DONE


def _closed_pipe(error: BaseException) -> int:
    """A reader who has seen enough is no error; typer turns it into an exit of its own."""
    broken = isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError)
    if not broken:
        raise error
    from optimizer.cli.output import close_broken_pipe

    close_broken_pipe()
    return ExitCode.DONE


def _check_installation() -> None:
    """Fail loudly when another distribution's packages stand in for ours."""
    specs = {name: find_spec(name) for name in ("optimizer", "constraints", "catalogs")}
    homes = {
        name: str(Path(os.path.realpath(spec.origin)).parent.parent)
        if spec is not None and spec.origin is not None
        else "no place"
        for name, spec in specs.items()
    }
    if len(set(homes.values())) > 1:
        places = ", ".join(f"{name} in {home}" for name, home in homes.items())
        raise UsageError(
            f"packages of different distributions are mixed: {places}. "
            "Install into an environment of its own."
        )
