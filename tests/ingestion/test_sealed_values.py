"""What a load sends to the vault: everything that its rows refer to, each value once, and before the load counts."""

from contextlib import closing

import duckdb
import pytest

from stores.errors import UserError
from stores.key_record import open_keyring
from stores.lake.checksums import check_parts
from stores.lake.vault import find_sealed, vault_files, vault_folder, vault_relation

HEAD = "订单号,姓名,手机\n"


def sealed(trade) -> int:
    with closing(duckdb.connect()) as connection:
        (count,) = connection.execute(f"select count(*) from {vault_relation(trade.settings)}").fetchone()
    return count


def test_every_reference_of_a_load_opens_to_what_was_written_and_to_what_is_sent_to(desk):
    trade = desk()
    trade.drop("orders_1.csv", HEAD + "1,ZHANG San,138 1234 5678\n2,张三,13812345678\n3,王五,oops\n4,,\n")
    trade.ingest()
    keyring = open_keyring(trade.settings)
    columns = "name_ref, phone_token, phone_source_ref"
    names, tokens, sources = zip(*trade.rows("orders", columns, "order_id"), strict=True)

    def opened(kind, refs):
        found = find_sealed(trade.settings, [ref for ref in refs if ref and " " not in ref])
        return [keyring.unseal(kind, found[ref][1]) if ref in found else ref for ref in refs]

    assert opened("name", names) == ["ZHANG San", "张三", "王五", None]
    assert opened("phone", tokens) == ["+8613812345678", "+8613812345678", None, None]
    assert opened("phone", sources) == ["138 1234 5678", "without +86", "oops", None]


def test_values_that_come_again_are_not_written_again(desk):
    trade = desk()
    trade.drop("orders_1.csv", HEAD + "1,张三,13812345678\n2,李四,13912345678\n3,张三,13812345678\n")
    trade.ingest()
    assert sealed(trade) == 4
    files = vault_files(trade.settings)
    trade.drop("orders_2.csv", HEAD + "4,李四,13812345678\n")
    trade.ingest()
    assert vault_files(trade.settings) == files
    trade.drop("orders_3.csv", HEAD + "5,王五,13812345678\n")
    trade.ingest()
    assert sealed(trade) == 5
    assert check_parts(trade.settings, contents=True) == []


def test_a_load_whose_values_cannot_be_kept_does_not_count(desk):
    trade = desk()
    trade.drop("orders_0.csv", HEAD + "0,,\n")
    trade.ingest()
    vault_folder(trade.settings).mkdir(parents=True, exist_ok=True)
    (vault_folder(trade.settings) / "damaged.parquet").write_bytes(b"no Parquet")
    trade.drop("orders_1.csv", HEAD + "1,张三,13812345678\n")
    with pytest.raises(UserError, match="vault"):
        trade.ingest()
    assert trade.rows("orders", "order_id") == [("0",)]
    (vault_folder(trade.settings) / "damaged.parquet").unlink()
    assert trade.ingest().loaded == {"orders": 1}


def test_a_row_that_is_freed_from_quarantine_is_in_the_vault_too(desk):
    trade = desk()
    trade.drop("orders_1.csv", "订单号,手机,金额\n1,13812345678,much\n")
    trade.ingest()
    text = {name: column for name, column in trade.channel.tables[0].columns.items() if name != "amount"}
    trade.declare(trade.channel.tables[0].__class__("orders", {**text, "amount": "text"}, pattern="orders*.csv"))
    trade.replay()
    ((token,),) = trade.rows("orders", "phone_token")
    assert find_sealed(trade.settings, [token]).keys() == {token}
