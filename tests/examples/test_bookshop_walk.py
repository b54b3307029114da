"""The walks through a first campaign and a first journey, done word for word: what the guides show is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from stores.operations import deliveries, engine, reading, suppressions
from stores.settings import Settings, load_settings
from stores.warehouse import current_publication
from tests.testing.guide_chapter import Chapter
from tests.testing.guide_walk import Walk
from tests.testing.published_rows import open_rows

CAMPAIGN = Chapter.of("campaigns.md", "Your first campaign in ten minutes 第一个活动")
JOURNEY = Chapter.of("journeys.md", "Your first journey in twenty minutes 第一个旅程")


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    reader = Walk(tmp_path_factory.mktemp("bookshop") / "guanxi")
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def campaign(walk: Walk) -> Settings:
    """The data folder at the end of the campaign's walk."""
    walk.follow(CAMPAIGN, until="guanxi receipts")
    page = walk.page()
    assert page.count("<article") == 11
    assert "【Harbour】Thank you for your first book" in page
    walk.press("Unsubscribed", within="137****3012")
    walk.follow(CAMPAIGN, since="guanxi receipts")
    return load_settings(project_root=walk.root, home=walk.root / "my-shop")


def test_the_first_campaign_goes_as_the_guide_says_and_the_ledger_knows(campaign: Settings) -> None:
    with reading(engine(campaign)) as connection:
        states = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state)).all()
        closed = connection.execute(select(suppressions.c.channel)).all()
    assert states == [("delivered", 11)]
    assert closed == [("sms",)]


def test_the_results_of_the_first_campaign_are_published(campaign: Settings) -> None:
    publication = current_publication(campaign)
    assert publication is not None
    with open_rows(publication.path) as rows:
        converted = rows.execute("""
            select sum(converted) from campaigns.campaign_performance where campaign_id = 'second_book'
        """).fetchone()
    assert converted == (3,)


def test_the_first_journey_goes_on_where_the_campaign_ended_as_the_guide_says(walk: Walk, campaign: Settings) -> None:
    walk.follow(JOURNEY)
    publication = current_publication(campaign)
    assert publication is not None
    with open_rows(publication.path) as rows:
        runs = rows.execute("""
            select
                count(*),
                count(distinct customer_id),
                count(*) filter (where not is_live and cause = 'happened'),
                count(*) filter (where cause = 'held_out')
            from campaigns.journey_runs where journey_id = 'towards_second_book'
        """).fetchone()
        tasks = rows.execute("select distinct task, owner from campaigns.journey_tasks").fetchall()
    assert runs == (17, 17, 2, 2)
    assert tasks == [("personal_call", "Lin Yue")]
