"""Templates of dbt are compiled once for a project, and mean what they meant."""

from pathlib import Path

import pytest
from dbt_common.clients import jinja

from orchestration.dbt.shortcuts import template_code
from orchestration.dbt.shortcuts.template_code import FILE, keep, reuse_code, take_up

TEXT = "select {{ 1 + 1 }}{% if wanted %} as {{ wanted }}{% endif %}"


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that Jinja itself compiled since."""
    seen: list[str] = []

    def parse(self, source, name, filename):
        seen.append(source)
        return jinja.MacroFuzzParser(self, source, name, filename).parse()

    monkeypatch.setattr(jinja.MacroFuzzEnvironment, "_parse", parse)
    monkeypatch.setattr(jinja.MacroFuzzEnvironment, "compile", jinja.MacroFuzzEnvironment.compile)
    monkeypatch.setattr(template_code, "_code", {})
    reuse_code()
    return seen


def rendered(text: str, native: bool = False, **context: object) -> object:
    return jinja.render_template(jinja.get_template(text, context, native=native), context)


def test_a_text_is_compiled_once_and_rendered_each_time_in_its_own_context(compiled: list[str]) -> None:
    assert rendered(TEXT) == "select 2"
    assert rendered(TEXT, wanted="two") == "select 2 as two"
    assert compiled == [TEXT]


def test_a_native_template_is_not_taken_for_one_of_text(compiled: list[str]) -> None:
    assert rendered("{{ 1 + 1 }}") == "2"
    jinja.get_template("{{ 1 + 1 }}", {}, native=True)
    assert compiled == ["{{ 1 + 1 }}", "{{ 1 + 1 }}"]


def test_another_process_takes_up_what_is_kept(
    compiled: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered(TEXT)
    keep(tmp_path)
    monkeypatch.setattr(template_code, "_code", {})
    assert take_up(tmp_path)
    assert rendered(TEXT, wanted="two") == "select 2 as two"
    assert compiled == [TEXT]


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "one byte", "of another version"])
def test_what_does_not_fit_is_left_and_compiled_again(
    damage: str, compiled: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered(TEXT)
    keep(tmp_path)
    whole = (tmp_path / FILE).read_bytes()
    if damage == "missing":
        (tmp_path / FILE).unlink()
    elif damage == "of another version":
        monkeypatch.setattr(template_code, "version", lambda _: "another")
    elif damage == "one byte":
        (tmp_path / FILE).write_bytes(whole.replace(b"select", b"delete"))
    else:
        (tmp_path / FILE).write_bytes(b"" if damage == "empty" else whole[: len(whole) // 2])
    monkeypatch.setattr(template_code, "_code", {})
    assert not take_up(tmp_path)
    assert rendered(TEXT) == "select 2"
    assert compiled == [TEXT, TEXT]


def test_a_template_that_is_wrong_is_refused_in_dbt_s_own_words_every_time() -> None:
    for _ in range(2):
        with pytest.raises(jinja.CompilationError, match="Unexpected end of template"):
            rendered("{% if wanted %}")
