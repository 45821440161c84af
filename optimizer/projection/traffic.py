"""Traffic between the chips of an instance in one pass: one function for each pattern.

Symbols: m tokens (sequences in decoding) per attention replica, t tensor shards, d hidden size,
W bandwidth of links or bus in one direction, e the share of it that is reached.
"""

from __future__ import annotations

from math import log2

from catalogs.architectures import ModelArchitecture
from optimizer.projection.calibration import Calibration
from optimizer.projection.layouts import Layout, Path
from optimizer.projection.terms import BF16_BYTES
from optimizer.projection.work import BUS, LINK, NETWORK, NOTHING, SECONDS, Affine, amount

# Dispatch in fp8 and combine in bf16 (DeepSeek-V3 technical report, section 3.2.2).
ALL_TO_ALL_BYTES = 3.0
# Messages one after the other in an all-reduce, per unit of log2(t) / 2 (Thakur et al., 2005).
MESSAGES = 4
# A token goes to at most four nodes (DeepSeek-V3 technical report, section 2.1.2).
NODE_LIMIT = 4


def all_reduce(model: ModelArchitecture, layout: Layout, cal: Calibration) -> Affine:
    """One all-reduce of bf16 activations: a log2(t) / 2 + 2 (t-1)/t m d 2 B / (e W).

    The latency a is larger by `bus_latency_factor` on a bus.

    References
    ----------
    .. [1] R. Thakur et al., Optimization of collective communication operations in MPICH, 2005.
    """
    t = layout.tensor
    if t == 1:
        return NOTHING
    on_link = layout.path is Path.LINK
    latency = cal.all_reduce_latency_s * log2(t) / 2 * (1.0 if on_link else cal.bus_latency_factor)
    efficiency = cal.link_efficiency if on_link else cal.bus_efficiency
    sent = 2 * (t - 1) / t * model.hidden * BF16_BYTES / efficiency
    return Affine(amount(SECONDS, latency), amount(LINK if on_link else BUS, sent))


def stage_boundaries(model: ModelArchitecture, layout: Layout, cal: Calibration) -> Affine:
    """Activations handed from stage to stage of a pipeline: (p - 1) (a / 4 + m d 2 B / (e W)).

    An all-reduce over t chips is 2 log2(t) messages [1]_, so one message takes a quarter of the
    latency a; it is larger by `bus_latency_factor` on a bus.

    References
    ----------
    .. [1] R. Thakur et al., Optimization of collective communication operations in MPICH, 2005.
    .. [2] D. Narayanan et al., Megatron-LM, arXiv:2104.04473, section 3.2: one activation vector
       per token from stage to stage.
    """
    boundaries = layout.stages - 1
    if not boundaries:
        return NOTHING
    on_link = layout.path is Path.LINK
    latency = cal.all_reduce_latency_s / MESSAGES * (1.0 if on_link else cal.bus_latency_factor)
    efficiency = cal.link_efficiency if on_link else cal.bus_efficiency
    sent = amount(LINK if on_link else BUS, model.hidden * BF16_BYTES / efficiency)
    return Affine(amount(SECONDS, latency), sent) * boundaries


def all_to_all(model: ModelArchitecture, layout: Layout, cal: Calibration) -> Affine:
    """Dispatch and combine of one layer under attention data parallelism, per token of a replica.

    Inside a scale-up domain m c d 3 B / (e W): over links c = min(k (1 - 1/g), g - 1) copies, one
    to each chosen expert or a gather of all tokens and a scatter of the sums, whichever moves
    less; over a bus engines only gather, c = g - 1 [1]_. Over N nodes m nd d 3 B / (eo Wo) with
    nd = min(N (1 - (1 - 1/N)^k), 4) (N-1)/N, and a share of it is hidden under the compute of a
    second half of the batch [2]_. g chips share the experts.

    References
    ----------
    .. [1] TensorRT-LLM 1.0, `select_alltoall_method_type`: none without NVLink or for g <= k.
    .. [2] DeepSeek-V3 technical report, arXiv:2412.19437, sections 2.1.2, 3.2.2 and 3.4.
    """
    if layout.replicas == 1 or not model.moe_layers:
        return NOTHING
    token = model.hidden * ALL_TO_ALL_BYTES
    if layout.nodes > 1:
        n = layout.nodes
        reached = min(n * (1 - (1 - 1 / n) ** model.top_k), NODE_LIMIT) * (n - 1) / n
        shown = 1 - cal.all_to_all_hidden_share
        sent = reached * token * shown / cal.scale_out_efficiency
        return Affine(NOTHING.fixed, amount(NETWORK, sent))
    shards = layout.expert_shards
    if layout.path is not Path.LINK:
        return Affine(NOTHING.fixed, amount(BUS, (shards - 1) * token / cal.bus_efficiency))
    copies = min(model.top_k * (1 - 1 / shards), shards - 1)
    return Affine(NOTHING.fixed, amount(LINK, copies * token / cal.link_efficiency))
