"""The kinds of value that a record may hold: exact numbers, closed vocabularies, frozen maps."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema

K = TypeVar("K")
V = TypeVar("V")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

# Far outside any part in any unit of a record (an exabyte per second is 1e9 GB/s), and close
# enough that products of a dozen such values stay inside binary floating point.
MOST = 10**9
LEAST = Decimal("1e-9")


def exact(value: object) -> Decimal:
    """Return an exact finite number; text, booleans and binary floats are refused.

    Examples
    --------
    >>> exact(Decimal("989.4")), exact(78)
    (Decimal('989.4'), Decimal('78'))
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"must be an exact number, not {type(value).__name__} {value!r}")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("must be a finite number")
    return number or abs(number)


def physical(value: object) -> Decimal:
    """Return an exact number that is zero or from `LEAST` to `MOST` in size.

    Examples
    --------
    >>> physical(Decimal("4000"))
    Decimal('4000')
    """
    number = exact(value)
    if abs(number) > MOST:
        raise ValueError(f"{number} is beyond any part: at most {MOST:,}, in the unit of the field")
    if number and abs(number) < LEAST:
        raise ValueError(f"{number} is below any part: 0, or at least {LEAST}")
    return number


def day(value: object) -> dt.date:
    """Return a calendar day from a TOML date or from text such as '2025-12-31', nothing else.

    Examples
    --------
    >>> day("2025-12-31")
    datetime.date(2025, 12, 31)
    """
    match value:
        case dt.datetime():
            pass
        case dt.date():
            return value
        case str() if _ISO_DAY.fullmatch(value):
            return dt.date.fromisoformat(value)
    raise ValueError(f"must be a day such as 2025-12-31, not {value!r}")


class FrozenMap(dict[K, V]):
    """A dictionary that cannot be changed, so that a shared record stays as it was read."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("records are frozen: make a new one with model_copy(update=...)")

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = pop = popitem = clear = setdefault = _refuse

    def __reduce__(self) -> tuple[type[FrozenMap[K, V]], tuple[dict[K, V]]]:
        """Pickle and copy through the constructor."""
        return FrozenMap, (dict(self),)


_SCHEMA: dict[str, Any] = {"type": "number"}
Number = Annotated[Decimal, BeforeValidator(exact), WithJsonSchema(_SCHEMA)]
Quantity = Annotated[
    Decimal,
    BeforeValidator(physical),
    Field(ge=0),
    WithJsonSchema(_SCHEMA | {"minimum": 0, "maximum": MOST}),
]
Share = Annotated[
    Decimal,
    BeforeValidator(exact),
    Field(gt=0, le=1),
    WithJsonSchema(_SCHEMA | {"exclusiveMinimum": 0, "maximum": 1}),
]
Count = Annotated[int, Strict(), Field(ge=0, le=MOST)]
Chips = Annotated[int, Strict(), Field(ge=1, le=MOST)]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]
Day = Annotated[dt.date, BeforeValidator(day)]
Texts = Annotated[Mapping[str, Text], AfterValidator(FrozenMap)]

Basis = Literal["published", "measured", "derived", "estimated"]
Grade = Literal["A", "B", "C"]
DieStatus = Literal["shipping", "discontinued", "announced", "reported", "blocked", "hypothetical"]
SkuStatus = Literal["shipped", "announced", "reported", "cancelled", "refused", "hypothetical"]
Market = Literal["global", "china", "domestic", "restricted"]
MemoryKind = Literal["HBM", "GDDR", "LPDDR"]
FormFactor = Literal[
    "sxm", "sxm4", "sxm5", "sxm6", "superchip", "oam", "apu_sh5",
    "pcie", "pcie_single_slot", "pcie_dual_slot", "pcie_low_profile",
    "pcie_consumer", "pcie_workstation", "pcie_server",
]  # fmt: skip
Confidence = Literal["high", "medium", "low"]
CoreUnit = Literal["SM", "CU", "MME", "Xe-core", "AI core", "die", "core"]
