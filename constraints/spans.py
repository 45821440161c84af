"""The answers that open facts leave possible, and which facts they hang on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constraints.tracing import Truths

Answer = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """The answers that the open facts leave possible.

    Attributes
    ----------
    answers : frozenset
        Every answer that some completion gives; empty where there are too many to try.
    needs : tuple of str
        Facts for which two completions, otherwise equal, give different answers.
    whole : bool
        Whether the completions tried stand for all.
    """

    answers: frozenset[Answer]
    needs: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Truths of the comparisons of one group of facts at every point tried."""

    names: tuple[str, ...]
    atoms: tuple[int, ...]
    points: Mapping[tuple[Any, ...], Truths]

    @property
    def patterns(self) -> tuple[Truths, ...]:
        """Every distinct set of truths, once."""
        return tuple(dict.fromkeys(self.points.values()))

    def needs(self, place: int, answers: Mapping[tuple[Truths, ...], Answer]) -> Iterator[str]:
        """Facts of the group whose value alone changes some answer."""
        profiles: dict[Truths, list[Answer]] = {}
        for patterns, answer in answers.items():
            profiles.setdefault(patterns[place], []).append(answer)
        for at, name in enumerate(self.names):
            seen: dict[tuple[Any, ...], list[Answer]] = {}
            for point, pattern in self.points.items():
                rest = point[:at] + point[at + 1 :]
                if seen.setdefault(rest, profiles[pattern]) != profiles[pattern]:
                    yield name
                    break


def groups_of(
    free: tuple[str, ...], behind: Mapping[int, tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """Open facts, those that share a comparison together."""
    group = {name: {name} for name in free}
    for shared in behind.values():
        joined = set().union(*(group[name] for name in shared))
        group |= dict.fromkeys(joined, joined)
    found = dict.fromkeys(tuple(name for name in free if name in group[each]) for each in free)
    return list(found)
