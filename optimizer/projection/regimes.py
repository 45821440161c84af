"""Measured regimes: what a benchmark of each kind would report for given conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import inf

from catalogs.architectures import ModelArchitecture
from optimizer.projection.calibration import Calibration
from optimizer.projection.first_token import Burst, ClosedLoop, Poisson
from optimizer.projection.formats import CACHE_BYTES, WEIGHT_BYTES
from optimizer.projection.layouts import Layout, Path, choices, node_count
from optimizer.projection.passes import Request
from optimizer.projection.resources import Resources
from optimizer.projection.rows import Conditions, UnprojectableError
from optimizer.projection.single import Server

# Chips that a layout chosen by the model spans at most, one server node.
MODEL_CHOICE_CHIPS = 8
# Rounds of bisection: a double has 53 bits.
_ROUNDS = 60
_LEAST_BATCH = 1e-9
# A first token takes at most this share of a request's stay.
LONGEST_WAIT_SHARE = 0.9
# Rounds of the pool split of a disaggregated deployment; it settles in three or four.
_POOL_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a benchmark would report; None where the regime has no such figure.

    Parameters
    ----------
    out_tok_s, in_tok_s : float or None
        Output and prompt tokens per second of the whole system. [1/s]
    ttft_s, tpot_s : float or None
        Mean time to the first token and per output token. [s]
    beyond : bool
        Whether requests come faster than they are served, so that times hold without their queue.
    """

    layout: Layout
    out_tok_s: float | None = None
    in_tok_s: float | None = None
    ttft_s: float | None = None
    tpot_s: float | None = None
    beyond: bool = False

    @property
    def score(self) -> float:
        """What layouts are compared by."""
        return (self.out_tok_s or 0.0) + (self.in_tok_s or 0.0)


def layouts_of(row: Conditions, model: ModelArchitecture, chip: Resources) -> Iterator[Layout]:
    """Yield the stated layout, or every one that fits the chips if the source does not say."""
    fast = chip.nvlink_class and float(chip.link_bytes_per_s_per_dir) > 0
    path = Path.LINK if fast else Path.BUS
    if row.tensor is None:
        size = min(row.chips, chip.scale_up_domain, MODEL_CHOICE_CHIPS)
        for layout in choices(size, experts=model.experts, most_stages=1):
            if layout.path in (path, Path.NONE):
                yield layout
        return
    data = (row.replicas or 1) if model.moe_layers else 1
    shards = row.tensor * data
    whole = min(row.experts or 1, shards)
    yield Layout(
        tensor=row.tensor,
        replicas=data,
        experts=whole,
        stages=row.stages,
        path=Path.NONE if shards == 1 else path,
        nodes=node_count(shards, chip.scale_up_domain),
    )


def servers(
    row: Conditions,
    model: ModelArchitecture,
    chip: Resources,
    cal: Calibration,
    vendor: str = "",
) -> list[Server]:
    """Return the instances that could have served the row."""
    if row.weight_format not in WEIGHT_BYTES:
        raise UnprojectableError(f"unknown weight format '{row.weight_format}'")
    if row.cache_format not in CACHE_BYTES:
        raise UnprojectableError(f"unknown cache format '{row.cache_format}'")
    release = cal.release(row.engine, row.version, vendor)
    formats, lengths = (row.weight_format, row.cache_format), (row.input_tokens, row.output_tokens)
    out = []
    for layout in layouts_of(row, model, chip):
        request = Request(model, *formats, *lengths, layout, cal, release)
        out.append(Server(request, chip, release, row.speculative))
    return out


def project_row(
    row: Conditions,
    model: ModelArchitecture,
    chip: Resources,
    cal: Calibration,
    vendor: str = "",
) -> Outcome:
    """Return what the best of the possible instances would report.

    `vendor` is that of the device; it decides only which software release a row states.
    """
    regime = _REGIMES[row.regime]
    best: Outcome | None = None
    for server in servers(row, model, chip, cal, vendor):
        if server.capacity < 1 and not (row.regime in _PROMPTS_ONLY and server.loads):
            continue
        outcome = regime(row, server)
        if outcome is not None and (best is None or outcome.score > best.score):
            best = outcome
    if best is None:
        raise UnprojectableError("the weights and one request do not fit, or a limit cannot be met")
    return best


def _units(row: Conditions, server: Server) -> float:
    """Attention replicas of the whole system."""
    return max(1.0, row.chips / server.request.layout.chips) * server.request.layout.replicas


def _saturated(row: Conditions, server: Server, batch: float) -> Outcome:
    """Server kept at `batch` sequences per replica; a burst of few requests drains."""
    units = _units(row, server)
    step = server.step_s(batch)
    rate = units * batch / step
    if row.requests:
        total = min(batch * units, row.requests)
        rate /= 1 + server.request.cal.drain_weight * total / row.requests
    return Outcome(
        server.request.layout,
        out_tok_s=rate,
        ttft_s=server.first_token_s(ClosedLoop(batch), batch),
        tpot_s=server.further_s(batch),
    )


def _concurrency(row: Conditions, server: Server) -> Outcome:
    if not row.concurrency:
        raise UnprojectableError("concurrency is not stated")
    wanted = row.concurrency / _units(row, server)
    batch = min(wanted, server.capacity)
    return _by_little(row, server, batch, wanted, _saturated(row, server, batch))


def _by_little(
    row: Conditions, server: Server, batch: float, wanted: float, found: Outcome
) -> Outcome:
    """Latencies of a closed loop from its throughput: N n_out = X (t_first + (n_out - 1) t_token).

    The time to the first token is modeled; what Little's law leaves of a request's stay goes to
    its other tokens.

    References
    ----------
    .. [1] J. Little, A proof for the queuing formula L = lambda W, Operations Research 9, 1961.
    """
    if found.out_tok_s is None:
        return found
    stay = wanted * _units(row, server) * row.output_tokens / found.out_tok_s
    queue = (wanted - batch) * row.output_tokens * server.step_s(batch) / batch
    first = server.first_token_s(ClosedLoop(batch, queue), batch)
    further = max(row.output_tokens - 1, 1)
    least = server.decode_s(min(batch, 1.0))  # of one sequence
    first = min(first, LONGEST_WAIT_SHARE * stay, stay - further * least)
    return replace(found, ttft_s=first, tpot_s=(stay - first) / further)


def _offline(row: Conditions, server: Server) -> Outcome:
    units = _units(row, server)
    wanted = min(row.concurrency or inf, row.requests or inf) / units
    batch = min(server.capacity, wanted)
    outcome = _saturated(row, server, batch)
    if wanted == inf:
        return outcome
    # Of all requests those beyond the batch follow one another into the places that come free.
    left = wanted - batch
    queue = left * left / (2 * wanted) * row.output_tokens * server.step_s(batch) / batch
    return replace(outcome, ttft_s=server.first_token_s(Burst(batch, queue), batch))


def _largest(server: Server, keeps: Callable[[float], bool]) -> float:
    """Largest batch at which a condition holds, that larger ones may break; below one if none."""
    if keeps(server.capacity):
        return server.capacity
    low, high = 0.0, server.capacity
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if keeps(middle) else (low, middle)
    return low


def _server_slo(row: Conditions, server: Server) -> Outcome | None:
    """Largest batch that keeps the limits at the 99th percentile under Poisson arrivals."""
    cal, stages = server.request.cal, server.request.layout.stages
    step = (row.tpot_limit_s or inf) / cal.tpot_tail_factor
    first = row.ttft_limit_s or inf

    def keeps(batch: float) -> bool:
        late = Poisson(server.busy(batch), stages, cal.wait_tail_factor)
        return server.further_s(batch) <= step and server.first_token_s(late, batch) <= first

    batch = _largest(server, keeps)
    if batch < 1:
        return None
    arrivals = Poisson(server.busy(batch), stages)
    return replace(_saturated(row, server, batch), ttft_s=server.first_token_s(arrivals, batch))


def _rate(row: Conditions, server: Server) -> Outcome:
    if not row.rate_per_s:
        raise UnprojectableError("request_rate_rps is not stated")
    units = _units(row, server)
    wanted = row.rate_per_s * row.output_tokens / units
    if server.capacity / server.step_s(server.capacity) <= wanted:
        batch = min(server.capacity, (row.requests or inf) / units)
        return replace(_saturated(row, server, batch), beyond=True)
    batch = _largest(server, lambda batch: batch <= wanted * server.met_s(batch))
    busy = wanted * server.prompt_share_s / row.output_tokens
    arrivals = Poisson(busy, server.request.layout.stages)
    outcome = _saturated(replace(row, requests=None), server, max(batch, 1.0))
    return replace(outcome, out_tok_s=wanted * units, ttft_s=server.first_token_s(arrivals, batch))


def _disaggregated(row: Conditions, server: Server) -> Outcome:
    if not row.concurrency:
        raise UnprojectableError("concurrency is not stated")
    total = _units(row, server)
    prompt = server.prompt_flow_s
    decoding = total / 2
    for _ in range(_POOL_ROUNDS):
        batch = min(max(row.concurrency / decoding, 1.0), server.capacity)
        step = server.decode_s(batch)
        per_request = row.output_tokens * step / batch
        decoding = max(total * per_request / (per_request + prompt), min(1.0, total / 2))
    filling = max(total - decoding, _LEAST_BATCH)
    served = min(row.concurrency, server.capacity * decoding)
    latency = server.prompt_alone_s + row.output_tokens * step
    rate = min(served / latency, filling / prompt)
    # What Little's law leaves of a request's stay beside its own time is the queue before a pool.
    waves = ClosedLoop(row.concurrency / filling, row.concurrency / rate - latency)
    return Outcome(
        server.request.layout,
        out_tok_s=rate * row.output_tokens,
        ttft_s=server.first_token_s(waves),
        tpot_s=step,
    )


def _decode_only(row: Conditions, server: Server) -> Outcome:
    units = _units(row, server)
    wanted = inf if not row.concurrency else row.concurrency / units
    batch = min(wanted, server.capacity)
    step = server.decode_s(batch)
    return Outcome(server.request.layout, out_tok_s=units * batch / step, tpot_s=step)


def _prefill(row: Conditions, server: Server) -> Outcome:
    units = _units(row, server)
    return Outcome(
        server.request.layout,
        in_tok_s=units * row.input_tokens / server.prompt_flow_s,
        ttft_s=server.prompt_alone_s,
    )


def _prefill_latency(row: Conditions, server: Server) -> Outcome:
    batch = row.concurrency or 1.0
    seconds = server.prompt_alone_s + (batch - 1) * server.prompt_share_s
    return Outcome(
        server.request.layout,
        in_tok_s=batch * row.input_tokens / seconds,
        ttft_s=seconds,
    )


# Regimes that keep no cache of a running batch: weights that load are enough.
_PROMPTS_ONLY = ("prefill_only", "prefill_latency")
_REGIMES = {
    "concurrency": _concurrency,
    "offline_max": _offline,
    "fixed_batch": _concurrency,
    "server_slo": _server_slo,
    "rate": _rate,
    "disagg_concurrency": _disaggregated,
    "decode_only": _decode_only,
    "prefill_only": _prefill,
    "prefill_latency": _prefill_latency,
}
