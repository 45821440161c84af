"""Canonical JSON and the hashes over it.

Canonical means: keys sorted, no spaces, ASCII only, numbers as JSON prints them
(an integer without a point, a float in its shortest form that reads back as
itself, an exact number that no float holds with all its digits), no NaN. Equal
content gives equal bytes on every machine.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from optimizer.report.numbers import json_exact, json_number

MOST_DIGITS = 18
"""Digits of a whole number that every reader of JSON holds (64 bits)."""


def plain(value: Any) -> Any:
    """A value as JSON knows it: mappings, lists, strings, numbers, booleans and null.

    An exact number becomes the JSON number that it is: a float where that prints as itself, else
    a `Decimal`. A set becomes a sorted list.

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
        case int() | float():
            return json_number(value)
        case Decimal() | Fraction():
            return json_exact(value)
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
    return "".join(_written(plain(document), None, "")).encode("ascii")


def digest(document: Any) -> str:
    """SHA-256 of the canonical form, as ``sha256:`` and 64 hexadecimal digits.

    Examples
    --------
    >>> digest({"a": 1}) == digest({"a": Decimal(1)})
    True
    """
    return "sha256:" + hashlib.sha256(canonical(document)).hexdigest()


def readable(document: Any) -> str:
    """A document as indented JSON in its own key order, ending in a newline.

    Examples
    --------
    >>> print(readable({"tpp": Decimal("2399.99999999999999999"), "needs": []}), end="")
    {
      "tpp": 2399.99999999999999999,
      "needs": []
    }
    """
    return "".join(_written(plain(document), _INDENT, "\n")) + "\n"


_INDENT = "  "


def _written(value: Any, indent: str | None, line: str) -> Iterator[str]:
    """Text of a plain value, piece by piece; without an indent keys are sorted.

    The standard encoder has no form for a number that no float holds.
    """
    match value:
        case Mapping() if value:
            keys = sorted(value) if indent is None else list(value)
            inner, colon = _inside(indent, line)
            for number, key in enumerate(keys):
                yield ("{" if number == 0 else ",") + inner + json.dumps(key) + colon
                yield from _written(value[key], indent, inner)
            yield line + "}"
        case list() if value:
            inner, _ = _inside(indent, line)
            for number, item in enumerate(value):
                yield ("[" if number == 0 else ",") + inner
                yield from _written(item, indent, inner)
            yield line + "]"
        case Decimal():
            yield format(value, "f")
        case _:
            yield json.dumps(value, ensure_ascii=True, allow_nan=False)


def _inside(indent: str | None, line: str) -> tuple[str, str]:
    """What starts a line one level further in, and what follows a key."""
    return ("", ":") if indent is None else (line + indent, ": ")


def too_long(value: Any, place: str = "") -> Iterator[str]:
    """Whole numbers that no quantity of a part reaches and no float holds, each by its place.

    Examples
    --------
    >>> list(too_long({"tpp": 10**18}))
    ['tpp: a whole number of more than 18 digits']
    """
    if isinstance(value, int) and abs(value) >= 10**MOST_DIGITS:
        yield f"{place}: a whole number of more than {MOST_DIGITS} digits"
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from too_long(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from too_long(item, f"{place}[{index}]")
