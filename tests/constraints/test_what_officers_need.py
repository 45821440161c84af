"""What a compliance officer must never have to guess: whose law, which text, and what follows."""

import csv
import io
import json
from pathlib import Path

import pytest

from optimizer.cli import main

US = ("--rules", "us-2025")
BILL = "us_bills/hr5022_any_limb"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def check(*words: str) -> tuple[int, str, str]:
        code = main(["check", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return check


def joined(page: str) -> str:
    return " ".join(page.split())


@pytest.mark.parametrize("slip", ["Nvdia", "NVIDIA Corporation", "Advanced Micro Devices", "intl"])
def test_a_misspelled_exporter_is_refused(run, slip):
    code, out, error = run("h20", *US, "--exporter", slip)
    assert (code, out) == (2, "")
    assert "Did you mean" in error


def test_a_blank_exporter_is_refused(run):
    assert run("h20", *US, "--exporter", " ")[0] == 2


def test_the_case_of_an_exporter_does_not_matter(run):
    assert run("h20", *US, "--exporter", "nvidia")[1].startswith("CONTROLLED")


def test_an_exporter_whom_no_letter_names_is_a_warning_in_the_first_lines(run):
    _, page, _ = run("h20", *US, "--exporter", "Supermicro")
    first = joined(page.partition("CONSEQUENCES")[0])
    assert "WARNING: no letter names 'Supermicro'" in first
    assert "leave --exporter out" in first
    said = json.loads(run("h20", *US, "--exporter", "Supermicro", "-f", "json")[1])
    assert said["warnings"][0].startswith("no letter names 'Supermicro'")


def test_bulk_warns_of_such_an_exporter_and_refuses_a_slip(run, tmp_path: Path):
    path = tmp_path / "parts.csv"
    path.write_text("id,tpp\na,100\n")
    assert "no letter names" in run("--from", str(path), *US, "--exporter", "Supermicro")[2]
    assert run("--from", str(path), *US, "--exporter", "Nvdia")[0] == 2


def test_a_bill_is_called_a_bill_beside_the_verdict(run):
    _, page, _ = run("l20", *US, "--with", BILL)
    first = joined(page.partition("CONSEQUENCES")[0])
    assert f"WARNING: the verdict counts {BILL}, which is a bill, not law" in first
    assert "by the texts in force alone the item is not controlled" in first
    assert f"license: would be required ({BILL}: a bill, not law)" in joined(page)


def test_json_says_that_a_bill_counts(run):
    said = json.loads(run("l20", *US, "--with", BILL, "-f", "json")[1])
    assert said["counts_bills"] == [BILL]
    assert said["verdict_without"] == "not_controlled"
    assert any("which is a bill, not law" in each for each in said["warnings"])
    plain = json.loads(run("l20", *US, "-f", "json")[1])
    assert (plain["counts_bills"], plain["verdict_without"]) == ([], None)


def test_bulk_says_that_a_bill_counts(run, tmp_path: Path):
    path = tmp_path / "parts.csv"
    path.write_text("id,tpp\na,100\n")
    assert "which is a bill, not law" in run("--from", str(path), *US, "--with", BILL)[2]


def test_a_family_with_two_readings_of_one_bill_is_refused(run):
    code, _, error = run("l20", *US, "--with", "us_bills")
    assert code == 2
    assert "two readings of one text, H.R.5022" in error
    assert "--without us_bills/hr5022_tpp_and_pd" in error


def test_a_family_without_the_other_reading_is_taken(run):
    words = ("--with", "us_bills", "--without", "us_bills/hr5022_tpp_and_pd")
    assert run("l20", *US, *words)[0] == 0


def test_two_readings_by_name_are_counted_and_said(run):
    words = ("--with", BILL, "--with", "us_bills/hr5022_tpp_and_pd")
    assert "counted together" in joined(run("l20", *US, *words)[1].partition("CONSEQ")[0])


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        (["--tpp", "0"], False),
        (["--tpp", "511.99"], False),
        (["--tpp", "512"], True),
        (["--tpp", "0", "--io-bandwidth-gb-s", "150"], True),
        (["--tpp", "0", "--io-bandwidth-gb-s", "149.99"], False),
    ],
)
def test_the_eccn_below_3a090_is_named_only_above_its_own_floor(run, facts, named):
    page = joined(run(*US, "--datacenter", *facts)[1])
    assert ("ECCN family, one of 3A991.p" in page) == named
    assert ("ECCN family not determined" in page) != named


def test_a_row_of_a_single_check_names_its_law_and_its_places(run):
    words = ("--destination", "DE", "--headquarters", "CN")
    row = next(csv.DictReader(io.StringIO(run("h20", *US, *words, "-f", "csv")[1])))
    assert (row["ruleset"], row["on"]) == ("us-2025", "2025-12-31")
    assert (row["destination"], row["headquarters"]) == ("DE", "CN")


def test_a_destination_that_no_control_reaches_is_said_so(run):
    words = ("--destination", "TW", "--without", "us_ear")
    page = run("h20", *US, *words)[1]
    assert "no control of this rule set speaks of this item to this destination" in page


@pytest.mark.parametrize(
    "words",
    [
        ("--on", "2025-03-01"),
        ("--without", "us_letters"),
        ("--exporter", "Supermicro"),
    ],
)
def test_letters_that_do_not_count_leave_no_assumption(run, words):
    page = joined(run("h20", *US, *words)[1])
    assert "limits are those reported in the press" not in page
    assert "to whom the letters are addressed" not in page


def test_letters_to_come_are_named_with_their_day(run):
    page = joined(run("h20", *US, "--on", "2025-03-01")[1])
    assert "april_2025 does not count: it takes effect on 2025-04-09, after 2025-03-01" in page


def test_a_vendor_whom_no_letter_names_is_said(run):
    page = joined(run("ascend_910b1", *US)[1])
    assert "WARNING: the vendor is Huawei, whom us_letters/april_2025 does not name" in page
    assert "whom us_letters" not in run("h20", *US)[1]


def test_a_shipment_within_the_united_states_is_no_export(run):
    page = joined(run("h20", *US, "--destination", "US")[1].partition("CONSEQUENCES")[0])
    assert "deemed exports are not looked at" in page


@pytest.mark.parametrize("part", ["h20", "h200_sxm", "rtx_4090", "l20"])
@pytest.mark.parametrize("destination", ["CN", "TW"])
@pytest.mark.parametrize("rules", ["us-2023", "us-2026"])
def test_every_matter_has_a_line(run, part, destination, rules):
    page = run(part, "--rules", rules, "--destination", destination)[1]
    told = page.partition("CONSEQUENCES\n")[2].partition("\n\n")[0].splitlines()
    for matter in ("license: ", "exception", "review: ", "US import duty: ", "volume: ", "reporti"):
        assert any(line.startswith(f"  {matter}") for line in told), matter


def test_every_paragraph_has_its_condition_its_limbs_and_its_citation(run):
    page = run("h200_sxm", *US)[1]
    limbs = page.partition("us_ear/3A090.b.1: not caught")[2].partition("us_ear/3A090.b.2")[0]
    assert "if 2400 <= tpp and tpp < 4800" in limbs
    rows = [line.split() for line in limbs.splitlines() if "TPP" in line]
    assert ["TPP", "15,832", ">=", "2,400", "13,432", "above", "met"] in rows
    assert ["TPP", "15,832", "<", "4,800", "11,032", "above", "not", "met"] in rows
    cited = page.partition("CITATIONS")[2].partition("FACTS")[0]
    assert "us_ear/3A090.b, version 2024-04, confidence A: 89 FR 23876" in cited
    assert "https://www.federalregister.gov/d/2024-07004" in cited
    assert "us_ear/3A090.b.1: 15 CFR 774 supp. 1, 3A090.b.1" in cited


def test_a_paragraph_that_is_open_with_every_limb_met_says_what_is_open(run):
    page = run("--rules", "us-2023", "--tpp", "3000", "--performance-density", "6")[1]
    assert "us_ear/3A090.a.2: unknown (Note 2 is open)" in page


def test_what_is_printed_for_a_truth_value_can_be_typed_back(run):
    page = run("h20", *US)[1]
    assert "datacenter                     true" in page
    assert run("--rules", "us-2025", "--tpp", "1", "--fact", "datacenter=true")[0] == 0


@pytest.mark.parametrize("part", ["h200_sxm", "h200_nvl", "mi325x"])
def test_products_named_by_the_january_review_are_read_case_by_case(run, part):
    said = json.loads(run(part, "--rules", "us-2026", "-f", "json")[1])
    assert said["review"]["policy"] == "case_by_case"
    assert len(said["review"]["provided"]) > 5
    assert said["review"]["needs"] == []


def test_other_products_stay_open_or_outside(run):
    policy = {
        part: json.loads(run(part, "--rules", "us-2026", "-f", "json")[1])["review"]["policy"]
        for part in ("b200", "a100_sxm_80gb")
    }
    assert policy == {"b200": "presumption_of_denial", "a100_sxm_80gb": "undetermined"}


def table(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_table_may_name_a_destination_a_row(run, tmp_path: Path):
    text = "id,tpp,datacenter,destination\na,5000,true,DE\nb,5000,true,\nc,5000,true,China\n"
    out = run("--from", table(tmp_path / "t.csv", text), *US)[1]
    verdicts = [row["verdict"] for row in csv.DictReader(io.StringIO(out))]
    assert verdicts == ["not_controlled", "controlled", "controlled"]


def test_an_unknown_destination_of_a_row_is_named_by_its_row(run, tmp_path: Path):
    code, _, error = run("--from", table(tmp_path / "t.csv", "id,destination\na,Atlantis\n"), *US)
    assert code == 2
    assert "row 2, unknown country 'Atlantis'" in error


def test_a_table_with_semicolons_is_refused_as_such(run, tmp_path: Path):
    code, _, error = run("--from", table(tmp_path / "t.csv", "id;tpp\na;1\n"), *US)
    assert code == 2
    assert "separated by semicolons" in error


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("die_area = 800", "line 2: unknown fact 'die_area'. Did you mean 'applicable_die_area"),
        ('tpp = "1000 TPP"', "line 2: tpp: '1000 TPP' is not a plain decimal number"),
    ],
)
def test_a_wrong_fact_of_a_file_is_named_by_its_line(run, tmp_path: Path, line, message):
    path = tmp_path / "part.toml"
    path.write_text(f'id = "x"\n{line}\n')
    code, _, error = run(str(path), *US)
    assert code == 2
    assert f"{path}, {message}" in error


def test_a_wrong_fact_offers_the_near_one(run):
    error = run("h20", *US, "--fact", "end_user=military")[2]
    assert "Did you mean 'military_end_use'" in error
    assert len(run("h20", *US, "--fact", "colour=red")[2]) < 500


@pytest.mark.parametrize(
    ("part", "message"),
    [("result.json", "compared or replayed"), ("parts.csv", "--from")],
)
def test_a_file_of_another_kind_is_sent_where_it_belongs(run, part, message):
    code, _, error = run(part, *US)
    assert code == 2
    assert message in error


def test_several_parts_are_sent_to_compare(run):
    error = run("h20", "l20", *US)[2]
    assert "(l20). For several parts: 'optimize compare A B'" in error


def test_a_country_is_offered_only_where_its_name_is_there(run):
    error = run("h20", *US, "--destination", "Federal Republic of Germany")[2]
    assert "Did you mean DE (Germany)?" in error
    assert "China" not in error


def test_a_rule_set_of_a_day_names_the_day_once(run):
    first = run("h20", "--rules", "us@2025-03-01")[1].splitlines()[0]
    assert first.startswith("NOT CONTROLLED under us@2025-03-01, exported to CN")


def test_the_help_names_every_form(run):
    assert "text|json|csv|md|html" in run("--help")[1]


def test_no_text_of_the_project_is_spelled_in_two_ways():
    root = Path(__file__).parents[2]
    british = ("licen" + "ce", "catalog" + "ue")
    folders = ("catalogs", "constraints", "optimizer", "docs", "examples", "tests", "benchmarks")
    files = [each for folder in folders for each in (root / folder).rglob("*")]
    for path in (*files, root / "README.md", root / "CHANGELOG.md"):
        if path.suffix in (".py", ".toml", ".md", ".csv", ".txt", ".html") and not {
            "vendor", "__pycache__",
        } & {*path.parts}:  # fmt: skip
            text = path.read_text(encoding="utf-8").casefold()
            found = [word for word in british if word in text]
            allowed = path.name.startswith("LICENSE-")
            assert not found or allowed, f"{path.relative_to(root)}: {found}"
