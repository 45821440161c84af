"""What a user asks for, as plain data that a result can carry and replay."""

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from catalogs.errors import InputError

DEFAULT_DESTINATION = "CN"
# Ranks further down differ by less than any interval; a ranking costs a search of its own.
MOST_RANKS = 100
DEFAULT_WORKLOAD = "default-mix"
DEFAULT_OBJECTIVE = "throughput"
RATIO = "throughput_per_"

_COUNTRY = re.compile(r"[A-Za-z]{2}")
_MARGIN = re.compile(r"(?:(?P<name>[a-z][a-z0-9_]*)=)?(?P<share>[0-9.]+)\s*%")


@dataclass(frozen=True, slots=True)
class Settings:
    """A request in the user's own terms; every field is text, a number or a path.

    Attributes
    ----------
    rules : str
        Rule set, rule set on a day, or a rule file.
    stack : str or None
        Software stack that the projection assumes; `DEFAULT_STACK` where absent.
    margin : tuple of str
        Guard bands as typed: ``1%`` or ``tpp=1%``.
    limits, fixes : tuple of str
        As typed: ``tdp_w<=400``, ``memory_sites=6``.
    diverse : str or None
        Share of the optimum within which the ranking takes designs that differ, as typed: ``2%``.
    then : tuple of str
        Goals after the objective, the more important first: ``power_w``.
    within : str or None
        Share of the most throughput that they may cost, as typed: ``1%``; nothing where absent.
    time_limit_s : float or None
        Where an unfinished search stops. [s]
    sustained : bool
        Project at the clock that the board class sustains.
    economics : tuple of str
        Files of figures, and figures as typed: ``cost.memory_prices.HBM3.2025=20``.
    draws, seed : int or None
        Of the intervals of silicon estimates; the usual ones where absent.
    facts : tuple of str
        What the user states of the shipment or the part, as typed: ``board_count=9``.
    """

    rules: str
    parents: tuple[str, ...] = ()
    workload: str = DEFAULT_WORKLOAD
    stack: str | None = None
    on: str | None = None
    set_: tuple[str, ...] = ()
    with_: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    destination: str = DEFAULT_DESTINATION
    exporter: str | None = None
    margin: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    top: int = 1
    diverse: str | None = None
    objective: str = DEFAULT_OBJECTIVE
    then: tuple[str, ...] = ()
    within: str | None = None
    datacenter: bool = True
    time_limit_s: float | None = None
    catalog: tuple[str, ...] = ()
    public: bool = field(default=False)
    sustained: bool = False
    economics: tuple[str, ...] = ()
    draws: int | None = None
    seed: int | None = None
    facts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that no request can mean, and values of another kind."""
        for name, kind in _KINDS.items():
            if not _fits(kind, getattr(self, name)):
                raise InputError(
                    f"'{name.rstrip('_')}' is not {kind}", f"{getattr(self, name)!r}"[:_SHOWN]
                )
        if isinstance(self.top, bool) or not isinstance(self.top, int) or self.top < 1:
            raise InputError(f"{self.top!r} is no length of a ranking", "--top", "Give 1 or more")
        if self.top > MOST_RANKS:
            raise InputError(
                f"a ranking of {self.top:,} is too long",
                "--top",
                f"Give at most {MOST_RANKS}; 'optimize frontier' lists what is worth looking at.",
            )
        limit = self.time_limit_s
        if limit is not None and not 0 <= limit < math.inf:
            raise InputError(f"{limit} is no time", "--time-limit", "Give seconds from 0 up")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the result document; what stands in it only where it was given."""
        values = {name.rstrip("_"): value for name, value in asdict(self).items()}
        absent = {name for name in ("draws", "seed", "stack") if values[name] is None}
        absent |= set() if self.then else {"then", "within"}
        absent |= set() if self.facts else {"facts"}
        return {name: value for name, value in values.items() if name not in absent}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Settings of a result document.

        Raises
        ------
        InputError
            A name that no setting has, or a value of another kind than its setting.
        """
        names = {name.rstrip("_"): name for name in cls.__slots__}
        unknown = sorted(set(document) - set(names))
        if unknown or "rules" not in document:
            what = f"unknown setting '{unknown[0]}'" if unknown else "no 'rules'"
            raise InputError(what, where="inputs.options")
        values = {names[key]: _tupled(value) for key, value in document.items()}
        return cls(**values)


def objective_of(options: Mapping[str, Any]) -> str:
    """What the answer to the options of a result maximizes: a ratio that is its last goal, if any.

    Examples
    --------
    >>> objective_of({"objective": "throughput", "then": ["tpp", "throughput_per_watt"]})
    'throughput_per_watt'
    """
    last = next(reversed(options.get("then", ())), "")
    return last if last.startswith(RATIO) else str(options.get("objective", DEFAULT_OBJECTIVE))


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


_KINDS = {
    **dict.fromkeys(("rules", "workload", "destination", "objective"), "text"),
    **dict.fromkeys(("on", "exporter", "within", "stack"), "text or nothing"),
    **dict.fromkeys(
        (
            *("parents", "set_", "with_", "without", "packs", "margin"),
            *("limits", "fixes", "catalog", "then", "facts"),
        ),
        "a list of texts",
    ),
    **dict.fromkeys(("datacenter", "public"), "true or false"),
    "time_limit_s": "a number or nothing",
    **dict.fromkeys(("draws", "seed"), "a whole number or nothing"),
}
"""What each setting is, as the error says it."""

_SHOWN = 40
"""Characters of a wrong value that an error repeats."""


def _fits(kind: str, value: Any) -> bool:
    if value is None:
        return kind.endswith("or nothing")
    match kind.removesuffix(" or nothing"):
        case "text":
            return isinstance(value, str)
        case "true or false":
            return isinstance(value, bool)
        case "a list of texts":
            return isinstance(value, tuple) and all(isinstance(each, str) for each in value)
        case "a whole number":
            return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_day(text: str | None) -> dt.date | None:
    """A day written as 2025-12-31.

    Examples
    --------
    >>> read_day("2025-12-31")
    datetime.date(2025, 12, 31)
    """
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(f"'{text}' is no day", where="--on", remedy="Write 2025-12-31") from None


def read_country(text: str) -> str:
    """An ISO 3166 two-letter code, in capitals.

    Examples
    --------
    >>> read_country("cn")
    'CN'
    """
    if not _COUNTRY.fullmatch(text):
        raise InputError(
            f"'{text}' is no country code", where="--destination", remedy="Write two letters: CN"
        )
    return text.upper()


def read_margin(texts: Iterable[str]) -> Fraction | dict[str, Fraction]:
    """Guard bands: one share for every metric, or a share per metric.

    Examples
    --------
    >>> read_margin(["1%"])
    Fraction(1, 100)
    >>> read_margin(["tpp=0.5%", "dram_bandwidth_gb_s=2%"])["tpp"]
    Fraction(1, 200)
    """
    per_metric: dict[str, Fraction] = {}
    whole: Fraction | None = None
    for text in texts:
        name, share = _one_margin(text)
        if name is None and whole is None:
            whole = share
        elif name is not None and name not in per_metric:
            per_metric[name] = share
        else:
            raise InputError(f"{text} is the second of its kind", where="--margin")
    if whole is not None and per_metric:
        raise InputError(
            "one margin for all and margins per metric cannot be mixed",
            where="--margin",
            remedy="Name every metric",
        )
    return per_metric or whole or Fraction(0)


def _one_margin(text: str) -> tuple[str | None, Fraction]:
    match = _MARGIN.fullmatch(text.strip())
    try:
        share = Fraction(Decimal(match["share"])) / 100 if match else None
    except InvalidOperation:
        share = None
    if match is None or share is None or not 0 <= share < 1:
        raise InputError(
            f"'{text}' is no margin",
            where="--margin",
            remedy="Write 1% or tpp=1%, from 0 % to less than 100 %",
        )
    return match["name"], share


def read_share(text: str | None, option: str) -> Fraction | None:
    """A share below 100 %, as typed.

    Examples
    --------
    >>> read_share("2%", "--diverse")
    Fraction(1, 50)
    """
    if text is None:
        return None
    match = _MARGIN.fullmatch(text.strip())
    try:
        share = Fraction(Decimal(match["share"])) / 100 if match and not match["name"] else None
    except InvalidOperation:
        share = None
    if share is None or not 0 <= share < 1:
        raise InputError(f"'{text}' is no share", option, "Write 2%, from 0 % to less than 100 %")
    return share


def read_pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """``NAME=VALUE`` pairs, each name once.

    Examples
    --------
    >>> read_pairs(["us_ear/3A090.a.tpp_ceiling=2400"], "--set")
    {'us_ear/3A090.a.tpp_ceiling': '2400'}
    """
    pairs: dict[str, str] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        name, value = name.strip(), value.strip()
        if not separator or not name or not value:
            raise InputError(f"'{text}' is not NAME=VALUE", where=option)
        if name in pairs:
            raise InputError(f"'{name}' is given twice", where=option)
        pairs[name] = value
    return pairs


def read_paths(texts: Iterable[str]) -> tuple[Path, ...]:
    """Paths of settings, which hold them as text."""
    return tuple(Path(text) for text in texts)
