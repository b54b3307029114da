"""Every question that answers with a table answers with the columns that are declared beside it."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest

import serving
from serving import customers, segments
from serving.answers import DECLARED
from serving.figures.filters import Filters
from serving.published_copy import PublishedCopy, current_copy
from serving.search_terms import Lookup, Search
from stores.settings import Settings, load_settings
from tests.testing import small_publication

KINDS = {
    "VARCHAR": "text", "DOUBLE": "number", "DATE": "day", "TIMESTAMP": "time", "BOOLEAN": "flag", "INTEGER": "whole",
    "BIGINT": "whole", "HUGEINT": "whole",
}  # fmt: skip
CUSTOMER = "c_0000000000000001"
ASKED = {
    "version": "m2",
    "horizon_days": 90,
    "campaign_id": "dormant_recall",
    "customer_id": CUSTOMER,
    "as_of": small_publication.AS_OF,
    "day": small_publication.AS_OF,
    "days": 30,
    "months": 24,
    "since": small_publication.AS_OF.replace(day=1),
    "kind": "stage",
    "grain": "week",
    "measure": "new_customers",
    "filters": Filters(small_publication.AS_OF, small_publication.AS_OF),
    "audience": segments.stage("active"),
    "search": Search((Lookup("customer_id", "", CUSTOMER),), CUSTOMER),
}


def questions() -> dict[str, Callable[..., Any]]:
    """Every function of `serving` that answers with a data frame."""
    return {
        f"{module.__name__}.{name}": function
        for found in pkgutil.walk_packages(serving.__path__, "serving.")
        for module in [importlib.import_module(found.name)]
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and "DataFrame" in str(function.__annotations__.get("return"))
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    small_publication.publish_fixture(settings)
    return settings


def test_every_table_that_is_asked_for_is_declared() -> None:
    assert set(questions()) == set(DECLARED)


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_a_question_answers_with_the_columns_that_it_declares(
    published: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    described: dict[str, str] = {}
    ask = PublishedCopy.frame

    def frame(copy: PublishedCopy, sql: str, parameters: Any = ()) -> Any:
        for column, kind in copy.values(f"select column_name, column_type from (describe {sql})", parameters):
            described[column] = "money" if kind.startswith("DECIMAL") else KINDS[kind]
        return ask(copy, sql, parameters)

    monkeypatch.setattr(PublishedCopy, "frame", frame)
    question = questions()[name]
    wanted = [one for one in inspect.signature(question).parameters.values() if one.default is inspect.Parameter.empty]
    with current_copy(published) as copy:
        answer = question(copy, **{one.name: ASKED[one.name] for one in wanted[1:]})
    assert list(answer.columns) == list(DECLARED[name])
    assert described == DECLARED[name]


def test_a_search_for_nothing_finds_nobody_in_the_same_columns(published: Settings) -> None:
    with current_copy(published) as copy:
        assert list(customers.find(copy, Search((), "")).columns) == list(DECLARED["serving.customers.find"])
