"""From the 2025 letters and the GB202 die to the best lawful part, beside RTX PRO 6000D.

The letters cap memory bandwidth as well, so bandwidth and arithmetic are traded against each other.
"""

from optimizer import load_catalog, solve

QUANTITIES = (
    "tpp",
    "performance_density",
    "dram_bandwidth_gb_s",
    "memory_capacity_gb",
    "enabled_cores",
)


def main() -> None:
    """Print the design beside the part."""
    best = solve("us-2025", parents=["gb202"], on="2025-09-30").designs[0]
    part = load_catalog().sku("rtx_pro_6000d")
    facts = part.legal_facts()
    shipped = {
        "tpp": facts.get("tpp"),
        "performance_density": facts["tpp"] / facts["applicable_die_area_mm2"],
        "dram_bandwidth_gb_s": facts.get("dram_bandwidth_gb_s"),
        "memory_capacity_gb": part.memory.capacity_gb,
        "enabled_cores": part.cores_enabled,
    }
    print(f"verdict {best.verdict}, tensor rate {best.knobs['tensor_rate_fraction']}")
    print(f"{'':24}{'solved':>12}{'6000D':>12}")
    for name in QUANTITIES:
        value = shipped[name]
        known = "unknown" if value is None else f"{float(value):.6g}"
        print(f"{name:24}{best.quantities[name]:>12.6g}{known:>12}")


if __name__ == "__main__":
    main()
