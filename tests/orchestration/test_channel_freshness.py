"""How fresh each channel is."""

import pytest

from ingestion.pipeline import ingest
from orchestration.channel_freshness import freshness
from stores.settings import Settings


def test_a_channel_is_on_time_within_what_it_promises_late_afterwards_and_never_before_its_first_load(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T10:00:00")
    (settings.landing / "activities").mkdir(parents=True)
    (settings.landing / "activities" / "registrations.csv").write_text(
        "registration_id,activity_id,score\nR1,A1,5\nR2,A1,many\n"
    )
    ingest(settings, "activities")

    def activities():
        return next(one for one in freshness(settings) if one.channel == "activities")

    told = activities()
    assert (told.state, told.age_hours, told.expected_hours) == ("fresh", 0.0, 168.0)
    assert [(load.rows, load.quarantined) for load in told.loads] == [(1, 1)]
    monkeypatch.setenv("GUANXI_NOW", "2026-07-07T11:00:00")
    assert (activities().state, activities().age_hours) == ("late", 169.0)
    assert {one.state for one in freshness(settings) if one.channel != "activities"} == {"never"}
