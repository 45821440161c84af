"""The time to the first token: one definition for plans and for measured rows.

    first = f (c + n1 t1 + n2 T(b)) + wait

The server takes a fixed time c to accept a request, passes its prompt (t1 alone), and schedules it
among the steps T(b) of the batch; f is the factor of a software release. How long a request waits
for others hangs on how they arrive, and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.calibration import Calibration
from optimizer.projection.software import Release

Seconds: TypeAlias = float | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Poisson:
    """Requests that arrive at random at a load.

    Parameters
    ----------
    busy : float or array
        Share of its time that a server spends on prompts. [1]
    stages : float or array
        Pipeline stages; the queue is before the first.
    tail : float
        Factor on the mean wait: 1 for the mean, `wait_tail_factor` for the 99th percentile. [1]
    """

    busy: Seconds
    stages: Seconds = 1.0
    tail: float = 1.0


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """Clients that each send a request when the last one is answered.

    Requests of like length finish, and so arrive, in waves.

    Parameters
    ----------
    batch : float
        Sequences in flight, of a replica. [1]
    queue_s : float
        Mean time until a sequence of the batch leaves for one that is not in it. [s]
    """

    batch: float
    queue_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Burst:
    """Requests that come at once: on average half of the prompts are ahead.

    Parameters
    ----------
    batch : float
        Sequences that a replica takes at once. [1]
    queue_s : float
        Mean wait of those that find no place among them, over all. [s]
    """

    batch: float
    queue_s: float = 0.0


@dataclass(frozen=True, slots=True)
class FirstToken:
    """What a server takes for the first token of a request, whatever the others do.

    Parameters
    ----------
    fixed_s : float
        f c. [s]
    prompts, steps : float
        f n1 and f n2: passes of the own prompt, steps of the batch. [1]
    wave : float
        f aw, share of a full batch of prompts that a request of a closed loop waits for. [1]
    """

    fixed_s: float
    prompts: float
    steps: float
    wave: float

    def own_s(self, alone_s: Seconds, step_s: Seconds) -> Seconds:
        """Return f (c + n1 t1 + n2 T), without any wait. [s]

        Examples
        --------
        >>> FirstToken(0.02, 1.0, 3.0, 0.1).own_s(0.1, 0.05).__round__(3)
        0.27
        """
        return self.fixed_s + self.prompts * alone_s + self.steps * step_s

    def mean_s(
        self,
        alone_s: Seconds,
        share_s: Seconds,
        step_s: Seconds,
        arrivals: Poisson | ClosedLoop | Burst,
    ) -> Seconds:
        """Return the mean first token of requests that arrive in a named way. [s]

        Poisson: the wait of M/D/1 before the first of p stages, rho t1 / (2 p (1 - rho)). Closed
        loop: f aw b t_share and the queue. Burst: (b - 1) t_share / 2 and the queue.

        Parameters
        ----------
        alone_s, share_s : float or array
            A prompt on an idle server, and its time of a replica in full chunks. [s]
        step_s : float or array
            Step of the batch; 0 on a pool that decodes nothing. [s]

        References
        ----------
        .. [1] L. Kleinrock, Queueing Systems, vol. 1, 1975, M/D/1.

        Examples
        --------
        >>> own = FirstToken(0.02, 1.0, 3.0, 0.1)
        >>> ways = Poisson(0.5), ClosedLoop(11.0), Burst(11.0)
        >>> [round(own.mean_s(0.1, 0.08, 0.05, way), 3) for way in ways]
        [0.32, 0.358, 0.67]
        """
        own = self.own_s(alone_s, step_s)
        match arrivals:
            case Poisson(busy, stages, tail):
                return own + tail * busy * alone_s / (2 * stages * (1 - busy))
            case ClosedLoop(batch, queue_s):
                return own + self.wave * batch * share_s + queue_s
            case Burst(batch, queue_s):
                return own + max(batch - 1, 0) / 2 * share_s + queue_s


def first_token(cal: Calibration, release: Release) -> FirstToken:
    """Return the part of the first token that a release of a server takes itself.

    Examples
    --------
    >>> from optimizer.projection.calibration import load_calibration
    >>> cal = load_calibration()
    >>> first_token(cal, cal.stack("tensorrt-llm")).prompts == cal.first_token_prompts
    True
    """
    factor = release.first_token_factor
    return FirstToken(
        fixed_s=factor * cal.request_fixed_s,
        prompts=factor * cal.first_token_prompts,
        steps=factor * cal.first_token_steps,
        wave=factor * cal.arrival_wave_share,
    )
