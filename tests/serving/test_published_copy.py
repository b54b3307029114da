"""A publication is opened in one way: for reading, within limits, with errors that say what to do."""

import pyarrow as pa
import pytest

from serving.published_copy import NoPublication, PublicationDamaged, PublishedCopy, QuestionTooLong, TableMissing
from serving.published_copy import current_copy as open_current
from stores.errors import UserError
from stores.settings import Settings, load_settings
from tests.testing import small_publication


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    small_publication.publish_fixture(settings)
    return settings


def test_before_the_first_publication_it_says_what_to_run(settings: Settings) -> None:
    with pytest.raises(NoPublication, match="guanxi run"):
        open_current(settings)


def test_rows_come_by_name_with_pythons_own_values(published: Settings) -> None:
    with open_current(published) as copy:
        found = copy.first("select count(*) as customers, null as nothing from marts.customers")
        assert found == {"customers": small_publication.CUSTOMERS, "nothing": None}
        assert copy.first("select 1 as one where false") == {}
        assert copy.has("marts.customers")
        assert not copy.has("marts.nobody")


def test_rows_are_read_in_batches_and_joined_with_those_that_the_asker_brings(published: Settings) -> None:
    with open_current(published) as copy:
        sizes = [len(batch) for batch in copy.batches("select customer_id from marts.customers", 900)]
        assert sum(sizes) == small_publication.CUSTOMERS
        assert max(sizes) <= small_publication.CUSTOMERS
        copy.bring("asked", pa.table({"customer_id": ["c_0000000000000001", "c_unknown"]}))
        assert copy.values("select count(*) from asked inner join marts.customers using (customer_id)") == [(1,)]


def test_nothing_can_be_written_to_it(published: Settings) -> None:
    with open_current(published) as copy:
        with pytest.raises(UserError):
            copy.values("delete from marts.customers")
        assert copy.values("select count(*) from marts.customers") == [(small_publication.CUSTOMERS,)]


def test_what_an_older_publication_lacks_is_named(published: Settings) -> None:
    with (
        open_current(published) as copy,
        pytest.raises(TableMissing, match=r"no_such_table.*guanxi run --full") as found,
    ):
        copy.frame("select * from marts.no_such_table")
    assert "no_such_table" in found.value.what


def test_a_file_that_is_no_database_is_damaged(settings: Settings) -> None:
    settings.published.mkdir(parents=True)
    path = settings.published / "serving-1.duckdb"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(PublicationDamaged, match="guanxi publish"):
        PublishedCopy(path)


def test_a_question_that_takes_too_long_is_given_up_and_the_next_one_is_answered(published: Settings) -> None:
    with open_current(published, seconds=0.05) as copy:
        with pytest.raises(QuestionTooLong, match="took longer"):
            copy.values("select count(*) from range(10000000) as a, range(1000000) as b where a.range + b.range = 7")
        assert copy.values("select 1") == [(1,)]
