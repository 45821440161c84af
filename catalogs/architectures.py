"""What is served: shapes of language models and the request mixes that they answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from catalogs.deployment import MOST_CHIPS, Closed, Context, Deployed, PrefillPool

WeightFormat = Literal["fp16", "bf16", "fp8", "int8", "nvfp4", "mxfp4", "int4"]
CacheFormat = Literal["fp16", "bf16", "fp8", "int8"]

# Matrices of a gated feed-forward block: gate, up and down (Shazeer 2020, arXiv:2002.05202).
GATED_MATRICES = 3
PLAIN_MATRICES = 2
# A published size is rounded by its publisher; a shape that misses it by more is a typing error.
SIZE_TOLERANCE = 0.01
BILLION = 1e9
# The shares of the members of a mix add up to one, to the digits that TOML carries.
SHARE_TOLERANCE = 1e-9
MOST_TOKENS = 10**9
"""Tokens of a prompt or an answer at most: a thousand times the longest context that is served."""
LEAST_MS, MOST_MS = 1e-3, 1e9
"""Limits on a time: a microsecond, and near twelve days; for no limit, leave it out. [ms]"""


class LatentAttention(Closed):
    """Shape of multi-head latent attention (DeepSeek-V2, arXiv:2405.04434, section 2.1)."""

    q_rank: int = Field(gt=0)
    kv_rank: int = Field(gt=0)
    rope_dim: int = Field(gt=0)
    nope_dim: int = Field(gt=0)
    v_dim: int = Field(gt=0)


class LinearAttention(Closed):
    """Shape of the gated delta-rule layers of a hybrid model (arXiv:2412.06464).

    Such a layer keeps a state of `value_heads` matrices of `head_dim` squared per sequence in
    place of a cache that grows.
    """

    layers: int = Field(gt=0)
    key_heads: int = Field(gt=0)
    value_heads: int = Field(gt=0)
    head_dim: int = Field(gt=0)

    @property
    def state_elements(self) -> int:
        """Elements of the state of one sequence in one layer."""
        return self.value_heads * self.head_dim**2


class SparseAttention(Closed):
    """Shape of DeepSeek sparse attention: an indexer picks the keys that a query attends to."""

    top_k_tokens: int = Field(gt=0)
    index_heads: int = Field(gt=0)
    index_dim: int = Field(gt=0)


class ModelArchitecture(Context):
    """Shape of one decoder-only language model, as its public configuration states it.

    Only the shape is stored; every count of parameters or bytes is computed from it.

    Examples
    --------
    >>> tiny = ModelArchitecture(
    ...     id="tiny", name="Tiny", layers=1, hidden=4, q_heads=2, kv_heads=1, head_dim=2,
    ...     dense_layers=1, ffn=8, vocab=10, published_params_b=2.24e-7, basis="published",
    ...     source="https://example.org/config.json", size_source="https://example.org")
    >>> tiny.total_params, tiny.cache_elements_per_token
    (224, 4)
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    aliases: tuple[str, ...] = ()
    layers: int = Field(gt=0)
    hidden: int = Field(gt=0)
    q_heads: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    head_dim: int = Field(gt=0)
    vocab: int = Field(gt=0)
    tied_embeddings: bool = False
    dense_layers: int = Field(ge=0)
    ffn: int = Field(default=0, ge=0)
    ffn_gated: bool = True
    experts: int = Field(default=0, ge=0)
    top_k: int = Field(default=0, ge=0)
    expert_ffn: int = Field(default=0, ge=0)
    shared_ffn: int = Field(default=0, ge=0)
    latent: LatentAttention | None = None
    linear: LinearAttention | None = None
    sparse: SparseAttention | None = None
    gated_attention: bool = False
    sliding_window_layer_share: float = Field(default=0.0, ge=0, le=1)
    sliding_window_tokens: int | None = Field(default=None, gt=0)
    published_params_b: float = Field(gt=0)
    other_params_b: float = Field(default=0.0, ge=0)
    size_tolerance: float = Field(default=SIZE_TOLERANCE, gt=0, le=0.02)
    basis: Literal["published", "estimated"]
    source: str
    size_source: str
    note: str | None = None
    replaces: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> ModelArchitecture:
        faults = list(self._faults())
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _faults(self) -> list[str]:
        faults = []
        if self.dense_layers > self.layers:
            faults.append("dense_layers exceeds layers")
        if self.dense_layers and not self.ffn:
            faults.append("dense layers need ffn")
        routed = (self.experts, self.top_k, self.expert_ffn)
        if self.moe_layers and not all(routed):
            faults.append("layers that are not dense need experts, top_k and expert_ffn")
        if self.top_k > self.experts:
            faults.append("top_k exceeds experts")
        if self.linear is not None and self.linear.layers > self.layers:
            faults.append("linear layers exceed layers")
        if self.q_heads < self.kv_heads:
            faults.append("kv_heads exceeds q_heads")
        if (self.sliding_window_layer_share > 0) != (self.sliding_window_tokens is not None):
            faults.append("a sliding window needs both its share of layers and its tokens")
        computed = self.total_params / BILLION + self.other_params_b
        if abs(computed / self.published_params_b - 1) > self.size_tolerance:
            faults.append(
                f"the shape has {computed:.2f} B parameters, published are "
                f"{self.published_params_b:.2f} B: more than {self.size_tolerance:.0%} apart"
            )
        return faults

    @property
    def moe_layers(self) -> int:
        """Layers whose feed-forward block is a mixture of experts."""
        return self.layers - self.dense_layers

    @property
    def attention_params(self) -> int:
        """Weights of the attention projections of one softmax layer, its output gate included."""
        d, h = self.hidden, self.q_heads
        if self.latent is None:
            gate = h if self.gated_attention else 0
            return d * (h + gate + 2 * self.kv_heads) * self.head_dim + h * self.head_dim * d
        m = self.latent
        queries = d * m.q_rank + m.q_rank * h * (m.nope_dim + m.rope_dim)
        keys = d * (m.kv_rank + m.rope_dim) + m.kv_rank * h * (m.nope_dim + m.v_dim)
        return queries + keys + h * m.v_dim * d + self._indexer_params

    @property
    def _indexer_params(self) -> int:
        """Weights that choose the keys of sparse attention: queries from the latent, one key."""
        if self.sparse is None or self.latent is None:
            return 0
        s = self.sparse
        queries = self.latent.q_rank * s.index_heads * s.index_dim
        return queries + self.hidden * (s.index_dim + s.index_heads)

    @property
    def attention_layers(self) -> int:
        """Layers of softmax attention, which keep a cache per token."""
        return self.layers - (self.linear.layers if self.linear else 0)

    @property
    def linear_params(self) -> int:
        """Weights of one linear-attention layer: queries, keys, values, gate, output."""
        if self.linear is None:
            return 0
        m = self.linear
        wide = 2 * m.key_heads * m.head_dim + GATED_MATRICES * m.value_heads * m.head_dim
        return self.hidden * (wide + 2 * m.value_heads)

    @property
    def mixing_params(self) -> int:
        """Weights of attention over all layers, softmax and linear."""
        linear = self.linear.layers * self.linear_params if self.linear else 0
        return self.attention_layers * self.attention_params + linear

    @property
    def ffn_params(self) -> int:
        """Weights of the feed-forward block of one dense layer."""
        return (GATED_MATRICES if self.ffn_gated else PLAIN_MATRICES) * self.hidden * self.ffn

    @property
    def expert_params(self) -> int:
        """Weights of one routed expert of one layer."""
        return GATED_MATRICES * self.hidden * self.expert_ffn

    @property
    def shared_params(self) -> int:
        """Weights of the shared experts and the router of one layer."""
        return GATED_MATRICES * self.hidden * self.shared_ffn + self.hidden * self.experts

    @property
    def embedding_params(self) -> int:
        """Weights of the input and output embeddings."""
        return (1 if self.tied_embeddings else 2) * self.vocab * self.hidden

    @property
    def body_params(self) -> int:
        """Weights of all layers, without the embeddings."""
        per_moe = self.experts * self.expert_params + self.shared_params
        return self.mixing_params + self.dense_layers * self.ffn_params + self.moe_layers * per_moe

    @property
    def total_params(self) -> int:
        """All weights of the modeled decoder."""
        return self.body_params + self.embedding_params

    @property
    def active_params(self) -> int:
        """Weights that one token multiplies with, embeddings included."""
        idle = self.moe_layers * (self.experts - self.top_k) * self.expert_params
        return self.total_params - idle

    @property
    def cache_elements_per_token_layer(self) -> int:
        """Key and value elements that one token leaves in one layer."""
        if self.latent is not None:
            index = self.sparse.index_dim if self.sparse else 0
            return self.latent.kv_rank + self.latent.rope_dim + index
        return 2 * self.kv_heads * self.head_dim

    @property
    def cache_elements_per_token(self) -> int:
        """Key and value elements that one token leaves in all layers."""
        return self.attention_layers * self.cache_elements_per_token_layer


class WorkloadMember(Deployed):
    """One kind of request: its model, formats, lengths and latency limits.

    Lengths are at most `MOST_TOKENS`, limits from `LEAST_MS` to `MOST_MS`.
    """

    name: str
    model: str
    weight_precision: WeightFormat
    kv_precision: CacheFormat
    input_tokens: int = Field(gt=0, le=MOST_TOKENS)
    output_tokens: int = Field(gt=0, le=MOST_TOKENS)
    ttft_limit_ms: float | None = Field(default=None, ge=LEAST_MS, le=MOST_MS)
    tpot_limit_ms: float | None = Field(default=None, ge=LEAST_MS, le=MOST_MS)
    weight: float = Field(default=1.0, gt=0, le=1)
    cite: str


class Workload(Closed):
    """A mix of requests; the weights are shares of the output tokens.

    Examples
    --------
    >>> chat = WorkloadMember(name="chat", model="m", weight_precision="fp8", kv_precision="fp8",
    ...                       input_tokens=1000, output_tokens=500, cite="example")
    >>> Workload(id="one", name="One", max_chips_per_instance=8, members=(chat,), cite="x").id
    'one'
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    name: str
    aliases: tuple[str, ...] = ()
    max_chips_per_instance: int = Field(default=8, ge=1, le=MOST_CHIPS)
    members: tuple[WorkloadMember, ...] = Field(min_length=1)
    prefill: PrefillPool | None = None
    cite: str
    replaces: bool = False

    @property
    def models(self) -> tuple[str, ...]:
        """Names of every model that the workload runs, those that draft included."""
        drafts = (m.speculation.draft_model for m in self.members if m.speculation is not None)
        return (*(m.model for m in self.members), *(name for name in drafts if name is not None))

    @property
    def skus(self) -> tuple[str, ...]:
        """Names of the parts that the workload itself brings."""
        return () if self.prefill is None else (self.prefill.sku,)

    @model_validator(mode="after")
    def _shares_add_up(self) -> Workload:
        total = sum(member.weight for member in self.members)
        if abs(total - 1) > SHARE_TOLERANCE:
            raise ValueError(f"the weights of the members add up to {total:g}, not to 1")
        names = [member.name for member in self.members]
        if len(set(names)) != len(names):
            raise ValueError("two members have the same name")
        return self
