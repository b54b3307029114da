import pytest

from stores.errors import UserError
from stores.lake.checksums import check_parts, require_whole, set_aside


def test_every_load_notes_what_it_brought_and_a_load_taken_out_is_read_again(desk):
    trade = desk()
    for number in (1, 2):
        trade.drop(f"orders_{number}.csv", f"订单号,手机\n{number},13812345678\n")
        assert trade.ingest().loaded == {"orders": 1}
    folder = trade.settings.lake / "raw_trade"
    assert len(list((folder / "_parts").iterdir())) == 2
    assert check_parts(trade.settings, contents=True) == []
    (damaged,) = (folder / "orders").glob(f"{min(path.stem for path in (folder / '_parts').iterdir())}.*")
    damaged.write_bytes(damaged.read_bytes()[:-5] + b"12345")
    (found,) = check_parts(trade.settings, contents=True)
    assert found.file == f"raw_trade/orders/{damaged.name}"
    set_aside(trade.settings, "trade", ".".join(damaged.name.split(".")[:2]))
    assert trade.rows("orders", "order_id") == [("2",)]
    assert trade.ingest().loaded == {"orders": 1}
    assert trade.rows("orders", "order_id", "1") == [("1",), ("2",)]
    assert check_parts(trade.settings, contents=True) == []


@pytest.mark.parametrize("contents", [True, False])
@pytest.mark.parametrize(
    "name",
    [
        "raw_trade/orders/00000000000.contract.parquet",
        "raw_trade/_dlt_loads/00000000000.contract.jsonl",
        "raw_vault/sealed_values/00000000000.contract.parquet",
    ],
)
@pytest.mark.parametrize("damage", [lambda whole: whole[:-9] or b"{", lambda whole: b"PAR1" + bytes(len(whole))])
def test_a_damaged_file_without_rows_is_named_and_the_next_load_writes_it_again(desk, name, damage, contents):
    trade = desk()
    trade.drop("orders_1.csv", "订单号,手机\n1,13812345678\n")
    trade.ingest()
    place = trade.settings.lake / name
    place.write_bytes(damage(place.read_bytes()))
    assert [found.file for found in check_parts(trade.settings, contents)] == [name]
    assert trade.ingest().loaded == {"orders": 0}
    assert check_parts(trade.settings, contents=True) == []
    assert trade.rows("orders", "order_id") == [("1",)]


def test_what_is_to_be_done_about_a_damaged_file_says_whether_a_backup_is_needed(desk):
    trade = desk()
    trade.drop("orders_1.csv", "订单号,手机\n1,13812345678\n")
    trade.ingest()
    folder = trade.settings.lake / "raw_trade" / "orders"
    contract = folder / "00000000000.contract.parquet"
    (loaded,) = (part for part in folder.glob("*.parquet") if part != contract)
    whole = contract.read_bytes()
    contract.write_bytes(whole[:-9])
    with pytest.raises(UserError) as refused:
        require_whole(trade.settings, contents=True)
    assert "cannot be read; no load brought it" in str(refused.value)
    assert "the next `guanxi run` writes it again" in str(refused.value)
    assert "backup. Without one" not in str(refused.value)
    contract.write_bytes(loaded.read_bytes())
    with pytest.raises(UserError, match="holds rows that no load brought"):
        require_whole(trade.settings, contents=True)
    contract.write_bytes(whole)
    loaded.write_bytes(b"")
    with pytest.raises(UserError, match=r"Restore these files from a backup\. Without one") as refused:
        require_whole(trade.settings, contents=True)
    assert "writes it again" not in str(refused.value)
