from typing import Any

import numpy as np
import pytest

from catalogs.architectures import ModelArchitecture, Workload, WorkloadMember
from catalogs.catalog import Catalog
from catalogs.deployment import PrefillPool, Speculation
from catalogs.load import load_catalog
from optimizer.projection import Resources
from optimizer.projection.calibration import Calibration, load_calibration

GIB = 2.0**30
NETWORK = 50.0


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(ambient=False)


@pytest.fixture(scope="session")
def cal() -> Calibration:
    return load_calibration()


@pytest.fixture(scope="session")
def h20() -> Resources:
    return chip()


def chip(**changes: object) -> Resources:
    """An H20-like chip, with changes."""
    values: dict[str, Any] = {
        "bf16_flops": 148e12,
        "fp8_flops": 296e12,
        "int8_flops": 296e12,
        "fp4_flops": 148e12,
        "dram_bytes_per_s": 4e12,
        "core_draw_bytes_per_s": np.inf,
        "memory_bytes": 96 * GIB,
        "link_bytes_per_s_per_dir": 450e9,
        "pcie_bytes_per_s_per_dir": 64e9,
    }
    return Resources(**(values | changes))


def one(
    model: ModelArchitecture | str,
    *,
    prompt: int = 1024,
    output: int = 512,
    ttft: float | None = None,
    tpot: float | None = None,
    weights: Any = "fp8",
    chips: int = 8,
) -> Workload:
    """A workload of one member, of any length."""
    name = model if isinstance(model, str) else model.id
    member = WorkloadMember(
        name="one",
        model=name,
        weight_precision=weights,
        kv_precision="fp8",
        input_tokens=prompt,
        output_tokens=output,
        ttft_limit_ms=ttft,
        tpot_limit_ms=tpot,
        beyond_context=True,
        cite="test",
    )
    return Workload(
        id="one", name="One", max_chips_per_instance=chips, members=(member,), cite="test"
    )


def pooled(workload: Workload, sku: str = "h100_sxm", network: float | None = NETWORK) -> Workload:
    """The same requests with prompts read by another part."""
    pool = PrefillPool(sku=sku, network_gb_s_per_chip=network, cite="test")
    return workload.model_copy(update={"prefill": pool})


def speculated(workload: Workload, **how: Any) -> Workload:
    """The same requests, each drafted."""
    speculation = Speculation(**{"draft_tokens": 3, "acceptance": 0.8, "cite": "test"} | how)
    members = tuple(m.model_copy(update={"speculation": speculation}) for m in workload.members)
    return workload.model_copy(update={"members": members})


def prefixed(workload: Workload, share: float, held: str = "once") -> Workload:
    """The same requests, a share of each prompt cached."""
    prefix = {"prefix_cached_share": share, "prefix_held": held}
    members = tuple(m.model_copy(update=prefix) for m in workload.members)
    return workload.model_copy(update={"members": members})
