"""Files are read exactly and strictly."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogs import InputError, schema
from catalogs.load import read_csv, read_toml
from catalogs.values import FrozenMap, exact

Write = Callable[[str, str], Path]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_a_decimal_survives_the_file(tmp_path: Path, number: Decimal) -> None:
    text = f"{number:f}"
    text = text if "." in text else text + ".0"
    path = tmp_path / "n.toml"
    path.write_text(f"n = {text}\n", encoding="utf-8")
    found = read_toml(path)["n"]
    assert isinstance(found, Decimal)
    assert found == number


@pytest.mark.parametrize("value", [1.5, True, "1", None, Decimal("nan"), Decimal("inf")])
def test_what_is_no_exact_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        exact(value)


def test_a_file_in_another_encoding_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes('a = 1\nb = "\xe9"\n'.encode("latin-1"))
    with pytest.raises(InputError, match=r"latin.toml, line 2: is not UTF-8"):
        read_toml(path)


def test_csv_rows_become_dictionaries(write: Write) -> None:
    path = write("a.csv", '\ufeffsku,note\nh20,"a, b"\n\nl20,\n')
    assert read_csv(path) == [{"sku": "h20", "note": "a, b"}, {"sku": "l20", "note": ""}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no header row"), ("a,b\n1\n", "row 2: 1 values, the header names 2"),
        ("a,a\n1,2\n", "row 1: column 'a' stands twice"), ("a,\n1,2\n", "column 2 has no name"),
        ('a\n"x', "malformed CSV"),
    ],
)  # fmt: skip
def test_a_bad_csv_names_its_rows(write: Write, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_csv(write("a.csv", text))


def test_all_bad_rows_come_at_once(write: Write) -> None:
    with pytest.raises(InputError, match="2 faults"):
        read_csv(write("a.csv", "a,b\n1\n1,2,3\n"))


@pytest.mark.parametrize("change", ["update", "pop", "clear", "setdefault", "__setitem__"])
def test_a_frozen_map_refuses_every_change(change: str) -> None:
    frozen: FrozenMap[str, int] = FrozenMap(a=1)
    with pytest.raises(TypeError, match="frozen"):
        getattr(frozen, change)("a", 2)
    assert frozen == {"a": 1}


@pytest.mark.parametrize("name", ["die", "sku", "memory-part", "link-part"])
def test_a_schema_is_closed(name: str) -> None:
    found = schema(name)
    assert found["additionalProperties"] is False
    assert found["properties"]["record"] == {"const": name}


def test_an_unknown_schema_offers_near_ones() -> None:
    with pytest.raises(InputError, match="Did you mean 'sku'"):
        schema("skus")
