"""How well records were put together, measured against the truth: pairs, B-cubed, and what merged different people."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Agreement:
    """Precision and recall, and what follows from them.

    Attributes:
        precision: share of what was put together that belongs together; 1 when nothing was.
        recall: share of what belongs together that was put together; 1 when nothing does.
    """

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both; 0 when both are."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True)
class Scores:
    """An answer compared with the truth.

    Attributes:
        records: records that the truth knows.
        entities: different people, customers … that they belong to.
        clusters: groups that the answer made of them.
        left_out: records that the answer does not have; each counts as a group of its own.
        pairs: over all pairs of records: a large group weighs with the square of its size.
        bcubed: the mean over all records: every record weighs the same.
        mixed_clusters: groups with records of more than one entity.
        largest: records and entities of the largest groups, largest first.
    """

    records: int
    entities: int
    clusters: int
    left_out: int
    pairs: Agreement
    bcubed: Agreement
    mixed_clusters: int
    largest: tuple[tuple[int, int], ...]


_COMPARED = """
    create or replace temp table compared as
    with truth as ({truth}), answer as ({answer})
    select
        truth.entity,
        answer.cluster is null as is_left_out,
        -- a record without a group is one by itself
        case when answer.cluster is null then 'alone ' || truth.record else 'group ' || answer.cluster end as cluster
    from truth left join answer on truth.record = answer.record
"""
_SCORES = """
    with cells as (select cluster, entity, count(*)::double as n from compared group by all),
    clusters as (select cluster, sum(n) as size, count(*) as entities from cells group by cluster),
    entities as (select entity, sum(n) as size from cells group by entity),
    pairs as (
        select
            (select coalesce(sum(n * (n - 1) / 2), 0) from cells) as both,
            (select coalesce(sum(size * (size - 1) / 2), 0) from clusters) as answered,
            (select coalesce(sum(size * (size - 1) / 2), 0) from entities) as true
    ),
    bcubed as (
        select
            sum(cells.n * cells.n / clusters.size) / sum(cells.n) as precision,
            sum(cells.n * cells.n / entities.size) / sum(cells.n) as recall
        from cells inner join clusters using (cluster) inner join entities using (entity)
    )
    select
        (select count(*) from compared) as records,
        (select count(*) from entities) as entities,
        (select count(*) from clusters) as clusters,
        (select count_if(is_left_out) from compared) as left_out,
        case when pairs.answered = 0 then 1 else pairs.both / pairs.answered end as pair_precision,
        case when pairs.true = 0 then 1 else pairs.both / pairs.true end as pair_recall,
        coalesce(bcubed.precision, 1) as bcubed_precision,
        coalesce(bcubed.recall, 1) as bcubed_recall,
        (select count_if(entities > 1) from clusters) as mixed_clusters
    from pairs cross join bcubed
"""
_LARGEST = """
    select count(*)::int as records, count(distinct entity)::int as entities
    from compared group by cluster order by records desc, entities desc, cluster limit ?
"""


def compare(connection: duckdb.DuckDBPyConnection, answer: str, truth: str, largest: int = 5) -> Scores:
    """Compare an answer with the truth. Records that only the answer has are not looked at.

    Args:
        connection: where both queries can be run; a temporary table `compared` is left in it.
        answer: a query with the columns record and cluster, a record at most once.
        truth: a query with the columns record and entity, a record once.
        largest: how many of the largest groups to tell.
    """
    connection.execute(_COMPARED.format(truth=truth, answer=answer))
    row = connection.execute(_SCORES).fetchall()[0]
    return Scores(
        records=row[0],
        entities=row[1],
        clusters=row[2],
        left_out=row[3],
        pairs=Agreement(row[4], row[5]),
        bcubed=Agreement(row[6], row[7]),
        mixed_clusters=row[8],
        largest=tuple(connection.execute(_LARGEST, [largest]).fetchall()),
    )


@dataclass(frozen=True)
class FalseLinks:
    """Links that put records of different entities together, by what they rest on.

    Attributes:
        identifier_type: kind of the shared identifier.
        shared_by: how many entities really carry it: 'two' (a household, or a number that got a new owner), 'many' (a
            shop's own number, a placeholder), or 'one' where the link does not rest on a shared value.
        links: how many links.
        values: how many different values.
    """

    identifier_type: str
    shared_by: str
    links: int
    values: int


_FALSE_LINKS = """
    with truth as ({truth}), links as ({links}), carried as ({carried}),
    false_links as (
        select links.identifier_type, links.identifier_value
        from links
        inner join truth as one on links.record = one.record
        inner join truth as other on links.linked_record = other.record
        where one.entity <> other.entity
    ),
    owners as (
        select carried.identifier_type, carried.identifier_value, count(distinct truth.entity) as owners
        from carried
        inner join truth on carried.record = truth.record
        semi join false_links
            on carried.identifier_type = false_links.identifier_type
            and carried.identifier_value = false_links.identifier_value
        group by all
    )
    select
        false_links.identifier_type,
        case
            when owners.owners is null or owners.owners = 1 then 'one' when owners.owners = 2 then 'two' else 'many'
        end as shared_by,
        count(*) as links,
        count(distinct false_links.identifier_value) as distinct_values
    from false_links
    left join owners
        on false_links.identifier_type = owners.identifier_type
        and false_links.identifier_value = owners.identifier_value
    group by all
    order by links desc, false_links.identifier_type, shared_by
"""


def false_links(connection: duckdb.DuckDBPyConnection, links: str, carried: str, truth: str) -> list[FalseLinks]:
    """What merged different entities, most links first.

    Args:
        connection: where the queries can be run.
        links: a query with record, linked_record, identifier_type, identifier_value.
        carried: a query with record, identifier_type, identifier_value: who carries what.
        truth: a query with record and entity.
    """
    sql = _FALSE_LINKS.format(truth=truth, links=links, carried=carried)
    return [FalseLinks(*row) for row in connection.execute(sql).fetchall()]
