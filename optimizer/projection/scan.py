"""Throughput of many designs on several workloads, over threads; the same bits for any number."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from optimizer.projection.resources import Array, Resources
from optimizer.projection.serving import Prepared, part

# Designs of one piece of work. Fixed, so that pieces, and with them results, do not hang on the
# number of threads; NumPy lets go of the interpreter inside a piece.
BLOCK = 200_000


def scan(
    workloads: Sequence[Prepared], resources: Resources, *, threads: int | None = None
) -> Array:
    """Output tokens per second and chip of every design on every workload. (W, n)

    Parameters
    ----------
    workloads : sequence of Prepared
        Made ready by `prepare`.
    resources : Resources
        The designs.
    threads : int, optional
        Pieces worked on at a time; as many as this process may use cores if absent.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> from optimizer.projection import prepare
    >>> catalog = load_catalog()
    >>> ready = [prepare(catalog.workload(name), catalog) for name in ("chat-8b", "chat-70b")]
    >>> memory = np.array([48.0, 96.0]) * 2**30
    >>> chips = Resources(148e12, 296e12, 296e12, 148e12, 4e12, np.inf, memory, 450e9, 64e9)
    >>> scan(ready, chips).shape
    (2, 2)
    """
    count = resources.count
    out = np.empty((len(workloads), count))

    def work(piece: tuple[int, int]) -> None:
        row, start = piece
        stop = min(start + BLOCK, count)
        rates = workloads[row].tokens_per_s_per_chip(part(resources, start, stop))
        out[row, start:stop] = rates

    pieces = [(row, start) for row in range(len(workloads)) for start in range(0, count, BLOCK)]
    with ThreadPoolExecutor(threads or usable_cores()) as pool:
        for _ in pool.map(work, pieces):
            pass
    return out


def usable_cores() -> int:
    """Cores that this process may use.

    Examples
    --------
    >>> usable_cores() >= 1
    True
    """
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
