"""Canonical JSON and the hashes over it.

Canonical means: keys sorted, no spaces, ASCII only, numbers as JSON prints them
(an integer without a point, a float in its shortest form that reads back as
itself), no NaN. Equal content gives equal bytes on every machine.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from optimizer.report.numbers import json_number


def plain(value: Any) -> Any:
    """A value as JSON knows it: mappings, lists, strings, numbers, booleans and null.

    An exact number becomes the nearest JSON number; a set becomes a sorted list.

    Examples
    --------
    >>> plain({"area": Decimal("814.0"), "on": dt.date(2025, 12, 31)})
    {'area': 814, 'on': '2025-12-31'}
    """
    match value:
        case Enum():
            return plain(value.value)
        case None | bool() | str():
            return value
        case int() | float() | Decimal() | Fraction():
            return json_number(value)
        case dt.date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted(plain(item) for item in value)
    if hasattr(value, "model_dump"):
        return plain(value.model_dump(by_alias=True))
    raise TypeError(f"{type(value).__name__} has no JSON form")


def canonical(document: Any) -> bytes:
    """Bytes of a document in canonical form.

    Examples
    --------
    >>> canonical({"b": 1, "a": Decimal("5.92")})
    b'{"a":5.92,"b":1}'
    """
    text = json.dumps(
        plain(document), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return text.encode("ascii")


def digest(document: Any) -> str:
    """SHA-256 of the canonical form, as ``sha256:`` and 64 hexadecimal digits.

    Examples
    --------
    >>> digest({"a": 1}) == digest({"a": Decimal(1)})
    True
    """
    return "sha256:" + hashlib.sha256(canonical(document)).hexdigest()


def readable(document: Any) -> str:
    """A document as indented JSON in its own key order, ending in a newline."""
    return json.dumps(plain(document), indent=2, ensure_ascii=True, allow_nan=False) + "\n"
