"""A set of points that no other point dominates, kept up while a search runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Rows compared at once.
BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Front:
    """Undominated points: throughput, the other aspects (more is better), and board power.

    Power is no aspect here: of points that are equal in everything else, the least is kept.

    Attributes
    ----------
    speed : ndarray, shape (n,)
        Ascending where there is one other aspect.
    others : ndarray, shape (n, aspects)
    power : ndarray, shape (n,)
    """

    speed: np.ndarray
    others: np.ndarray
    power: np.ndarray

    def __len__(self) -> int:
        return len(self.speed)

    @classmethod
    def empty(cls, aspects: int) -> Front:
        """No points yet."""
        return cls(np.zeros(0), np.zeros((0, aspects)), np.zeros(0))

    @classmethod
    def of(cls, speed: np.ndarray, others: np.ndarray, power: np.ndarray) -> Front:
        """The undominated ones of points, each once."""
        order = np.lexsort([power, *(-others.T[::-1]), -speed])
        s, o, p = speed[order], others[order], power[order]
        new = np.ones(len(s), dtype=bool)
        new[1:] = (s[1:] != s[:-1]) | (o[1:] != o[:-1]).any(axis=1)
        s, o, p = s[new], o[new], p[new]
        keep = _single(o[:, 0]) if o.shape[1] == 1 else _several(o)
        # Slowest first, which is least of a single other aspect's cost first.
        return cls(s[keep][::-1], o[keep][::-1], p[keep][::-1])

    def with_(self, speed: np.ndarray, others: np.ndarray, power: np.ndarray) -> Front:
        """The front of these points and more."""
        if not len(speed):
            return self
        more = Front.of(speed, others, power)
        return Front.of(
            np.concatenate([self.speed, more.speed]),
            np.concatenate([self.others, more.others]),
            np.concatenate([self.power, more.power]),
        )

    def reached(self, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Best throughput among points at least as good in every other aspect, and which point.

        Returns
        -------
        tuple of ndarray
            Throughput (0 where there is no such point) and the index of the point (or -1).
        """
        if not len(self):
            return np.zeros(len(others)), np.full(len(others), -1)
        if others.shape[1] == 1:
            index = np.searchsorted(-self.others[:, 0], -others[:, 0], side="right") - 1
        else:
            parts = [
                self._reached_block(others[i : i + BLOCK]) for i in range(0, len(others), BLOCK)
            ]
            index = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
        return np.where(index >= 0, self.speed[index], 0.0), index

    def _reached_block(self, others: np.ndarray) -> np.ndarray:
        good = np.ones((len(others), len(self)), dtype=bool)
        for j in range(others.shape[1]):
            good &= self.others[None, :, j] >= others[:, j, None]
        # Points ascend in throughput, so the last good one is the best.
        last = len(self) - 1 - good[:, ::-1].argmax(axis=1)
        return np.where(good.any(axis=1), last, -1)

    def covers(self, speed: np.ndarray, others: np.ndarray, power: np.ndarray) -> np.ndarray:
        """Whether a point is better, or equal in all with less power."""
        level, index = self.reached(others)
        equal = (index >= 0) & (level == speed)
        equal[equal] = (self.others[index[equal]] == others[equal]).all(axis=1)
        lighter = np.zeros(len(speed), dtype=bool)
        lighter[equal] = self.power[index[equal]] < power[equal]
        return np.asarray(np.where(equal, lighter, level >= speed) | (speed <= 0.0))


def _single(others: np.ndarray) -> np.ndarray:
    """With one other aspect and throughput falling: a point stays if it is a new best in it."""
    best = np.maximum.accumulate(others)
    keep = np.ones(len(others), dtype=bool)
    keep[1:] = others[1:] > best[:-1]
    return keep


def _several(others: np.ndarray) -> np.ndarray:
    """With throughput falling, a point stays if no earlier one is as good in every aspect."""
    keep = np.ones(len(others), dtype=bool)
    kept = np.zeros((0, others.shape[1]))
    for start in range(0, len(others), BLOCK):
        block = others[start : start + BLOCK]
        alive = ~_beaten(block, kept)
        inner = block[alive]
        early = _beaten_by_earlier(inner)
        alive[np.flatnonzero(alive)[early]] = False
        keep[start : start + BLOCK] = alive
        kept = np.concatenate([kept, block[alive]])
    return keep


def _beaten(rows: np.ndarray, by: np.ndarray) -> np.ndarray:
    beaten = np.ones((len(rows), len(by)), dtype=bool)
    for j in range(rows.shape[1]):
        beaten &= by[None, :, j] >= rows[:, j, None]
    return np.asarray(beaten.any(axis=1))


def _beaten_by_earlier(rows: np.ndarray) -> np.ndarray:
    beaten = np.ones((len(rows), len(rows)), dtype=bool)
    for j in range(rows.shape[1]):
        beaten &= rows[None, :, j] >= rows[:, j, None]
    return np.asarray((beaten & np.tri(len(rows), k=-1, dtype=bool)).any(axis=1))
