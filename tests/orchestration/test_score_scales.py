"""`guanxi check` warns of scores of which nobody has said the scale."""

from pathlib import Path

import duckdb
import pytest

from ingestion.contract.channel import Channel
from ingestion.contract.table import Column, Table
from ingestion.pipeline import ingest
from orchestration.channel_check.score_scales import scale_findings
from orchestration.channel_check.staging_build import Build
from stores.settings import Settings

RENAMES = "select id, verdict as told from raw"
CONCEPT = "select {{ concept('feedback', {'feedback_id': 'id', 'score': \"told * 2\"}) }} from it"


def found(settings: Settings, column: Column, models: dict[str, str], name: str = "verdict") -> list[str]:
    """What is said of a channel with one numeric column."""
    settings = settings.model_copy(update={"channels": {"stall": {"settle_seconds": 0}}})
    (settings.landing / "stall").mkdir(parents=True)
    (settings.landing / "stall" / "a.csv").write_text(f"id,{name}\n1,2\n2,55\n3,\n", encoding="utf-8")
    channel = Channel("stall", "摊位", [Table("reviews", {"id": "text", name: column}, pattern="*.csv")])
    ingest(settings, channel)
    nodes = {
        model: {
            "name": f"stg_stall__{model}",
            "resource_type": "model",
            "original_file_path": f"models/staging/stall/stg_stall__{model}.sql",
            "raw_code": code,
        }
        for model, code in models.items()
    }
    build = Build({model: {"status": "success"} for model in nodes}, nodes)
    with duckdb.connect() as connection:
        dataset = Path(settings.lake / "raw_stall")
        return [one.text for one in scale_findings(channel, build, connection, dataset)]


@pytest.mark.parametrize("kind", ["int", "double", "decimal"])
def test_a_column_that_becomes_the_score_and_has_no_scale_is_told_with_what_it_holds(
    settings: Settings, kind: str
) -> None:
    (text,) = found(settings, Column(kind), {"reviews": RENAMES, "feedback": CONCEPT})
    assert text.startswith("verdict is a score whose scale nobody has said")
    assert text.endswith(("go from 2 to 55.", "go from 2.00 to 55.00."))


def test_a_column_that_is_called_as_scores_are_is_told_where_the_models_hide_it(settings: Settings) -> None:
    hidden = "select {{ metric }} as score from it"
    assert len(found(settings, Column("int"), {"feedback": hidden}, "nps")) == 1


@pytest.mark.parametrize(
    ("column", "models"),
    [
        (Column("int", between=(0, 100)), {"reviews": RENAMES, "feedback": CONCEPT}),
        (Column("int"), {"reviews": RENAMES}),
        (Column("int"), {"feedback": "select {{ concept('feedback', {'feedback_id': 'id'}) }} from it"}),
    ],
)
def test_a_score_with_a_scale_and_a_number_that_is_none_are_not_told(
    settings: Settings, column: Column, models: dict[str, str]
) -> None:
    assert found(settings, column, models) == []
