"""A branch is built beside production, and what it would change is told before anybody sees it."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from orchestration.branch_diff import development_target
from orchestration.branch_diff.compare_branch import diff
from orchestration.branch_diff.development_target import Branch, production, run
from orchestration.dbt.build_results import record_failed_build
from stores.atomic_files import write_json
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, Settings
from stores.warehouse import current_publication

pytestmark = pytest.mark.heavy


RECALL = "models/marts/segments/segment_dormant_recall.sql"
DORMANT, WIDER = "lifecycle.stage = 'dormant'", "lifecycle.stage in ('dormant', 'churned')"


def edit(settings: Settings, path: str, before: str, after: str) -> None:
    file = settings.project_root / "dbt_project" / path
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


@contextmanager
def edited(settings: Settings, path: str, before: str, after: str) -> Iterator[None]:
    edit(settings, path, before, after)
    yield
    edit(settings, path, after, before)


def production_files(settings: Settings) -> dict[Path, str]:
    files = [path for place in (settings.warehouse_path.parent, settings.published) for path in place.rglob("*")]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()}


@pytest.fixture(scope="module")
def branch(demo, tmp_path_factory):
    """A branch whose recall segment takes churned customers too."""
    folder = tmp_path_factory.mktemp("branch")
    shutil.copytree(PROJECT_ROOT / "dbt_project", folder / "dbt_project", ignore=shutil.ignore_patterns("target"))
    made = demo.settings.model_copy(update={"project_root": folder})
    edit(made, RECALL, DORMANT, WIDER)
    return made


@pytest.fixture(scope="module")
def found(branch):
    before = production_files(branch)
    made = diff(branch)
    assert production_files(branch) == before
    return made


def test_only_what_the_branch_changes_is_built_and_production_stays_as_it_is(branch, found):
    assert found.causes == ["segment_dormant_recall"]
    assert "segments.segment_dormant_recall" in found.models
    assert "marts.customers" not in found.models
    assert found.publication_id == current_publication(branch).publication_id
    assert found.notes == []


def test_who_enters_a_segment_and_what_its_campaign_would_send_is_told(found):
    segment = found.segments["dormant_recall"]
    assert segment["in"] == segment["after"] - segment["before"] > 0
    assert segment["out"] == 0
    assert found.models["segments.segment_dormant_recall"].is_cause
    plan = found.models["campaigns.campaign_plan"]
    assert plan.added > 0
    assert not plan.is_cause
    campaign = found.campaigns["dormant_recall"]
    assert campaign["after"] - campaign["before"] == campaign["more"] - campaign["less"]
    sent = sum(row["after"] - row["before"] for row in found.reasons if row["decision"] == "send")
    assert sent == sum(one["after"] - one["before"] for one in found.campaigns.values())


def test_the_difference_as_json_is_whole(found):
    document = json.loads(json.dumps(found.document()))
    assert document["differs"] is True
    assert (
        document["models"]["segments.segment_dormant_recall"]["added"] == document["segments"]["dormant_recall"]["in"]
    )


def test_what_the_branch_built_can_be_looked_at_beside_the_tables_of_production(branch, found, capfd):
    asked = (
        "select (select count(*) from {{ ref('segment_dormant_recall') }}) as members,"
        " (select count(*) from {{ ref('customers') }}) as customers"
    )
    assert run(branch, ["show", "--inline", asked, "--output", "json"]) == 0
    said = capfd.readouterr().out
    assert f'"members": {found.segments["dormant_recall"]["after"]}' in said
    assert '"customers": 0' not in said


@pytest.mark.parametrize("tested", ["stg_shop__orders", "customer_rfm"])
def test_the_tests_of_tables_that_are_production_s_pass_on_a_branch(branch, found, tested):
    before = production_files(branch)
    assert run(branch, ["test", "--select", tested]) == 0
    assert production_files(branch) == before


@pytest.mark.parametrize(
    ("typed", "looked_at"),
    [
        ([], ["--select", "source:raw_shop", "source:raw_operations"]),
        (["-s", "source:raw_pos"], ["-s", "source:raw_pos"]),
    ],
)
def test_freshness_is_that_of_the_channels_in_use_or_of_those_that_are_named(branch, monkeypatch, typed, looked_at):
    asked = []
    monkeypatch.setattr(Branch, "dbt", lambda _, arguments: asked.append(arguments) or 0)
    project = (PROJECT_ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8")
    everything = next(line for line in project.splitlines() if "  channels: [" in line)
    with edited(branch, "dbt_project.yml", everything, "  channels: [shop, operations]"):
        assert run(branch, ["source", "freshness", *typed]) == 0
    assert asked == [["source", "freshness", *looked_at]]


def test_a_change_that_was_never_built_is_no_change_without_a_difference(branch, found):
    words = "models/marts/segments/segment_win_back.sql", "select * from final", "select * from final where 1 = 0"
    with edited(branch, *words):
        told = diff(branch, build=False).notes
    assert [note for note in told if "Never built on this branch: segment_win_back." in note]
    assert diff(branch, build=False).notes == []


def test_a_branch_without_a_change_differs_in_nothing_and_has_nothing_to_build(branch, found, monkeypatch):
    monkeypatch.setattr(Branch, "dbt", None)
    words = "models/marts/segments/segment_dormant_recall.yml", "name_zh:", "name_zh:  "
    with edited(branch, RECALL, WIDER, DORMANT), edited(branch, *words):
        same = diff(branch)
        assert run(branch, ["build"]) == 0
    assert (same.causes, same.removed, same.differs) == ([], [], False)


def test_a_model_that_fails_is_named_and_nothing_is_compared(branch, found):
    wrong = "models/marts/segments/segment_win_back.sql", "select * from final", "select * from final where nope"
    with edited(branch, *wrong), pytest.raises(UserError, match=r"cannot be built.*segment_win_back.*nope"):
        diff(branch)


def test_a_branch_is_built_on_a_whole_build_only(demo, tmp_path):
    other = demo.copy(tmp_path / "other").settings
    (other.build_state / "build.json").unlink()
    with pytest.raises(UserError, match="half built"):
        production(other)


def test_what_stopped_the_last_build_of_production_is_named(settings):
    development_target._state(settings).mkdir(parents=True)
    kept = {"run_id": "r", "as_of": "2026-06-30", "loads": "", "fingerprints": {}}
    write_json(development_target._state(settings) / development_target._RECORD, kept)
    with pytest.raises(UserError, match="was stopped, so its warehouse is half built"):
        production(settings)
    failed = [{"name": name, "kind": "model", "message": "no column nope", "rows": None} for name in ("rfm", "value")]
    record_failed_build(settings, "r", date(2026, 6, 30), failed)
    with pytest.raises(UserError, match=r"failed at rfm, and 1 more .*no column nope.*take the change back, and run"):
        production(settings)


def test_on_another_engine_dbt_is_refused(settings, monkeypatch):
    monkeypatch.setenv("GUANXI_DBT_TARGET", "spark")
    with pytest.raises(UserError, match="on DuckDB only"):
        run(settings, ["build"])


def test_a_log_of_changes_is_built_where_the_branch_leaves_the_plan_of_identity_out(branch):
    assert run(branch, ["build", "--select", "int_kept_tables", "affected_profiles"]) == 0


def test_a_new_build_of_production_begins_an_empty_development_warehouse(branch, found):
    there = Branch(branch, production(branch))
    assert there.is_begun
    later = Branch(branch, production(branch).__class__(**{**vars(there.base), "run_id": "another"}))
    assert not later.is_begun
