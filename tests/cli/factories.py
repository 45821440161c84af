"""A made-up result, for tests of renderings that need no solver."""

from optimizer.report.result import (
    Binding,
    Certificate,
    Corner,
    Design,
    Evidence,
    Finding,
    FuseRow,
    Line,
    Member,
    ParentRow,
    Projection,
    Result,
    Test,
)

BINDING = Binding(
    knob="enabled_cores",
    by=(Line(name="us_ear/3A090.b", quantity="tpp", value=2399.9872, line=2400, slack=0.0128),),
    gain=0.0123,
)


def a_member(model: str = "chat-70b", **changes: object) -> Member:
    values: dict[str, object] = {
        "name": "chat",
        "model": model,
        "tokens_per_s_per_chip": 412.5,
        "low": 330.0,
        "high": 520.25,
        "ttft_ms": 812.5,
        "ttft_p99_ms": 990.0,
        "tpot_ms": 41.25,
        "tpot_p99_ms": 45.5,
        "chips": 4,
        "tensor_parallel": 4,
        "data_parallel": 1,
        "batch": 96.0,
        "batch_limit": "memory",
        "binding": "weights",
        "utilization": 0.61,
    }
    return Member.model_validate(values | changes)


def a_projection() -> Projection:
    return Projection(
        tokens_per_s_per_chip=1234.5678,
        low=1001.25,
        high=1502.5,
        ttft_ms=812.5,
        tpot_ms=41.25,
        members=(a_member(), a_member("reasoning-moe", tokens_per_s_per_chip=2201.75)),
    )


def a_finding(**changes: object) -> Finding:
    values: dict[str, object] = {
        "rule": "us_ear/3A090.b",
        "kind": "control",
        "paragraph": "3A090.b.1",
        "verdict": "not_controlled",
        "condition": "tpp >= 2400 and tpp < 4800 and performance_density >= 1.6",
        "quantity": "tpp",
        "value": 2399.9872,
        "threshold": 2400,
        "slack": 0.0128,
        "arithmetic": "2,399.9872 < 2,400",
        "tests": (
            Test(
                text="tpp >= tpp_floor",
                quantity="tpp",
                arithmetic="",
                value=2399.9872,
                op=">=",
                threshold=2400,
                holds=False,
                slack=0.0128,
            ),
        ),
        "citation": "15 CFR part 774 Supp. No. 1, 3A090.b",
        "grade": "A",
    }
    return Finding.model_validate(values | changes)


def a_design(**changes: object) -> Design:
    values: dict[str, object] = {
        "rank": 1,
        "parent": "example_100",
        "reference": "example_x100",
        "status": "optimal",
        "verdict": "not_controlled",
        "tier": "none",
        "knobs": {"enabled_cores": 78, "core_clock_mhz": 1980, "memory_part": "hbm3", "links": 18},
        "quantities": {
            "tpp": 2399.9872,
            "performance_density": 2.9483872,
            "applicable_die_area_mm2": 814,
            "dram_bandwidth_gb_s": 4000,
            "io_bandwidth_gb_s": 1028,
            "memory_capacity_gb": 96,
            "enabled_cores": 78,
            "power_w": 412.7,
        },
        "projection": a_projection(),
        "classification": (a_finding(),),
        "fuse_map": (
            FuseRow(name="cores enabled", die="144", parent="132", design="78", changed=True),
            FuseRow(name="links", die="18", parent="18", design="18", changed=False),
        ),
        "binding": (BINDING,),
        "evidence": Evidence(grade="B", weakest=("applicable_die_area_mm2",)),
        "proofs": {"throughput": "proved"},
    }
    return Design.model_validate(values | changes)


def a_result(**changes: object) -> Result:
    design = a_design()
    values: dict[str, object] = {
        "status": "optimal",
        "designs": (design,),
        "parents": (
            ParentRow(
                parent="example_100",
                status="optimal",
                rank=1,
                tokens_per_s_per_chip=1234.5678,
                low=1001.25,
                high=1502.5,
                within_interval=True,
                quantities=design.quantities,
                knobs=design.knobs,
                binding=(BINDING,),
            ),
            ParentRow(
                parent="example_200",
                status="optimal",
                rank=2,
                tokens_per_s_per_chip=1111.5,
                low=900.0,
                high=1300.0,
                within_interval=True,
                quantities={"tpp": 2399.5, "performance_density": 3.2, "tdp_w": 600},
                binding=(BINDING,),
            ),
            ParentRow(
                parent="example_300",
                status="left_out",
                missing=("core_draw_bytes_per_clk",),
                reason="the record lacks facts",
            ),
        ),
        "certificate": Certificate(
            level=1234.5678,
            tolerance=1e-9,
            corners=(
                Corner(
                    parent="example_100",
                    resources={"tensor": 308880, "dram": 4000000},
                    objective_value=1234.5678,
                ),
            ),
        ),
        "assumptions": ("every exporter is an addressee of the letters",),
        "inputs": {"rules": {"id": "us-2025", "on": "2025-12-31", "destination": "CN"}},
        "hashes": {},
        "versions": {},
    }
    return Result.model_validate(values | changes)
