"""Which folders and files make up the catalog, in which order, and who may replace whom."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from catalogs.catalog import Catalog
from catalogs.errors import InputError, collected, near_matches
from catalogs.kinds import KINDS, Entry
from catalogs.load import data_path, read_text, read_toml, shown

SEARCH_VARIABLE = "OPTIMIZE_PATH"
LOCAL_FOLDER = "catalogs.d"
_BY_LABEL = {kind.label: kind for kind in KINDS.values()}
# More catalogs than one process works with at a time; each holds a few hundred records.
_KEPT = 32


@dataclass(frozen=True)
class Layer:
    """One folder or file of records; the first layer that has an id wins."""

    path: Path
    origin: str
    entries: dict[str, dict[str, Entry]]
    marks: frozenset[tuple[str, str]] = frozenset()
    """(kind, id) of records that say `replaces = true`."""


def places(overlays: Sequence[Path | str], *, ambient: bool = True) -> list[tuple[str, Path]]:
    """Return (origin, path) of everything that is read, highest first, without the built-in.

    Examples
    --------
    >>> [(origin, path.name) for origin, path in places(["my_chip.toml"], ambient=False)]
    [('--catalog', 'my_chip.toml')]
    """
    found = [("--catalog", Path(path)) for path in overlays]
    if not ambient:
        return found
    listed = os.environ.get(SEARCH_VARIABLE, "")
    found += [(SEARCH_VARIABLE, Path(p)) for p in listed.split(os.pathsep) if p]
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    for path in (Path(LOCAL_FOLDER), config / "optimize" / "catalogs"):
        if path.is_dir():
            found.append((f"./{LOCAL_FOLDER}" if path.name == LOCAL_FOLDER else "user", path))
    return found


def layers(
    overlays: Sequence[Path | str], *, ambient: bool = True
) -> tuple[tuple[str, Path, str], ...]:
    """Return the layers to read as (origin, path, digest of its files); a path given twice once."""
    found: dict[Path, tuple[str, Path]] = {}
    for origin, path in places(overlays, ambient=ambient):
        found.setdefault(path.resolve(), (origin, path))
    return tuple((origin, whole, _content(path)) for whole, (origin, path) in found.items())


@lru_cache(maxsize=_KEPT)
def opened(read: tuple[tuple[str, Path, str], ...]) -> Catalog:
    """Return the catalog of these layers over the built-in one.

    Raises
    ------
    InputError
        A path is missing or holds no record, or a record hides another without saying so.
    """
    stack = [_overlay(origin, path) for origin, path, _ in read] + [builtin()]
    for depth, layer in enumerate(stack[:-1]):
        faults = list(_replacement_faults(layer, stack[depth + 1 :]))
        if faults:
            raise collected(faults, shown(layer.path))
    catalog = Catalog(tuple(stack))
    for layer in stack[:-1]:
        _read_overlay(catalog, layer)
    return catalog


@lru_cache(maxsize=1)
def builtin() -> Layer:
    """Return the built-in layer; only file names and table names are read."""
    entries: dict[str, dict[str, Entry]] = {}
    for kind in KINDS.values():
        if kind.in_one_file:
            path = data_path(f"{kind.name}.toml")
            tables = [line[1:-1] for line in _table_lines(path)]
            entries[kind.name] = {name: Entry(path, name) for name in tables}
        else:
            files = sorted(data_path(kind.name).glob("*.toml"))
            entries[kind.name] = {file.stem: Entry(file) for file in files}
    return Layer(data_path(), "built-in", entries)


def _table_lines(path: Path) -> Iterator[str]:
    from catalogs.load import read_text

    for line in read_text(path).splitlines():
        if line.startswith("[") and not line.startswith("[[") and "." not in line:
            yield line.rstrip()


def _overlay(origin: str, path: Path) -> Layer:
    """Read a folder (laid out as catalogs/data, or flat) or a single TOML file."""
    if not path.exists():
        raise InputError("no such file or folder", f"{origin} {shown(path)}")
    files = [path] if path.is_file() else sorted(path.rglob("*.toml"))
    if not files:
        raise InputError("holds no .toml file", f"{origin} {shown(path)}")
    entries: dict[str, dict[str, Entry]] = {}
    marks: set[tuple[str, str]] = set()
    for file in files:
        for kind, key, data, entry in _records_in(file):
            twin = entries.setdefault(kind, {}).setdefault(key, entry)
            if twin is not entry:
                raise InputError(f"'{key}' stands in {twin.where} too", entry.where)
            if data.get("replaces") is True:
                marks.add((kind, key))
    return Layer(path, origin, entries, frozenset(marks))


def _records_in(file: Path) -> Iterator[tuple[str, str, dict[str, Any], Entry]]:
    """Yield (kind, id, data, entry) of the record or records of an overlay file."""
    data = read_toml(file)
    if file.stem in KINDS and KINDS[file.stem].in_one_file:
        for key, table in data.items():
            if not isinstance(table, dict):
                raise InputError(f"'{key}' is not a table", shown(file))
            yield file.stem, key, table, Entry(file, key, builtin=False)
        return
    kind, own_id = _kind_of(file, data), data.get("id")
    if not isinstance(own_id, str):
        raise InputError("has no id", shown(file), 'Start the file with id = "..."')
    yield kind, own_id, data, Entry(file, None, builtin=False)


def _kind_of(file: Path, data: dict[str, Any]) -> str:
    """Return the kind that the file says, else that of its folder, else a SKU."""
    label = data.get("record")
    if label is None:
        return file.parent.name if file.parent.name in KINDS else "skus"
    if label not in _BY_LABEL:
        remedy = near_matches(str(label), _BY_LABEL) or "One of: " + ", ".join(_BY_LABEL)
        raise InputError(f"unknown record = '{label}'", shown(file), remedy)
    return _BY_LABEL[label].name


def _replacement_faults(layer: Layer, below: Sequence[Layer]) -> Iterator[str]:
    for kind, entries in layer.entries.items():
        for key, entry in entries.items():
            hidden = [o.entries[kind][key] for o in below if key in o.entries.get(kind, {})]
            if hidden and (kind, key) not in layer.marks:
                yield (
                    f"{entry.path.name}: '{key}' would replace {hidden[0].where}. "
                    "Say replaces = true, or choose another id"
                )
            if not hidden and (kind, key) in layer.marks:
                known = [k for other in below for k in other.entries.get(kind, {})]
                hint = near_matches(key, known) or ""
                yield f"{entry.path.name}: '{key}' replaces nothing. {hint}".rstrip()


def _read_overlay(catalog: Catalog, layer: Layer) -> None:
    """Read the records of an overlay at once and follow their references."""
    from catalogs.audit import dangling
    from catalogs.records import Record

    for kind, entries in layer.entries.items():
        for key, entry in entries.items():
            if catalog.records(kind).entries[key] is not entry:
                continue
            record = catalog.records(kind)[key]
            faults = dangling(record, catalog) if isinstance(record, Record) else []
            if faults:
                raise collected(faults, entry.where)


def _content(path: Path) -> str:
    """Return the digest of everything below a path, so that a change is seen whatever its time."""
    files = [path] if path.is_file() else sorted(path.rglob("*.toml"))
    return sha256(repr([(str(f), read_text(f)) for f in files]).encode()).hexdigest()
