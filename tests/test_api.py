"""The public Python API: few names, each there, none loaded before it is used."""

import pytest

import optimizer


@pytest.mark.parametrize("name", optimizer.__all__)
def test_every_public_name_is_there(name):
    assert getattr(optimizer, name) is not None
    assert name in dir(optimizer)


def test_there_are_about_ten():
    assert len(optimizer.__all__) <= 10


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'sovle'"):
        optimizer.sovle  # noqa: B018


def test_a_result_reads_back(tmp_path):
    result = optimizer.solve("us-2023", parents=["ga100"])
    path = tmp_path / "r.json"
    path.write_text(result.to_json(), encoding="utf-8")
    assert optimizer.read_result(path).to_json() == result.to_json()
    assert optimizer.replay(optimizer.read_result(path)).reproduced


def test_a_wrong_setting_is_an_input_error():
    with pytest.raises(optimizer.InputError, match="ranking"):
        optimizer.solve("us-2023", top=0)
    with pytest.raises(TypeError):
        optimizer.solve("us-2023", parent="ga100")
