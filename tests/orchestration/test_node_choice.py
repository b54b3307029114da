"""A run builds what changed and what is built from it; what it leaves holds the rows that a full build would make."""

import json
import os
import random

import pytest

from orchestration.dbt import dbt_project
from orchestration.dbt.dbt_child import CHOSEN, CHOSEN_TAG
from orchestration.dbt.node_choice import BuiltNodes
from orchestration.dbt.node_fingerprints import NodeFingerprints, Surroundings
from stores.settings import load_settings
from stores.warehouse import connect
from tests.testing.dbt.dbt_runner import AS_JSON, finished

FILES = {
    "dbt_project.yml": """
name: guanxi
version: "1.0"
profile: guanxi
models: {+materialized: table}
vars: {least: 1, unused: 1}
""",
    "profiles.yml": """
guanxi:
  target: duckdb
  outputs: {duckdb: {type: duckdb, path: "{{ env_var('GUANXI_WAREHOUSE') }}"}}
""",
    "models/project.yml": """
sources:
  - name: raw_web
    config: {meta: {external_location: "read_csv('{{ env_var(\\"GUANXI_LAKE\\") }}/raw_web/*.csv')"}}
    tables: [{name: events}]
models:
  - name: scores
    columns: [{name: score, data_tests: [not_null]}]
""",
    "seeds/weights.csv": "event,weight\nvisit,1\nsale,5\n",
    "macros/day.sql": "{% macro day() %} '{{ env_var('GUANXI_AS_OF', '') if execute }}' {% endmacro %}",
    "macros/zone.sql": "{% macro zone() %} '{{ env_var('GUANXI_TIMEZONE', '') if execute }}' {% endmacro %}",
    "macros/scaled.sql": "{% macro scaled(x) %} {{ factor() if execute else 1 }} * {{ x }} {% endmacro %}",
    "macros/factor.sql": "{% macro factor() %} 2 {% endmacro %}",
    "models/stg_events.sql": "{{ config(materialized='view') }} select event from {{ source('raw_web', 'events') }}",
    "models/counts.sql": "select event, count(*) as n from {{ ref('stg_events') }} group by event",
    "models/today.sql": "select {{ day() }} as today, {{ zone() }} as zone",
    "models/scores.sql": "select event, {{ scaled('weight') }} as score from {{ ref('weights') }}",
    "models/totals.sql": """
select sum(n * score) as total from {{ ref('counts') }} inner join {{ ref('scores') }} using (event)
having sum(n) >= {{ var('least') }}
""",
}  # fmt: skip
EVERYTHING = {"stg_events", "counts", "today", "weights", "scores", "totals"}
DAY = "2026-06-30"


class Project:
    """A small dbt project, a lake of one channel and a home."""

    def __init__(self, folder):
        self.root = folder / "checkout"
        for path, text in FILES.items():
            self.write(path, text)
        self.settings = load_settings(project_root=self.root, home=folder / "home")
        self.settings.warehouse_path.parent.mkdir(parents=True)
        self.load("visit", "sale")

    def write(self, path, text):
        file = self.root / "dbt_project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def load(self, *events):
        folder = self.settings.lake / "raw_web"
        folder.mkdir(parents=True, exist_ok=True)
        number = len(list(folder.iterdir()))
        (folder / f"{number}.csv").write_text("event\n" + "\n".join(events) + "\n", encoding="utf-8")

    def built(self, day=DAY):
        manifest = json.loads(dbt_project.prepare_manifest(self.settings).read_text(encoding="utf-8"))
        around = Surroundings(self.root / "dbt_project", self.settings.lake, self.told(day))
        return BuiltNodes(self.settings, NodeFingerprints(manifest, around))

    def told(self, day):
        return {**dbt_project.environment(self.settings), "GUANXI_AS_OF": day}

    def choose(self, built):
        return built.choose({one for one in built.prints.nodes if not one.startswith("test.")}, set(), set())

    def build(self, day=DAY, dies=False, tests_later=False):
        """Build what is to be built; the names of the models and seeds, and of those that stand without."""
        built = self.built(day)
        choice = self.choose(built)
        built.strike(choice)
        choice = choice.without_tests() if tests_later else choice
        if choice.build:
            self.dbt(day, choice.build)
        if not dies and choice.build:
            built.keep(self.target, choice.current)
        return names(choice.build), names(choice.current)

    @property
    def target(self):
        return dbt_project.build_dir(self.settings)

    def dbt(self, day, chosen=None):
        env = {
            **os.environ,
            **dbt_project.parsed(self.settings),
            **self.told(day),
        }
        env |= {"DBT_TARGET_PATH": str(self.target), "DBT_LOG_PATH": str(self.target), **AS_JSON}
        arguments = ["build", "--project-dir", str(self.root / "dbt_project")]
        if chosen is not None:
            self.target.mkdir(parents=True, exist_ok=True)
            (self.target / "chosen.json").write_text(json.dumps({"nodes": sorted(chosen)}), encoding="utf-8")
            env[CHOSEN] = str(self.target / "chosen.json")
            arguments += ["--select", f"tag:{CHOSEN_TAG}", "--indirect-selection", "empty"]
        done = finished(arguments, env)
        assert done.returncode == 0, done.said

    def rows(self):
        with connect(self.settings) as warehouse:
            return {name: warehouse.execute(f"select * from {name} order by all").fetchall() for name in EVERYTHING}


def names(ids):
    return {one.split(".")[2] for one in ids if not one.startswith("test.")}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A project that was built once; tests change it and build it again, one after the other."""
    project = Project(tmp_path_factory.mktemp("choice"))
    assert project.build() == (EVERYTHING, set())
    assert project.build() == (set(), set())
    return project


def test_a_changed_seed_row_builds_what_reads_the_seed_and_its_tests(first):
    first.write("seeds/weights.csv", "event,weight\nvisit,1\nsale,6\n")
    assert any(one.startswith("test.") for one in first.choose(first.built()).build)
    assert first.build() == ({"weights", "scores", "totals"}, set())
    assert first.rows()["totals"] == [(14,)]


def test_tests_that_are_left_to_a_later_run_are_found_by_it(first):
    first.write("seeds/weights.csv", "event,weight\nvisit,1\nsale,5\n")
    assert first.build(tests_later=True) == ({"weights", "scores", "totals"}, set())
    assert {one.split(".")[0] for one in first.choose(first.built()).build} == {"test"}
    assert first.build() == (set(), set())
    assert first.choose(first.built()).build == frozenset()
    first.write("seeds/weights.csv", "event,weight\nvisit,1\nsale,6\n")
    first.build()


def test_a_load_builds_what_reads_the_channel_and_leaves_views_of_the_same_text(first):
    first.load("sale")
    assert first.build() == ({"counts", "totals"}, {"stg_events"})
    assert first.rows()["totals"] == [(26,)]
    assert first.build() == (set(), set())


def test_what_the_step_before_has_built_stays_known_where_tables_of_both_steps_share_state(first, monkeypatch):
    built = first.built()
    step = {f"model.guanxi.{name}" for name in ("totals", "today")}
    before = {one for one in built.prints.nodes if not one.startswith("test.")} - step
    monkeypatch.setattr(built.prints, "shares_state", lambda: {"model.guanxi.counts", "model.guanxi.totals"})
    monkeypatch.setattr(built, "_reason", lambda one: "changed" if one == "model.guanxi.totals" else "")
    assert built.choose(step, before, set()).affected == {"model.guanxi.totals"}
    assert built.choose(before, set(), step).affected == {"model.guanxi.counts", "model.guanxi.totals"}


def test_another_day_builds_what_reads_the_day(first):
    assert first.build("2026-07-01") == ({"today"}, set())
    assert first.build() == ({"today"}, set())


def test_another_time_zone_builds_what_reads_it(first):
    home = first.settings
    first.settings = home.model_copy(update={"timezone": "America/Sao_Paulo"})
    assert first.build() == ({"today"}, set())
    first.settings = home
    assert first.build() == ({"today"}, set())


def test_a_changed_macro_builds_what_calls_it_even_where_the_parse_does_not_see_the_call(first):
    first.write("macros/factor.sql", "{% macro factor() %} 3 {% endmacro %}")
    assert first.build() == ({"scores", "totals"}, set())


def test_a_changed_view_is_made_again(first):
    first.write("models/stg_events.sql", FILES["models/stg_events.sql"] + " where event <> 'visit'")
    assert first.build() == ({"stg_events", "counts", "totals"}, set())


def test_a_changed_var_builds_what_reads_it_and_a_description_builds_nothing(first):
    first.write("dbt_project.yml", FILES["dbt_project.yml"].replace("unused: 1", "unused: 2"))
    described = FILES["models/project.yml"].replace("- name: scores", "- name: scores\n    description: scores")
    first.write("models/project.yml", described)
    assert first.build() == (set(), set())
    first.write("dbt_project.yml", FILES["dbt_project.yml"].replace("least: 1", "least: 0"))
    assert first.build() == ({"totals"}, set())


def test_a_build_that_died_is_done_again_whole(first):
    first.load("sale")
    first.build(dies=True)
    assert first.build() == (EVERYTHING, set())


def test_a_warehouse_that_somebody_else_wrote_to_is_built_whole(first):
    with connect(first.settings, read_only=False) as warehouse:
        warehouse.execute("drop table counts; checkpoint")
    assert first.build() == (EVERYTHING, set())


def test_any_sequence_of_changes_leaves_the_rows_of_a_full_build(first):
    changes = random.Random(8)
    for number in range(4):
        what = changes.choice(("seed", "load", "macro", "day"))
        if what == "seed":
            first.write("seeds/weights.csv", f"event,weight\nvisit,{number}\nsale,{number + 2}\n")
        elif what == "load":
            first.load(*changes.choices(("visit", "sale"), k=3))
        elif what == "macro":
            first.write("macros/factor.sql", f"{{% macro factor() %}} {number} {{% endmacro %}}")
        first.build(f"2026-07-0{number + 1}")
    step_by_step = first.rows()
    first.dbt("2026-07-04")
    assert first.rows() == step_by_step
