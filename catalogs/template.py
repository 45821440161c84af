"""Templates of records for a user's own folder: valid as they stand, commented, one file each."""

from __future__ import annotations

import re

from catalogs.errors import InputError, near_matches
from catalogs.kinds import KINDS

_ID = re.compile(r"^[a-z0-9]+(_[a-z0-9]+)*$")

SKU = """\
# {id}: a SKU of your own. Lines with a # are unknown until you fill them in;
# what is unknown stays unknown and never counts as zero: an answer that needs
# it names it. Peaks are dense, links and PCIe count both ways, GB/s is decimal,
# capacity is as printed.
# Check with: optimize catalog check FILE
record = "sku"
id = "{id}"
name = "{name}"
vendor = "unnamed"
status = "hypothetical"     # shipped, announced, reported, cancelled, refused:
                            # then cite sources
market = "global"           # global, china, domestic, restricted
# datacenter = true         # designed or marketed for data centers
# form_factor = "pcie_dual_slot"
# on_sale_from = 2026-12-31
# sources = ["nv_h100_ds"]  # ids of 'optimize catalog list --kind sources';
                            # yours in sources.toml
# replaces = true           # only if this id is to hide a built-in record

# Name the die, or give the area of all its non-planar logic dies together.
# die = "gh100"
# applicable_die_area_mm2 = 814

# cores_enabled = 78
# boost_clock_mhz = 1980
# tensor_rate_fraction = 0.25
# tdp_w = 400
# price_usd = 12000
# confidential = ["price_usd"]

[dense_tflops]              # every format it executes; integers in TOPS
# fp32_vector = 39.5
# fp16 = 148
# fp8 = 296
# int8 = 296
# fp4 = 593

[memory]
# part = "hbm3"
# capacity_gb = 96
# bus_width_bits = 6144
# bandwidth_gb_s = 4000     # or data_rate_gbps, with the bus width

[link]
# part = "nvlink_4"
# links = 18
# gb_s_bidir = 900          # 0 only if you know that there are none

[pcie]
# gen = 5
# gb_s_bidir = 128          # 0 only if you know that there is none

[basis]                     # not simply published: field paths, or 'default'
# derived = ["memory.data_rate_gbps"]
# estimated = ["price_usd"]

[cites]                     # which source gives which field
# nv_h100_ds = ["tdp_w", "memory"]

# [[claims]]                # of another source; superseded: in no interval
# field = "memory.bandwidth_gb_s"
# value = 4022
# source = "llmprof"
# superseded = false
"""

DIE = """\
# {id}: a die, or a package of dies, of your own. Unknown lines keep their #.
record = "die"
id = "{id}"
name = "{name}"
vendor = "unnamed"
status = "hypothetical"
# process_node = "TSMC N3P"
# sources = ["nv_hopper_blog"]

# core_unit = "SM"
# cores_full = 144
# cores_max_shipped = 132
# core_group = 2            # cores that are enabled together
# clock_min_mhz = 990
# clock_max_mhz = 1980
# clock_step_mhz = 15
# core_draw_bytes_per_clk = 39
# boards_of = "gb300"       # a package with this die; its boards stand in
# tdp_min_w = 350
# tdp_max_w = 700

# [[logic_dies]]            # the area that counts is their sum
# name = "compute die"
# count = 1
# area_mm2 = 814
# non_planar = true         # FinFET or later

[dense_ops_per_clk_per_core]
# fp16 = 4096
# fp8 = 8192

[vector_ops_per_clk_per_core]
# fp32 = 256

[memory]
# kind = "HBM"
# sites = 6                 # stacks, or 32-bit channels of GDDR
# site_width_bits = 1024
# parts = ["hbm3", "hbm3e"]
# rate_max_gbps = 6.25

[link]
# part = "nvlink_4"
# links_max = 18
# step = 2
# gb_s_bidir_per_link = 50

[pcie]
# gen = 5
# lanes = 16
# gb_s_bidir = 128

[basis]
# estimated = ["clock_min_mhz"]
"""

MEMORY = """\
# {id}: a memory stack or chip of your own.
record = "memory-part"
id = "{id}"
name = "{name}"
kind = "HBM"                # HBM, GDDR, LPDDR
width_bits = 1024
# data_rate_min_gbps = 6.0
# capacity_unit = "GiB"
# energy_pj_per_bit = 3.9
# data_rates = [{{ gbps = 9.2, on_sale_from = 2026-01-31, sku = "h200_sxm" }}]
# capacities = [{{ gb = 36, on_sale_from = 2025-06-12, sku = "mi350x" }}]
# sources = ["tweakers"]
"""

LINK = """\
# {id}: a link of your own; rates count both directions.
record = "link-part"
id = "{id}"
name = "{name}"
# gb_s_bidir_per_link = 50
# links_max_shipped = 18
# used_on = ["gh100"]
# sources = ["nvlink_tb"]
"""

TEMPLATES = {"skus": SKU, "dies": DIE, "memory": MEMORY, "links": LINK}


def template(key: str, kind: str = "skus") -> str:
    """Return the text of a new record file.

    Examples
    --------
    >>> template("my_chip").splitlines()[6]
    'id = "my_chip"'
    """
    by_label = {KINDS[name].label: name for name in TEMPLATES}
    kind = by_label.get(kind, kind)
    if kind not in TEMPLATES:
        remedy = near_matches(kind, TEMPLATES) or "One of: " + ", ".join(TEMPLATES)
        raise InputError(f"no template for '{kind}'", "--kind", remedy)
    if not _ID.match(key):
        suggestion = re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_") or "my_chip"
        raise InputError(f"'{key}' is no id", None, f"Lower snake case, for example '{suggestion}'")
    return TEMPLATES[kind].format(id=key, name=key.replace("_", " "))
