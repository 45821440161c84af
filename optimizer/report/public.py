"""Leave out of a document what an overlay marks as confidential."""

from collections.abc import Mapping, Sequence
from typing import Any

from catalogs.errors import InputError
from optimizer.report.result import Design

KINDS = ("dies", "skus", "memory_parts")
FILES = "files.catalog"
ESTIMATED = frozenset({"unit_cost_usd", "salvage_share", "power_w", "tdp_w"})
HIDDEN = "-"
"""Stands in a fuse map for what is not shown."""


def stripped(inputs: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Inputs without confidential values, and the paths that were left out.

    The text of overlay files is left out whole as soon as one record marks a value.

    Examples
    --------
    >>> die = {"id": "x", "yield": 0.7, "confidential": ["yield"]}
    >>> public, paths = stripped({"catalog": {"dies": {"x": die}}, "files": {}})
    >>> public["catalog"]["dies"]["x"], paths
    ({'id': 'x', 'confidential': ['yield']}, ('inputs.catalog.dies.x.yield',))
    """
    catalog: dict[str, Any] = dict(inputs["catalog"])
    paths: list[str] = []
    for kind in KINDS:
        for name, record in catalog.get(kind, {}).items():
            marked = record.get("confidential", ())
            if marked:
                kept = record
                for path in marked:
                    kept = _without(kept, path.split("."))
                kept = {**kept, "claims": _other_claims(kept, marked)} if "claims" in kept else kept
                catalog[kind] = {**catalog[kind], name: kept}
                paths += [f"inputs.catalog.{kind}.{name}.{path}" for path in marked]
    files = dict(inputs["files"])
    if paths and files.pop("catalog", None):
        paths.append(f"inputs.{FILES}")
    own, hidden = _open_figures(inputs)
    if hidden:
        paths += [f"inputs.economics.overrides.{key}" for key in hidden]
        if files.pop("economics", None):
            paths.append("inputs.files.economics")
    return {**inputs, "catalog": catalog, "economics": own, "files": files}, tuple(paths)


def refuse_false_gaps(inputs: Mapping[str, Any], paths: Sequence[str]) -> None:
    """Refuse a list of what was left out that names something which is there, or never was.

    Raises
    ------
    InputError
        A path of another kind than `stripped` writes, or one whose value is present.

    Examples
    --------
    >>> refuse_false_gaps({"files": {"catalog": {}}}, ["inputs.files.catalog"])
    Traceback (most recent call last):
    catalogs.errors.InputError: stripped: 'inputs.files.catalog' was not left out
    """
    for path in paths:
        if not _left_out(inputs, path.split(".")):
            raise InputError(f"'{path}' was not left out", where="stripped")


def _left_out(inputs: Mapping[str, Any], steps: Sequence[str]) -> bool:
    match steps:
        case ["inputs", "catalog", kind, name, *rest]:
            record = inputs.get("catalog", {}).get(kind, {}).get(name, {})
            marked = ".".join(rest) in record.get("confidential", ())
            return marked and _without(record, rest) == record
        case ["inputs", "economics", "overrides", *rest]:
            own = inputs.get("economics", {}).get("overrides", {})
            return bool(rest) and ".".join(rest) not in own
        case ["inputs", "files", "catalog" | "economics" as name]:
            return name not in inputs.get("files", {})
    return False


def _open_figures(inputs: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The user's figures without the confidential ones, whose hash would give them away too."""
    own = dict(inputs.get("economics", {}))
    figures = own.get("overrides", {})
    hidden = tuple(key for key, figure in figures.items() if figure.get("confidential"))
    if hidden:
        del own["digest"]
        own["overrides"] = {k: v for k, v in figures.items() if k not in hidden}
    return own, hidden


def hides_figures(paths: Sequence[str]) -> bool:
    """Whether a figure behind cost, salvage or power was left out."""
    return any(path.startswith("inputs.economics.") for path in paths)


def without_estimates(quantities: Mapping[str, Any]) -> dict[str, Any]:
    """Quantities without those from which a confidential figure could be worked out."""
    return {name: None if name in ESTIMATED else value for name, value in quantities.items()}


def without_parts(design: Design, paths: Sequence[str]) -> Design:
    """A design whose fuse map does not show the values of a marked die or SKU."""
    hide = {
        "die": any(path.startswith(f"inputs.catalog.dies.{design.parent}.") for path in paths),
        "parent": any(
            path.startswith(f"inputs.catalog.skus.{design.reference}.") for path in paths
        ),
    }
    blank = {name: HIDDEN for name, hidden in hide.items() if hidden}
    rows = tuple(row.model_copy(update=blank) for row in design.fuse_map)
    changes: dict[str, Any] = {"fuse_map": rows}
    if hides_figures(paths):
        changes |= {"quantities": without_estimates(design.quantities), "derived": {}}
    return design.model_copy(update=changes)


def _without(record: Mapping[str, Any], steps: list[str]) -> dict[str, Any]:
    first, rest = steps[0], steps[1:]
    kept = dict(record)
    if not rest:
        kept.pop(first, None)
    elif isinstance(kept.get(first), Mapping):
        kept[first] = _without(kept[first], rest)
    return kept


def _other_claims(record: Mapping[str, Any], marked: Any) -> list[Any]:
    return [claim for claim in record["claims"] if claim.get("field") not in marked]
