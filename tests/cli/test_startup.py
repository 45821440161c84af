"""What a mere question for help costs."""

import subprocess
import sys
import time

import pytest

HEAVY = {"ortools", "numpy", "pandas", "rich"}
MODELS = {"pydantic"}  # typer itself reads option values with it, so help alone is free of it
FULL = "import ortools.sat.python.cp_model, pydantic, typer"


def loaded_by(*arguments: str) -> set[str]:
    code = (
        "import sys; from optimizer.cli import main; "
        f"main({list(arguments)!r}); print(*sorted(sys.modules), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {module.split(".")[0] for module in run.stderr.split()}


@pytest.mark.parametrize("arguments", [["--help"], ["--bogus"]])
def test_help_imports_nothing_heavy(arguments):
    assert not loaded_by(*arguments) & (HEAVY | MODELS)


@pytest.mark.parametrize("arguments", [["--version"], ["chek"], ["--top", "0"], []])
def test_usage_errors_need_no_solver(arguments):
    assert not loaded_by(*arguments) & HEAVY


def test_importing_the_library_imports_nothing_heavy():
    code = "import sys, optimizer; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {module.split(".")[0] for module in run.stdout.split()} & (HEAVY | MODELS)


def test_help_takes_less_than_half_of_the_full_imports():
    def best(arguments: list[str]) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
            times.append(time.perf_counter() - start)
        return min(times)

    assert best(["-m", "optimizer.cli", "--help"]) < best(["-c", FULL]) / 2
