"""How a workload is served beyond one pool of chips: speculative decoding, a pool for prompts."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Closed(BaseModel):
    """Frozen and closed: an unknown key in a file is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
        rate, drafted = self.acceptance, self.draft_tokens
        return round((1 - rate ** (drafted + 1)) / (1 - rate), 12)


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
        absent. [GB/s]
    """

    sku: str
    max_chips_per_instance: int = Field(default=8, ge=1)
    network_gb_s_per_chip: float | None = Field(default=None, gt=0)
    cite: str
