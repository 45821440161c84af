"""No workload is projected beyond the longest context of its model unless it says so."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from catalogs import Catalog
from catalogs.architectures import ModelArchitecture
from optimizer.cli import main
from optimizer.projection.measured import project_measured

LONGEST = 131_072
FILE = """id = "long"
name = "Long"
cite = "ours"
[[members]]
name = "long"
model = "{model}"
weight_precision = "fp8"
kv_precision = "fp8"
input_tokens = {tokens}
output_tokens = 1024
cite = "ours"
{more}
"""


def workload(folder: Path, tokens: int, more: str = "", model: str = "llama_3_3_70b") -> str:
    path = folder / "long.toml"
    path.write_text(FILE.format(tokens=tokens - 1024, more=more, model=model), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "command",
    [["project", "h20"], ["--rules", "us-2025", "--parent", "gb202"], ["compare", "h20", "l20"]],
)
def test_every_command_refuses_what_is_too_long_in_one_line(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "-w", workload(tmp_path, LONGEST + 1)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "131,073 tokens are beyond the longest context of Llama-3.3-70B, 131,072" in err
    assert "beyond_context = true" in err


def test_the_longest_context_itself_is_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["project", "h20", "-w", workload(tmp_path, LONGEST)]) == 0
    assert "longest context" not in capsys.readouterr().out


def test_a_member_may_go_beyond_and_the_answer_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = workload(tmp_path, LONGEST + 1, "beyond_context = true")
    assert main(["project", "h20", "-w", name, "-f", "json"]) == 0
    said = json.loads(capsys.readouterr().out)["assumptions"]
    assert any("131,073 tokens are beyond the longest context" in text for text in said)


def test_the_model_that_drafts_has_a_longest_context_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = "[members.speculation]\ndraft_tokens = 3\nacceptance = 0.8\ncite = 'ours'\n"
    name = workload(tmp_path, 9000, f"{draft}draft_model = 'llama_3_8b'")
    assert main(["project", "h20", "-w", name]) == 2
    assert "longest context of Llama-3-8B, 8,192" in capsys.readouterr().err


def test_a_context_without_its_source_is_refused(catalog: Catalog) -> None:
    data = catalog.model("llama_3_3_70b").model_dump()
    ModelArchitecture.model_validate(data | {"max_context_tokens": None, "context_source": None})
    with pytest.raises(ValidationError, match="stand together"):
        ModelArchitecture.model_validate(data | {"context_source": None})


def test_every_built_in_model_states_its_longest_context(catalog: Catalog) -> None:
    for model in catalog.models.values():
        assert model.max_context_tokens, model.id
        assert str(model.context_source).startswith("https://"), model.id


def test_a_measured_row_beyond_it_is_projected_all_the_same(catalog: Catalog) -> None:
    row = {
        "row_id": "r", "gpu": "H100-SXM", "n_gpu": "8", "model": "Falcon-180B", "w_prec": "fp8",
        "kv_prec": "fp8", "regime": "concurrency", "isl": "2048", "osl": "2048", "tp": "8",
        "concurrency": "16", "framework": "TensorRT-LLM",
    }  # fmt: skip
    assert catalog.model("Falcon-180B").max_context_tokens == 2048
    assert project_measured([row], catalog)[0].throughput is not None
