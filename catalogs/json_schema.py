"""JSON Schemas of the files that a user may write."""

from __future__ import annotations

from typing import Any

from catalogs.errors import InputError, near_matches
from catalogs.kinds import KINDS

WRITABLE = ("die", "sku", "memory-part", "link-part")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a record file: 'die', 'sku', 'memory-part' or 'link-part'.

    Numbers are JSON numbers here; TOML files are read with exact decimals.

    Examples
    --------
    >>> schema("sku")["properties"]["cores_enabled"]["anyOf"][0]["type"]
    'integer'
    """
    by_label = {kind.label: kind for kind in KINDS.values()}
    if name not in WRITABLE:
        remedy = near_matches(name, WRITABLE) or "One of: " + ", ".join(WRITABLE)
        raise InputError(f"no schema '{name}'", None, remedy)
    found = by_label[name].type().model_json_schema()
    found["properties"] = {"record": {"const": name}} | found["properties"]
    return {"$schema": DIALECT, "$id": f"optimize-{name}/1"} | found
