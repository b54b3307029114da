"""Macros that are made when they are asked for are those that dbt makes."""

from types import SimpleNamespace

import pytest
from dbt.clients.jinja import MacroGenerator, MacroStack, get_rendered
from dbt.context.configured import ConfiguredContext
from dbt.context.macros import MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt_common.clients.jinja import NativeSandboxTemplate

from orchestration.dbt.shortcuts.macro_namespaces import make_macros_when_asked

PLACES = [("dbt", "a"), ("dbt", "b"), ("dbt", "c"), ("guanxi", "a"), ("guanxi", "b"), ("guanxi", "ref"), ("other", "a")]


def macro(package: str, name: str) -> SimpleNamespace:
    sql = "{% macro " + name + "() %}" + f"{name} of {package}" + "{% endmacro %}"
    return SimpleNamespace(package_name=package, name=name, macro_sql=sql, unique_id=f"macro.{package}.{name}")


@pytest.fixture
def project() -> dict[str, dict[str, SimpleNamespace]]:
    """The macros of a project, by package."""
    found: dict[str, dict[str, SimpleNamespace]] = {}
    for package, name in PLACES:
        found.setdefault(package, {})[name] = macro(package, name)
    return found


@pytest.fixture
def context_of(project, monkeypatch):
    """Makes the context of a node of a package: dbt's own, or one that makes macros when they are asked for."""
    monkeypatch.setattr(ConfiguredContext, "to_dict", to_dict_of_every_context)
    monkeypatch.setattr(NativeSandboxTemplate, "new_context", NativeSandboxTemplate.new_context)
    own = vars(ManifestContext)["_build_namespace"], vars(ManifestContext)["to_dict"]
    dbts = [getattr(one, "__wrapped__", one) for one in own]

    def made(package: str, by_dbt: bool = False):
        for name, function in zip(("_build_namespace", "to_dict"), dbts, strict=True):
            monkeypatch.setattr(ManifestContext, name, function)
        if not by_dbt:
            make_macros_when_asked()
        context = ManifestContext.__new__(ManifestContext)
        context._ctx = {}
        context.manifest = SimpleNamespace(get_macros_by_package=lambda: project)
        builder = MacroNamespaceBuilder("guanxi", package, MacroStack(), ["dbt"])
        context._get_namespace_builder = lambda: builder
        context.namespace = context._build_namespace()
        return context

    return made


def to_dict_of_every_context(self):
    self._ctx |= {"context": self._ctx, "ref": "what a macro replaces", "target": "of every context"}
    return self._ctx


def said(macros: dict) -> dict:
    """What each macro says, and those of the packages."""
    return {
        name: one() if isinstance(one, MacroGenerator) else said(one) if isinstance(one, dict) else one
        for name, one in macros.items()
        if name != "context"
    }


@pytest.mark.parametrize("package", ["guanxi", "other", "dbt"])
def test_a_context_has_every_macro_that_dbt_gives_it(context_of, package):
    expected, found = context_of(package, by_dbt=True), context_of(package)
    assert said(found.to_dict()) == said(expected.to_dict())
    for place, name in [*PLACES, (None, "a"), (None, "nothing"), ("dbt", "nothing")]:
        one, other = (context.namespace.get_from_package(place, name) for context in (found, expected))
        assert (one and one()) == (other and other())


def test_only_the_macros_that_are_asked_for_are_made(context_of, monkeypatch):
    made = []
    init = MacroGenerator.__init__
    context_of("guanxi").to_dict()
    context = context_of("guanxi").to_dict()
    monkeypatch.setattr(
        MacroGenerator, "__init__", lambda self, one, *rest: made.append(one.name) or init(self, one, *rest)
    )
    assert get_rendered("{{ a() }}, {{ dbt.b() }}, {{ 'c' in context }}, {{ nothing is defined }}", context) == (
        "a of guanxi, b of dbt, True, False"
    )
    assert made == ["a", "b"]


def test_the_arguments_of_a_test_are_rendered_as_before_and_make_no_other_macro(context_of, monkeypatch):
    context = context_of("guanxi").to_dict()
    assert get_rendered("{{ a() }}", context, native=True) == "a of guanxi"
    assert dict.__len__(context) < len(PLACES)


def test_a_macro_that_a_unit_test_sets_stands_in_its_package_and_in_the_context(context_of):
    context = context_of("guanxi")
    macros = context.to_dict()
    macros["a"] = lambda: "set"
    macros["dbt"]["c"] = lambda: "set"
    assert (macros["a"](), macros.get("dbt")["c"]()) == ("set", "set")
    assert context.namespace.get_from_package("dbt", "c")() == "set"


def test_a_macro_that_is_added_while_the_project_is_read_is_found(context_of, project):
    context_of("guanxi").to_dict()
    project["guanxi"]["new"] = macro("guanxi", "new")
    assert context_of("guanxi").to_dict()["new"]() == "new of guanxi"
