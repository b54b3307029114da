"""The schemas for editors are those of the models, take every shipped file, and refuse what the models refuse."""

import json

import jsonschema
import pytest
import yaml

from exports.definitions.file_schemas import file_schema
from stores.errors import UserError
from stores.settings import PROJECT_ROOT

SHIPPED = {kind: sorted((PROJECT_ROOT / "exports" / f"{kind}s").glob("*.yml")) for kind in ("campaign", "journey")}


def problems(kind, document):
    schema = file_schema(kind, PROJECT_ROOT)
    return [one.message for one in jsonschema.Draft202012Validator(schema).iter_errors(document)]


@pytest.mark.parametrize("kind", SHIPPED)
def test_the_published_schema_is_the_one_that_the_command_prints(kind):
    path = PROJECT_ROOT / "docs" / "schemas" / f"{kind}.schema.json"
    current = json.loads(path.read_text(encoding="utf-8")) == file_schema(kind, PROJECT_ROOT)
    assert current, f"guanxi journey schema {kind} > docs/schemas/{path.name}"


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in SHIPPED.items() for path in paths], ids=str)
def test_every_file_keeps_the_schema_of_its_kind_and_names_no_other(kind, path):
    text = path.read_text(encoding="utf-8")
    named = [line for line in text.splitlines() if line.startswith("# yaml-language-server:")]
    assert set(named) <= {f"# yaml-language-server: $schema=../../docs/schemas/{kind}.schema.json"}
    assert problems(kind, yaml.safe_load(text)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"entry": {"segment": "new_customers", "reentry": "soon"}}, "is not valid"),
        ({"steps": [{"wait": {"for": "7 days"}}]}, "is not valid"),
        ({"steps": []}, "should be non-empty"),
        ({"on_edit": "stay"}, "is not one of ['move', 'finish', 'leave']"),
        ({"stepz": []}, "'stepz' was unexpected"),
    ],
)
def test_what_the_models_refuse_an_editor_underlines(change, said):
    right = {
        "journey_id": "care",
        "version": 1,
        "name": {"en": "Care"},
        "entry": {"segment": "new_customers"},
        "steps": [{"send": "hello"}],
    }
    assert problems("journey", right) == []
    assert any(said in one for one in problems("journey", right | change))


def test_another_kind_of_file_has_no_schema():
    with pytest.raises(UserError, match="There are schemas of campaign and journey files, not of 'x'"):
        file_schema("x", PROJECT_ROOT)


def test_an_editor_proposes_events_and_lets_another_row_of_the_seed_pass():
    schema = file_schema("journey", PROJECT_ROOT)
    assert "purchase" in json.dumps(schema["$defs"]["Wait"]["properties"]["until"]["anyOf"][0])
    wait = {"until": "own_event", "at_most": "7d"}
    right = {
        "journey_id": "care",
        "version": 1,
        "name": {"en": "C"},
        "entry": {"event": "own_event"},
        "steps": [{"wait": wait}],
    }
    assert problems("journey", right) == []
