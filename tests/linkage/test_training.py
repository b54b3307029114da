"""Training without labels, on people made up for it."""

import json
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

from linkage import model as models
from linkage.blocking import blocking_keys
from linkage.comparisons import all_comparisons
from linkage.features import filled, pairs_of, prepare
from linkage.model import Model
from linkage.training import NothingToLearn, train
from stores.errors import UserError
from tests.testing.people import NOW, Linked, Population, feature_table


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def prepared(connection: duckdb.DuckDBPyConnection, rows: pa.Table) -> int:
    connection.register("profiles", rows)
    return prepare(connection, "profiles")


def bare(rows: int, **columns: list[str | None]) -> pa.Table:
    """A feature table in which only these columns hold anything."""
    empty = feature_table({f"list:{number:05}": {} for number in range(rows)})
    for name, values in columns.items():
        empty = empty.set_column(empty.schema.get_field_index(name), name, pa.array(values, pa.string()))
    return empty


@pytest.fixture
def trained(linked: Linked) -> Model:
    """The model of the made-up population."""
    return linked.linkage.model()


def test_agreement_speaks_for_one_person_and_difference_against(trained: Model) -> None:
    ranges = trained.weight_ranges()
    assert set(ranges) == {
        "given_name", "family_name", "birthday", "phone", "email", "id_number", "address", "postcode", "city", "gender"
    }  # fmt: skip
    for name, (highest, lowest) in ranges.items():
        assert highest > 0 > lowest, name
    assert ranges["phone"][0] > ranges["city"][0] > ranges["gender"][0]


def test_every_comparison_has_shares_that_add_up_and_no_level_is_impossible(trained: Model) -> None:
    for comparison in trained.settings["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        assert sum(level["m_probability"] for level in levels) == pytest.approx(1)
        assert all(0 < level["m_probability"] < 1 and 0 < level["u_probability"] <= 1 for level in levels)
        weights = [level["m_probability"] / level["u_probability"] for level in levels]
        assert weights[0] == pytest.approx(max(weights)), "equality is the strongest"


def test_as_many_matches_are_expected_as_there_are(trained: Model, population: Population) -> None:
    pairs = trained.profiles * (trained.profiles - 1) / 2
    assert trained.prior * pairs == pytest.approx(len(population.true_pairs()), rel=0.15)


def test_usual_shares_add_up_in_every_comparison() -> None:
    for comparison in all_comparisons():
        levels = [level for level in comparison.levels if not level.get("is_null_level")]
        assert len(levels) == len(comparison.usual), comparison.name
        assert sum(comparison.usual) == pytest.approx(1), comparison.name
        assert comparison.levels[0].get("is_null_level")
        assert comparison.levels[-1]["sql_condition"] == "ELSE"


@pytest.mark.parametrize(
    "rows",
    [
        bare(0),
        bare(1, city=["here"]),
        bare(5),
        bare(5, city=["here"] * 5),
        bare(3, birthday=["19800101", "19810101", "19820101"]),
    ],
    ids=["nobody", "one", "nothing known", "all the same", "nothing in common"],
)
def test_profiles_that_cannot_be_compared_teach_nothing(connection: duckdb.DuckDBPyConnection, rows: pa.Table) -> None:
    with pytest.raises(NothingToLearn):
        train(connection, prepared(connection, rows), NOW)


def test_pairs_are_looked_at_that_agree_in_something_rare(connection: duckdb.DuckDBPyConnection) -> None:
    phones = [f"p{number // 2}" for number in range(600)]
    cities = [f"c{number % 3}" for number in range(600)]
    families = [f"f{number % 20}" for number in range(600)]
    postcodes = [f"only {number}" for number in range(600)]
    rows = bare(600, phone_token=phones, city=cities, family_token=families, postcode=postcodes)
    keys = blocking_keys(connection, prepared(connection, rows))
    assert ("phone_token",) in keys
    assert ("family_token",) in keys
    assert ("city",) not in keys
    assert ("postcode",) not in keys
    assert [pairs_of(connection, key) for key in keys] == sorted(pairs_of(connection, key) for key in keys)
    assert not any(set(one) < set(other) for one in keys for other in keys)


def test_what_is_too_frequent_alone_counts_together(connection: duckdb.DuckDBPyConnection) -> None:
    size = 2_000
    columns = {"city": 10, "postcode": 12, "company": 14}
    rows = bare(size, **{name: [str(number * 7919 % many) for number in range(size)] for name, many in columns.items()})
    keys = blocking_keys(connection, prepared(connection, rows))
    assert keys
    assert all(len(key) > 1 for key in keys)


def test_a_value_that_everybody_has_brings_no_flood_of_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    rows = bare(5_000, phone_token=["hub"] * 4_000 + [f"p{number}" for number in range(1_000)], city=["here"] * 5_000)
    assert blocking_keys(connection, prepared(connection, rows)) == []


def test_the_feature_table_keeps_digits_that_are_no_date_and_knows_swapped_names(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = bare(
        3,
        birthday=["19800229", "19810229", ""],
        given_token=["lei", "li", ""],
        family_token=["li", "lei", ""],
        given_bits=["0f" * 30, None, ""],
    )
    assert prepared(connection, rows) == 3
    table = connection.execute(
        "select birthday, birthday_date::text, whole_name, given_bits_set from features order by source_profile_id"
    ).fetchall()
    assert table == [("19800229", "1980-02-29", "leili", 120), ("19810229", None, "leili", None), (None,) * 4]
    assert filled(connection, "birthday") == (pytest.approx(2 / 3), 2)


def test_a_model_is_kept_under_its_version_and_read_back(trained: Model, tmp_path) -> None:
    assert models.current(tmp_path) is None
    place = models.keep(tmp_path, trained)
    assert place.name == f"model-{trained.version}.json"
    assert models.current(tmp_path) == trained
    other = Model(trained.settings, trained.keys, trained.prior / 2, trained.profiles, NOW)
    assert other.version != trained.version
    models.keep(tmp_path, other)
    assert models.current(tmp_path) == other
    assert place.exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: json.dumps({**json.loads(text), "settings": "none"}),
        lambda text: json.dumps({**json.loads(text), "prior": 0.5}),
        lambda text: json.dumps({name: value for name, value in json.loads(text).items() if name != "keys"}),
    ],
    ids=["cut off", "empty", "a list", "no settings", "altered", "without keys"],
)
def test_a_damaged_model_is_one_clear_mistake(trained: Model, tmp_path, damage) -> None:
    place = models.keep(tmp_path, trained)
    place.write_text(damage(place.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(UserError, match=r"is damaged\. Delete current\.json there"):
        models.current(tmp_path)


def test_a_model_from_before_what_follows_was_counted_once_is_trained_rebuilt(trained: Model, tmp_path) -> None:
    place = models.keep(tmp_path, trained)
    document = json.loads(place.read_text(encoding="utf-8"))
    del document["dependence"]
    place.write_text(json.dumps(document), encoding="utf-8")
    assert models.current(tmp_path) is None


def test_a_model_whose_file_is_gone_is_trained_rebuilt(trained: Model, tmp_path) -> None:
    models.keep(tmp_path, trained).unlink()
    assert models.current(tmp_path) is None
