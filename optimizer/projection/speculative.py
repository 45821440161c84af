"""Speculative decoding: some tokens are drafted cheaply, then checked in one pass of the target.

A step drafts j tokens for each of b sequences and checks j + 1 at once; A of them are kept. All
amounts here are per kept token, (draft + check) / A, so everything behind stays as it is: affine in
the batch, every amount at least zero, throughput never falling when a resource grows.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

from catalogs.architectures import ModelArchitecture
from catalogs.deployment import Speculation
from catalogs.errors import InputError
from optimizer.projection import terms
from optimizer.projection.calibration import Calibration
from optimizer.projection.passes import Request
from optimizer.projection.work import CACHE, NOTHING, Affine, Vector


@dataclass(frozen=True)
class SpeculativeRequest(Request):
    """A request whose tokens are drafted and checked; see `Request` for the other fields.

    Parameters
    ----------
    drafted : int
        Tokens drafted per step, j.
    kept : float
        Tokens of a step, A.
    drafter : Request or None
        The model that drafts, in the same layout; None where layers of the target do.
    draft_layers : int
        Layers shaped like the target's that draft, with its output head.

    Notes
    -----
    Checking multiplies the GEMM tokens by j + 1; weights and caches are read once. Rejected tokens
    are work like any other. Drafting reads as many distinct experts as checking does, at most.
    Scheduler and sampler run once per step.

    References
    ----------
    .. [1] Y. Leviathan et al., arXiv:2211.17192; DeepSeek-V3, arXiv:2412.19437, section 2.2.
    """

    drafted: int = 1
    kept: float = 1.0
    drafter: Request | None = None
    draft_layers: int = 0

    def with_constants(self, cal: Calibration) -> SpeculativeRequest:
        """Return the same request under other constants, its drafter too."""
        drafter = None if self.drafter is None else self.drafter.with_constants(cal)
        return replace(self, cal=cal, drafter=drafter)

    @property
    def _share(self) -> float:
        """Layers that draft, as a share of the target's."""
        return self.draft_layers / self.model.layers

    @cached_property
    def decode(self) -> Affine:
        """Amounts per kept token and sequence, experts' reads apart: (draft + check) / A."""
        return (self._checking + self._drafting * self.drafted) * (1 / self.kept)

    @cached_property
    def _checking(self) -> Affine:
        """One pass over j + 1 tokens of each sequence; the cache of a sequence is read once."""
        tokens = self.drafted + 1
        head = terms.output_head(self.model, self.layout.tensor, self.cal)
        work = many(self._layers + head, tokens)
        work += many(Affine(NOTHING.fixed, self._experts[0]), tokens)
        attention = many(self._attention, tokens)
        attention.slope[CACHE] = self._attention.slope[CACHE]
        work += attention
        work += terms.linear_attention(self.model, self.layout.tensor, self.cal)
        return work + self._host

    @cached_property
    def _drafting(self) -> Affine:
        """One token drafted for each sequence, without scheduler and sampler."""
        if self.drafter is not None:
            return self.drafter.decode + self._host * -1
        body = self._layers + self._attention + Affine(NOTHING.fixed, self._experts[0])
        body += terms.linear_attention(self.model, self.layout.tensor, self.cal)
        return body * self._share + terms.output_head(self.model, self.layout.tensor, self.cal)

    @cached_property
    def expert_reads(self) -> tuple[Vector, float]:
        """Amounts per distinct expert and kept token, and tokens of the group per sequence."""
        passes = 1 + self.drafted * self._share
        tokens = float(self.layout.replicas * (self.drafted + 1))
        return self._experts[1] * (passes / self.kept), tokens

    def decode_at(self, batch: float) -> Vector:
        """Amounts per kept token of `batch` sequences per replica, experts exact."""
        work = self.decode.at(batch)
        if self.model.moe_layers:
            work = work + self.expert_reads[0] * self._distinct(batch * (self.drafted + 1))
        return work

    def chunk(self, tokens: float, ends: float) -> Vector:
        """A prefill pass; what drafts reads the prompt as well."""
        own = super().chunk(tokens, ends)
        if self.drafter is not None:
            return own + self.drafter.chunk(tokens, ends)
        return own * (1 + self._share)

    @property
    def weight_bytes(self) -> float:
        """Bytes of weights on one chip, the drafter's included. [B]"""
        own = super().weight_bytes
        if self.drafter is not None:
            return own + self.drafter.weight_bytes
        return own + self.body_bytes * self._share

    @property
    def cache_bytes(self) -> float:
        """Bytes of cache of one sequence on one chip, the drafter's included. [B]"""
        own = super().cache_bytes
        if self.drafter is not None:
            return own + self.drafter.cache_bytes
        return own * (1 + self._share)

    @property
    def prefix_bytes(self) -> float:
        """Bytes of cache that sequences share on one chip, the drafter's included. [B]"""
        own = super().prefix_bytes
        if self.drafter is not None:
            return own + self.drafter.prefix_bytes
        return own * (1 + self._share)


def many(work: Affine, tokens: int) -> Affine:
    """Return a pass over several tokens of each sequence: the fixed part once, the slope often."""
    return Affine(work.fixed, work.slope * tokens)


def speculating(
    request: Request, how: Speculation, draft: ModelArchitecture | None
) -> SpeculativeRequest:
    """Return a request that drafts and checks.

    Parameters
    ----------
    request : Request
        Without speculation.
    how : Speculation
        Tokens drafted, acceptance and who drafts.
    draft : ModelArchitecture or None
        The model that drafts, where one does.

    Raises
    ------
    InputError
        The drafting model has experts, or more layers draft than the model has.
    """
    own = request.model.layers
    if (how.draft_layers or 0) > own:
        raise InputError(
            f"{how.draft_layers} layers draft, {request.model.name} itself has {own}",
            "speculation.draft_layers",
            "Give the layers of the drafting head; an MTP or EAGLE head has 1",
        )
    return SpeculativeRequest(
        **{name: getattr(request, name) for name in (f.name for f in fields(Request))},
        drafted=how.draft_tokens,
        kept=how.tokens_per_step,
        drafter=None if draft is None else drafter_of(request, draft),
        draft_layers=how.draft_layers or 0,
    )


def drafter_of(request: Request, draft: ModelArchitecture) -> Request:
    """Return the request of a drafting model in the same layout.

    Raises
    ------
    InputError
        The drafting model has experts.
    """
    if draft.moe_layers:
        raise InputError(
            f"{draft.name} has experts and cannot draft here",
            "speculation.draft_model",
            "Name a dense model, or draft_layers of the target's own shape",
        )
    return replace(request, model=draft)
