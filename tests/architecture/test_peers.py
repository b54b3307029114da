"""Every published mart has a peer that was written by hand, or a reason why not."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from benchmarks.full_refresh import MARTS, PARTS, SCRIPT, WITHOUT_PEER
from stores.publication import PUBLISHED_SCHEMAS
from tests.architecture.test_house_rules import ROOT, models

MODELS = ROOT / "dbt_project" / "models"


def folders_by_schema(section: dict[str, Any], folder: str = "") -> Iterator[tuple[str, str]]:
    """The schema that dbt_project.yml gives to each folder of models that it gives one."""
    for name, below in section.items():
        if name == "+schema":
            yield below, folder
        elif not name.startswith("+") and isinstance(below, dict):
            yield from folders_by_schema(below, f"{folder}/{name}".strip("/"))


def test_what_is_published_stands_in_the_folder_of_marts() -> None:
    project = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))
    places = [
        folder for schema, folder in folders_by_schema(project["models"]["guanxi"]) if schema in PUBLISHED_SCHEMAS
    ]
    assert {place.split("/")[0] for place in places} == {"marts"}
    own = {
        name: schema
        for name, path in models().items()
        for schema in re.findall(r"schema\s*=\s*'(\w+)'", path.read_text(encoding="utf-8"))
        if schema in PUBLISHED_SCHEMAS or "marts" in path.relative_to(MODELS).parts
    }
    assert not own, "a mart is published by its folder"


def test_every_published_mart_has_a_peer_or_a_stated_reason() -> None:
    folders = {name: path.relative_to(MODELS).parts[:2] for name, path in models().items()}
    custom_tags = {path.stem for path in (MODELS / "marts" / "tags" / "custom").glob("*.sql")}
    published = {name for name, folder in folders.items() if folder[0] == "marts"} - custom_tags
    # adding a segment touches its own file only; the script makes those that come with the project
    segments = {name for name in published if folders[name][1] == "segments"} - {"segment_members"}
    assert not set(MARTS) & set(WITHOUT_PEER)
    assert all(reason.strip() for reason in WITHOUT_PEER.values())
    assert published - segments - {*MARTS, *WITHOUT_PEER} == set(), "write it in benchmarks/handwritten, or say why not"
    assert {*MARTS, *WITHOUT_PEER} - published == set(), "no such mart"


def test_what_is_published_as_a_view_reads_only_what_is_published_as_files() -> None:
    as_views = {
        model["name"]
        for path in MODELS.rglob("*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
        if model.get("config", {}).get("meta", {}).get("published_as") == "view"
    }
    marts = {name for name, path in models().items() if path.relative_to(MODELS).parts[0] == "marts"} - as_views
    for name in as_views:
        text = models()[name].read_text(encoding="utf-8")
        assert "materialized='view'" in text, name
        assert set(re.findall(r"ref\('(\w+)'\)", text)) <= marts, name


def test_the_script_makes_every_mart_that_is_compared() -> None:
    assert {path.name for path in SCRIPT.glob("*.sql")} == set(PARTS)
    written = "".join((SCRIPT / part).read_text(encoding="utf-8") for part in PARTS)
    assert set(MARTS) <= set(re.findall(r"^create (?:table|view) (\w+) as", written, re.M))
