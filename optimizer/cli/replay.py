"""``optimize replay RESULT``: does a result reproduce?"""

from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli import options as opt
from optimizer.cli.errors import ExitCode
from optimizer.cli.output import note

app = typer.Typer()

SHOWN = 10
"""Differences that are printed; the rest is counted."""


@app.command()
def replay(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A result as JSON.")],
    quiet: opt.QuietOption = False,
) -> int:
    """Solve a result again from its embedded inputs, prove it again, compare every number."""
    from optimizer.report.replay import replay as run
    from optimizer.report.safe import safe_text
    from optimizer.report.solve import read_result

    stored = read_result(result)
    found = run(stored)
    if not quiet:
        for line in found.notes:
            note(line)
    if found.reproduced and stored.stripped:
        print("sealed inputs are whole; nothing else can be checked without what was left out")
        return ExitCode.DONE
    if found.reproduced:
        corners = stored.certificate.corners if stored.certificate else ()
        print(f"reproduced: {stored.status}, every number, {len(corners)} corners proved again")
        return ExitCode.DONE
    print(f"NOT reproduced: {len(found.differences)} differences")
    for difference in found.differences[:SHOWN]:
        print(f"  {safe_text(difference)}")
    note(f"error: {result} does not reproduce, first at {found.differences[0].path}")
    return ExitCode.NOT_REPRODUCED
