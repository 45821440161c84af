"""The catalog: records of every kind, read from their files when they are first asked for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pydantic import BaseModel

from catalogs.errors import InputError, collected, near_matches
from catalogs.kinds import KINDS, Entry, Kind
from catalogs.load import read_text, read_toml, shown
from catalogs.reading import validated

if TYPE_CHECKING:
    from catalogs.architectures import ModelArchitecture, Workload
    from catalogs.dies import Die
    from catalogs.facts import Source
    from catalogs.overlay import Layer
    from catalogs.parts import Derivation, LinkPart, MemoryPart
    from catalogs.skus import Sku

R = TypeVar("R", bound=BaseModel)
_ALIASES = re.compile(r"^aliases = \[.*\]$", re.MULTILINE)
_SEPARATORS = re.compile(r"[^a-z0-9]+")


class Records(Mapping[str, R], Generic[R]):
    """A read-only mapping of ids to records that reads each file once, on first access."""

    def __init__(self, catalog: Catalog, kind: Kind, entries: Mapping[str, Entry]) -> None:
        self._catalog = catalog
        self.kind = kind
        self.entries = dict(sorted(entries.items()))
        self._read: dict[str, R] = {}
        self._alias_index: dict[str, str] | None = None

    def __getitem__(self, key: str) -> R:
        """Return the record of an id; an unknown id is a KeyError."""
        found = self._read.get(key)
        if found is None:
            data = self._catalog.raw(self.entries[key])
            model = cast("type[R]", self.kind.type())
            if "replaces" not in model.model_fields:
                data.pop("replaces", None)
            where = self.entries[key].where
            found = validated(model, data, where, {"catalog": self._catalog})
            if (name := getattr(found, "id", key)) != key:
                what = f"id '{name}' does not match its place"
                raise InputError(what, where, f'Expected id = "{key}"')
            self._read[key] = found
        return found

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids in order, reading no record."""
        return iter(self.entries)

    def __len__(self) -> int:
        """Return the number of records, reading none."""
        return len(self.entries)

    def id_of(self, name: str) -> str:
        """Return the id for an id or alias in any spelling; unknown names are input errors."""
        if name in self.entries:
            return name
        key = squashed(name)
        own = {squashed(known): known for known in self.entries}
        found = own.get(key) or self._aliases().get(key)
        if found is None:
            remedy = near_matches(name, self.entries) or near_matches(name, self._aliases())
            listed = f"'optimize catalog list --kind {self.kind.name}' lists them"
            raise InputError(
                f"unknown {self.kind.label} '{name}'",
                None,
                remedy or f"{listed}; --catalog FILE adds one.",
            )
        return found

    def _aliases(self) -> dict[str, str]:
        if self._alias_index is None:
            self._alias_index = {
                squashed(alias): key
                for key, entry in self.entries.items()
                for alias in self._catalog.aliases(entry)
            }
        return self._alias_index


class Catalog:
    """Everything that exists, built-in records under the user's overlays.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> catalog = load_catalog()
    >>> catalog.sku("RTX4090").name, catalog.die("AD102").id
    ('GeForce RTX 4090', 'ad102')
    """

    def __init__(self, layers: tuple[Layer, ...], hidden: frozenset[str] = frozenset()) -> None:
        self.layers = layers
        self.hidden = hidden
        self._texts: dict[Path, dict[str, Any]] = {}
        self._records: dict[str, Records[Any]] = {}
        self._built_in: Catalog | None = None
        for kind in KINDS.values():
            entries: dict[str, Entry] = {}
            for layer in reversed(layers):
                entries |= layer.entries.get(kind.name, {})
            if kind.name == "skus":
                entries = {key: entry for key, entry in entries.items() if key not in hidden}
            self._records[kind.name] = Records(self, kind, entries)

    def __reduce__(self) -> tuple[type[Catalog], tuple[tuple[Layer, ...], frozenset[str]]]:
        """Pickle as the list of layers; the other process reads the files again."""
        return Catalog, (self.layers, self.hidden)

    def without(self, skus: Iterable[str]) -> Catalog:
        """Return the same catalog without some SKUs, to show what does not depend on them.

        Examples
        --------
        >>> from catalogs.load import load_catalog
        >>> catalog = load_catalog()
        >>> "h20" in catalog.without(["H20"]).skus, "h20" in catalog.skus
        (False, True)
        """
        ids = frozenset(self.skus.id_of(name) for name in skus)
        return Catalog(self.layers, self.hidden | ids)

    def replaced(self, record: BaseModel) -> Any:
        """Return the built-in record in whose place one was read, or None if it hides none.

        Examples
        --------
        >>> from catalogs.load import load_catalog
        >>> catalog = load_catalog(ambient=False)
        >>> catalog.replaced(catalog.sku("h20")) is None
        True
        """
        key = getattr(record, "id", "")
        kind = next((k.name for k in KINDS.values() if k.cls == type(record).__name__), "")
        built_in = self.layers[-1]
        if key not in built_in.entries.get(kind, {}):
            return None
        entry = self._records[kind].entries.get(key)
        if entry is built_in.entries[kind][key] and self._records[kind][key] is record:
            return None
        if self._built_in is None:
            self._built_in = Catalog((built_in,))
        return self._built_in.records(kind)[key]

    def records(self, kind: str) -> Records[Any]:
        """Return the records of a kind ('dies', 'skus', 'memory', ...)."""
        if kind not in self._records:
            raise InputError(f"unknown kind '{kind}'", None, "One of: " + ", ".join(KINDS))
        return self._records[kind]

    @property
    def dies(self) -> Records[Die]:
        """Dies and packages."""
        return self._records["dies"]

    @property
    def skus(self) -> Records[Sku]:
        """Parts as sold."""
        return self._records["skus"]

    @property
    def memory_parts(self) -> Records[MemoryPart]:
        """Memory devices."""
        return self._records["memory"]

    @property
    def link_parts(self) -> Records[LinkPart]:
        """Chip-to-chip and host links."""
        return self._records["links"]

    @property
    def derivations(self) -> Records[Derivation]:
        """How restricted SKUs were made out of others."""
        return self._records["derivations"]

    @property
    def sources(self) -> Records[Source]:
        """Documents and data sets that records cite."""
        return self._records["sources"]

    @property
    def models(self) -> Records[ModelArchitecture]:
        """Language models."""
        return self._records["models"]

    @property
    def workloads(self) -> Records[Workload]:
        """Request mixes."""
        return self._records["workloads"]

    def die(self, name: str) -> Die:
        """Return a die by id or alias."""
        return self.dies[self.dies.id_of(name)]

    def sku(self, name: str) -> Sku:
        """Return a SKU by id or alias."""
        return self.skus[self.skus.id_of(name)]

    def memory_part(self, name: str) -> MemoryPart:
        """Return a memory part by id or alias."""
        return self.memory_parts[self.memory_parts.id_of(name)]

    def link_part(self, name: str) -> LinkPart:
        """Return a link part by id or alias."""
        return self.link_parts[self.link_parts.id_of(name)]

    def model(self, name: str) -> ModelArchitecture:
        """Return a language model by id or alias."""
        return self.models[self.models.id_of(name)]

    def workload(self, name: str) -> Workload:
        """Return a workload by id or alias."""
        return self.workloads[self.workloads.id_of(name)]

    def sku_from_file(self, path: Path) -> Sku:
        """Read one SKU file that is in no folder of the catalog, e.g. a hypothetical part."""
        from catalogs.audit import dangling

        data = read_toml(path)
        if (label := data.pop("record", "sku")) != "sku":
            raise InputError(f"holds a {label}, not a sku", shown(path))
        sku = cast("Sku", validated(KINDS["skus"].type(), data, shown(path), {"catalog": self}))
        faults = dangling(sku, self)
        if faults:
            raise collected(faults, shown(path))
        return sku

    def raw(self, entry: Entry) -> dict[str, Any]:
        """Return the TOML of a record as read, without its `record` label."""
        if entry.table is None:
            return {k: v for k, v in read_toml(entry.path).items() if k != "record"}
        if entry.path not in self._texts:
            self._texts[entry.path] = read_toml(entry.path)
        table: dict[str, Any] = self._texts[entry.path][entry.table]
        return {"id": entry.table} | table

    def aliases(self, entry: Entry) -> tuple[str, ...]:
        """Return the aliases of a record; of a built-in file only that line is parsed."""
        if entry.table is not None:
            return ()
        if not entry.builtin:
            return tuple(self.raw(entry).get("aliases", ()))
        line = _ALIASES.search(read_text(entry.path))
        return tuple(tomllib.loads(line[0])["aliases"]) if line else ()


def squashed(name: str) -> str:
    """Return a name without case and separators, as aliases are compared.

    Examples
    --------
    >>> squashed("H100-SXM") == squashed("h100_sxm")
    True
    """
    return _SEPARATORS.sub("", name.lower())
