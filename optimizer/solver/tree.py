"""A balanced k-d tree over the rows of one table, held in arrays that NumPy can gather from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.solver.tables import Table


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes in heap order: the children of i are 2i+1 and 2i+2; leaves hold one row.

    Attributes
    ----------
    order : ndarray of int64, shape (leaves,)
        Row of each leaf; the last row is repeated up to a power of two.
    best : ndarray, shape (nodes, axes)
        Highest resources, then the least power, place and cents (`Table.rows`).
    columns : mapping of str to (low, high)
        Interval of every column at every node.
    all_true, any_true : ndarray of bool, shape (nodes, prints)
        Whether an atom holds on all rows, or on some.
    spread : ndarray, shape (nodes,)
        How far the resources of a node differ; -1 at leaves.
    padding : ndarray of bool, shape (nodes,)
        Leaves that repeat a row, and nodes that hold nothing else.
    """

    order: np.ndarray
    best: np.ndarray
    columns: Mapping[str, tuple[np.ndarray, np.ndarray]]
    all_true: np.ndarray
    any_true: np.ndarray
    spread: np.ndarray
    padding: np.ndarray

    @property
    def first_leaf(self) -> int:
        """Heap index of the first leaf."""
        return len(self.order) - 1

    @classmethod
    def grow(cls, table: Table, prints: np.ndarray) -> Tree:
        """Build a tree; `prints` holds the exact truth of each atom on each row."""
        order = _arrange(table.resources)
        high = _pyramid(table.resources[order], np.maximum)
        low = _pyramid(table.resources[order], np.minimum)
        width = table.resources.shape[1]
        least = _pyramid(table.rows[order][:, width:], np.minimum)
        scale = np.maximum(np.abs(high), 1e-300)
        spread = ((high - low) / scale).max(axis=1)
        spread[len(order) - 1 :] = -1.0
        repeats = np.flatnonzero(order == len(table) - 1)[1:]
        padding = np.zeros(len(order), dtype=bool)
        padding[repeats] = True
        return cls(
            order,
            np.concatenate([high, least], axis=1),
            {
                name: (_pyramid(c[order], np.minimum), _pyramid(c[order], np.maximum))
                for name, c in table.columns.items()
            },
            _pyramid(prints[order], np.logical_and),
            _pyramid(prints[order], np.logical_or),
            spread,
            _pyramid(padding, np.logical_and),
        )


def _arrange(values: np.ndarray) -> np.ndarray:
    """Leaf order: halve again and again along the axis that spreads most."""
    size = 1 << max(0, (len(values) - 1).bit_length())
    order = np.minimum(np.arange(size), len(values) - 1)
    span = values.max(axis=0) - values.min(axis=0)
    scaled = values / np.where(span > 0, span, 1.0)
    parts = 1
    while parts < size:
        blocks = scaled[order].reshape(parts, size // parts, -1)
        spread = (blocks.max(axis=1) - blocks.min(axis=1)).max(axis=0)
        axis = int(spread.argmax())
        key = blocks[:, :, axis]
        within = np.argsort(key, axis=1, kind="stable")
        order = np.take_along_axis(order.reshape(parts, -1), within, axis=1).ravel()
        parts *= 2
    return order


def _pyramid(leaves: np.ndarray, join: np.ufunc) -> np.ndarray:
    """Values of all nodes in heap order, from the leaves up."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append(join(below[0::2], below[1::2]))
    return np.concatenate(levels[::-1])
