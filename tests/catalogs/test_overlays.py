"""A user's own records: one file is one chip, and nothing is hidden by accident."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from catalogs import Catalog, InputError, load_catalog
from catalogs.audit import audit
from catalogs.template import TEMPLATES, template

Write = Callable[[str, str], Path]
CHIP = """
id = "my_chip"
name = "My chip"
vendor = "me"
datacenter = true
applicable_die_area_mm2 = 600.5
[dense_tflops]
fp16 = 149.9
[memory]
part = "gddr7"
bus_width_bits = 448
data_rate_gbps = 24.95
[link]
gb_s_bidir = 0
[pcie]
gb_s_bidir = 128
"""


def test_one_file_is_one_chip(write: Write) -> None:
    chip = load_catalog([write("chip.toml", CHIP)], ambient=False).sku("My-Chip")
    facts = chip.legal_facts()
    assert facts["tpp"] == Decimal("2398.4")
    assert facts["applicable_die_area_mm2"] == Decimal("600.5")
    assert facts["dram_bandwidth_gb_s"] == Decimal("1397.2")
    assert facts["io_bandwidth_gb_s"] == 128
    assert chip.fact("tpp").grade == "C"


def test_a_loose_file_reads_without_an_overlay(write: Write, catalog: Catalog) -> None:
    assert catalog.sku_from_file(write("chip.toml", CHIP)).legal_facts()["datacenter"] is True
    assert "my_chip" not in catalog.skus


def test_a_built_in_record_is_not_replaced_by_accident(write: Write) -> None:
    text = 'id = "h20"\nname = "H20"\nvendor = "NVIDIA"\n'
    with pytest.raises(InputError, match=r"would replace .*h20.toml.*replaces = true"):
        load_catalog([write("h20.toml", text)], ambient=False)
    catalog = load_catalog([write("marked.toml", text + "replaces = true\n")], ambient=False)
    assert catalog.sku("h20").legal_facts().keys() == {"item_kind", "vendor"}


def test_a_mark_that_replaces_nothing_is_an_error(write: Write) -> None:
    text = CHIP.replace('vendor = "me"', 'vendor = "me"\nreplaces = true')
    with pytest.raises(InputError, match="'my_chip' replaces nothing"):
        load_catalog([write("chip.toml", text)], ambient=False)


def test_the_baseline_is_untouched_by_an_overlay(write: Write, catalog: Catalog) -> None:
    before = catalog.sku("h20").model_dump()
    text = 'id = "h20"\nname = "H20"\nvendor = "NVIDIA"\nreplaces = true\ntdp_w = 1\n'
    changed = load_catalog([write("h20.toml", text)], ambient=False)
    assert changed.sku("h20") != catalog.sku("h20")
    assert catalog.sku("h20").model_dump() == before


def test_the_first_layer_wins(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def layer(name: str, watts: int, mark: str = "replaces = true\n") -> Path:
        text = CHIP.replace('vendor = "me"\n', f'vendor = "me"\ntdp_w = {watts}\n{mark}')
        return write(f"{name}/skus/my_chip.toml", text).parent.parent

    monkeypatch.chdir(tmp_path)
    layer("config/optimize/catalogs", 4, mark="")
    layer("catalogs.d", 3)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("OPTIMIZE_PATH", os.pathsep.join([str(layer("env", 2))]))
    catalog = load_catalog([layer("option", 1)])
    assert [entry.origin for entry in catalog.layers] == [
        "--catalog", "OPTIMIZE_PATH", "./catalogs.d", "user", "built-in",
    ]  # fmt: skip
    assert catalog.sku("my_chip").tdp_w == 1
    assert load_catalog().sku("my_chip").tdp_w == 2
    monkeypatch.delenv("OPTIMIZE_PATH")
    assert load_catalog().sku("my_chip").tdp_w == 3
    assert "my_chip" not in load_catalog(ambient=False).skus


def test_a_changed_file_is_read_again(write: Write) -> None:
    path = write("chip.toml", CHIP)
    assert load_catalog([path], ambient=False).sku("my_chip").tdp_w is None
    write("chip.toml", CHIP.replace('vendor = "me"', 'vendor = "me"\ntdp_w = 333'))
    assert load_catalog([path], ambient=False).sku("my_chip").tdp_w == 333


def test_a_die_and_its_sku_stand_in_one_folder(write: Write) -> None:
    die = """
id = "my_die"
name = "My die"
vendor = "me"
[[logic_dies]]
name = "compute"
count = 2
area_mm2 = 400
non_planar = true
"""
    sku = 'id = "my_chip"\nname = "My chip"\nvendor = "me"\ndie = "my_die"\n'
    folder = write("mine/dies/my_die.toml", die).parent.parent
    write("mine/skus/my_chip.toml", sku)
    chip = load_catalog([folder], ambient=False).sku("my_chip")
    assert chip.legal_facts()["applicable_die_area_mm2"] == 800


def test_own_sources_count(write: Write) -> None:
    folder = write(
        "mine/sources.toml", '[memo]\ntitle = "Memo"\nkind = "vendor"\nseen = "opened"\n'
    )
    text = CHIP.replace('vendor = "me"', 'vendor = "me"\nsources = ["memo"]')
    write("mine/chip.toml", text)
    chip = load_catalog([folder.parent], ambient=False).sku("my_chip")
    assert chip.fact("dense_tflops.fp16").grade == "A"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('die = "gh10"', r"unknown die 'gh10'. Did you mean 'gh100'"),
        ('sources = ["nv_h100"]', r"unknown source 'nv_h100'. Did you mean 'nv_h100_ds'"),
        ("tpd_w = 400", r"tpd_w: unknown field. Did you mean 'tdp_w'"),
        ("tdp_w = -1", "tdp_w: input should be greater than or equal to 0"),
        ("tdp_w = nan", "tdp_w: must be a finite number"),
        ('tdp_w = "400"', "tdp_w: must be an exact number, not str '400'"),
        ("cores_enabled = 7.5", "cores_enabled: input should be a valid integer"),
        ("datacenter = 1", "datacenter: input should be a valid boolean"),
        ('status = "maybe"', "status: input should be 'shipped'"),
        ('on_sale_from = "2025"', "on_sale_from: must be a day such as 2025-12-31, not '2025'"),
        ("on_sale_from = 20250101", "on_sale_from: must be a day"),
        ("on_sale_from = 2025-01-01T10:00:00Z", "on_sale_from: must be a day"),
        ("notes = { tdpw = \"x\" }", r"notes: no field 'tdpw'. Did you mean 'tdp_w'"),
        ('confidential = ["price"]', r"confidential: no field 'price'. Did you mean 'price_usd'"),
        ('status = "shipped"', "vendor: has no source"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_what_would_be_right(write: Write, line: str, message: str) -> None:
    text = CHIP.replace("datacenter = true\n", "").replace(
        'vendor = "me"', f'vendor = "me"\n{line}'
    )
    with pytest.raises(InputError, match=message) as caught:
        load_catalog([write("chip.toml", text)], ambient=False)
    assert "chip.toml" in str(caught.value)


def test_all_faults_of_a_file_come_at_once(write: Write) -> None:
    text = CHIP.replace('vendor = "me"', "tpd_w = 4\ncores_enabled = true")
    with pytest.raises(InputError) as caught:
        load_catalog([write("chip.toml", text)], ambient=False)
    assert "3 faults" in str(caught.value)


def test_malformed_toml_gives_file_and_line(write: Write) -> None:
    with pytest.raises(InputError, match=r"chip.toml, line 3, column \d+: malformed TOML"):
        load_catalog([write("chip.toml", 'id = "x"\nname = "x"\ntdp_w = 4x\n')], ambient=False)


def test_a_file_that_is_nested_too_deeply_is_named(write: Write) -> None:
    with pytest.raises(InputError, match="nested too deeply") as caught:
        load_catalog([write("chip.toml", f"id = {'[' * 5000}{']' * 5000}\n")], ambient=False)
    assert "chip.toml" in str(caught.value)


@pytest.mark.parametrize("name", ["nowhere.toml", "nowhere"])
def test_a_missing_overlay_is_an_error(name: str) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        load_catalog([name], ambient=False)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no \.toml file"):
        load_catalog([tmp_path], ambient=False)


def test_an_unknown_kind_offers_near_ones(write: Write) -> None:
    with pytest.raises(InputError, match=r"unknown record = 'skus'\. Did you mean 'sku'"):
        load_catalog([write("chip.toml", 'record = "skus"\n' + CHIP)], ambient=False)


def test_confidential_values_are_marked_and_can_be_stripped(write: Write) -> None:
    text = CHIP.replace(
        'vendor = "me"', 'vendor = "me"\nprice_usd = 9\nconfidential = ["price_usd", "memory.part"]'
    )
    chip = load_catalog([write("chip.toml", text)], ambient=False).sku("my_chip")
    assert chip.fact("price_usd").confidential
    assert not chip.fact("dense_tflops.fp16").confidential
    public = chip.public()
    assert public.price_usd is None
    assert public.memory.part is None
    assert public.memory.bandwidth_gb_s == chip.memory.bandwidth_gb_s


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_template_is_valid_as_it_stands(write: Write, kind: str) -> None:
    path = write("mine.toml", template("my_part", kind))
    catalog = load_catalog([path], ambient=False)
    assert "my_part" in catalog.records(kind)
    assert audit(catalog).faults == []


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_template_is_valid_when_filled_in(write: Write, kind: str) -> None:
    lines = []
    for line in template("my_part", kind).splitlines():
        bare = line.removeprefix("# ")
        is_field = " = " in bare.split("#")[0] or bare.startswith("[[")
        lines.append(bare if line.startswith("# ") and is_field else line)
    text = "\n".join(line for line in lines if not line.startswith("replaces"))
    catalog = load_catalog([write("mine.toml", text)], ambient=False)
    assert len(catalog.records(kind)["my_part"].paths(known=True)) >= 3


def test_a_bad_id_gets_a_good_one() -> None:
    with pytest.raises(InputError, match="for example 'my_chip_2'"):
        template("My Chip 2")


def test_a_record_that_changes_on_disk_is_read_again_whatever_its_time(write: Write) -> None:
    path = write("chip.toml", CHIP)
    day = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    for name in ("My chip", "My chop"):
        path.write_text(CHIP.replace("My chip", name), encoding="utf-8")
        os.utime(path, ns=day)
        assert load_catalog([path], ambient=False).sku("my-chip").name == name
