"""``optimize rules``: the law read from the command line."""

import json

import pytest

from optimizer.cli import main
from tests.law.test_packs import user_rule

WIDTH = 80
DONE, USAGE = 0, 2
READINGS = [
    ("list",),
    ("show", "us-2025"),
    ("show", "us-2026", "--set", "us_ear/3A090.a.tpp_ceiling=2400"),
    ("show", "us_ear/3A090.a"),
    ("show", "us_ear/3A090.a@2022-10"),
    ("show", "us_letters"),
    ("show", "us_ear/3A090.b", "--on", "2023-12-01"),
    ("diff", "us-2023", "us-2026"),
    ("diff", "2023-01-01", "2024-01-01"),
    ("diff", "us_ear/3A090.a@2022-10", "us_ear/3A090.a@2023-10"),
    ("timeline",),
    ("timeline", "us_review"),
    ("check",),
]


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = main(["rules", *words])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


@pytest.mark.parametrize("words", READINGS, ids=" ".join)
def test_text_fits_eighty_columns(capsys, words):
    code, out, err = run(capsys, *words)
    assert code == DONE
    assert out.strip()
    assert err == ""
    links = ("https://", "http://")
    assert not [
        line for line in out.splitlines() if len(line) > WIDTH and not any(x in line for x in links)
    ]


@pytest.mark.parametrize("words", READINGS, ids=" ".join)
def test_json_is_one_document_with_a_schema(capsys, words):
    code, out, _ = run(capsys, *words, "--format", "json")
    assert code == DONE
    assert json.loads(out)["schema"] == "optimize-rules/1"


def test_list_names_every_family_and_rule_set(capsys):
    _, out, _ = run(capsys, "list")
    for name in (
        "us_ear",
        "us_letters",
        "us_review",
        "us_tariff",
        "us_bills",
        "us-2022",
        "us-2026",
    ):
        assert name in out
    assert "2026-09-19" in out


def test_show_prints_every_clause_that_a_set_moves(capsys):
    _, out, _ = run(capsys, "show", "us-2025", "--set", "us_ear/3A090.a.tpp_ceiling=2400")
    moved = out.split("us_ear/3A090.a.tpp_ceiling = ")[1]
    assert "the text says 4,800" in moved
    for clause in ("us_ear/3A090.a.1", "us_ear/3A090.a.Note 2", "us_ear/3A090.b.1"):
        assert clause in moved


def test_show_prints_paragraph_marks_in_full(capsys):
    _, out, _ = run(capsys, "show", "us_ear/3A090.a")
    assert "us_ear/3A090.a.1" in out
    assert "4,800 TPP" in out
    assert "5.92 TPP/mm2" in out


def test_show_without_leaves_a_family_out(capsys):
    _, out, _ = run(capsys, "show", "us-2025", "--without", "us_letters")
    assert "us_letters/april_2025 " not in out


def test_json_numbers_are_the_law_to_the_digit(capsys):
    _, out, _ = run(capsys, "show", "us_ear/3A090.b", "--format", "json")
    values = {row["path"]: row["value"] for row in json.loads(out)["thresholds"]}
    assert values["us_ear/3A090.b.density_ceiling"] == 5.92
    assert values["us_ear/3A090.b.tpp_middle"] == 2400


def test_diff_of_a_text_with_itself_is_empty(capsys):
    _, out, _ = run(capsys, "diff", "us-2025", "us-2025")
    assert out == "us-2025 and us-2025: no difference\n"


def test_check_of_a_faulty_file_lists_the_faults_and_exits_2(capsys, tmp_path):
    path = user_rule(tmp_path, country="XX", condition="tpp >= lime")
    code, out, err = run(capsys, "check", str(path))
    assert code == USAGE
    assert "'XX'" in out
    assert "lime" in out
    assert err.startswith("error: faults in 2 places of ")


def test_check_of_a_good_file_says_so(capsys, tmp_path):
    code, out, _ = run(capsys, "check", str(user_rule(tmp_path)))
    assert (code, out.endswith("no fault\n")) == (DONE, True)


def test_a_users_rule_is_shown_with_pack(capsys, tmp_path):
    code, out, _ = run(capsys, "show", "mine/line", "--pack", str(user_rule(tmp_path)))
    assert code == DONE
    assert "100 TPP" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "us_ear/3A09O.a"), "Did you mean 'us_ear/3A090."),
        (("show", "us_ear/3A090.a@1999"), "no day and no version"),
        (("show", "us-2025", "--on", "2020-01-01"), "outside the life"),
        (("show", "us-2025", "--on", "soon"), "is no day"),
        (("show", "us_ear/3A090.a", "--set", "us_ear/3A090.a.tpp_cieling=1"), "tpp_ceiling"),
        (("show", "us_ear/3A090.a", "--without", "us_letters"), "change a rule set"),
        (("diff", "us-2025", "us-2052"), "Did you mean 'us-20"),
        (("timeline", "us_tarif"), "Did you mean 'us_tariff'"),
        (("check", "nowhere.toml"), "no such file"),
        (("list", "--format", "csv"), "unknown form"),
    ],
    ids=str,
)
def test_a_mistake_is_one_clear_error(capsys, words, message):
    code, out, err = run(capsys, *words)
    assert code == USAGE
    assert out == ""
    assert err.startswith("error: ")
    assert message in err
