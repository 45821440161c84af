"""What a number is worth whose inputs are ranges: seeded draws, and the input that moves it most.

A model is a function of a `Reader`, which turns each `Range` that it meets into numbers: its
middle, a random draw per row, or its ends one input after the other. A range of one name is drawn
alike in every model of a run, so that differences between designs are not blurred, and a further
input changes no draw of the others. Nothing else samples.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalogs.errors import InputError

Array = NDArray[np.float64]
# Reads one number, or one per row, out of a range.
Reader = Callable[["Range"], Array]

# A seed, so that two runs print the same interval; enough draws for its ends to hold to a hundredth
# of its width (tests/silicon/test_uncertainty.py), one in every stratum of every input.
DEFAULT_SEED = 0
DEFAULT_DRAWS = 2_000
LEAST_DRAWS, MOST_DRAWS = 2, 100_000
# An 80 % interval, as projections state it.
INTERVAL = (0.1, 0.5, 0.9)
CACHE_SIZE, SETS = 1000, 4
# An input that moves a number by less than this share of it does not move it.
STILL = 1e-9


@dataclass(frozen=True, slots=True)
class Range:
    """A number that is not known exactly.

    Attributes
    ----------
    low, value, high : float
        Ends and preferred value.
    name : str
        Key of the figure below `catalogs/data/economics`; without one it is never drawn.
    """

    low: float
    value: float
    high: float
    name: str = ""

    @classmethod
    def exactly(cls, value: float) -> Range:
        """Return the range of a known number."""
        return cls(value, value, value)

    @property
    def open(self) -> bool:
        """Whether it may be drawn: it has a name and its ends differ."""
        return bool(self.name) and self.low < self.high

    def middle(self) -> Array:
        """Return the preferred value."""
        return np.array([self.value], dtype=np.float64)

    def read(self, reader: Reader) -> Array:
        """Return what a reader makes of it."""
        return reader(self)

    def scaled(self, factor: float) -> Range:
        """Return the range of a multiple, drawn as this one."""
        return Range(self.low * factor, self.value * factor, self.high * factor, self.name)

    def quantile(self, chance: ArrayLike) -> Array:
        """Return the quantiles of the triangular distribution over the range.

        Examples
        --------
        >>> Range(0, 1, 2).quantile([0.0, 0.5, 1.0]).tolist()
        [0.0, 1.0, 2.0]
        """
        p, low, value, high = np.asarray(chance, np.float64), self.low, self.value, self.high
        rise = p * ((high - low) * (value - low))
        fall = (1 - p) * ((high - low) * (high - value))
        left = p * (high - low) <= value - low
        return np.where(left, low + np.sqrt(rise), high - np.sqrt(fall))


class Readable(Protocol):
    """A number that a reader reads: a range, or what is worked out from ranges."""

    def read(self, reader: Reader) -> Array:
        """Return what a reader makes of it."""
        ...


@dataclass(frozen=True, slots=True)
class Draws:
    """How often to draw, and from which seed."""

    count: int = DEFAULT_DRAWS
    seed: int = DEFAULT_SEED

    def __post_init__(self) -> None:
        """Refuse what is no number of draws and no seed."""
        if not LEAST_DRAWS <= self.count <= MOST_DRAWS:
            remedy = f"Give {LEAST_DRAWS} to {MOST_DRAWS:,}."
            raise InputError(f"{self.count} is no number of draws", "--draws", remedy)
        if self.seed < 0:
            raise InputError(f"{self.seed} is no seed", "--seed", "Give a number from 0 up.")

    @classmethod
    def of(cls, count: int | None, seed: int | None) -> Draws:
        """Return draws as asked for, the usual ones where nothing is said."""
        usual = cls()
        return cls(usual.count if count is None else count, usual.seed if seed is None else seed)

    def chances(self, name: str) -> Array:
        """Return one chance per row, one in every stratum, in an order of the name's own.

        Examples
        --------
        >>> found = Draws(4).chances("cost.memory_prices.GDDR7.2025")
        >>> sorted(int(4 * chance) for chance in found)
        [0, 1, 2, 3]
        """
        return _chances(name, self.count, self.seed)


@lru_cache(maxsize=CACHE_SIZE)
def _chances(name: str, count: int, seed: int) -> Array:
    generator = np.random.default_rng((seed, zlib.crc32(name.encode())))
    found: Array = (generator.permutation(count) + generator.random(count)) / count
    found.setflags(write=False)
    return found


@dataclass(frozen=True, slots=True)
class Mover:
    """What one input does to a number by itself.

    Attributes
    ----------
    name : str
        Key of the input.
    low, high : float
        The number with this input at its p10 and at its p90, all others in the middle.
    """

    name: str
    low: float
    high: float

    @property
    def swing(self) -> float:
        """How far the number moves."""
        both = np.array([self.low, self.high])
        return float(np.ptp(both)) if np.all(np.isfinite(both)) else float("inf")


@dataclass(frozen=True, slots=True)
class Spread:
    """The 80 % interval of a number, and its inputs by what they move.

    Attributes
    ----------
    middle : float
        The number with every input in its middle.
    low, median, high : float
        p10, p50 and p90 of the draws.
    movers : tuple of Mover
        Inputs that move it, the strongest first.
    """

    middle: float
    low: float
    median: float
    high: float
    movers: tuple[Mover, ...] = ()


@lru_cache(maxsize=SETS)
def drawn(draws: Draws) -> Reader:
    """Return the reader of random rows, shape (draws, 1); the same one for the same draws."""

    @lru_cache(maxsize=CACHE_SIZE)
    def rows(of: Range) -> Array:
        found = of.quantile(draws.chances(of.name)[:, None]) if of.open else of.middle()
        found.setflags(write=False)
        return found

    return rows


def inputs_of(model: Callable[[Reader], object]) -> tuple[Range, ...]:
    """Return the ranges that a model may draw, in the order in which it meets them."""
    met: dict[str, Range] = {}

    def read(of: Range) -> Array:
        if of.open:
            met.setdefault(of.name, of)
        return of.middle()

    model(read)
    return tuple(met.values())


def one_by_one(names: tuple[str, ...]) -> Reader:
    """Return the reader that moves one input at a time, shape (2 x inputs, 1).

    Rows come in pairs: an input at its p10, then at its p90, all others in the middle.
    """
    low, _, high = INTERVAL

    def read(of: Range) -> Array:
        found = np.full((2 * len(names), 1), of.value, np.float64)
        if of.open and of.name in names:
            at = 2 * names.index(of.name)
            found[at], found[at + 1] = of.quantile(low), of.quantile(high)
        return found

    return read


def spreads(
    model: Callable[[Reader], Mapping[str, Array]],
    draws: Draws | None = None,
    rows: Mapping[str, Array] | None = None,
) -> dict[str, Spread]:
    """Return the spread of every number of a model of one design.

    Parameters
    ----------
    model : callable
        Takes a reader, returns numbers by name; one per row of what it read.
    draws : Draws
        The default number and seed where absent.
    rows : mapping, optional
        What the model says of the draws, where that has been asked already.

    Examples
    --------
    >>> price, share = Range(4, 8, 15, "price"), Range(0.5, 0.6, 0.7, "share")
    >>> found = spreads(lambda read: {"usd": read(price) / read(share)})["usd"]
    >>> round(found.low, 1), round(found.high, 1), found.movers[0].name
    (10.2, 20.5, 'price')
    """
    middle = model(Range.middle)
    names = tuple(each.name for each in inputs_of(model))
    moved = model(one_by_one(names)) if names else {}
    if rows is None:
        rows = model(drawn(draws or Draws()))
    return {
        name: Spread(
            float(np.ravel(middle[name])[0]),
            *quantiles(values),
            movers=_movers(names, moved.get(name)),
        )
        for name, values in rows.items()
    }


def spread(model: Callable[[Reader], Array], draws: Draws | None = None) -> Spread:
    """Return the spread of the one number of a model."""
    return spreads(lambda read: {"": model(read)}, draws)[""]


def quantiles(values: ArrayLike) -> tuple[float, float, float]:
    """Return p10, p50 and p90; each is one of the values, so that none need be finite.

    Rows without a value are left out; NaN where none has one.
    """
    rows = np.ravel(np.asarray(values, np.float64))
    known = rows[~np.isnan(rows)]
    if not len(known):
        return (np.nan, np.nan, np.nan)
    low, median, high = np.quantile(known, INTERVAL, method="inverted_cdf")
    return float(low), float(median), float(high)


def _movers(names: tuple[str, ...], moved: Array | None) -> tuple[Mover, ...]:
    if moved is None:
        return ()
    pairs = np.broadcast_to(np.ravel(moved), (2 * len(names),)).reshape(-1, 2).tolist()
    each = [Mover(name, low, high) for name, (low, high) in zip(names, pairs, strict=True)]
    moving = (m for m in each if m.swing > STILL * max(abs(m.low), abs(m.high)))
    return tuple(sorted(moving, key=lambda m: (-m.swing, m.name)))
