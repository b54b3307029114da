"""A list of customers as a file: everybody on it, nothing that a screen may not show, no formula, and written down."""

import csv
import io

import pandas as pd
import pytest
from sqlalchemy import select

from dashboards.components import i18n, member_export
from dashboards.queries import segments
from dashboards.queries.access_log import TooManyAccesses
from stores.errors import UserError
from stores.operations import audit_log, engine, reading
from stores.settings import load_settings

HOSTILE = ["=1+1", "+86138", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]


@pytest.fixture(params=["zh_CN", "en"])
def language(request, monkeypatch):
    monkeypatch.setattr(i18n, "language", lambda: request.param)
    return request.param


def exports():
    with reading(engine(load_settings())) as connection:
        return connection.execute(select(audit_log).where(audit_log.c.action == "export")).all()


def exported(found, key="list"):
    told = member_export.exported(found, key, member_export.columns(), member_export._words())
    assert told.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(told.decode("utf-8-sig"), newline="")))


def test_everybody_is_on_it_with_what_the_list_shows_in_the_readers_words(published, ask, language):
    audience = segments.stage("dormant")
    rows = exported(segments.every_member(audience, None), audience.key)
    wanted = ask(
        "select customer_id, phone_mask from marts.customer_lifecycle inner join marts.customers"
        " using (customer_id) where stage = 'dormant'"
    )
    assert len(segments.members(audience, 3)) == 3 < len(wanted)
    ids, phones, stages = ("客户编号", "手机", "阶段") if language == "zh_CN" else ("Customer ID", "Phone", "Stage")
    assert {row[ids]: row[phones] for row in rows} == {one: f"****{mask[-4:]}" for one, mask in wanted}
    assert {row[stages] for row in rows} == {i18n.catalogue(language)["stage.dormant"]}


def test_no_token_reference_or_clear_value_is_on_it(published, ask):
    told = repr(exported(segments.every_member(segments.stage("dormant"), None)))
    tokens = ask("select phone_token from marts.customers union all select name_token from marts.customers")
    assert not [token for (token,) in tokens if token in told]


def test_each_file_is_written_down_with_how_many_are_on_it_and_which_columns(published):
    audience = segments.stage("dormant")
    rows = exported(segments.every_member(audience, None), audience.key)
    (noted,) = exports()
    assert (noted.actor, noted.subject_type, noted.subject, noted.records) == (
        "app", "members", audience.key, len(rows),
    )  # fmt: skip
    assert "phone_mask" in noted.detail


def test_what_cannot_be_written_down_is_not_handed_out(published, monkeypatch, tmp_path):
    monkeypatch.setenv("GUANXI_OPERATIONS_URL", f"sqlite:///{tmp_path}")
    found = segments.every_member(segments.stage("dormant"), None)
    with pytest.raises(UserError):
        exported(found)


def test_files_count_as_looks(published, monkeypatch, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("[guanxi]\nlooks_per_minute = 1\n")
    monkeypatch.setenv("GUANXI_CONFIG", str(config))
    found = segments.every_member(segments.stage("dormant"), None)
    exported(found)
    with pytest.raises(TooManyAccesses):
        exported(found)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_is_a_formula_and_numbers_stay_numbers(published, hostile, language):
    found = segments.every_member(segments.stage("dormant"), None).head(1)
    found = found.assign(name_mask=hostile, city=hostile, stage=hostile, segment_8_zh=hostile, net_revenue=-12.5)
    (row,) = exported(found)
    texts = [text for text in row.values() if text.lstrip("'") == hostile]
    assert len(texts) >= 3
    assert set(texts) == {f"'{hostile}"}
    assert "-12.5" in row.values()


def test_a_customer_of_whom_little_is_known_has_empty_cells(published):
    found = segments.every_member(segments.stage("dormant"), None).head(1)
    found = found.assign(**dict.fromkeys(("name_mask", "city", "value_score", "last_purchase_at", "segment_8_zh")))
    found["value_score"] = pd.Series([float("nan")], index=found.index)
    (row,) = exported(found)
    assert list(row.values()).count("") == 5


def test_every_list_of_people_can_be_downloaded(published, open_app):
    for page, address in (("customer", {}), ("segments", {"segments_view": "lifecycle", "move_to": "dormant"})):
        app = open_app(page, **address)
        assert [button.proto.label for button in app.get("download_button")] == ["下载名单"]
