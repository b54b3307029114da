"""What dbt said of a channel's models on a sample: models that cannot be built, rules of columns that rows break."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import duckdb

from orchestration.channel_check.findings import NOTE, PART, PROBLEM, WARNING, Finding, listed
from orchestration.channel_check.staging_build import Build, staging_models
from orchestration.channel_check.value_places import Place, place_of
from stores.counted import counted
from stores.duckdb_connection import identifier, literal

_COLUMN_RULES = "column_rules"  # the test of a model's columns, dbt_project/tests/generic
_HEAD = re.compile(r"^\s*(?:Runtime|Compilation|Database) Error in \S+ \S+ \([^)]*\)\s*")
_TAIL = re.compile(r"\s*compiled code at .*$", re.DOTALL)
_NEAR = re.compile('syntax error at or near "([^"]+)"')
_BAD = ("error", "runtime error", "fail", "warn")
_ABSENT = re.compile(r"Table with name (\w+) does not exist")
_BY_A_RUN = "Nothing; `guanxi run` builds and tests it, `guanxi dbt build` does beside production."
_VALUES = 8
_MISSING = " no {field}."


def build_findings(
    build: Build, channel: str, warehouse: duckdb.DuckDBPyConnection, dataset: str, is_part: bool
) -> Iterator[Finding]:
    """Everything that failed.

    Args:
        build: what dbt did.
        channel: whose models they are.
        warehouse: where they were built.
        dataset: the channel's folder in the sampled lake.
        is_part: whether the sample is a part of several tables, so that a join may find nothing.
    """
    if build.trouble:
        yield Finding(PROBLEM, channel, f"dbt could not build the sample: {_plain(build.trouble)}")
        return
    own = staging_models(build.nodes, channel)
    skipped = []
    told: set[tuple[str, ...]] = set()
    for name, result in build.results.items():
        node = build.nodes[name]
        if result["status"] == "skipped" and node["resource_type"] == "model":
            skipped.append(node["name"])
        elif result["status"] in _BAD and node["resource_type"] == "test":
            for finding in _broken_rules(build, channel, node, result, warehouse, dataset):
                # what is wrong in one model is wrong in those that read it
                same = (finding.fix, finding.field, finding.value)
                if same in told:
                    continue
                told.add(same)
                is_missing = is_part and finding.text.endswith(_MISSING.format(field=finding.field))
                yield replace(finding, level=WARNING, fix=PART) if is_missing else finding
        elif result["status"] in _BAD:
            path = f"dbt_project/{node['original_file_path']}"
            text = _plain(str(result.get("message") or ""))
            if name in own:
                yield Finding(
                    PROBLEM, node["name"], f"It cannot be built: {text}", f"Correct {path}.{_quoted(text)}", path
                )
            else:
                yield _unbuilt(build, [one["name"] for one in own.values()], node, text)
    if build.left_out:
        many = len(build.left_out) > 1
        text = f"Not checked, since {'they read' if many else 'it reads'} what only a run of all channels builds"
        yield Finding(NOTE, channel, f"{text}: {listed(build.left_out)}.", _BY_A_RUN)
    if skipped:
        yield Finding(NOTE, channel, f"Not built because of that, so not checked: {listed(sorted(skipped))}.")


def _unbuilt(build: Build, own: list[str], node: Mapping[str, Any], said: str) -> Finding:
    """A model that reads the channel's and failed: one made for this channel, or one that unites all of them."""
    name, path = node["name"], f"dbt_project/{node['original_file_path']}"
    absent = _ABSENT.search(said)
    if absent and any(one["name"] == absent[1] for one in build.nodes.values()):
        text = f"{name} was not checked: it reads {absent[1]}, which only a run of all channels builds."
        return Finding(NOTE, name, text, _BY_A_RUN, path)
    read = [one for one in own if re.search(rf"\b{one}\b", str(node.get("raw_code") or ""))]
    text = f"{name}, which reads {listed(read) if read else 'the models of the channel'}, cannot be built: {said}"
    if read:
        return Finding(PROBLEM, name, text, f"Correct {path}, or the columns of {read[0]}.{_quoted(said)}", path)
    fix = "Give each column of the channel's concept models the type that other channels give it."
    return Finding(PROBLEM, name, text, fix, path)


def _broken_rules(
    build: Build, channel: str, test: Mapping[str, Any], result: Mapping[str, Any],
    warehouse: duckdb.DuckDBPyConnection, dataset: str,
) -> Iterator[Finding]:  # fmt: skip
    # every test only warned while it ran, so that the others ran too
    level = WARNING if str(test["config"].get("severity", "error")).lower() == "warn" else PROBLEM
    model = build.nodes.get(test.get("attached_node") or "")
    rules = test.get("test_metadata") or {}
    query = result.get("compiled_code")
    if model is None or rules.get("name") != _COLUMN_RULES or not query or result["status"].endswith("error"):
        yield Finding(level, test["name"], f"The test {test['name']} failed: {_plain(str(result.get('message')))}")
        return
    columns = "rule_name, column_name, failing_rows, first_value, last_value"
    for rule, column, rows, first, last in warehouse.execute(f"select {columns} from ({query})").fetchall():
        arguments = rules["kwargs"].get(rule) or {}
        yield _broken_rule(
            build, channel, level, model, rule, column, int(rows), (first, last), arguments, warehouse, dataset
        )


def _broken_rule(
    build: Build, channel: str, level: str, model: Mapping[str, Any], rule: str, column: str, rows: int,
    ends: tuple[str | None, str | None], arguments: Any, warehouse: duckdb.DuckDBPyConnection, dataset: str,
) -> Finding:  # fmt: skip
    name = model["name"]
    fix = f"Translate it in {_staging_file(build, channel, model)}."
    if rule == "not_null":
        text = f"{counted(rows, 'row')} of {name} {'has' if rows == 1 else 'have'}{_MISSING.format(field=column)}"
        return Finding(level, name, text, fix.replace("Translate", "Fill"), field=column)
    if rule == "unique":
        place = place_of(warehouse, dataset, _without_channel(ends[0], channel))
        text = f"{counted(rows, 'value')} of {column} in {name} {'occurs' if rows == 1 else 'occur'} more than once."
        fix = (
            f"Keep one row of each in {_staging_file(build, channel, model)}: newest(…, key=[…]); or choose another id."
        )
        return _placed(Finding(level, name, text, fix, field=column, value=_without_channel(ends[0], channel)), place)
    allowed: tuple[str, ...] = ()
    relation = str(model["relation_name"])
    if rule == "accepted_values":
        allowed = tuple(str(value) for value in arguments.get(column, ()))
        refused = f"{identifier(column)} not in ({', '.join(literal(value) for value in allowed)})"
    elif rule == "relationships" and (parent := _parent(build, arguments.get(column) or {})):
        field = identifier(arguments[column]["field"])
        known = warehouse.execute(f"select distinct {field} from {parent['relation_name']} order by 1").fetchall()
        allowed = tuple(str(value) for (value,) in known)
        refused = f"{identifier(column)} not in (select {field} from {parent['relation_name']})"
        if parent["resource_type"] == "seed":
            fix = f"{fix[:-1]}, or add a row to dbt_project/{parent['original_file_path']}."
    else:
        return Finding(
            level, name, f"{column} of {name} breaks its rule {rule}, such as {ends[0]!r}.", fix, field=column
        )
    found = warehouse.execute(
        f"select cast({identifier(column)} as varchar), count(*) from {relation} where {refused} group by 1 "
        f"order by 2 desc, 1 limit {_VALUES}"
    ).fetchall()
    words = listed([f"{value!r} ({counted(many, 'row')})" for value, many in found])
    text = f"{column} of {name} is {words}, which is not allowed."
    value = str(found[0][0]) if found else str(ends[0])
    finding = Finding(level, name, text, fix, field=column, value=value, allowed=allowed)
    return _placed(finding, place_of(warehouse, dataset, value))


def _staging_file(build: Build, channel: str, model: Mapping[str, Any]) -> str:
    """The channel's own model that a model rests on, the nearest: where its rows can be put right."""
    own = staging_models(build.nodes, channel)
    waiting = [str(model["unique_id"])]
    for name in waiting:
        if name in own:
            return f"dbt_project/{own[name]['original_file_path']}"
        parents = build.nodes[name].get("depends_on", {}).get("nodes", [])
        waiting += [one for one in parents if one in build.results and one not in waiting]
    return f"dbt_project/models/staging/{channel}/"


def _placed(finding: Finding, place: Place | None) -> Finding:
    if place is None:
        return finding
    return replace(finding, file=place.file, line=place.line, field=place.field)


def _parent(build: Build, rule: Mapping[str, str]) -> Mapping[str, Any] | None:
    """The seed or model that `ref('…')` of a rule of relationships names."""
    named = re.search(r"ref\('([a-z0-9_]+)'\)", str(rule.get("to", "")))
    found = [build.nodes[one] for one in build.results if named and build.nodes[one]["name"] == named[1]]
    return found[0] if found else None


def _quoted(message: str) -> str:
    """What helps where a column's name is a word of SQL."""
    near = _NEAR.search(message)
    word = near[1] if near and near[1].isidentifier() else ""
    return ' A column called like a word of SQL, such as at, stands in double quotes there: "at".' if word else ""


def _without_channel(value: str | None, channel: str) -> str:
    """A channel's own id: the models that unite channels put the channel's name before it."""
    return (value or "").removeprefix(f"{channel}:")


def _plain(message: str) -> str:
    """Dbt's message without what it says around the database's own words."""
    lines = [line.strip() for line in _TAIL.sub("", _HEAD.sub("", message)).splitlines()]
    return " ".join(" ".join(line for line in lines if line).split())
