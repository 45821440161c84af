"""How a workload is served: drafts, cached prefixes, a pool of its own for the prompts."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from catalogs.values import MOST

MOST_CHIPS = 1024
"""Chips of an instance at most: more than any scale-up domain that is sold or announced."""
LEAST_NETWORK_GB_S = 1e-6
"""A kilobyte per second; below it no cache is handed over in a lifetime of a part. [GB/s]"""
# Wider than any shape or length that a record states, the parameters of a model included.
_MOST_NUMBER = 10**12


class Closed(BaseModel):
    """Frozen and closed: an unknown key in a file is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _plain_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse truth values and text that stand for numbers, and numbers without an end."""
        field = cls.model_fields[str(info.field_name)]
        if isinstance(value, bool) and field.annotation is not bool:
            raise ValueError(f"must not be {str(value).lower()}")
        kinds = {*get_args(field.annotation)} or {field.annotation}
        if isinstance(value, str) and kinds & {int, float}:
            raise ValueError(f"must be a number, not text '{value}'")
        if isinstance(value, float | Decimal) and not isfinite(value):
            raise ValueError(f"must be a finite number, not {str(value).lower()}")
        number = value if isinstance(value, int | float | Decimal) else 0
        if not -_MOST_NUMBER <= number <= _MOST_NUMBER:
            raise ValueError(f"is beyond {_MOST_NUMBER:.0e}")
        return value


class Speculation(Closed):
    """Speculative decoding: some tokens are drafted cheaply and checked in one pass.

    Parameters
    ----------
    draft_tokens : int
        Tokens drafted per step.
    acceptance : float
        Chance that a drafted token is kept, given that those before it are. [1]
    draft_model : str, optional
        Dense model that drafts, by id; or
    draft_layers : int, optional
        Layers shaped like the target's that draft (an MTP or EAGLE head has 1).

    Examples
    --------
    >>> Speculation(draft_tokens=3, acceptance=0.8, draft_layers=1, cite="x").tokens_per_step
    2.952
    """

    draft_tokens: int = Field(gt=0, le=64)
    acceptance: float = Field(ge=0, lt=1)
    draft_model: str | None = None
    draft_layers: int | None = Field(default=None, gt=0)
    cite: str

    @model_validator(mode="after")
    def _one_drafter(self) -> Speculation:
        if (self.draft_model is None) == (self.draft_layers is None):
            raise ValueError("who drafts: give draft_model or draft_layers, one of the two")
        return self

    @property
    def tokens_per_step(self) -> float:
        """Expected tokens of a step: (1 - a^(j+1)) / (1 - a). [tokens]

        References
        ----------
        .. [1] Y. Leviathan et al., Fast inference from transformers via speculative decoding,
           arXiv:2211.17192, equation 1.
        """
        # The sum that the quotient is of: near a = 1 the quotient is of two small differences.
        return round(sum(self.acceptance**i for i in range(self.draft_tokens + 1)), 12)


class Context(Closed):
    """The longest prompt and answer together for which a model is made.

    Parameters
    ----------
    max_context_tokens : int, optional
        Positions of its public configuration; more where its maker states an extension such as
        YaRN; unknown if absent. [tokens]
    context_source : str, optional
        Address of the configuration or card that says so.

    Examples
    --------
    >>> Context(max_context_tokens=8192, context_source="x").max_context_tokens
    8192
    """

    max_context_tokens: int | None = Field(default=None, gt=0)
    context_source: str | None = None

    @model_validator(mode="after")
    def _cited_context(self) -> Context:
        if (self.max_context_tokens is None) != (self.context_source is None):
            raise ValueError("max_context_tokens and context_source stand together")
        return self


class CachedPrefix(Closed):
    """Prompts of which a part is found in the cache: keys and values that are not computed again.

    Parameters
    ----------
    prefix_cached_share : float
        Share of the prompt that is found there. [1]
    prefix_held : str
        `once`: the sequences of a server share that part of the cache, as a system prompt or a
        common document; `each`: every sequence has its own, as the turns before in a conversation.

    References
    ----------
    .. [1] L. Zheng et al., SGLang (RadixAttention), arXiv:2312.07104, section 3.
    .. [2] vLLM, automatic prefix caching, docs.vllm.ai/en/latest/design/prefix_caching.

    Examples
    --------
    >>> CachedPrefix(prefix_cached_share=0.75).prefix_held
    'once'
    """

    prefix_cached_share: float = Field(default=0.0, ge=0, lt=1)
    prefix_held: Literal["once", "each"] = "once"


class Deployed(CachedPrefix):
    """How the requests of a member are served, where it is stated.

    Parameters
    ----------
    speculation : Speculation, optional
        Drafts; none if absent.
    layout : str, optional
        The one layout of an instance, such as `TP8`, `DP8 EP8 link`, `TP2 PP4 bus` or `1 chip`, of
        those that the projection chooses from if absent.
    beyond_context : bool
        Whether lengths may be above the longest context of the model.

    Examples
    --------
    >>> Deployed(layout="TP4 link").layout
    'TP4 link'
    """

    speculation: Speculation | None = None
    layout: str | None = Field(default=None, min_length=1, max_length=80)
    beyond_context: bool = False


class PrefillPool(Closed):
    """A pool of chips of another kind that reads the prompts and hands the cache over.

    Parameters
    ----------
    sku : str
        The chip of the pool, by id.
    max_chips_per_instance : int
        Most chips that one instance of the pool spans.
    network_gb_s_per_chip : float, optional
        Network between the pools, per chip and direction; the `scale_out_gb_s` of both chips if
        absent; from `LEAST_NETWORK_GB_S` to `MOST`. [GB/s]
    """

    sku: str
    max_chips_per_instance: int = Field(default=8, ge=1, le=MOST_CHIPS)
    network_gb_s_per_chip: float | None = Field(default=None, ge=LEAST_NETWORK_GB_S, le=MOST)
    cite: str
