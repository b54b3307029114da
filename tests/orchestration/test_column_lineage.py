"""What the columns of models are made from: computed when a model changes, kept beside the parse, shown in the UI."""

import json
import logging
import shutil
from pathlib import Path

import dagster as dg
import pytest

from orchestration.column_lineage import kept_lineage
from orchestration.column_lineage.asset_metadata import COLUMN_LINEAGE, COLUMN_SCHEMA, with_lineage
from orchestration.column_lineage.kept_lineage import FILE, ModelLineage
from orchestration.dbt import dbt_project
from orchestration.dbt.node_fingerprints import NodeFingerprints, Surroundings
from orchestration.defs.transform import dbt_definitions

SQL = {
    "stg_orders": "select id, customer, total from read_parquet('/home/lake/raw_shop/orders/*.parquet')",
    "totals": 'select customer, sum(total) as spent from "warehouse"."marts"."stg_orders" group by customer',
    "rfm": 'select totals.*, ntile(5) over (order by spent) as m_score from "warehouse"."marts"."totals" as totals',
    "top": 'select customer from "warehouse"."marts"."rfm" where m_score = 5',
    "orders_count": 'select count(*) as n from "warehouse"."marts"."stg_orders"',
}
READS = {
    "stg_orders": "source.guanxi.raw_shop.orders",
    "totals": "model.guanxi.stg_orders",
    "rfm": "model.guanxi.totals",
    "top": "model.guanxi.rfm",
    "orders_count": "model.guanxi.stg_orders",
}


class Project:
    """The parses of a small project, and the SQL that its last build made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sql = dict(SQL)
        (folder / "dbt_project.yml").write_text("vars: {}", encoding="utf-8")
        (folder / "profiles.yml").write_text("guanxi: {}", encoding="utf-8")

    def manifest(self, state: str) -> Path:
        return self.folder / "parsed" / state / "manifest.json"

    def update(self, state: str) -> list[str]:
        """Build at a state of the project; names of the models whose SQL was read."""
        compiled = self.folder / "compiled"
        for name, sql in self.sql.items():
            file = compiled / "guanxi" / f"models/{name}.sql"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(sql, encoding="utf-8")
        self.manifest(state).parent.mkdir(parents=True, exist_ok=True)
        prints = NodeFingerprints(self._parse(), Surroundings(self.folder, self.folder / "lake", {}))
        return [one.split(".")[2] for one in kept_lineage.update(self.manifest(state), prints, compiled)]

    def origins(self, state: str) -> dict[str, dict[str, list[str]]]:
        """Origins as `table.column`, by model and column."""
        return {
            one.split(".")[2]: {
                column: [f"{parent.split('.')[-1]}.{name}" for parent, name in made_from]
                for column, made_from in kept.origins.items()
            }
            for one, kept in kept_lineage.read(self.manifest(state)).items()
        }

    def _parse(self) -> dict:
        nodes = {
            f"model.guanxi.{name}": {
                "resource_type": "model",
                "package_name": "guanxi",
                "name": name,
                "alias": name,
                "schema": "marts",
                "fqn": ["guanxi", "marts", name],
                "original_file_path": f"models/{name}.sql",
                "checksum": {"checksum": sql},
                "raw_code": sql,
                "config": {"materialized": "table"},
                "columns": {},
                "depends_on": {"nodes": [READS[name]]},
            }
            for name, sql in self.sql.items()
        }
        sources = {"source.guanxi.raw_shop.orders": {"source_name": "raw_shop", "identifier": "orders"}}
        metadata = {"project_name": "guanxi", "adapter_type": "duckdb"}
        return {"metadata": metadata, "nodes": nodes, "sources": sources, "macros": {}}


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_the_first_build_reads_every_model_and_the_next_none(project):
    assert sorted(project.update("first")) == sorted(SQL)
    assert project.update("first") == []
    assert project.origins("first") == {
        "stg_orders": {"id": ["orders.id"], "customer": ["orders.customer"], "total": ["orders.total"]},
        "totals": {"customer": ["stg_orders.customer"], "spent": ["stg_orders.total"]},
        "rfm": {"customer": ["totals.customer"], "spent": ["totals.spent"], "m_score": ["totals.spent"]},
        "top": {"customer": ["rfm.customer"]},
        "orders_count": {"n": []},
    }


def test_a_changed_model_is_read_again_and_of_the_others_those_below_it_that_get_other_columns(project):
    project.update("first")
    project.sql["totals"] = project.sql["totals"].replace("sum(total)", "sum(total + id)")
    assert project.update("another sum") == ["totals"]
    project.sql["totals"] = project.sql["totals"].replace("as spent", "as spent, max(id) as last_order")
    assert project.update("another column") == ["totals", "rfm", "top"]
    found = project.origins("another column")
    assert found["totals"]["spent"] == ["stg_orders.id", "stg_orders.total"]
    assert found["rfm"]["last_order"] == ["totals.last_order"]
    assert found["orders_count"] == {"n": []}


@pytest.mark.parametrize(
    "left", ["", "{", "[]", '{"models": []}', '{"models": {"model.guanxi.rfm": {"key": 1}}}', "\x00\x01"]
)
def test_a_damaged_file_is_no_lineage_until_the_next_build_writes_it_again(project, left):
    project.update("first")
    whole = project.origins("first")
    project.manifest("first").with_name(FILE).write_text(left, encoding="utf-8")
    assert project.origins("first") == {}
    assert sorted(project.update("first")) == sorted(SQL)
    assert project.origins("first") == whole


def test_sql_that_is_not_understood_has_no_lineage_and_fails_nothing(project, caplog):
    caplog.set_level(logging.DEBUG)
    project.sql["rfm"] = "no select at all ("
    project.update("first")
    assert "The columns of rfm cannot be traced: its SQL is not understood" in caplog.messages
    assert "Lineage of 7 of 7 columns is known; read the SQL of 5 models" in caplog.messages
    assert project.origins("first")["rfm"] == {}
    assert project.update("first") == []


def test_a_model_that_was_never_built_is_read_once_it_is(project):
    del project.sql["top"]
    project.update("first")
    assert "top" not in project.origins("first")
    project.sql["top"] = SQL["top"]
    assert project.update("first") == ["top"]


def test_a_place_that_cannot_be_written_fails_no_build(project, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)

    def full(_path, _document):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_lineage, "write_json", full)
    project.update("first")
    assert "The lineage of columns cannot be kept: [Errno 28] No space left on device" in caplog.messages
    assert project.origins("first") == {}


def test_the_ui_gets_dagsters_own_metadata_and_a_sentence_at_each_column():
    def spec(name, *columns):
        schema = dg.TableSchema([dg.TableColumn(one, description=f"The {one}.") for one in columns])
        unique_id = {"dagster_dbt/unique_id": f"model.guanxi.{name}"}
        return dg.AssetSpec(["marts", name], metadata={**unique_id, COLUMN_SCHEMA: schema})

    @dg.multi_asset(specs=[spec("totals", "spent"), spec("rfm", "m_score", "as_of")])
    def built():
        """Builds both."""

    made_from = {"m_score": (("model.guanxi.totals", "spent"), ("source.guanxi.raw_shop.orders", "total")), "as_of": ()}
    lineage = {"model.guanxi.rfm": ModelLineage("key", ("m_score", "as_of"), made_from)}
    [traced] = with_lineage([built], lineage)
    totals, rfm = (traced.specs_by_key[dg.AssetKey(["marts", name])].metadata for name in ("totals", "rfm"))
    assert COLUMN_LINEAGE not in totals
    deps = rfm[COLUMN_LINEAGE].deps_by_column
    assert [(one.asset_key.path, one.column_name) for one in deps["m_score"]] == [
        (["marts", "totals"], "spent"),
        (["raw_shop", "orders"], "total"),
    ]
    assert deps["as_of"] == []
    told = {column.name: column.description for column in rfm[COLUMN_SCHEMA].columns}
    assert told == {"m_score": "The m_score.\n\n来自 From `totals.spent`, `orders.total`", "as_of": "The as_of."}


@pytest.fixture(scope="module")
def parse_of_a_build(published_world, tmp_path_factory):
    """A copy of the project's parse with the lineage that a build of a retailer gives."""
    settings = published_world.settings
    manifest = tmp_path_factory.mktemp("parse") / "state" / "manifest.json"
    manifest.parent.mkdir()
    shutil.copy(dbt_project.prepare_manifest(settings), manifest)
    around = Surroundings(dbt_project.project_dir(settings), settings.lake, {})
    prints = NodeFingerprints(json.loads(manifest.read_text(encoding="utf-8")), around)
    kept_lineage.update(manifest, prints, dbt_project.build_dir(settings) / "compiled")
    return manifest


def test_columns_of_the_marts_lead_to_the_models_that_they_are_made_from(parse_of_a_build):
    lineage = kept_lineage.read(parse_of_a_build)

    def made_from(model, column):
        return {f"{one.split('.')[2]}.{name}" for one, name in lineage[f"model.guanxi.{model}"].origins[column]}

    assert made_from("customers", "net_revenue") == {"int_customer_totals.net_revenue"}
    assert made_from("customers", "first_channel") >= {"int_customer_profile_ranks.channel"}
    assert made_from("customers", "email_token") == {"int_profiles.email_token", "int_customer_field_sources.field"}
    assert made_from("customer_rfm", "monetary") == {"int_customer_totals.window_revenue"}
    assert made_from("customer_rfm", "segment_8_zh") == {"rfm_segments_8.name_zh"}
    assert made_from("customer_rfm", "as_of") == set()


def test_nearly_every_column_of_the_models_is_traced(parse_of_a_build):
    kept = kept_lineage.read(parse_of_a_build).values()
    columns = [(column, one) for one in kept for column in one.columns]
    assert len([column for column, one in columns if column in one.origins]) > 0.98 * len(columns) > 1000


def test_the_code_location_loads_with_lineage_and_without(parse_of_a_build, published_world, tmp_path, monkeypatch):
    monkeypatch.setenv("GUANXI_HOME", str(published_world.settings.home))
    bare = Path(shutil.copy(parse_of_a_build, tmp_path))
    key = dg.AssetKey(["marts", "customers"])

    def metadata(manifest):
        [spec] = [one for each in dbt_definitions(manifest) for one in each.specs if one.key == key]
        return spec.metadata

    assert COLUMN_LINEAGE not in metadata(bare)
    traced = metadata(parse_of_a_build)
    assert traced[COLUMN_LINEAGE].deps_by_column["net_revenue"] == [
        dg.TableColumnDep(dg.AssetKey(["intermediate", "int_customer_totals"]), "net_revenue")
    ]
    [column] = [one for one in traced[COLUMN_SCHEMA].columns if one.name == "net_revenue"]
    assert column.description.endswith("From `int_customer_totals.net_revenue`")


def test_a_run_keeps_the_lineage_beside_the_parse_that_it_built_from(published_world):
    kept = kept_lineage.read(dbt_project.prepare_manifest(published_world.settings))
    assert kept["model.guanxi.customers"].origins
