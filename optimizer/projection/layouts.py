"""How one instance spreads over chips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from math import ceil


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


def choices(max_chips: int, *, moe: bool) -> Iterator[Layout]:
    """Yield the layouts that the projection chooses from, with every path that can carry them.

    Tensor parallelism over 1, 2, 4 ... `max_chips`; for a mixture of experts also attention data
    parallelism with the experts spread whole.

    Examples
    --------
    >>> [(x.tensor, x.path.value) for x in choices(2, moe=False)]
    [(1, 'none'), (2, 'link'), (2, 'bus')]
    """
    size = 1
    while size <= max_chips:
        paths = (Path.NONE,) if size == 1 else (Path.LINK, Path.BUS)
        for path in paths:
            yield Layout(tensor=size, path=path)
            if moe and size > 1:
                yield Layout(replicas=size, experts=size, path=path)
        size *= 2


def node_count(shards: int, scale_up_domain: int) -> int:
    """Return how many scale-up domains `shards` chips span.

    Examples
    --------
    >>> node_count(32, 8)
    4
    """
    return ceil(shards / scale_up_domain)
