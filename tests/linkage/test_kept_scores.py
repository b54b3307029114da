"""A run compares what changed; what others scored stands."""

import shutil

import pytest

from linkage import predict
from tests.testing.people import Linkage, Linked, Population, Record


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pairs each run scored from now on."""
    counts: list[int] = []
    scored_pairs = predict.scored_pairs

    def counting(*arguments, **named):
        found = scored_pairs(*arguments, **named)
        counts.append(found.num_rows)
        return found

    monkeypatch.setattr("linkage.run.scored_pairs", counting)
    return counts


@pytest.fixture
def linkage(linked: Linked, tmp_path) -> Linkage:
    """An installation that has linked the population once."""
    shutil.copytree(linked.linkage.lake, tmp_path / "lake")
    shutil.copytree(linked.linkage.state, tmp_path / "linkage")
    return Linkage(tmp_path)


def after_a_day(population: Population) -> dict[str, Record]:
    """Ten profiles gone, ten changed, ten new that look like known ones."""
    records = list(population.records.items())
    changed = {
        profile: {**record, "phone": f"139{number:08}"} for number, (profile, record) in enumerate(records[10:20])
    }
    new = {f"new:{number}": dict(record) for number, (_, record) in enumerate(records[20:30])}
    return dict(records[20:]) | changed | new


def test_a_day_scores_its_own_pairs_only_and_ends_near_to_scoring_all(
    linkage: Linkage, population: Population, compared: list[int], tmp_path
) -> None:
    before = len(linkage.links())
    records = after_a_day(population)
    report = linkage.run(records)
    assert (report.trained, report.unchanged) == (False, False)
    assert 10 <= compared[0] < before / 4

    rebuilt = Linkage(tmp_path / "rebuilt")
    shutil.copytree(linkage.state, rebuilt.state)
    (rebuilt.state / "last_run.json").unlink()
    rebuilt.run(records)
    assert len(compared) == 2
    assert compared[1] > before / 2
    by_pair = [{(link["left_profile_id"], link["right_profile_id"]): link["match_probability"] for link in one.links()}
               for one in (linkage, rebuilt)]  # fmt: skip
    assert by_pair[0].keys() == by_pair[1].keys()
    # frequencies of names differ by a few profiles
    assert all(by_pair[0][pair] == pytest.approx(by_pair[1][pair], abs=0.02) for pair in by_pair[0])


def test_a_profile_that_changed_back_has_its_links_of_before(linkage: Linkage, population: Population) -> None:
    before = linkage.links()
    linkage.run(after_a_day(population))
    assert linkage.links() != before
    linkage.run(population.records)
    pairs = [
        [(link["left_profile_id"], link["right_profile_id"]) for link in links] for links in (before, linkage.links())
    ]
    assert pairs[0] == pairs[1]


def test_where_many_changed_everything_is_scored_again(
    linkage: Linkage, population: Population, compared: list[int]
) -> None:
    before = len(linkage.links())
    moved = {profile: {**record, "city": "elsewhere"} for profile, record in population.records.items()}
    linkage.run(moved)
    assert compared[0] > before / 2


@pytest.mark.parametrize("lost", ["last_run.json", "scores.parquet", "profiles.parquet"])
def test_without_a_part_of_what_was_kept_everything_is_scored_again(
    linkage: Linkage, population: Population, compared: list[int], lost: str
) -> None:
    before = linkage.links()
    (linkage.state / lost).unlink()
    assert not linkage.run(population.records).unchanged
    assert len(compared) == 1
    assert linkage.links() == before


@pytest.mark.parametrize("broken", ["scores.parquet", "links"])
def test_a_run_that_dies_while_it_writes_leaves_nothing_that_stands(
    linkage: Linkage, population: Population, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("linkage.run.write_links" if broken == "links" else "linkage.kept_scores.pq.write_table", dies)
    records = after_a_day(population)
    with pytest.raises(OSError, match="no space left"):
        linkage.run(records)
    monkeypatch.undo()
    version = linkage.model().version
    report = linkage.run(records)
    assert (report.trained, report.unchanged, report.model_version) == (False, False, version)
    assert any("new:" in link["left_profile_id"] + link["right_profile_id"] for link in linkage.links())
