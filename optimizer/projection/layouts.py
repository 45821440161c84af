"""How one instance spreads over chips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product
from math import ceil

from catalogs.errors import InputError

HOST_CHIPS = 8
"""Cards of one host that its PCIe bus joins: the usual eight of a server."""
# Short names of the sizes of a layout, and the name of the smallest one.
SIZES = ("TP", "DP", "EP", "PP")
ONE_CHIP = "1 chip"
# Most stages offered: the idle time of a pipeline is fitted on measured rows of two to eight.
MOST_STAGES = 8
# With attention data parallelism more than two hardly ever win: on 32,000 random designs and four
# workloads never over links, and over a bus by 1 to 8 % on three in a thousand of one workload.
MOST_STAGES_OF_REPLICAS = 2


class Path(Enum):
    """What carries the traffic between the chips of an instance."""

    NONE = "none"
    LINK = "link"
    BUS = "bus"


@dataclass(frozen=True, slots=True)
class Layout:
    """Parallelism of one instance.

    Parameters
    ----------
    tensor : int
        Chips that share every matrix of one attention replica.
    replicas : int
        Attention replicas that share one set of experts (attention data parallelism).
    experts : int
        Groups that the experts are spread over whole; 1 if every expert is cut by `tensor`.
    stages : int
        Pipeline stages.
    path : Path
        What carries the traffic.
    nodes : int
        Scale-up domains that the experts span.

    Examples
    --------
    >>> Layout(tensor=4).chips, Layout(tensor=1, replicas=8, experts=8).expert_shards
    (4, 8)
    """

    tensor: int = 1
    replicas: int = 1
    experts: int = 1
    stages: int = 1
    path: Path = Path.NONE
    nodes: int = 1

    @property
    def words(self) -> str:
        """The layout in a few letters, such as `TP2 PP4 bus`."""
        return layout_words(
            (self.tensor, self.replicas, self.experts, self.stages), self.path.value
        )

    @property
    def chips(self) -> int:
        """Chips of the instance."""
        return self.tensor * self.replicas * self.stages

    @property
    def expert_shards(self) -> int:
        """Chips over which one set of experts is spread."""
        return self.tensor * self.replicas

    def largest_stage(self, layers: int) -> float:
        """Share of the layers that the largest stage holds: ceil(L / p) / L.

        Examples
        --------
        >>> Layout(stages=4).largest_stage(80), Layout(stages=4).largest_stage(6)
        (0.25, 0.3333333333333333)
        """
        return ceil(layers / self.stages) / layers


def layout_words(sizes: tuple[int, int, int, int], path: str) -> str:
    """Return a layout in a few letters.

    Parameters
    ----------
    sizes : tuple of int
        Chips of tensor parallelism, attention replicas, expert groups, pipeline stages.
    path : str
        What carries the traffic.

    Examples
    --------
    >>> layout_words((2, 1, 1, 4), "bus"), layout_words((1, 8, 8, 1), "link")
    ('TP2 PP4 bus', 'DP8 EP8 link')
    >>> layout_words((1, 1, 1, 1), "none")
    '1 chip'
    """
    words = [f"{short}{n}" for short, n in zip(SIZES, sizes, strict=True) if n > 1]
    return " ".join([*words, path]) if words else ONE_CHIP


def named(text: str, layouts: Sequence[Layout]) -> tuple[Layout, ...]:
    """Return the layouts of a name, with every path that can carry them if it names none.

    Parameters
    ----------
    text : str
        As `layout_words` has it, in any case, with or without the path.
    layouts : sequence of Layout
        Those to choose from.

    Raises
    ------
    InputError
        No such layout; those that exist are listed.

    Examples
    --------
    >>> [x.path.value for x in named("tp2", list(choices(8)))]
    ['link', 'bus']
    """
    asked = sorted(text.casefold().split())
    found = tuple(
        layout
        for layout in layouts
        for words in [layout.words.casefold().split()]
        if asked in (sorted(words), sorted(words[:-1]))
    )
    if not found:
        known = dict.fromkeys(x.words.rpartition(" ")[0] for x in layouts if x.chips > 1)
        raise InputError(
            f"no layout '{text}'",
            "layout",
            f"There are {ONE_CHIP}, {', '.join(known)}, with link or bus behind where one is meant",
        )
    return found


def choices(
    max_chips: int, *, experts: int = 0, most_stages: int = MOST_STAGES
) -> Iterator[Layout]:
    """Yield the layouts that the projection chooses from, with every path that can carry them.

    1, 2, 4 ... `max_chips` chips, in 1, 2, 4 ... `most_stages` pipeline stages; the chips of a
    stage share every matrix or, for a mixture of experts in two stages at most, also attend to
    sequences of their own with the experts spread whole, one to a chip at least. The bus joins the
    chips of one host and no more.

    Parameters
    ----------
    max_chips : int
    experts : int
        Routed experts of a layer; 0 of a dense model.
    most_stages : int

    Examples
    --------
    >>> [(x.tensor, x.stages, x.path.value) for x in choices(2)]
    [(1, 1, 'none'), (2, 1, 'link'), (2, 1, 'bus'), (1, 2, 'link'), (1, 2, 'bus')]
    """
    for chips in _doubled(max_chips):
        paths = (Path.NONE,) if chips == 1 else (Path.LINK, Path.BUS)
        paths = paths if chips <= HOST_CHIPS else (Path.LINK,)
        for stages, path in product(_doubled(min(chips, most_stages)), paths):
            shards = chips // stages
            yield Layout(tensor=shards, stages=stages, path=path)
            if 1 < shards <= experts and stages <= MOST_STAGES_OF_REPLICAS:
                yield Layout(replicas=shards, experts=shards, stages=stages, path=path)


def _doubled(most: int) -> list[int]:
    """1, 2, 4 ... up to `most`."""
    return [2**power for power in range(most.bit_length())]


def node_count(shards: int, scale_up_domain: int) -> int:
    """Return how many scale-up domains `shards` chips span.

    Examples
    --------
    >>> node_count(32, 8)
    4
    """
    return ceil(shards / scale_up_domain)
