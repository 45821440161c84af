"""Device resources to prefill, decoding, serving and tokens per second."""

from optimizer.projection.resources import DIRECTIONS, Resources, usable_rates
from optimizer.projection.serving import Prepared, prepare

__all__ = ["DIRECTIONS", "Prepared", "Resources", "prepare", "usable_rates"]
