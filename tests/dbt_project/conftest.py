"""The project built once, for the tests that only look."""

from __future__ import annotations

import pytest

from tests.testing.dbt.dbt_runner import AS_JSON, Dbt
from tests.testing.dbt.tiny_lake import write_standard


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """The whole project, built once on the standard tiny lake."""
    home = tmp_path_factory.mktemp("dbt")
    write_standard(home / "lake")
    dbt = Dbt(home, home / "lake")
    dbt.run("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", **AS_JSON)
    return dbt
