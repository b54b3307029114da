"""What a definition of a metric needs, and what the models that are written from definitions hold."""

import json
from copy import deepcopy
from datetime import date

import pytest

from orchestration.dbt.dbt_project import prepare_manifest
from orchestration.metrics import generated_models
from orchestration.metrics.definitions import Definitions
from orchestration.metrics.generated_models import check_metrics, require_current
from orchestration.metrics.goals import check_goals
from orchestration.metrics.metric_sql import MetricSql
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, load_settings
from tests.testing.project_copy import copy_project


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("home"))
    manifest = prepare_manifest(settings).with_name("semantic_manifest.json")
    return json.loads(manifest.read_text(encoding="utf-8"))


@pytest.fixture
def changed(document):
    """Definitions in which one metric was changed."""

    def change(name, **parts):
        copy = deepcopy(document)
        metric = next(one for one in copy["metrics"] if one["name"] == name)
        metric.update({key: value for key, value in parts.items() if key != "meta"})
        metric["config"]["meta"].update(parts.get("meta", {}))
        return copy

    return change


def test_the_models_are_those_of_the_definitions(settings, document):
    check_metrics(settings)
    for name, text in generated_models.texts(Definitions(document)).items():
        path = PROJECT_ROOT / "dbt_project" / generated_models.FOLDER / f"{name}.sql"
        assert path.read_text(encoding="utf-8") == text, "run guanxi metrics compile"


def test_every_metric_has_both_names_a_meaning_and_an_owner(document):
    figures = Definitions(document).figures
    assert len(figures) > 45
    assert [
        one for one in figures if not (one.name_zh and one.name_en and one.description_zh and one.description_en)
    ] == []
    assert {one.owner for one in figures} == {"analytics", "operations", "data-engineering"}


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ({"unit": "kilos"}, "unit 'kilos' is unknown. Use one of count, money, share, score"),
        ({"direction": "sideways"}, "direction 'sideways' is unknown. Use one of up, down"),
        ({"owner": ""}, "config.meta lacks owner"),
        ({"name_zh": None}, "config.meta lacks name_zh"),
    ],
)
def test_a_metric_that_lacks_something_is_refused(changed, meta, said):
    with pytest.raises(UserError, match=said):
        Definitions(changed("net_revenue", meta=meta))


def test_a_changed_definition_stops_a_build_until_the_models_are_written_again(changed, settings):
    other = Definitions(changed("net_revenue", label="Revenue"))
    with pytest.raises(UserError, match=r"older than the definitions of metrics\. Run `guanxi metrics compile`"):
        require_current(settings, other)


def test_months_of_shares_states_and_distinct_counts_are_not_added_up(document):
    additive = {one.metric for one in Definitions(document).figures if one.is_additive}
    assert {"net_revenue", "orders", "messages_sent"} <= additive
    assert additive.isdisjoint({"buyers", "active_customers", "customers", "complaint_rate", "nps", "csat"})


@pytest.mark.parametrize(
    ("metrics", "by", "where", "said"),
    [
        (["profit"], [], {}, "There is no metric profit"),
        (["net_revenue"], ["campaign"], {}, "net_revenue cannot be told by campaign. Use one of channel, day"),
        (["net_revenue", "nps"], ["channel"], {}, "cannot be told by channel"),
        (["net_revenue"], [], {"shop": "x"}, "cannot be told by shop"),
        (["net_revenue"], [], {"channel": "{{ env_var('HOME') }}"}, "is no value of a dimension"),
    ],
)
def test_a_query_that_cannot_be_made_says_what_can(document, metrics, by, where, said):
    with pytest.raises(UserError, match=said):
        MetricSql(Definitions(document)).query(metrics, by, where)


def test_a_value_stays_a_value(document):
    sql = MetricSql(Definitions(document)).query(["orders"], [], {"channel": "it's'; drop table x; --"})
    assert "'it''s''; drop table x; --'" in sql


def test_a_query_counts_the_days_that_it_is_asked_for(document):
    sql = MetricSql(Definitions(document)).query(["orders"], [], None, date(2026, 4, 15), date(2026, 4, 20))
    assert "between '2026-04-15' and '2026-04-20'" in sql


GOALS = "goal,dimension,metric,measured_by,target,starts_on,ends_on,owner,name_zh,name_en,note_zh,note_en\n"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("g,value,profit,latest,1,,,analytics,甲,A,,", r"goals.csv:2, column metric: there is no metric 'profit'"),
        (
            "g,value,nps,total,50,2026-01-01,2026-12-31,analytics,甲,A,,",
            "the months of nps cannot be added up. Use latest",
        ),
        ("g,value,buyers,total,50,2026-01-01,2026-12-31,analytics,甲,A,,", "the months of buyers cannot be added up"),
        ("g,value,orders,total,50,,2026-12-31,analytics,甲,A,,", "goals.csv:2: a total needs starts_on and ends_on"),
        ("g,value,orders,latest,5,2026-12-31,2026-01-01,analytics,甲,A,,", "'2026-01-01' lies before starts_on"),
        ("g,value,,latest,5,,,analytics,甲,A,,", "a goal without a metric says why it is not measured"),
    ],
)
def test_a_goal_that_cannot_be_measured_is_refused_with_its_line(document, tmp_path, row, said):
    seed = tmp_path / "dbt_project" / "seeds" / "goals" / "goals.csv"
    seed.parent.mkdir(parents=True)
    seed.write_text(GOALS + row + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=said):
        check_goals(load_settings(project_root=tmp_path, home=tmp_path / "home"), Definitions(document))


@pytest.mark.heavy  # a project of its own is parsed
def test_a_renamed_table_is_no_reason_not_to_write_the_models_that_read_it(tmp_path):
    settings = load_settings(project_root=copy_project(tmp_path / "project"), home=tmp_path / "home")
    folder = settings.project_root / "dbt_project" / generated_models.FOLDER
    (folder / "daily_feedback.sql").rename(folder / "feedback_by_day.sql")
    for path in folder.glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.replace("name: daily_feedback\n", "name: feedback_by_day\n")
            .replace("model: daily_feedback\n", "model: feedback_by_day\n")
            .replace("ref('daily_feedback')", "ref('feedback_by_day')"),
            encoding="utf-8",
        )
    before = (folder / "metric_values.sql").read_text(encoding="utf-8")
    assert "ref('daily_feedback')" in before
    written = generated_models.write(settings)
    assert [path.stem for path, is_new in written.items() if is_new] == [
        "metric_values",
        "metric_definitions",
        "saved_queries",
    ]
    assert "ref('feedback_by_day')" in (folder / "metric_values.sql").read_text(encoding="utf-8")


@pytest.mark.heavy
def test_a_project_that_does_not_parse_keeps_its_models(tmp_path):
    settings = load_settings(project_root=copy_project(tmp_path / "project"), home=tmp_path / "home")
    folder = settings.project_root / "dbt_project" / generated_models.FOLDER
    before = {path: path.read_text(encoding="utf-8") for path in folder.glob("*.sql")}
    (folder / "broken.sql").write_text("select * from {{ ref('nothing_of_that_name') }}", encoding="utf-8")
    with pytest.raises(UserError, match="does not parse"):
        generated_models.write(settings)
    assert {path: path.read_text(encoding="utf-8") for path in before} == before


def test_the_order_in_which_files_are_read_changes_nothing(document):
    turned = deepcopy(document)
    for part in ("semantic_models", "metrics", "saved_queries"):
        turned[part].reverse()
    assert generated_models.texts(Definitions(turned)) == generated_models.texts(Definitions(document))
