"""What exists: dies, SKUs, memory and links, each value with who says so and since when."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from catalogs.errors import InputError

if TYPE_CHECKING:
    from catalogs.catalog import Catalog
    from catalogs.dies import Die
    from catalogs.facts import Claim, Fact
    from catalogs.json_schema import schema
    from catalogs.load import load_catalog
    from catalogs.parts import LinkPart, MemoryPart
    from catalogs.skus import Sku

__all__ = [
    "Catalog", "Claim", "Die", "Fact", "InputError", "LinkPart", "MemoryPart", "Sku",
    "load_catalog", "schema",
]  # fmt: skip

_HOME = {
    "Catalog": "catalog",
    "Claim": "facts",
    "Die": "dies",
    "Fact": "facts",
    "LinkPart": "parts",
    "MemoryPart": "parts",
    "Sku": "skus",
    "load_catalog": "load",
    "schema": "json_schema",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that start-up stays quick."""
    if name not in _HOME:
        raise AttributeError(f"module 'catalogs' has no attribute '{name}'")
    return getattr(import_module(f"catalogs.{_HOME[name]}"), name)
