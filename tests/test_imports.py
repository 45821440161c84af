"""Who may import whom, and who may open files or speak to the terminal."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("catalogs", "constraints", "optimizer")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

# A package imports those to its left, and itself.
MAY_IMPORT = {
    "catalogs": {"catalogs"},
    "constraints": {"catalogs", "constraints"},
    "optimizer": {"catalogs", "constraints", "optimizer"},
}
READERS = {"catalogs/load.py"}
WRITERS = ("optimizer/report/", "optimizer/study/")
OPENERS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "fdopen", "mkstemp"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_point_one_way(path: Path):
    own = name(path).split("/")[0]
    ours = {module.split(".")[0] for module in imported(path)} & {*PACKAGES, "tests", "examples"}
    assert ours <= MAY_IMPORT[own]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_import_is_relative_or_starred(path: Path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert all(alias.name != "*" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_the_solver_library_stays_in_the_solver(path: Path):
    allowed = name(path).startswith("optimizer/solver/")
    assert allowed or not any(m.split(".")[0] == "ortools" for m in imported(path))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_the_terminal_belongs_to_the_command_line(path: Path):
    if not name(path).startswith("optimizer/cli/"):
        tops = {module.split(".")[0] for module in imported(path)}
        assert not tops & {"typer", "rich", "click"}
        for node in ast.walk(tree(path)):
            is_print = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            assert not (is_print and node.func.id == "print"), f"print in line {node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_files_are_opened_at_the_edges_only(path: Path):
    if name(path) in READERS or name(path).startswith(WRITERS):
        return
    for node in ast.walk(tree(path)):
        match node:
            case ast.Call(func=ast.Name(id="open")):
                raise AssertionError(f"open in line {node.lineno}")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="open")):
                continue  # the null device, see optimizer/cli/output.py
            case ast.Call(func=ast.Attribute(attr=called)):
                assert called not in OPENERS, f"{called} in line {node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_core_dependencies_are_the_only_ones(path: Path):
    import sys

    allowed = {
        *PACKAGES,
        "ortools",
        "numpy",
        "pydantic",
        "pydantic_core",
        "typer",
        "annotated_types",
    }
    tops = {module.split(".")[0] for module in imported(path)} - {""}
    assert tops <= allowed | set(sys.stdlib_module_names)
