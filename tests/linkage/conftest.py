"""A made-up population, linked once for the tests that only look."""

import pytest

from tests.testing.people import Linkage, Linked, Population, made_up


@pytest.fixture(scope="session")
def population() -> Population:
    return made_up(seed=11)


@pytest.fixture(scope="session")
def linked(population: Population, tmp_path_factory: pytest.TempPathFactory) -> Linked:
    linkage = Linkage(tmp_path_factory.mktemp("linked"))
    linkage.run(population.records)
    return Linked(population, linkage)
