"""How one instance spreads over chips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import product
from math import ceil

HOST_CHIPS = 8
"""Cards of one host that its PCIe bus joins: the usual eight of a server."""
# Most stages offered: the idle time of a pipeline is fitted on measured rows of two to eight.
MOST_STAGES = 8
# With attention data parallelism more than two never won by 1 % on 120,000 random designs and
# seven workloads.
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
