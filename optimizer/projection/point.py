"""The chosen operating point of one design on one member, in plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.projection.choice import Choice, chosen, in_flight
from optimizer.projection.first_token import FirstToken, Poisson
from optimizer.projection.plan import MemberPlan
from optimizer.projection.prefill_table import prefill_table
from optimizer.projection.prices import hot_prices
from optimizer.projection.resources import Array, Resources

if TYPE_CHECKING:
    from optimizer.projection.serving import Prepared


@dataclass(frozen=True, slots=True)
class Prompts:
    """Instances that read the prompts: those that decode, or a pool of their own.

    Parameters
    ----------
    chips : int
        Chips of an instance.
    full_s, sent_s, allowed_s : float
        Instance-seconds of a prompt: to read it, to read and send it, and with the spare time that
        the limit on the first token asks for. [s]
    alone_s, transfer_s : float
        A prompt on an idle instance, and handing its cache over. [s]
    stages : int
        Pipeline stages; the queue is before the first.
    own : FirstToken
        What a server takes itself for the first token.
    """

    chips: int
    full_s: float
    sent_s: float
    allowed_s: float
    alone_s: float
    transfer_s: float
    stages: int
    own: FirstToken

    def first_token_s(self, busy: float, step_s: float) -> float:
        """Mean first token where prompts take so much of the time, arrivals at random. [s]

        Parameters
        ----------
        step_s : float
            Step of the batch that the instance decodes; 0 where another pool does. [s]
        """
        arrivals = Poisson(busy, float(self.stages))
        return float(self.own.mean_s(self.alone_s, self.full_s, step_s, arrivals)) + self.transfer_s


@dataclass(frozen=True, slots=True)
class Point:
    """The chosen operating point of one design on one member.

    Parameters
    ----------
    replicas, chips : int
        Of an instance that decodes.
    rate, batch : float
        Output tokens per second of a replica, and its sequences, at full load.
    least : float
        Sequences below which passes of a pipeline, or of whoever is served, stay at one.
    fixed, slope : array, shape (J,)
        Lines of a step, T(b) = K + A b. [s]
    prompt_s : float
        Part of A that prompts take. [s]
    prompts : Prompts
        Who reads the prompts.
    pooled : bool
        Whether a pool of its own does.
    """

    plan: MemberPlan
    replicas: int
    chips: int
    rate: float
    batch: float
    least: float
    fixed: Array
    slope: Array
    prompt_s: float
    prompts: Prompts
    pooled: bool

    def step_s(self, batch: float) -> float:
        """Step of so many sequences per replica. [s]"""
        held = max(batch, self.least)
        steps = self.fixed + self.slope * held - self.prompt_s * (held - batch)
        return float(steps.min())

    def batch_at(self, rate: float) -> float:
        """Sequences at which a replica makes `rate` tokens/s, on the least line."""
        none = np.zeros_like(self.fixed)
        lines = self.fixed, self.slope, none + self.prompt_s, none + self.least
        return float(in_flight(none + rate, *lines).min())


def point_of(prepared: Prepared, plan: MemberPlan, resources: Resources) -> Point | None:
    """Return the operating point of one design; None where it cannot serve the member."""
    choice = chosen(prepared, plan, resources)
    index = int(choice.layout[0])
    if index < 0:
        return None
    width = plan.member.weight_precision
    prices = hot_prices(width, resources, prepared.calibration, 1)[:, 0]
    layout = plan.layouts[index]
    return Point(
        plan=plan,
        replicas=layout.replicas,
        chips=layout.chips,
        rate=float(choice.rate[0]),
        batch=float(choice.batch[0]),
        least=float(plan.stages[index]),
        fixed=plan.lines[0, index] @ prices,
        slope=plan.lines[1, index] @ prices,
        prompt_s=float(choice.share_s[0]) * plan.prompt_part / plan.member.output_tokens,
        prompts=_prompts(plan, choice, resources),
        pooled=plan.prefill is not None,
    )


def _prompts(plan: MemberPlan, choice: Choice, resources: Resources) -> Prompts:
    side, index = plan.prefill, int(choice.layout[0])
    if side is None:
        layout = plan.layouts[index]
        share = float(choice.share_s[0]) / layout.replicas
        alone = float(choice.alone_s[0])
        return Prompts(layout.chips, share, share, share, alone, 0.0, layout.stages, plan.first)
    decode = choice.rate * plan.per_chip[choice.layout]
    found = prefill_table(side, resources, choice.layout, decode)
    row = int(found.layout[0])
    layout = side.layouts[row]
    full = float(side.chip_seconds[row])
    sending = side.sending_s(side.network_to(resources))
    return Prompts(
        chips=layout.chips,
        full_s=full / layout.chips,
        sent_s=max(full, sending) / layout.chips,
        allowed_s=float(found.chip_s[0]) / layout.chips,
        alone_s=float(side.alone_s[row]),
        transfer_s=float(found.transfer_s[0]),
        stages=layout.stages,
        own=side.first,
    )
