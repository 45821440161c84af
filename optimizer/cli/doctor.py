"""``optimize doctor``: is this installation whole?"""

import platform
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import typer

from catalogs.errors import InputError
from optimizer.cli.errors import ExitCode
from optimizer.cli.output import note

app = typer.Typer()

RULES, PARENT = "us-2023", "ga100"
"""The case that the self-test solves."""

CORE = ("ortools", "numpy", "pydantic", "typer")
EXTRAS = {
    "report": ("xlsxwriter", "typst", "vl-convert-python", "python-docx"),
    "study": ("duckdb", "distributed"),
    "serve": ("fastapi", "uvicorn"),
}


@app.command()
def doctor() -> int:
    """Check versions, where the packages lie, and that the data load and validate."""
    from optimizer import __version__

    print(f"optimize      {__version__}")
    print(f"python        {platform.python_version()}")
    faults = [_check(name, partial(version, name)) for name in CORE]
    for extra, names in EXTRAS.items():
        print(f"{extra:13} {_extra(names)}")
    faults += [
        _check("packages", _places),
        _check("catalog", _catalog),
        _check("law", _law),
        _check("solver", _solver),
    ]
    wrong = [fault for fault in faults if fault]
    for fault in wrong:
        note(f"error: {fault}")
    return ExitCode.USAGE if wrong else ExitCode.DONE


def _check(name: str, look: Callable[[], str]) -> str | None:
    """Print one line; return what is wrong, if anything."""
    try:
        print(f"{name:13} {look()}")
    except (InputError, ImportError, PackageNotFoundError) as error:
        print(f"{name:13} FAILED")
        return f"{name}: {error}"
    return None


def _extra(names: tuple[str, ...]) -> str:
    absent = []
    for name in names:
        try:
            version(name)
        except PackageNotFoundError:
            absent.append(name)
    return f"without {', '.join(absent)}" if absent else "installed"


def _places() -> str:
    import catalogs
    import constraints
    import optimizer

    modules = (optimizer, constraints, catalogs)
    homes = {str(Path(module.__file__ or "").resolve().parent.parent) for module in modules}
    if len(homes) > 1:
        raise InputError(f"packages of different distributions are mixed: {sorted(homes)}")
    return f"in {homes.pop()}, python at {sys.executable}"


def _catalog() -> str:
    from catalogs.load import load_catalog

    catalog = load_catalog()
    return f"{len(catalog.dies)} dies, {len(catalog.skus)} SKUs, {len(catalog.sources)} sources"


def _law() -> str:
    from constraints import load_law

    law = load_law()
    return f"{len(law.packs)} rules, rule sets {', '.join(law.bundles)}"


def _solver() -> str:
    from optimizer.report.solve import solve

    result = solve(RULES, parents=[PARENT])
    if result.status != "optimal":
        raise InputError(f"{PARENT} under {RULES} is {result.status}: {result.reason}")
    return f"{PARENT} under {RULES} solved and proved"
