"""The steps of a build: each model and each test is in one, and what fitted models read comes before them."""

import json

import pytest

from orchestration.dbt import dbt_project
from orchestration.dbt.build_steps import STEPS, BuildStep, before, built_before, models_by_step
from orchestration.dbt.node_choice import BuiltNodes
from orchestration.dbt.node_fingerprints import NodeFingerprints, Surroundings
from stores.settings import load_settings

PROFILES, CUSTOMERS, REST = STEPS


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The record of a home in which nothing is built, with the nodes of the real project."""
    settings = load_settings(home=tmp_path_factory.mktemp("home"))
    manifest = json.loads(dbt_project.prepare_manifest(settings).read_text(encoding="utf-8"))
    around = Surroundings(dbt_project.project_dir(settings), settings.lake, dbt_project.environment(settings))
    return BuiltNodes(settings, NodeFingerprints(manifest, around))


@pytest.fixture(scope="module")
def steps(built):
    return models_by_step(built.prints, {one for one in built.prints.nodes if not one.startswith("test.")})


def model(name):
    return f"model.guanxi.{name}"


def test_every_model_and_seed_is_in_one_step_and_so_is_everything_that_it_is_built_from(built, steps):
    assert sum(map(len, steps)) == len(set().union(*steps))
    assert {one for one in built.prints.nodes if not one.startswith("test.")} == set().union(*steps)
    known = set()
    for step in steps:
        known |= step
        assert all(built.prints.parents(one) <= known for one in step)


def test_every_test_runs_once_in_the_first_step_after_which_all_that_it_reads_is_there(built, steps):
    ran = [built.with_tests(step, set().union(*steps[:number])) - step for number, step in enumerate(steps)]
    assert sum(map(len, ran)) == len(set().union(*ran))
    assert set().union(*ran) == {one for one in built.prints.nodes if one.startswith("test.")}


def test_linkage_stands_behind_what_it_compares_and_fitted_models_behind_the_purchases(steps):
    profiles, customers, rest = steps
    assert model("int_identity__linkage_features") in profiles
    assert {model("int_customer_purchase_days"), model("int_customers_not_profiled")} <= customers
    assert model("stg_linkage__links") in customers
    assert model("customer_value") in rest


def test_a_step_builds_what_its_selection_says_and_leaves_out_what_the_steps_before_have_built():
    assert PROFILES.selector == "+int_identity__linkage_features"
    assert CUSTOMERS.selector == "+tag:model_features"
    assert REST.selector == ""
    assert before(REST) == (PROFILES, CUSTOMERS)
    assert built_before(CUSTOMERS) == PROFILES.selector
    assert built_before(REST) == f"{PROFILES.selector} {CUSTOMERS.selector}"


def test_another_fitted_model_only_gives_its_model_of_features_the_tag(built):
    tagged = {
        one: {**node, "config": {**node["config"], "tags": ["model_features"]}} if one == model("int_points") else node
        for one, node in built.prints.nodes.items()
    }
    prints = NodeFingerprints({**built.prints.manifest, "nodes": tagged}, built.prints.around)
    assert model("int_points") in BuildStep("any", tag="model_features").ends(prints)
