"""Every minimal conflict and every minimal correction of an infeasible request.

The two families are each other's minimal hitting sets. So the conflicts known so far propose the
sets to give up: where the rest can then be met, the proposal is a minimal correction; where it
cannot, the rest holds a conflict that is not known yet. When every proposal is settled, both
families are complete (MARCO and its kin; the number of questions grows with the answer, not with
the number of subsets).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Sets of either kind after which a listing ends as incomplete; a page of more is not read.
MOST_SETS = 60
# Questions after which a listing ends as incomplete.
MOST_ASKED = 300
# Proposals held at once, after which a listing ends as incomplete.
MOST_PROPOSALS = 2000


@dataclass(frozen=True, slots=True)
class ConflictSets:
    """What cannot hold together, and what to give up.

    Attributes
    ----------
    conflicts : tuple of tuple of str
        Each set cannot be met, and every proper subset of it can.
    corrections : tuple of tuple of str
        Without each set the rest can be met, and with any member back it cannot.
    complete : bool
        Whether these are all.
    asked : int
        Questions put to the exact solver.
    open : int
        Questions that stayed open within their bound; a conflict that met one may hold a
        superfluous member.
    """

    conflicts: tuple[tuple[str, ...], ...]
    corrections: tuple[tuple[str, ...], ...]
    complete: bool
    asked: int
    open: int = 0


Possible = Callable[[Sequence[str]], bool | None]


def conflict_sets(
    labels: Sequence[str], possible: Possible, most_asked: int = MOST_ASKED
) -> ConflictSets:
    """Enumerate minimal conflicts and minimal corrections.

    Parameters
    ----------
    labels : sequence of str
        Requirements that may be given up.
    possible : callable
        Whether some design meets a set of them; never true of a set when false of a subset.
        None where that is left open.
    most_asked : int
        Questions that may be asked.

    Examples
    --------
    >>> found = conflict_sets("abc", lambda kept: not {"a", "b"} <= set(kept))
    >>> found.conflicts, found.corrections
    ((('a', 'b'),), (('a',), ('b',)))
    """
    names = list(labels)
    listing = _Listing(names, possible, most_asked)
    whole = (1 << len(names)) - 1
    proposals, settled = [0], set[int]()
    complete = True
    while complete:
        proposal = next((p for p in proposals if p not in settled), None)
        if proposal is None:
            break
        settled.add(proposal)
        rest = whole & ~proposal
        answer = listing.holds(rest)
        if answer is False:
            listing.conflicts.append(listing.shrunk(rest))
            proposals = _multiplied(proposals, listing.conflicts[-1])
        elif answer:
            listing.corrections.append(proposal)
        complete = (
            listing.asked < most_asked
            and len(proposals) < MOST_PROPOSALS
            and max(len(listing.conflicts), len(listing.corrections)) < MOST_SETS
        )
    return ConflictSets(
        _named(listing.conflicts, names),
        _named([c for c in listing.corrections if c], names),
        complete and not listing.open,
        listing.asked,
        listing.open,
    )


class _Listing:
    """What is known so far; a question that the answers before it settle is not asked."""

    def __init__(self, names: Sequence[str], possible: Possible, most_asked: int) -> None:
        self.names, self.possible, self.most_asked = names, possible, most_asked
        self.asked = self.open = 0
        self.known: dict[int, bool | None] = {}
        self.conflicts: list[int] = []
        self.corrections: list[int] = []

    def holds(self, mask: int) -> bool | None:
        """Whether a set can be met."""
        if mask in self.known:
            return self.known[mask]
        for other, answer in self.known.items():
            if answer is False and other & ~mask == 0:
                return False
            if answer and mask & ~other == 0:
                return True
        answer = None
        if self.asked < self.most_asked:
            self.asked += 1
            answer = self.possible([n for i, n in enumerate(self.names) if mask >> i & 1])
        self.open += answer is None
        self.known[mask] = answer
        return answer

    def shrunk(self, mask: int) -> int:
        """A minimal conflict inside a conflict: members go one by one, then in halves first."""
        kept, step = mask, max(1, mask.bit_count() // 2)
        while True:
            members = [i for i in range(kept.bit_length()) if kept >> i & 1]
            for at in range(0, len(members), step):
                rest = kept & ~sum(1 << i for i in members[at : at + step])
                if rest != kept and self.holds(rest) is False:
                    kept = rest
            if step == 1:
                return kept
            step //= 2


def _multiplied(found: Sequence[int], family: int) -> list[int]:
    """Minimal sets that meet one set more (one step of Berge's multiplication), smallest first."""
    bits = [1 << i for i in range(family.bit_length()) if family >> i & 1]
    met = [h for h in found if h & family]
    grown = {h | bit for h in found if not h & family for bit in bits}
    least = [g for g in grown if not any(h & ~g == 0 for h in met)]
    least = [g for g in least if not any(h != g and h & ~g == 0 for h in least)]
    return sorted((*met, *least), key=lambda h: (h.bit_count(), h))


def _named(masks: Sequence[int], names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    sets = [tuple(n for i, n in enumerate(names) if mask >> i & 1) for mask in masks]
    return tuple(sorted(sets, key=lambda s: (len(s), [names.index(n) for n in s])))
