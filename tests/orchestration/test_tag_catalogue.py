"""The rules that are shipped, on the demo retailer and two real lists of purchases.

Whom each tag holds for, how far two tags say the same, how many an active customer carries, and how often a tag that
infers a trait is right.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from orchestration.trial.transactions_file import transactions_file
from orchestration.trial.trial_home import build, read_in
from stores.settings import PROJECT_ROOT, load_settings
from tests.orchestration.tag_truth import TRUTH, truth_of_customers
from tests.testing.data_sets import DATA, needs_data_sets
from tests.testing.shared_build import built_once

CUSTOMERS = 8000
LISTS = {"online_retail": date(2011, 12, 9), "cdnow": date(1998, 6, 30)}
RULES = PROJECT_ROOT / "dbt_project" / "seeds" / "tags" / "tag_rules.csv"
LEAST, MOST, OVERLAP = 0.002, 0.5, 0.9
CARRIERS_TO_COMPARE = 30

Holders = dict[str, np.ndarray]


def families() -> dict[str, str]:
    with RULES.open(encoding="utf-8", newline="") as file:
        return {row["tag"]: row["family"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory, make_installation) -> Path:
    """A demo of its own size, played once: messages are sent, and answered."""

    def play(folder: Path) -> None:
        made = make_installation(folder, is_quick=True)
        played = made.start("demo", "--customers", str(CUSTOMERS))
        said, _ = played.communicate(timeout=1800)
        assert played.returncode == 0, said

    return built_once(tmp_path_factory, "tagged-demo", play) / "home"


@pytest.fixture(scope="module")
def demo(demo_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo_home / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


def tagged_list(factory: pytest.TempPathFactory, name: str) -> duckdb.DuckDBPyConnection:
    """The tags of a list of purchases, made by the pipeline's own models."""

    def make(folder: Path) -> None:
        settings = load_settings(home=folder / "home")
        source = DATA / "online_retail_ii" / "online_retail_II.csv.gz"
        if name == "cdnow":
            source = folder / "cdnow.csv"
            lines = [line.split() for line in (DATA / "cdnow" / "CDNOW_sample.txt").read_text().splitlines() if line]
            rows = [f"{customer},{day[:4]}-{day[4:6]}-{day[6:]},{amount}" for _, customer, day, _, amount in lines]
            source.write_text("\n".join(["customer_id,ordered_at,amount", *rows]), encoding="utf-8")
        found = transactions_file(source, {}, (), "", settings.timezone)
        read_in(settings, found.file, found.header)
        build(settings, {"channels": [found.file.channel.name]}, ["--select", "+int_customer_tags"], LISTS[name])

    home = built_once(factory, f"tagged-{name}", make) / "home"
    return duckdb.connect(str(load_settings(home=home).warehouse_path), read_only=True)


def holders(connection: duckdb.DuckDBPyConnection) -> Holders:
    """By tag, whether each customer carries it, in the order of customer ids."""
    connection.execute("set threads = 2")
    ids = [row[0] for row in connection.execute("select customer_id from marts.customers order by 1").fetchall()]
    places = {customer: place for place, customer in enumerate(ids)}
    found = {tag: np.zeros(len(ids), dtype=bool) for tag in families()}
    for customer, tag in connection.execute("select customer_id, tag from intermediate.int_customer_tags").fetchall():
        found[tag][places[customer]] = True
    return found


def overlapping(held: Holders) -> list[str]:
    """Pairs of tags that hold for nearly the same customers."""
    tags = [tag for tag, carries in held.items() if carries.sum() >= CARRIERS_TO_COMPARE]
    matrix = np.array([held[tag] for tag in tags], dtype=np.float32)
    both, each = matrix @ matrix.T, matrix.sum(1)
    likeness = both / (each[:, None] + each[None, :] - both)
    return [
        f"{tags[one]} and {tags[other]}: {likeness[one, other]:.2f}"
        for one, other in zip(*np.where(np.triu(likeness, 1) > OVERLAP), strict=True)
    ]


def test_there_are_more_than_300_tags_and_no_family_has_more_than_15():
    tags = families()
    counts = {family: sum(1 for one in tags.values() if one == family) for family in tags.values()}
    assert len(tags) > 300
    assert {family: count for family, count in counts.items() if count > 15} == {}


@needs_data_sets
def test_each_tag_holds_for_some_and_not_for_most_customers_somewhere_and_no_two_say_the_same(
    demo: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shares: dict[str, dict[str, float]] = {tag: {} for tag in families()}
    alike = []
    for name in ("demo", *LISTS):
        connection = demo if name == "demo" else tagged_list(tmp_path_factory, name)
        held = holders(connection)
        for tag, carries in held.items():
            shares[tag][name] = round(float(carries.mean()), 4)
        alike += [f"{name}: {pair}" for pair in overlapping(held)]
    assert alike == []
    nowhere = {tag: by_set for tag, by_set in shares.items() if not any(LEAST <= s <= MOST for s in by_set.values())}
    assert nowhere == {}


def test_four_in_five_active_customers_carry_twenty_tags_two_of_a_family_counted(demo: duckdb.DuckDBPyConnection):
    held, of_family = holders(demo), families()
    stages = [
        row[0]
        for row in demo.execute(
            "select stage from marts.customers as c left join marts.customer_lifecycle as l using (customer_id)"
            " order by c.customer_id"
        ).fetchall()
    ]
    counted = np.zeros(len(stages), dtype=int)
    for family in set(of_family.values()):
        # what nearly everybody has tells nobody apart
        mine = [held[tag] for tag in held if of_family[tag] == family and held[tag].mean() < 0.9]
        counted += np.minimum(np.sum(mine, axis=0), 2)
    active = np.array([stage == "active" for stage in stages])
    assert active.sum() > 500
    assert (counted[active] >= 20).mean() >= 0.8


def test_each_tag_that_infers_a_trait_is_right_for_nine_in_ten_of_who_carries_it(
    demo: duckdb.DuckDBPyConnection, demo_home: Path
) -> None:
    held = holders(demo)
    truth = truth_of_customers(demo, demo_home)
    wrong = {}
    for tag in TRUTH:
        known, is_true = truth[tag]
        carriers = held[tag] & known
        assert carriers.sum() > 0, tag
        precision = float(is_true[carriers].mean())
        if precision < 0.9:
            wrong[tag] = f"{precision:.3f} of {int(carriers.sum())}"
    assert wrong == {}
