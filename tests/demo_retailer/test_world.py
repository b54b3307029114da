"""The made-up retailer: the same for the same seed, complete files or none, each channel in its own form."""

import hashlib
import json
from datetime import date

import duckdb
import pytest
from python_calamine import load_workbook

from demo_retailer import generate, world
from stores.errors import UserError
from stores.settings import load_settings

UNTIL = date(2026, 6, 30)


@pytest.fixture(scope="module")
def retailer(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("retailer") / "home")
    generate(settings, customers=3000, seed=7, until=UNTIL)
    return settings


def digests(settings):
    roots = (settings.landing, settings.home / "demo")
    files = [path for root in roots for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(settings.home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_world(tmp_path):
    worlds = []
    for number, seed in enumerate((7, 7, 8)):
        settings = load_settings(home=tmp_path / str(number))
        generate(settings, customers=400, seed=seed, until=UNTIL)
        worlds.append(digests(settings))
    assert worlds[0] == worlds[1]
    assert worlds[0].keys() == worlds[2].keys()
    changed = [name for name in worlds[0] if worlds[0][name] != worlds[2][name]]
    assert set(worlds[0]) == set(changed)


def test_a_second_call_changes_nothing_even_on_the_next_day(tmp_path, monkeypatch):
    settings = load_settings(home=tmp_path)
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T08:00:00")
    made = generate(settings, customers=100)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    monkeypatch.setenv("GUANXI_NOW", "2026-07-01T08:00:00")
    assert generate(settings, customers=100) == made
    assert made.until == "2026-06-30"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == stamps


def test_two_worlds_do_not_share_a_folder(tmp_path):
    settings = load_settings(home=tmp_path)
    generate(settings, customers=100, until=UNTIL)
    with pytest.raises(UserError, match="already holds a demo of 100 customers"):
        generate(settings, customers=200, until=UNTIL)


@pytest.mark.parametrize("wrong", [{"customers": 5}, {"seed": -1}, {"orders_per_customer": 0}])
def test_impossible_sizes_are_refused(tmp_path, wrong):
    with pytest.raises(UserError):
        generate(load_settings(home=tmp_path), **wrong)


def test_a_run_that_died_leaves_no_half_file_and_is_made_good(tmp_path, monkeypatch):
    settings, undisturbed = load_settings(home=tmp_path / "a"), load_settings(home=tmp_path / "b")

    def die(block):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(world, "write_surveys", die)
        with pytest.raises(KeyboardInterrupt):
            generate(settings, customers=100, until=UNTIL)
    assert not (settings.landing / "pos" / "pos.db").exists()
    assert not (settings.home / "demo" / "manifest.json").exists()
    generate(settings, customers=100, until=UNTIL)
    generate(undisturbed, customers=100, until=UNTIL)
    assert digests(settings) == digests(undisturbed)


def test_blocks_of_people_share_no_ids(tmp_path, monkeypatch):
    monkeypatch.setattr(world, "BLOCK_PEOPLE", 100)
    settings = load_settings(home=tmp_path)
    made = generate(settings, customers=250, until=UNTIL)
    assert len([name for name in made.files if name.startswith("shop/customers_")]) == 3
    files = {
        "event_id": ("app/app_events_*.parquet", 0.99),
        "order_id": ("shop/orders_*.parquet", 1),
        "customer_id": ("shop/customers_*.parquet", 1),
    }
    for key, (pattern, share) in files.items():
        rows = duckdb.sql(f"select count(distinct {key}) / count(*) from read_parquet('{settings.landing / pattern}')")
        assert share <= rows.fetchone()[0] <= 1
    truth = duckdb.sql(f"select count(*), count(distinct (channel, native_id)) from '{world.truth_path(settings)}'")
    count, distinct = truth.fetchone()
    assert count == distinct


def test_surveys_are_gbk_with_rows_for_the_quarantine(retailer):
    texts = [path.read_bytes().decode("gbk") for path in (retailer.landing / "surveys").glob("*.csv")]
    assert len(texts) == 3
    assert all(text.startswith("问卷编号,问卷,场景,手机,推荐分") for text in texts)
    lines = [line for text in texts for line in text.splitlines()]
    assert [line for line in lines if line.count('"') % 2], "an unclosed quote"
    assert [line for line in lines if line.count(",") < 10], "a short row"
    assert [line for line in lines if "非常好" in line], "a score that is no number"
    with_contact = [line for line in lines if "请回电1" in line or "@" in line]
    assert with_contact


def test_exhibitions_are_excel_sheets_with_chinese_headers(retailer):
    books = sorted((retailer.landing / "exhibitions").glob("*.xlsx"))
    assert len(books) == 3
    sheets = [load_workbook(book).get_sheet_by_index(0).to_python() for book in books]
    assert all(rows[0][:3] == ["编号", "姓名", "手机"] for rows in sheets)
    assert [rows[-1][-1] for rows in sheets].count("二月三十日") == 1, "a date that is none, for the quarantine"


def test_wecom_speaks_its_own_field_names(retailer):
    folder = retailer.landing / "wecom"
    document = json.loads(next(folder.glob("contacts_*.json")).read_text(encoding="utf-8"))
    assert document["errcode"] == 0
    assert document["next_cursor"] == ""
    contact = document["external_contact_list"][0]
    assert set(contact["external_contact"]) == {"external_userid", "name", "type", "gender", "unionid"}
    assert {"userid", "remark", "createtime", "add_way", "remark_mobiles", "state"} == set(contact["follow_info"])
    group = json.loads(next(folder.glob("groups_*.json")).read_text(encoding="utf-8"))["groups"][0]
    assert 20 < len(group["member_list"]) < 300
    people = {entry["external_contact"]["external_userid"] for entry in document["external_contact_list"]}
    assert {member["userid"] for member in group["member_list"]} <= people
