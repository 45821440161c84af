"""The projection of one part as text, Markdown and CSV: what binds, what one more is worth.

All three mirror the JSON of `optimizer.projection.answer_json.as_json`.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from optimizer.projection.layouts import layout_words as words_of
from optimizer.report.layout import Block, Heading, Lines, Table, as_markdown, as_text
from optimizer.report.numbers import percent, significant
from optimizer.report.safe import safe_cell
from optimizer.report.words import interval, sequences, times_words

# What a derivative is by, in words; the resource of the JSON's `resources` beside its unit.
GRADIENT_WORDS: Mapping[str, str] = {
    "bf16_tflops": "TFLOPS of bf16, other formats in step",
    "dram_gb_s": "GB/s of DRAM bandwidth",
    "core_draw_gb_s": "GB/s that the cores draw",
    "memory_gb": "GB of memory",
    "link_gb_s_bidir": "GB/s of links, both ways",
    "pcie_gb_s_bidir": "GB/s of host bus, both ways",
}
DERIVATIVE_WORDS = (
    "derivatives in closed form at this operating point, for small steps; a layout or limit that "
    "changes on the way is not in them"
)
UTILIZATION_WORDS = (
    "FLOP/s and bytes/s: useful work over the peak, every weight multiplied once per token and "
    "read once per pass, every key and value read once; prompts included"
)
POOL_WORDS = (
    "chip-seconds of a request in each pool; ratio: decode chips per prefill chip at which both "
    "are full; tokens/s count the chips of both, the first token waits for the transfer"
)
RATE_POOL_WORDS = (
    "prefill: instances that read prompts, and how busy they are; the interval of those that "
    "decode goes with the throughput of both pools together"
)
TERM_HEADS = ("compute", "weights", "kv", "links", "host")


def as_projection_text(data: Mapping[str, Any], name: str) -> str:
    """The answer as text of at most 80 columns."""
    return as_text(blocks(data, name))


def as_projection_markdown(data: Mapping[str, Any], name: str) -> str:
    """The answer as Markdown."""
    return as_markdown(blocks(data, name))


def as_projection_csv(data: Mapping[str, Any]) -> str:
    """One row per member, with why the workload as a whole is not served, and what is warned of."""
    mark = "warning: "
    warnings = [text.removeprefix(mark) for text in data["assumptions"] if text.startswith(mark)]
    rows = [
        {
            "sku": data["sku"],
            "workload": data["workload"],
            **_flat(member),
            "workload_reason": data["projection"]["reason"],
            "warnings": "; ".join(warnings),
        }
        for member in data["projection"]["members"]
    ]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {key: safe_cell(value) if isinstance(value, str) else value for key, value in row.items()}
        for row in rows
    )
    return stream.getvalue()


def _flat(member: Mapping[str, Any]) -> dict[str, Any]:
    """A member as one flat row: nested values under joined names."""
    row: dict[str, Any] = {}
    for key, value in member.items():
        if key == "shares":
            row |= {f"share_{term}": share for term, share in value.items()}
        elif key in ("prefill", "load", "burst"):
            row |= {f"{key}_{name}": each for name, each in (value or {}).items()}
        elif key == "gradients":
            row |= {f"per_{name}": each["per_unit"] for name, each in value.items()}
            row |= {f"elasticity_{name}": each["elasticity"] for name, each in value.items()}
        else:
            row[key] = value
    return row


def blocks(data: Mapping[str, Any], name: str) -> list[Block]:
    """The parts of the page, in reading order."""
    projection = data["projection"]
    parts: list[Block] = [Heading(_headline(data, name), 1)]
    if projection["reason"] is not None:
        parts.append(Lines((projection["reason"],)))
    served = [m for m in projection["members"] if m["reason"] is None]
    if served:
        parts += [*_refused(projection["members"]), *_members(served)]
        parts += [*_prefill(served), *_loads(served)]
        parts += [*_bursts(served), *_utilization(served)]
    if projection["reason"] is None:
        parts += gradient_blocks(projection["gradients"])
    return [*parts, Heading("ASSUMES"), Lines(tuple(data["assumptions"]), bullet=True)]


def _headline(data: Mapping[str, Any], name: str) -> str:
    projection, where = data["projection"], f"on {data['workload']}"
    if projection["reason"] is not None:
        return f"{name}: NOT SERVED {where}"
    speed = significant(projection["tokens_per_s_per_chip"])
    span = interval(projection["low"], projection["high"])
    return f"{name}: {speed} tokens/s per chip {where}, 80 % interval {span}"


def _members(served: Sequence[Mapping[str, Any]]) -> list[Block]:
    header = ("member", "tokens/s", "80 % interval", "TTFT ms", "TPOT ms")
    speeds = tuple(
        (
            m["name"],
            significant(m["tokens_per_s_per_chip"]),
            interval(m["low"], m["high"]),
            significant(m["ttft_ms"], 3),
            significant(m["tpot_ms"], 3),
        )
        for m in served
    )
    runs = tuple(
        (m["name"], layout_words(m), str(m["chips"]), sequences(m["batch"]), m["batch_limit"])
        for m in served
    )
    return [
        Heading("MEMBERS"),
        Table(header, speeds, frozenset({1, 3, 4})),
        Lines((times_words(served),)),
        Heading("HOW IT RUNS"),
        Table(("member", "layout", "chips", "batch", "batch by"), runs, frozenset({2, 3})),
    ]


def _refused(members: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Each member of a mix that is not served as a whole: served alone or not, and why not."""
    if all(m["reason"] is None for m in members):
        return []
    rows = tuple(
        (m["name"], "yes" if m["reason"] is None else f"NOT SERVED: {m['reason']}") for m in members
    )
    return [
        Heading("THE MIX IS NOT SERVED: figures below are of members served alone"),
        Table(("member", "served alone"), rows),
    ]


def _prefill(served: Sequence[Mapping[str, Any]]) -> list[Block]:
    """The pool that reads the prompts, where there is one."""
    pools = [(m["name"], m["prefill"]) for m in served if m.get("prefill")]
    if not pools:
        return []
    header = ("member", "layout", "busy", "chip s", "decode chip s", "ratio", "transfer ms")
    rows = tuple(
        (
            name,
            layout_words(pool),
            percent(pool["busy"], 0),
            significant(pool["chip_s_per_request"], 3),
            significant(pool["decode_chip_s_per_request"], 3),
            significant(pool["decode_chips_per_prefill_chip"], 3),
            significant(pool["transfer_ms"], 3),
        )
        for name, pool in pools
    )
    return [
        Heading(f"PREFILL POOL: {pools[0][1]['sku']}"),
        Table(header, rows, frozenset(range(2, 7))),
        Lines((POOL_WORDS,)),
    ]


def _loads(served: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Each member at a stated rate, where asked for."""
    loads = [(m["name"], m["load"]) for m in served if m.get("load")]
    two = _readers(loads)
    header = ("member", "req/s", "instances", *two, "chips", "busy", "batch", "TTFT ms", "TPOT ms")
    rows = tuple(
        (
            name,
            significant(x["requests_per_s"], 3),
            f"{x['instances']:,} ({x['instances_low']:,} to {x['instances_high']:,})",
            *(f"{x['prefill_instances']:,} at {percent(x['prefill_busy'], 0)}" for _ in two),
            f"{x['chips']:,}",
            percent(x["busy"], 0),
            significant(x["batch"], 3),
            significant(x["ttft_ms"], 3),
            significant(x["tpot_ms"], 3),
        )
        for name, x in loads
    )
    table = Table(header, rows, frozenset(range(1, len(header))))
    if not rows:
        return []
    words = "instances in parentheses: at the ends of the 80 % interval of the throughput"
    pool = (RATE_POOL_WORDS,) if two else ()
    said = times_words({"name": name} | load for name, load in loads)
    return [Heading("AT THE STATED RATE"), table, Lines((words, *pool, said))]


def _bursts(served: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Each member in a burst to one instance, where asked for."""
    bursts = [(m["name"], m["burst"]) for m in served if m.get("burst")]
    two = _readers(bursts)
    header = ("member", "requests", *two, "chips", "batch", "seconds", "80 % interval", "tokens/s")
    rows = tuple(
        (
            name,
            f"{x['requests']:,}",
            *(f"{x['prefill_instances']:,}" for _ in two),
            f"{x['chips']:,}",
            significant(x["batch"], 3),
            significant(x["seconds"], 3),
            f"{significant(x['seconds_low'], 3)} to {significant(x['seconds_high'], 3)}",
            significant(x["tokens_per_s_per_chip"]),
        )
        for name, x in bursts
    )
    table = Table(header, rows, frozenset(range(1, len(header))))
    words = "tokens/s per chip; its interval is as wide as that of the seconds"
    return [Heading("IN ONE BURST"), table, Lines((words,))] if rows else []


def _readers(loads: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[str, ...]:
    """The head of a column for the instances of a prefill pool, where there is one."""
    return ("prefill",) if any("prefill_instances" in x for _, x in loads) else ()


def layout_words(member: Mapping[str, Any]) -> str:
    """The chosen parallelism in a few letters.

    Examples
    --------
    >>> layout_words({"tensor_parallel": 2, "data_parallel": 1, "expert_parallel": 1,
    ...               "pipeline_stages": 4, "path": "bus"})
    'TP2 PP4 bus'
    >>> layout_words({"tensor_parallel": 1, "data_parallel": 8, "expert_parallel": 8,
    ...               "pipeline_stages": 1, "path": "link"})
    'DP8 EP8 link'
    """
    names = ("tensor_parallel", "data_parallel", "expert_parallel", "pipeline_stages")
    tensor, data, experts, stages = (member[name] for name in names)
    return words_of((tensor, data, experts, stages), member["path"])


def _utilization(served: Sequence[Mapping[str, Any]]) -> list[Block]:
    header = ("member", "bound by", *TERM_HEADS, "FLOP/s", "bytes/s")
    rows = tuple(
        (
            m["name"],
            m["binding"],
            *(percent(m["shares"][term], 0) for term in TERM_HEADS),
            percent(m["peak_flops_share"], 0),
            percent(m["peak_bytes_share"], 0),
        )
        for m in served
    )
    return [
        Heading("WHAT BINDS: share of a step by term, share of the peaks in use"),
        Table(header, rows, frozenset(range(2, 9))),
        Lines((UTILIZATION_WORDS,)),
    ]


def gradient_blocks(found: Mapping[str, Mapping[str, float | None]]) -> list[Block]:
    """Derivatives by resource, as the JSON has them."""
    rows = tuple(
        (
            GRADIENT_WORDS[name],
            significant(each["per_unit"], 3),
            f"{significant((each['elasticity'] or 0.0), 3)} %",
        )
        for name, each in found.items()
    )
    header = ("one more", "tokens/s", "per 1 % more")
    return [
        Heading("WHAT ONE MORE UNIT IS WORTH"),
        Table(header, rows, frozenset({1, 2})),
        Lines((DERIVATIVE_WORDS,)),
    ]
