"""What `guanxi check` is made of: its temporary folder, what it makes of dbt's words, and what it does not show."""

import os
import re
import signal

import duckdb
import pytest

from ingestion.contract import Channel, Column, Table
from ingestion.pipeline import ingest
from ingestion.sampling.channel_sample import SampledTable
from orchestration.channel_check.built_models import _quoted, build_findings
from orchestration.channel_check.check import _failed_reading, _throw_away_home
from orchestration.channel_check.findings import Finding, without_people
from orchestration.channel_check.meaning import Meaning
from orchestration.channel_check.refused_rows import how_written, refused_rows, refused_values
from orchestration.channel_check.staging_build import Build, _chosen
from orchestration.channel_check.staging_files import parse_finding
from orchestration.channel_check.unreadable_values import unreadable_values
from orchestration.cli.main import _stopped
from stores.errors import UserError
from stores.lake import reader
from stores.settings import PROJECT_ROOT, Settings

DBT = PROJECT_ROOT / "dbt_project"


def test_a_wrong_section_of_a_channel_is_its_problem_and_a_defect_is_nobodys() -> None:
    stall = Channel("stall", "摊位", [Table("sales", {"id": "text"}, pattern="*.csv")])
    assert (
        _failed_reading(stall, UserError("section [channels.stall]: speed")).text == "section [channels.stall]: speed"
    )
    with pytest.raises(ZeroDivisionError):
        _failed_reading(stall, ZeroDivisionError())


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("The dbt project does not parse: Compilation Error in model stg_a__orders "
         "(models/staging/a/stg_a__orders.sql) concept 'orders' needs the column 'order_id'",
         "models/staging/a/stg_a__orders.sql"),
        ("The dbt project does not parse: Parsing Error Error reading a: models/staging/a/_a.yml", ""),
    ],
)  # fmt: skip
def test_what_dbt_cannot_parse_of_a_channel_is_its_finding_and_of_others_is_not(text: str, file: str) -> None:
    found = parse_finding("a", text)
    assert found is not None
    assert found.file.removeprefix("dbt_project/") == file
    assert parse_finding("b", text) is None


def test_an_id_that_is_somebodys_number_is_not_shown() -> None:
    text, value = "'13800138000' and 'ann@mail.example.com' occur twice.", "13800138000"
    shown = without_people(Finding("warning", "orders", text, f"Write {value}.", "sales.csv", 3, "id", value), "CN")
    assert not re.search("1380013|ann@", f"{shown.text} {shown.fix} {shown.value}")
    assert (shown.file, shown.line, shown.field) == ("sales.csv", 3, "id")


@pytest.mark.parametrize(
    ("column", "reason", "option"),
    [
        (Column("date"), "day: '21/09/1972' is not a date", "formats="),
        (Column("timestamp"), "at: … is not a time; total: '1,5' is not a decimal number", "formats="),
        (Column("decimal"), "total: '27.050,00' is not a decimal number", "decimal_mark="),
        (Column("decimal", decimal_mark=","), "total: '$ 5,00' is not a decimal number", ""),
        (Column("decimal"), "total: '$ 5,00' is in $, the column in CNY", "currency"),
        (
            Column("decimal", currency=["EUR", "USD"]),
            "a: '5' does not say which of its currencies it is in",
            "currency",
        ),
        (Column("bool"), "sms: text of 6 characters is not yes or no", "true="),
        (Column("bool", required=True), "sms: required but empty; day: '1' is not a date", ""),
        (Column("int"), "pieces: 'many' is not a whole number", ""),
    ],
)
def test_a_value_written_in_another_way_is_told_with_what_the_contract_can_say(
    column: Column, reason: str, option: str
) -> None:
    said = how_written(column, reason)
    assert option in said
    assert bool(option) == bool(said)


@pytest.mark.parametrize(
    ("is_whole", "expected"),
    [(True, [("warning", "no_amount"), ("warning", "odd")]), (False, [("note", "no_amount"), ("warning", "odd")])],
)
def test_what_a_part_of_several_tables_lacks_is_no_more_than_noted(
    settings: Settings, is_whole: bool, expected: list[tuple[str, str]]
) -> None:
    warehouse = duckdb.connect()
    warehouse.execute("""
        create table held as
        select *
        from (values ('orders', 'no_amount', null, 4, 5, 0.01), ('orders', 'unknown_status', 'odd', 1, 5, 0.01))
            as held (concept, reason, value, held_rows, channel_held_rows, channel_held_share)
    """)
    node = {"name": "int_held_rows", "relation_name": "held", "resource_type": "model", "config": {"meta": {}}}
    seeds = {
        path.stem: {"name": path.stem, "resource_type": "seed", "original_file_path": path.relative_to(DBT).as_posix()}
        for path in (DBT / "seeds").rglob("*.csv")
    }
    build = Build({"held": {"status": "success"}}, {"held": node, **seeds})
    tables = [Table(name, {"id": "text"}, pattern=f"{name}.csv") for name in ("orders", "payments")]
    meaning = Meaning(settings, Channel("stall", "摊位", tables), build, warehouse, str(settings.lake / "raw_stall"))
    found = [(one.level, one.value or "no_amount") for one in meaning.findings(is_whole)]
    assert found == expected


def test_birthdays_in_the_future_are_counted(settings: Settings) -> None:
    warehouse = duckdb.connect()
    warehouse.execute("""
        create table profiles as
        select * from (values (date '2058-08-23'), (date '1958-08-23'), (null)) as profiles (birthday)
    """)
    node = {"name": "stg_stall__profiles", "relation_name": "profiles", "resource_type": "model"}
    build = Build({"profiles": {"status": "success"}}, {"profiles": node})
    stall = Channel("stall", "摊位", [Table("people", {"id": "text"}, pattern="*.csv")])
    found = list(Meaning(settings, stall, build, warehouse, "raw_stall")._future_birthdays())
    assert [(one.level, one.text) for one in found] == [
        ("warning", "1 birthday is in the future and left out."),
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_temporary_folder_is_private_and_goes_when_the_check_is_stopped(
    settings: Settings, number: signal.Signals
) -> None:
    place = None
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background

    def work() -> None:
        nonlocal place
        with _throw_away_home(settings) as sampled:
            place = sampled.home
            assert place.stat().st_mode & 0o077 == 0
            assert sampled.keyring_path.is_relative_to(place)
            os.kill(os.getpid(), number)

    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        signal.signal(signal.SIGINT, before)
    assert place is not None
    assert not place.exists()


def test_keys_and_engine_that_the_environment_names_are_not_used(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUANXI_KEYRING", "/keys/of/the/installation.json")
    monkeypatch.setenv("GUANXI_DBT_TARGET", "spark")
    with _throw_away_home(settings) as sampled:
        assert sampled.keyring_path.is_relative_to(sampled.home)
        assert "GUANXI_DBT_TARGET" not in os.environ
    assert os.environ["GUANXI_DBT_TARGET"] == "spark"
    assert os.environ["GUANXI_KEYRING"] == "/keys/of/the/installation.json"


def test_a_word_of_sql_that_is_a_column_is_told_how_to_write_it() -> None:
    assert '"at"' in _quoted('Parser Error: syntax error at or near "at" LINE 9: trim(at)')
    assert _quoted('Parser Error: syntax error at or near ")"') == ""
    assert _quoted('Binder Error: Referenced column "sale" not found') == ""


@pytest.mark.parametrize(
    ("command", "goes_on"), [("check", False), ("run", True), ("demo", True), ("explain", False), ("", False)]
)
def test_only_a_command_that_goes_on_says_so_when_it_is_interrupted(command: str, goes_on: bool) -> None:
    assert ("goes on from here" in _stopped([command])) == goes_on


@pytest.mark.parametrize(
    ("bad", "good", "level"), [(1, 3, "note"), (1, 0, "note"), (9, 1, "problem"), (9, 20, "warning"), (0, 5, None)]
)
def test_values_that_are_no_phone_are_told_also_when_they_are_few(
    settings: Settings, bad: int, good: int, level: str | None
) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table people (phone_token text, phone_mask text, _source_file text, _line bigint)")
        connection.execute(f"insert into people select null, '****', 'p.csv', n + 7 from range({bad}) as r (n)")
        connection.execute(f"insert into people select 'token', '137****', 'p.csv', 1 from range({good})")
        table = Table("people", {"phone": "phone"}, pattern="*.csv")
        found = list(unreadable_values(connection, "people", table, settings, "a contract"))
    assert [(one.level, one.line) for one in found] == ([(level, 7)] if level else [])


def test_values_that_cannot_be_read_are_told_by_line_and_form_and_never_in_clear(settings: Settings) -> None:
    table = Table("people", {"phone": "phone", "email": "email"}, pattern="*.csv")
    landing = settings.landing / "stall"
    landing.mkdir(parents=True)
    rows = ["1371131300313911390009,a@b.example", "call Ann,a@b.example-c@d.example", "13711313003/1391139000,"]
    (landing / "p.csv").write_text("\n".join(["phone,email", *rows]), encoding="utf-8")
    settings = settings.model_copy(update={"channels": {"stall": {"settle_seconds": 0}}})
    ingest(settings, Channel("stall", "摊位", [table]))
    with duckdb.connect() as connection:
        lake = reader.all_rows(settings.lake / "raw_stall", "people")
        found = list(unreadable_values(connection, lake, table, settings, "a contract", settings))
    assert [one.text.partition(" Such as ")[2] for one in found] == [
        f"p.csv, line 2: '{'#' * 22}' (several in one cell); p.csv, line 3: '**** ***'.",
        "p.csv, line 4: '###########/##########' (several in one cell).",
        "p.csv, line 3: '*@*.*******-*@*.*******' (several in one cell).",
    ]
    assert "holds beside what is read something that looks like one more" in found[1].text


def test_rows_that_do_not_fit_are_told_by_column_with_what_stands_there_and_what_may() -> None:
    reasons = [
        "ok: 'Ja' is not yes or no (yes: 1 …, no: 0 …); at: '09.10.2023' is not a time",
        "ok: 'Nei' is not yes or no (yes: 1 …, no: 0 …); at: '10.10.2023' is not a time",
        "ok: 'Nei' is not yes or no (yes: 1 …, no: 0 …)",
        "fee: text of 4 characters is not a decimal number; say so; nobody knows",
    ]
    with duckdb.connect() as connection:
        connection.execute("create table kept (source_file text, line bigint, reason text, target text)")
        for line, reason in enumerate(reasons, 2):
            connection.execute("insert into kept values ('p.csv', ?, ?, 'people')", [line, reason])
        misfits = refused_values(connection, "kept", "people")
    read = SampledTable("people", rows=9, loaded=5)
    columns = {"ok": Column("bool", true=["oui"]), "at": Column("timestamp"), "fee": Column("decimal")}
    found = list(refused_rows(misfits, read, columns, 0.05, "a contract"))
    assert [(one.field, one.line, one.text.partition(" ")[0]) for one in found] == [
        ("ok", 2, "3"), ("at", 2, "2"), ("fee", 5, "1"),
    ]  # fmt: skip
    assert "'Ja' is not yes or no" in found[0].text
    assert found[0].text.endswith("Likewise 'Nei'.")
    assert (found[0].allowed[:2], found[1].allowed) == (("oui", "true"), ())
    assert "formats=" in found[1].fix


def node(path: str, code: str = "", *parents: str) -> dict[str, object]:
    name = path.rpartition("/")[2]
    file = f"models/{path}.sql"
    found = {"name": name, "resource_type": "model", "original_file_path": file, "raw_code": code}
    return {**found, "depends_on": {"nodes": list(parents)}}


NODES = {
    "members": node("staging/vet/stg_vet__members"),
    "decisions": node("staging/operations/stg_operations__decisions"),
    "pos": node("staging/pos/stg_pos__profiles"),
    "profiles": node("intermediate/int_profiles", "{{ united('profiles') }}", "members", "pos"),
    "pairs": node("intermediate/int_pairs", "{{ ref('stg_operations__decisions') }}", "profiles", "decisions"),
    "map": node("intermediate/customer_map", "{{ ref('int_pairs') }}", "pairs"),
    "levels": node(
        "intermediate/int_levels", "{{ ref('stg_vet__members') }} {{ ref('customer_map') }}", "members", "map"
    ),
    "plans": node("intermediate/int_plans", "{{ ref('stg_vet__members') }}", "members"),
}


def test_a_model_that_reads_the_customers_of_all_channels_is_left_to_the_run() -> None:
    assert _chosen(NODES, "vet") == ({"members", "profiles", "plans"}, ["int_levels"])


def test_a_model_that_cannot_be_built_is_told_with_what_to_do() -> None:
    def told(name: str, message: str) -> Finding:
        results = {name: {"status": "error", "message": message}}
        with duckdb.connect() as connection:
            (found,) = build_findings(Build(results, NODES), "vet", connection, "", False)
        return found

    absent = told("plans", "Catalog Error: Table with name int_pairs does not exist!")
    assert (absent.level, absent.text) == (
        "note", "int_plans was not checked: it reads int_pairs, which only a run of all channels builds.",
    )  # fmt: skip
    misspelled = told("plans", 'Binder Error: Referenced column "plan" not found')
    assert re.fullmatch(r"Correct .*/int_plans\.sql, or the columns of stg_vet__members\.", misspelled.fix)
    assert told("profiles", "Binder Error: Cannot mix values").fix.startswith("Give each column")
    with duckdb.connect() as connection:
        (left,) = build_findings(Build({}, NODES, left_out=["int_levels"]), "vet", connection, "", False)
    assert (left.level, left.text.endswith(": int_levels.")) == ("note", True)
