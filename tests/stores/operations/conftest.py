"""The kinds of database that the operations store runs on."""

from collections.abc import Iterator

import pytest

from stores.settings import Settings
from tests.testing import postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A running PostgreSQL."""
    with postgres.cluster() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.heavy)])
def anywhere(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """An installation with an empty operations store, on each kind of database."""
    if request.param == "sqlite":
        return settings
    url = postgres.new_database(request.getfixturevalue("postgres_server"))
    return settings.model_copy(update={"operations_url": url})
