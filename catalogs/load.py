"""The only place that opens data files for reading: TOML, CSV, and the catalog itself."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogs.errors import InputError, collected

if TYPE_CHECKING:
    from catalogs.catalog import Catalog

_DATA = Path(__file__).resolve().parent / "data"
_TOML_PLACE = re.compile(r"\(at (line \d+), (column \d+)\)")


def data_path(*parts: str) -> Path:
    """Return a path inside the built-in data folder.

    Examples
    --------
    >>> data_path("skus", "h20.toml").name
    'h20.toml'
    """
    return _DATA.joinpath(*parts)


def shown(path: Path) -> str:
    """Return a path as messages print it: short where it is below here or built in.

    Examples
    --------
    >>> shown(data_path("sources.toml"))
    'catalogs/data/sources.toml'
    """
    for root in (_DATA.parent.parent, Path.cwd()):
        if path.is_absolute() and path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return str(path)


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file; a file that cannot be read is an input error."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError("is not UTF-8 text", f"{shown(path)}, line {line}") from error
    except FileNotFoundError as error:
        raise InputError("no such file", shown(path)) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", shown(path)) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file with exact decimals: no binary float comes out of it.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    InputError
        The file is missing, not UTF-8 or not TOML; names the file and the line.

    Examples
    --------
    >>> read_toml(data_path("skus", "h20.toml"))["id"]
    'h20'
    """
    text = read_text(path)
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        raise InputError("is nested too deeply", shown(path)) from None
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        where = f"{shown(path)}, {place[1]}, {place[2]}" if place else f"{shown(path)}, last line"
        what = re.sub(r" \(at .*\)$", "", str(error))
        raise InputError(f"malformed TOML: {what}", where) from error


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a CSV file strictly: every row has exactly the columns of the header.

    Parameters
    ----------
    path : Path
        UTF-8 file, comma separated, with a header row.

    Raises
    ------
    InputError
        Unknown encoding, empty file, unnamed or repeated columns, or ragged rows; all bad rows
        are reported at once, by their number in the file.

    Examples
    --------
    >>> read_csv(data_path("nowhere.csv"))
    Traceback (most recent call last):
    ...
    catalogs.errors.InputError: catalogs/data/nowhere.csv: no such file
    """
    return [row for _, row in read_table(path)[1]]


def read_table(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Return the columns of a CSV file and its rows by their number; see ``read_csv``.

    The header is row 1; a blank row counts and is left out.

    Examples
    --------
    >>> read_table(data_path("nowhere.csv"))
    Traceback (most recent call last):
    ...
    catalogs.errors.InputError: catalogs/data/nowhere.csv: no such file
    """
    try:
        rows = list(csv.reader(io.StringIO(read_text(path), newline=""), strict=True))
    except csv.Error as error:
        raise InputError(f"malformed CSV: {error}", shown(path)) from error
    if not rows or not any(rows[0]):
        raise InputError("has no header row", shown(path))
    header = [name.strip() for name in rows[0]]
    faults = [f"row 1: column {header.index(n) + 1} has no name" for n in header if not n][:1]
    faults += [f"row 1: column '{n}' stands twice" for n in sorted(_repeated(header)) if n]
    for number, row in enumerate(rows[1:], start=2):
        if row and len(row) != len(header):
            faults.append(f"row {number}: {len(row)} values, the header names {len(header)}")
    if faults:
        raise collected(faults, shown(path))
    numbered = enumerate(rows[1:], start=2)
    return header, [(n, dict(zip(header, row, strict=True))) for n, row in numbered if row]


def _repeated(names: Sequence[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}


def load_catalog(overlays: Sequence[Path | str] = (), *, ambient: bool = True) -> Catalog:
    """Return the catalog: built-in records under the overlays, highest first.

    Parameters
    ----------
    overlays : sequence of paths
        Folders or single TOML files that come before everything else.
    ambient : bool
        Also read OPTIMIZE_PATH, ./catalogs.d and the user folder, in this order.

    Examples
    --------
    >>> load_catalog().sku("H100-SXM").die
    'gh100'
    """
    from catalogs.overlay import layers, opened

    return opened(layers(overlays, ambient=ambient))
