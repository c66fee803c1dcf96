"""Compiled templates are found again, made anew when they are damaged, and never in the way."""

import pytest
from jinja2 import DictLoader, Environment

from agents.comment import compiled


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "_FOLDER", tmp_path / "__pycache__")
    monkeypatch.setattr(compiled.sys, "dont_write_bytecode", False)
    return tmp_path / "__pycache__"


def rendered(text: str = "a {{ 1 + 1 }}") -> str:
    jinja = Environment(loader=DictLoader({"it": text}), bytecode_cache=compiled.CompiledTemplates())
    return jinja.get_template("it").render()


def test_a_template_is_compiled_once(folder, monkeypatch):
    assert rendered() == "a 2"
    (file,) = folder.iterdir()
    monkeypatch.setattr(Environment, "_generate", None)  # compiling would fail now
    assert rendered() == "a 2"
    assert list(folder.iterdir()) == [file]


def test_another_text_is_another_template(folder):
    assert [rendered(), rendered("b")] == ["a 2", "b"]
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("left", range(0, 120, 7))
def test_a_damaged_file_is_made_anew(folder, left):
    rendered()
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:left])
    assert rendered() == "a 2"
    assert file.read_bytes() == whole


def test_a_folder_that_cannot_be_written_to(folder):
    folder.write_text("no folder")
    assert rendered() == "a 2"


def test_nothing_is_written_where_python_writes_nothing(folder, monkeypatch):
    monkeypatch.setattr(compiled.sys, "dont_write_bytecode", True)
    assert rendered() == "a 2"
    assert not folder.exists()
