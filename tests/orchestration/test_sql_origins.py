"""The columns of a select are traced to the columns of the tables that they are made from."""

import pytest

from orchestration.column_lineage.sql_origins import Origin, origins

KNOWN = {
    ("staging", "stg_orders"): ["order_id", "customer", "amount", "refund"],
    ("staging", "stg_people"): ["customer", "name"],
}


def traced(sql, declared=(), known=KNOWN):
    """Origins as `table.column`, by column."""
    found = origins(sql, "duckdb", known, declared)
    return found and {
        column: made_from if made_from is None else {f"{one.relation[1]}.{one.column}" for one in made_from}
        for column, made_from in found.items()
    }


def test_a_renamed_column_and_a_computed_one_lead_to_what_they_are_made_from():
    sql = (
        "select order_id as id, amount - refund as net, count(*) as rows, 1 as one from staging.stg_orders group by all"
    )
    assert traced(sql) == {
        "id": {"stg_orders.order_id"},
        "net": {"stg_orders.amount", "stg_orders.refund"},
        "rows": set(),
        "one": set(),
    }


def test_ctes_and_stars_lead_through_to_the_table():
    sql = """
        with orders as (select * from warehouse.staging.stg_orders where refund = 0),
        final as (select orders.*, people.name from orders inner join staging.stg_people as people using (customer))
        select * from final
    """
    found = traced(sql)
    assert list(found) == ["order_id", "customer", "amount", "refund", "name"]
    assert (found["amount"], found["name"]) == ({"stg_orders.amount"}, {"stg_people.name"})


def test_what_only_filters_or_joins_is_no_origin():
    sql = "select amount from staging.stg_orders where customer in (select customer from staging.stg_people)"
    assert traced(sql) == {"amount": {"stg_orders.amount"}}


def test_the_parts_of_a_union_are_matched_by_place():
    sql = "select customer as who from staging.stg_orders union all select name from staging.stg_people"
    assert traced(sql) == {"who": {"stg_orders.customer", "stg_people.name"}}


def test_a_subquery_in_a_column_counts_with_what_it_gives():
    sql = """
        select order_id, (select max(name) from staging.stg_people as p where p.customer = o.customer) as name
        from staging.stg_orders as o
    """
    assert traced(sql)["name"] == {"stg_people.name"}


def test_a_window_counts_with_what_it_is_ordered_by():
    sql = "select row_number() over (partition by customer order by amount) as place from staging.stg_orders"
    assert traced(sql) == {"place": {"stg_orders.customer", "stg_orders.amount"}}


def test_a_table_of_the_lake_goes_by_dataset_and_folder():
    sql = (
        "with arrived as (select * from read_parquet('/data/lake/raw_shop/orders/*.parquet')) select total from arrived"
    )
    found = origins(sql, "duckdb", {}, [])
    assert found == {"total": frozenset({Origin(("raw_shop", "orders"), "total")})}


def test_a_star_over_an_unknown_table_gives_the_columns_that_are_declared():
    sql = "select *, 1 as one from read_parquet('/data/lake/raw_shop/orders/*.parquet')"
    assert traced(sql, declared=["one", "total"]) == {"one": set(), "total": {"orders.total"}}


def test_rows_made_of_nothing_have_no_origin():
    assert traced("select n as day from generate_series(0, 730) as days(n)") == {"day": set()}


def test_a_recursive_query_ends():
    sql = """
        with recursive chain as (
            select customer as root, name from staging.stg_people
            union all
            select chain.root, people.name
            from chain inner join staging.stg_people as people on people.customer = chain.name
        )
        select root, name from chain
    """
    assert traced(sql) == {"root": {"stg_people.customer"}, "name": {"stg_people.name"}}


def test_a_column_that_two_unknown_tables_may_have_is_not_guessed():
    assert traced("select a.x, y from s.one as a, s.two as b", known={}) == {"x": {"one.x"}, "y": None}


@pytest.mark.parametrize("sql", ["this is no sql at all (", "select 'open", ""])
def test_sql_that_cannot_be_read_is_told_apart_from_sql_without_origins(sql):
    assert traced(sql) is None
