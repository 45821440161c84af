"""Kinds of record: their folders, their names in messages, and where a record stands."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from pydantic import BaseModel

from catalogs.load import shown


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its folder or file, its name in messages, and its class."""

    name: str
    label: str
    module: str
    cls: str
    in_one_file: bool = False

    def type(self) -> type[BaseModel]:
        """Return the record class, imported when it is first needed."""
        return cast("type[BaseModel]", getattr(import_module(self.module), self.cls))


KINDS = {
    kind.name: kind
    for kind in (
        Kind("dies", "die", "catalogs.dies", "Die"),
        Kind("skus", "sku", "catalogs.skus", "Sku"),
        Kind("memory", "memory-part", "catalogs.parts", "MemoryPart"),
        Kind("links", "link-part", "catalogs.parts", "LinkPart"),
        Kind("derivations", "derivation", "catalogs.parts", "Derivation", in_one_file=True),
        Kind("models", "model", "catalogs.architectures", "ModelArchitecture"),
        Kind("workloads", "workload", "catalogs.architectures", "Workload"),
        Kind("sources", "source", "catalogs.facts", "Source", in_one_file=True),
    )
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a record stands: a file of its own, or a table of a shared file."""

    path: Path
    table: str | None = None
    builtin: bool = True

    @property
    def where(self) -> str:
        """The place as messages name it."""
        return f"{shown(self.path)} [{self.table}]" if self.table else shown(self.path)
