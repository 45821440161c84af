"""The files of silicon figures as plain tables, each figure with the key that it goes by."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalogs.load import data_path, read_toml

FILES = ("power", "yield", "cost", "floorplans", "area", "sources")


def economics_tables() -> dict[str, dict[str, Any]]:
    """Return the tables of the built-in files by file stem, unvalidated."""
    return {stem: read_toml(data_path("economics", f"{stem}.toml")) for stem in FILES}


def keyed(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the same tables with its key in every figure: the path that `--set-economics` takes.

    Examples
    --------
    >>> figure = {"value": 1, "low": 1, "high": 1}
    >>> keyed({"yield": {"alpha_cluster": figure}})["yield"]["alpha_cluster"]["key"]
    'yield.alpha_cluster'
    """
    return {stem: _with_keys(table, stem) for stem, table in tables.items()}


def builtin_figure(key: str) -> Mapping[str, Any] | None:
    """Return the built-in figure of a key, unvalidated; None where no file has it.

    Examples
    --------
    >>> print(builtin_figure("power.board.fixed_w")["high"])
    45
    """
    found = _figures(keyed(economics_tables()))
    return next((each for each in found if each["key"].casefold() == key.casefold()), None)


def _figures(part: Any) -> Iterator[Mapping[str, Any]]:
    """Every figure of keyed tables."""
    match part:
        case Mapping() if "key" in part:
            yield part
        case Mapping():
            for each in part.values():
                yield from _figures(each)
        case list():
            for each in part:
                yield from _figures(each)


def _with_keys(part: Any, path: str) -> Any:
    """The same tables, with its path in every figure; a dated price is named by kind and year."""
    match part:
        case Mapping():
            own = {"key": path} if {"value", "low", "high"} <= set(part) else {}
            return {name: _with_keys(value, f"{path}.{name}") for name, value in part.items()} | own
        case list() | tuple():
            return [_dated(item, path) for item in part]
    return part


def _dated(item: Any, path: str) -> Any:
    """An item of a list: its figures have the path of the list, the kind and the year."""
    if not isinstance(item, Mapping):
        return item
    path = f"{path}.{item.get('kind', item.get('process'))}.{item.get('year')}"
    return {
        name: {**value, "key": path} if isinstance(value, Mapping) else value
        for name, value in item.items()
    }
