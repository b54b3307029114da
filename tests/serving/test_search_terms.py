"""A name that a channel has in two columns is found by the whole name, in either order."""

from pathlib import Path

import duckdb
import jinja2
import pyarrow as pa
import pytest

from ingestion.personal_data.protection import protect_column
from serving import customers
from serving.published_copy import PublishedCopy
from serving.search_terms import understand
from stores.key_record import open_keyring
from stores.keyring import Keyring
from stores.settings import Settings

CONCEPTS = Path(__file__).parents[2] / "dbt_project" / "macros" / "concepts.sql"
PUBLISHED = """
    create schema marts;
    create table marts.customers (
        customer_id text, name_mask text, phone_mask text, city text, orders_count int, net_revenue int,
        last_purchase_at timestamp, last_seen_at timestamp, name_token text, phone_token text, email_token text,
        member_no text, app_user_id text, wecom_external_userid text
    );
    create table marts.customer_profiles (customer_id text, source_profile_id text);
    create table marts.customer_lifecycle (customer_id text, stage text);
    create table marts.customer_rfm (customer_id text, segment_8 text, segment_8_zh text);
    create table marts.customer_value (customer_id text, abc_class text, value_score int);
    create table marts.customer_identifiers (customer_id text, identifier_value text);
    insert into marts.customers (customer_id) values ('c_kenji')
"""


def stored_token(keyring: Keyring, given: str | None, family: str | None) -> str:
    """What the macro of the staging models makes of both columns as ingestion protects them."""
    made: list[dict[str, str]] = []
    macros = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(CONCEPTS.read_text(encoding="utf-8"))
    macros.make_module({"return": made.append}).name_of_columns("given", "family")  # type: ignore[attr-defined]
    columns = [
        f"{value!r}::text as {name}_token" if value else f"null::text as {name}_token"
        for name, value in (
            (name, protect_column(pa.array([text]), f"{name}_name", keyring)["token"].to_pylist()[0] if text else None)
            for name, text in (("given", given), ("family", family))
        )
    ]
    found = duckdb.sql(f"select {made[0]['name_token']} from (select {', '.join(columns)})").fetchone()
    assert found
    return str(found[0])


@pytest.mark.parametrize(
    ("given", "family", "typed"),
    [
        ("Kenji", "Bos", ["Kenji Bos", "Bos Kenji", "bos, kenji", "Mr. KENJI  BOS"]),
        ("Hiroshi", "Tanaka", ["Tanaka Hiroshi", "Hiroshi Tanaka"]),
        ("Anna Maria", "van der Berg", ["Anna Maria van der Berg", "van der Berg, Anna Maria"]),
        ("娜娜", "欧阳", ["欧阳娜娜", "欧阳 娜娜", "欧阳娜娜女士"]),
        ("伟", "王", ["王伟", "伟 王"]),
        ("Kenji", None, ["Kenji"]),
        (None, "van der Berg", ["van der Berg"]),
    ],
)
def test_a_name_in_two_columns_is_found_whole(
    settings: Settings, tmp_path: Path, given: str | None, family: str | None, typed: list[str]
) -> None:
    keyring = open_keyring(settings)
    path = tmp_path / "published.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(PUBLISHED)
        token = stored_token(keyring, given, family)
        con.execute("insert into marts.customer_identifiers values ('c_kenji', ?)", [token])
    with PublishedCopy(path) as published:
        for text in typed:
            search = understand(text, keyring)
            assert search
            assert list(customers.find(published, search)["customer_id"]) == ["c_kenji"], text


def test_another_name_of_the_same_parts_is_not_found(settings: Settings) -> None:
    keyring = open_keyring(settings)
    search = understand("Kenji Bos", keyring)
    assert search
    others = search.lookups[0].others
    assert stored_token(keyring, "Kenji", "Bos") in others
    assert not {stored_token(keyring, *one) for one in (("Kenji", None), (None, "Bos"), ("Kenji", "Vos"))} & {*others}
