"""``optimize replay RESULT``: does a result reproduce?"""

from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli import options as opt
from optimizer.cli.errors import ExitCode
from optimizer.cli.output import Target, emit, note

app = typer.Typer()

SHOWN = 10
"""Differences that are printed; the rest is counted."""


@app.command()
def replay(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A result as JSON.")],
    quiet: opt.QuietOption = False,
) -> int:
    """Solve a result again from its embedded inputs, prove it again, compare every number."""
    from optimizer.report.layout import Lines, as_text
    from optimizer.report.replay import TOLERANCE
    from optimizer.report.replay import replay as run
    from optimizer.report.solve import read_result

    target = Target("text", quiet=quiet)
    stored = read_result(result)
    found = run(stored)
    if not quiet:
        for line in found.notes:
            note(line)
    if found.reproduced and stored.stripped:
        whole = "sealed inputs are whole; nothing else can be checked without what was left out"
        emit(target, as_text([Lines((whole,), indent=0)]))
        note(f"error: {result} was not computed again: values were left out of it")
        return ExitCode.NOT_PROVED
    if found.reproduced:
        corners = stored.certificate.corners if stored.certificate else ()
        said = (
            f"reproduced: {stored.status}, every number; law and whole numbers exactly, "
            f"projected ones to {TOLERANCE:.0e}; {len(corners)} corners proved again"
        )
        emit(target, as_text([Lines((said, *found.premises), indent=0)]))
        return ExitCode.DONE
    shown = tuple(str(each) for each in found.differences[:SHOWN])
    more = len(found.differences) - len(shown)
    rest = (f"and {more} more",) if more else ()
    count = len(found.differences)
    head = f"NOT reproduced: {count} difference{'s' * (count > 1)}"
    blocks = [Lines((head, *found.premises), indent=0), Lines((*shown, *rest))]
    emit(target, as_text(blocks))
    note(f"error: {result} does not reproduce, first at {found.differences[0].path}")
    return ExitCode.NOT_REPRODUCED
