"""Law is exact: no binary floating point anywhere in the package that reads it."""

import ast
from pathlib import Path

import pytest

import constraints

FILES = sorted(Path(constraints.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_floating_point_is_written(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            pytest.fail(f"{path.name}:{node.lineno}: write {node.value} as a Fraction or in a pack")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "float", f"{path.name}:{node.lineno}: float() is not exact"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_here_knows_the_solver(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith(("optimizer", "ortools", "numpy"))
