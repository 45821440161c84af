"""From the October 2023 numbers and the GH100 die to the best lawful part, beside H20.

The solver sees the law, the die and the memory on sale that day; it never sees H20. The shipped
part is read only for the right-hand column.
"""

from optimizer import load_catalog, solve

QUANTITIES = (
    "tpp",
    "performance_density",
    "dram_bandwidth_gb_s",
    "link_bandwidth_gb_s",
    "memory_capacity_gb",
    "enabled_cores",
)


def main() -> None:
    """Print the design beside the part."""
    best = solve("us-2023", parents=["gh100"], on="2023-12-01").designs[0]
    h20 = load_catalog().sku("h20")
    facts = h20.legal_facts()
    shipped = {
        "tpp": facts.get("tpp"),
        "performance_density": facts["tpp"] / facts["applicable_die_area_mm2"],
        "dram_bandwidth_gb_s": facts.get("dram_bandwidth_gb_s"),
        "link_bandwidth_gb_s": h20.link.gb_s_bidir,
        "memory_capacity_gb": h20.memory.capacity_gb,
        "enabled_cores": h20.cores_enabled,
    }
    print(f"verdict {best.verdict}, tensor rate {best.knobs['tensor_rate_fraction']}")
    print(f"{'':24}{'solved':>12}{'H20':>12}")
    for name in QUANTITIES:
        print(f"{name:24}{best.quantities[name]:>12.6g}{float(shipped[name]):>12.6g}")


if __name__ == "__main__":
    main()
