from stores.lake.checksums import check_parts, set_aside


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
