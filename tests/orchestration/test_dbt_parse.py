"""The dbt project is parsed once for each state of its files; every home and every day starts from that parse."""

import json
import logging
import os
import shutil

import pytest

from orchestration.dbt import dbt_project
from orchestration.dbt.shortcuts import template_code
from stores.errors import UserError
from stores.settings import load_settings
from stores.warehouse import connect

pytestmark = pytest.mark.heavy  # the product parses in a process

PROJECT = """
name: guanxi
version: "1.0"
profile: guanxi
model-paths: [models]
macro-paths: [macros]
models: {+materialized: table}
"""
PROFILES = """
guanxi:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: "{{ env_var('GUANXI_WAREHOUSE') }}"
      settings: {memory_limit: "{{ env_var('GUANXI_MEMORY_LIMIT') }}"}
"""
SOURCES = """
sources:
  - name: raw_web
    config:
      meta: {external_location: "read_csv('{{ env_var(\\"GUANXI_LAKE\\") }}/raw_web/{name}.csv')"}
    tables: [{name: events}]
"""
DAY = "{% macro day() -%} {{ env_var('GUANXI_AS_OF', '') if execute }} {%- endmacro %}"
EVENTS = (
    "select event, '{{ day() }}' as day, {{ graph.nodes | length }} as nodes from {{ source('raw_web', 'events') }}"
)


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "checkout"
    for path, text in {
        "dbt_project.yml": PROJECT,
        "profiles.yml": PROFILES,
        "models/sources.yml": SOURCES,
        "models/events.sql": EVENTS,
        "macros/day.sql": DAY,
    }.items():
        file = root / "dbt_project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def home(project, tmp_path, monkeypatch):
    """Makes a home of the project with one event in its lake."""
    monkeypatch.delenv("GUANXI_DBT_TARGET", raising=False)

    def make(event):
        settings = load_settings(project_root=project, home=tmp_path / event)
        (settings.lake / "raw_web").mkdir(parents=True)
        (settings.lake / "raw_web" / "events.csv").write_text(f"event\n{event}\n", encoding="utf-8")
        return settings

    return make


def rows(settings):
    with connect(settings, read_only=True) as warehouse:
        return warehouse.execute("select * from events").fetchall()


def parses(caplog):
    return caplog.messages.count("Reading the dbt project")


def test_every_home_and_day_builds_its_own_rows_from_one_parse(home, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    for event, day in (("visit", "2026-06-30"), ("search", "2026-07-01")):
        monkeypatch.setenv("GUANXI_NOW", f"{day}T10:00:00")
        settings = home(event)
        dbt_project.run_quietly(settings, ["run"])
        assert rows(settings) == [(event, day, 1)]
    assert parses(caplog) == 1


def test_a_parse_is_whole_where_somebody_keeps_dbt_from_writing_its_files(home, monkeypatch):
    monkeypatch.setenv("DBT_WRITE_JSON", "false")
    manifest = dbt_project.prepare_manifest(home("visit"))
    assert "guanxi.events" in manifest.read_text(encoding="utf-8")


def test_a_changed_file_of_the_project_is_read_again(home, project, caplog):
    caplog.set_level(logging.INFO)
    settings = home("purchase")
    first = dbt_project.prepare_manifest(settings)
    (project / "dbt_project" / "models" / "second.sql").write_text("select 1 as one", encoding="utf-8")
    second = dbt_project.prepare_manifest(settings)
    assert (parses(caplog), second == first) == (2, False)
    assert "guanxi.second" not in first.read_text(encoding="utf-8")
    assert "guanxi.second" in second.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", ["manifest.json", dbt_project.PARTIAL_PARSE])
def test_a_damaged_parse_is_named_and_made_again(file, home, monkeypatch, caplog):
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T10:00:00")
    settings = home("purchase")
    damaged = dbt_project.prepare_manifest(settings).with_name(file)
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr(dbt_project, "_whole", set())  # the next process
    dbt_project.run_quietly(settings, ["run"])
    assert rows(settings) == [("purchase", "2026-06-30", 1)]
    assert f"{damaged.parent} is damaged, or of an older version; it is made again" in caplog.messages
    json.loads(dbt_project.prepare_manifest(settings).read_text(encoding="utf-8"))


def test_a_project_that_does_not_parse_is_explained_and_leaves_no_parse(home, project):
    broken = project / "dbt_project" / "models" / "broken.sql"
    broken.write_text("select * from {{ ref('nothing') }}", encoding="utf-8")
    settings = home("refund")
    with pytest.raises(UserError, match=r"does not parse.*nothing"):
        dbt_project.prepare_manifest(settings)
    with pytest.raises(UserError, match=r"does not parse.*nothing"):
        dbt_project.prepare_manifest(settings)
    broken.unlink()
    assert dbt_project.prepare_manifest(settings).exists()


def test_a_project_in_a_place_that_may_not_be_written_is_parsed_into_the_home(home, project, monkeypatch):
    settings = home("return")
    writable = dbt_project.prepare_manifest(settings)
    monkeypatch.setattr("os.access", lambda path, mode: not str(path).startswith(str(project)))
    own = dbt_project.prepare_manifest(settings)
    assert writable.is_relative_to(project)
    assert own.is_relative_to(settings.home)


def test_a_parse_starts_from_the_last_one_with_the_same_vars_and_takes_up_the_last_template_code(tmp_path):
    for age, (name, files) in enumerate({
        "a": {dbt_project.PARTIAL_PARSE: "without vars", template_code.FILE: "code"},
        "b-one": {dbt_project.PARTIAL_PARSE: "vars one"},
        "b-two": {dbt_project.PARTIAL_PARSE: "vars two"},
    }.items()):  # fmt: skip
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_text(content, encoding="utf-8")
            os.utime(tmp_path / name / file, (age, age))
    for name, start in {"c": "without vars", "c-one": "vars one", "c-new": None}.items():
        folder = tmp_path / f"{name}.unfinished"
        folder.mkdir()
        dbt_project._start_from_last_parse(folder)
        parse = folder / dbt_project.PARTIAL_PARSE
        assert (parse.read_text(encoding="utf-8") if parse.exists() else None) == start
        assert (folder / template_code.FILE).read_text(encoding="utf-8") == "code"
        shutil.rmtree(folder)
