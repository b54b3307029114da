"""A type that was changed in the contract of files that were loaded: what was read with the older one is told."""

import duckdb

from ingestion.contract import Channel, Column, Table
from ingestion.pipeline import ingest
from orchestration.channel_check.lake_types import type_findings
from stores.settings import Settings

KEPT = {"id": "text", "phone": "phone", "seen_at": "timestamp", "ok": "bool", "fee": "decimal", "n": "int"}


def vet(birthday: Column) -> Channel:
    return Channel("vet", "诊所", [Table("owners", {**KEPT, "birthday": birthday}, pattern="*.csv")])


def test_a_column_that_was_loaded_with_another_type_is_told_until_its_files_are_read_again(settings: Settings) -> None:
    settings = settings.model_copy(update={"channels": {"vet": {"settle_seconds": 0}}})
    landing = settings.landing / "vet"
    landing.mkdir(parents=True)
    rows = "id,phone,seen_at,ok,fee,n,birthday\n1,13800138000,2026-01-02 10:00,yes,1.50,2,28.02.1980\n"
    (landing / "owners.csv").write_text(rows)
    as_text, as_date = vet(Column("text")), vet(Column("date", formats="%d.%m.%Y"))
    with duckdb.connect() as connection:
        assert list(type_findings(connection, settings, as_text, "the contract")) == []
        ingest(settings, as_text)
        assert list(type_findings(connection, settings, as_text, "the contract")) == []
        (found,) = type_findings(connection, settings, as_date, "the contract")
    assert (found.level, found.about, found.field) == ("warning", "owners", "birthday")
    assert "were loaded as varchar, and the contract makes it date now" in found.text
    assert "guanxi lake read-again vet" in found.fix
