"""Open what a user names on the command line: a SKU, a file of one, or a result."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from catalogs.errors import InputError
from optimizer.report.compare_parts import Part, of_facts, of_sku

if TYPE_CHECKING:
    from catalogs import Catalog


def open_part(name: str, overlays: Sequence[Path] = ()) -> Part:
    """A part given as a SKU, a file of a SKU or of facts, or a result.

    Raises
    ------
    InputError
        No such SKU or file, or a file of another kind.

    Examples
    --------
    >>> open_part("H20").measures["tpp"].value
    Decimal('2368')
    """
    from catalogs.load import load_catalog

    path = Path(name)
    if path.suffix.lower() == ".json":
        from optimizer.report.compare_design import of_result
        from optimizer.report.solve import read_result

        return of_result(read_result(path), name)
    catalog = load_catalog(tuple(overlays))
    if path.suffix.lower() != ".toml":
        if path.is_file():
            raise InputError("is neither a result nor a SKU file", name, "Name a .json or .toml")
        return of_sku(catalog.sku(name), "catalog", catalog)
    return _of_toml(path, catalog)


def _of_toml(path: Path, catalog: "Catalog") -> Part:
    """A catalog record, or else a file of facts as `optimize check` takes it."""
    from catalogs.load import read_toml
    from optimizer.report.parts import LABELS, RECORD_KEYS

    table = read_toml(path)
    if RECORD_KEYS & table.keys():
        return of_sku(catalog.sku_from_file(path), str(path), catalog)
    facts = {key: value for key, value in table.items() if key not in LABELS}
    name = str(table.get("name", table.get("id", path.stem)))
    return of_facts(path, str(table.get("id", path.stem)), name, facts)
