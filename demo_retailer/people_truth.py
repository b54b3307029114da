"""The truth about people: who they are and what they are like, beside the world that the channels see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from demo_retailer import vocabulary
from demo_retailer.people.population import People
from demo_retailer.seeded_draws import Flags, days
from stores.atomic_files import replacing
from stores.settings import Settings


def people_path(settings: Settings) -> Path:
    """Where the truth about people is kept, one row a person; nothing in the pipeline reads it."""
    return settings.home / "demo" / "people.parquet"


def people_table(people: People) -> pa.Table:
    """What is true of people: person_id, gender, city, birthday, their channels, and their hidden traits."""
    habits = people.habits
    return pa.table(
        {
            "person_id": pa.array(people.number),
            "gender": people.genders("male", "female"),
            "city": people.cities(),
            "birthday": days(people.birthday),
            "in_shop": pa.array(habits.in_shop),
            "in_pos": pa.array(habits.in_pos),
            "in_app": pa.array(habits.in_app),
            "in_web": pa.array(habits.in_web),
            **people.traits.columns(),
            "keeps_to_one_store": pa.array(people.traits.has_home_store | _has_one_store()[people.city]),
        }
    )


def _has_one_store() -> Flags:
    """By city of the word table, whether there is one store to choose."""
    stores = vocabulary.column("stores", "city").to_pylist()
    return np.array([stores.count(city) == 1 for city in vocabulary.column("cities", "city").to_pylist()])


def write_people(path: Path, blocks: list[pa.Table], kept: bool = False) -> None:
    """Write the truth about people.

    Args:
        path: the file.
        blocks: tables as `people_table` makes them.
        kept: whether the people of the file that is there stay; who is in both is written once, as before.
    """
    if kept and path.exists():
        known = pq.read_table(path)
        fresh = [table.filter(pa.array(~np.isin(table["person_id"], known["person_id"]))) for table in blocks]
        blocks = [known, *fresh]
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        pq.write_table(pa.concat_tables(blocks), draft, compression="zstd")
