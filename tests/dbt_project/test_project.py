"""What holds for the project as a whole: it builds, its tests pass, it is documented, and it compiles for Spark."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import duckdb
import sqlglot
import yaml
from jinja2 import Environment

from ingestion.channels import discover
from tests.testing.dbt.dbt_runner import PROJECT, Dbt

CHANNEL_MODEL = re.compile(r"stg_(?P<channel>[a-z_]+?)__(?P<concept>[a-z_]+)")


def test_every_data_test_and_unit_test_passes_on_a_lake_of_a_few_rows(built: Dbt) -> None:
    built.run("test")


def test_a_sign_of_one_currency_is_understood_and_one_of_several_is_asked_about() -> None:
    with (PROJECT / "seeds" / "orders" / "currencies.csv").open(encoding="utf-8", newline="") as file:
        known = {row["word"]: row["currency"] for row in csv.DictReader(file)}
    assert [known[sign] for sign in ("€", "£", "R$", "US$", "zł")] == ["EUR", "GBP", "BRL", "USD", "PLN"]
    assert not {"¥", "￥", "$", "kr", "kr.", "元", "Fr."} & set(known)


def test_every_model_and_every_one_of_its_columns_is_described(built: Dbt) -> None:
    columns = built.query("select table_schema, table_name, column_name from information_schema.columns")
    real: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in columns:
        real.setdefault((schema, table), set()).add(column)
    missing = []
    for node in built.manifest()["nodes"].values():
        if node["resource_type"] not in ("model", "seed") or node["config"]["materialized"] == "ephemeral":
            continue
        if not node["description"].strip():
            missing.append(node["name"])
        documented = {name for name, column in node["columns"].items() if column["description"].strip()}
        built_columns = real[(node["schema"], node["alias"])]
        missing += [f"{node['name']}.{column}" for column in sorted(built_columns - documented)]
        missing += [f"{node['name']}.{column} is gone" for column in sorted(set(node["columns"]) - built_columns)]
    assert missing == []


def test_a_warehouse_of_an_older_release_takes_a_seed_that_has_other_columns_now(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path, tmp_path / "lake")
    with duckdb.connect(str(dbt.warehouse)) as connection:
        connection.execute("create schema seeds")
        connection.execute("create table seeds.suppression_reasons as select 'erased' as reason, 'person' as scope")
        connection.execute("create view seeds.looks_at_it as select reason from seeds.suppression_reasons")
    dbt.run("seed", "--select", "suppression_reasons")
    assert dbt.query("select name_en from seeds.suppression_reasons where reason = 'erased'") == [
        ("Erased on request",)
    ]
    assert ("erased",) in dbt.query("select reason from seeds.looks_at_it")


def test_a_project_that_says_its_time_zone_where_older_releases_did_is_told_where_to_say_it(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path, tmp_path / "lake")
    said = dbt.run("compile", "--inline", "{{ as_of() }}", "--vars", "business_timezone: Europe/Berlin", check=False)
    assert said.returncode != 0
    assert "business_timezone has no meaning any more" in said.said
    assert 'timezone = "Europe/Berlin" under [guanxi] in .dlt/config.toml' in said.said


def test_tables_of_an_older_release_are_found_under_their_new_names_before_anything_is_built(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path, tmp_path / "lake")
    kept = "identity.int_identity__memberships", "intermediate.campaign_holdouts"
    with duckdb.connect(str(dbt.warehouse)) as connection:
        for schema in ("identity", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        for table in kept:
            connection.execute(f"create table {table} as select '{table}' as history")
        connection.execute("create table identity.int_identity__edges as select 'older' as history")
        connection.execute("create table identity.int_identity__accepted_links as select 'newer' as history")
        connection.execute("create view marts.customer_channels as select 1 as one")
    dbt.run("seed", "--select", "suppression_reasons")
    assert dbt.query("select * from identity.int_identity__membership_log") == [(kept[0],)]
    assert dbt.query("select * from intermediate.int_campaign_holdouts") == [(kept[1],)]
    assert dbt.query("select * from identity.int_identity__accepted_links") == [("newer",)]
    names = "select table_name from information_schema.tables where table_schema not in ('seeds') order by all"
    assert [name for (name,) in dbt.query(names)] == [
        "int_campaign_holdouts", "int_identity__accepted_links", "int_identity__membership_log",
    ]  # fmt: skip


def test_the_log_of_the_business_goes_on_where_an_older_release_kept_fewer_figures(built: Dbt, tmp_path: Path) -> None:
    shutil.copy(built.warehouse, tmp_path / "warehouse.duckdb")
    dbt = Dbt(tmp_path, built.lake)
    with duckdb.connect(str(dbt.warehouse)) as connection:
        connection.execute("alter table intermediate.int_business_snapshot_log drop column category_buyers")
    dbt.run("run", "--select", "int_business_snapshot_log")
    logged = dbt.query(
        "select change_no, category_buyers is null from intermediate.int_business_snapshot_log order by change_no"
    )
    assert logged == [(1, True), (2, False)]


def test_every_model_has_a_yml_of_its_own_beside_it() -> None:
    for model in (PROJECT / "models").rglob("*.sql"):
        described = yaml.safe_load(model.with_suffix(".yml").read_text(encoding="utf-8"))
        assert [entry["name"] for entry in described["models"]] == [model.stem]


def test_no_line_of_a_model_is_longer_than_120() -> None:
    models = [*(PROJECT / "models").rglob("*.sql"), *(PROJECT / "tests").rglob("*.sql")]
    too_long = [
        f"{path.name}:{number}"
        for path in models
        if not (text := path.read_text(encoding="utf-8")).startswith("-- Written by `guanxi ")
        for number, line in enumerate(text.splitlines(), start=1)
        if len(line) > 120
    ]
    assert too_long == []


def test_plain_dbt_knows_the_channels_that_the_files_show() -> None:
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    shown: dict[str, set[str]] = {}
    for path in (PROJECT / "models" / "staging").rglob("*.sql"):
        found = CHANNEL_MODEL.fullmatch(path.stem)
        assert found, path
        shown.setdefault(found["concept"], set()).add(found["channel"])
    for concept, channels in settings["known_models"].items():
        if concept not in ("segments", "metrics", "custom_tags"):
            assert set(channels) == shown[concept] & set(settings["channels"]), concept
    metrics = {path.stem for path in (PROJECT / "models" / "intermediate" / "metrics").glob("*.sql")}
    assert {f"int_metrics__{name}" for name in settings["known_models"]["metrics"]} == metrics
    segments = {path.stem for path in (PROJECT / "models" / "marts" / "segments").glob("segment_*.sql")}
    united = {"segment_members"}
    assert {f"segment_{name}" for name in settings["known_models"]["segments"]} == segments - united


def test_no_model_above_the_staging_names_a_channel_that_an_installation_may_lack() -> None:
    always_there = {"operations", "intelligence", "linkage"}
    named = [
        (path.stem, reference)
        for folder in ("models", "tests")
        for path in (PROJECT / folder).rglob("*.sql")
        if path.parent.parent.name != "staging"
        for reference in re.findall(r"ref\('stg_(\w+?)__\w+'\)", path.read_text(encoding="utf-8"))
        if reference not in always_there
    ]
    assert named == []


def test_every_model_compiles_for_spark_without_a_connection(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path, tmp_path / "lake")
    dbt.run("compile", "--target", "spark", "--no-populate-cache", "--no-introspect")
    compiled = sorted((dbt.target / "compiled" / "guanxi" / "models").rglob("*.sql"))
    assert len(compiled) >= len(list((PROJECT / "models").rglob("*.sql")))
    for path in compiled:
        text = path.read_text(encoding="utf-8")
        sqlglot.parse_one(text, dialect="spark")
        assert "read_parquet" not in text, path


def test_each_condition_of_an_outer_join_looks_at_what_is_joined(built: Dbt) -> None:
    # With one that looks at the other side alone, DuckDB compares every row with every row.
    written = (built.target / "compiled" / "guanxi" / "models").rglob("*.sql")
    # What unit tests write stands below the name of their file; several of them write the same one at once.
    compiled = sorted(path for path in written if not any(part.endswith(".yml") for part in path.parts))
    assert len(compiled) > 200
    found = []
    for path in compiled:
        for join in sqlglot.parse_one(path.read_text(encoding="utf-8"), dialect="duckdb").find_all(sqlglot.exp.Join):
            condition = join.args.get("on") if join.side else None
            for one in condition.flatten() if isinstance(condition, sqlglot.exp.And) else filter(None, [condition]):
                tables = {column.table for column in one.find_all(sqlglot.exp.Column)}
                if tables and join.alias_or_name not in tables:
                    found.append(f"{path.stem}: {one.sql()}")
    assert found == []


def test_an_unknown_column_of_a_concept_stops_the_compilation_with_the_allowed_names(tmp_path: Path) -> None:
    project = _project_with(tmp_path, "select {{ concept('orders', {'order_no': 'x'}) }} from y")
    done = Dbt(tmp_path, tmp_path / "lake", project).run("compile", check=False)
    assert done.returncode != 0
    assert "has no column 'order_no'; it has: order_id, native_id, status" in " ".join(done.said.split())


def _project_with(folder: Path, sql: str) -> Path:
    """A project of one model with the macros of ours."""
    project = folder / "project"
    (project / "models").mkdir(parents=True)
    (project / "models" / "one.sql").write_text(sql, encoding="utf-8")
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings |= {"macro-paths": [str(PROJECT / "macros")], "models": {}, "seeds": {}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return project


def test_every_published_table_that_somebody_reads_is_told_in_an_exposure() -> None:
    exposures = yaml.safe_load((PROJECT / "models" / "exposures.yml").read_text(encoding="utf-8"))["exposures"]
    told = {one["name"]: {ref[5:-2] for ref in one["depends_on"]} for one in exposures}
    published = {path.stem for path in (PROJECT / "models" / "marts").rglob("*.sql")}
    for package, exposure in (("dashboards", "app_insight"), ("exports", "messages_sent")):
        texts = [path.read_text(encoding="utf-8") for path in (PROJECT.parent / package).rglob("*.py")]
        read = {name for text in texts for name in re.findall(r"\b(?:marts|campaigns)\.([a-z_]+)\b", text)}
        assert read & published <= told[exposure], f"{exposure} in models/exposures.yml"


def test_a_text_of_several_columns_is_written_once_and_used() -> None:
    blocks = set(re.findall(r"{% docs (\w+) %}", (PROJECT / "models" / "docs" / "columns.md").read_text("utf-8")))
    ymls = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "models").rglob("*.yml"))
    assert blocks == set(re.findall(r"{{ doc\('(\w+)'\) }}", ymls))


def test_published_models_are_public_with_a_contract_staging_is_private_and_every_model_has_an_owner(
    built: Dbt,
) -> None:
    for node in built.manifest()["nodes"].values():
        if node["resource_type"] != "model":
            continue
        is_published = node["schema"] in ("marts", "segments", "campaigns")
        otherwise = "private" if node["schema"] == "staging" else "protected"
        assert node["config"]["access"] == ("public" if is_published else otherwise), node["name"]
        assert node["group"], node["name"]
        assert node["contract"]["enforced"] or not is_published, node["name"]


def test_a_channel_is_stale_for_dbt_when_it_is_for_the_gate() -> None:
    for name, channel in discover().items():
        file = PROJECT / "models" / "staging" / name / f"_{name}__sources.yml"
        (source,) = yaml.safe_load(file.read_text(encoding="utf-8"))["sources"]
        (ledger,) = [table for table in source["tables"] if table["name"] == "file_ledger"]
        limit = ledger["config"]["freshness"]["error_after"]
        assert limit == {"count": channel.freshness_hours, "period": "hour"}, name


def test_plain_dbt_on_a_checkout_writes_no_production() -> None:
    # as dbt has it: `as_number` is a filter, and an undefined variable is its default
    jinja = Environment(autoescape=False)
    jinja.filters["as_number"] = int
    profiles = jinja.from_string((PROJECT / "profiles.yml").read_text("utf-8"))
    outputs = yaml.safe_load(profiles.render(env_var=lambda _name, default: default))["guanxi"]["outputs"]
    written = {name: output["path"] for name, output in outputs.items() if output["type"] == "duckdb"}
    assert written == {"duckdb": "target/plain.duckdb", "development": "../data/development/development.duckdb"}
    assert [attached["read_only"] for attached in outputs["development"]["attach"]] == [True]


def test_no_macro_takes_the_name_of_something_that_dbt_gives_to_hooks_and_models() -> None:
    given = {"results", "schemas", "database_schemas", "graph", "model", "target", "this", "flags", "adapter", "api",
             "builtins", "context", "execute", "invocation_args_dict", "load_result", "selected_resources"}  # fmt: skip
    ours = {
        name
        for path in (PROJECT / "macros").rglob("*.sql")
        for name in re.findall(r"{%-?\s*macro (\w+)\(", path.read_text(encoding="utf-8"))
    }
    assert len(ours) > 100
    assert ours & given == set()
