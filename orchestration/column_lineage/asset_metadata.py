"""The lineage of columns where people look for it: at the columns of an asset, and under Dagster's own key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg
from dagster import TableColumnDep, TableColumnLineage

from orchestration.column_lineage.kept_lineage import ModelLineage

COLUMN_LINEAGE, COLUMN_SCHEMA = "dagster/column_lineage", "dagster/column_schema"
_UNIQUE_ID = "dagster_dbt/unique_id"


def with_lineage(
    definitions: Sequence[dg.AssetsDefinition], lineage: Mapping[str, ModelLineage]
) -> list[dg.AssetsDefinition]:
    """The dbt assets with what their columns are made from.

    Dagster's own UI shows `dagster/column_lineage` only in its paid edition, so the description of each column says it
    too.

    Args:
        definitions: assets of dbt.
        lineage: by the id of the model; a model that is not in it stays as it is.
    """
    specs = [spec for one in definitions for spec in one.specs]
    keys = {str(spec.metadata[_UNIQUE_ID]): spec.key for spec in specs if _UNIQUE_ID in spec.metadata}

    def traced(spec: dg.AssetSpec) -> dg.AssetSpec:
        known = lineage.get(str(spec.metadata.get(_UNIQUE_ID)))
        return spec.merge_attributes(metadata=_metadata(spec, known, keys)) if known else spec

    return [one.map_asset_specs(traced) for one in definitions]


def _metadata(spec: dg.AssetSpec, known: ModelLineage, keys: Mapping[str, dg.AssetKey]) -> dict[str, object]:
    deps = {column: _deps(made_from, keys) for column, made_from in known.origins.items()}
    told: dict[str, object] = {COLUMN_LINEAGE: TableColumnLineage(deps_by_column=deps)}
    schema = spec.metadata.get(COLUMN_SCHEMA)
    if isinstance(schema, dg.TableSchema):
        columns = [_described(column, deps.get(column.name, [])) for column in schema.columns]
        told[COLUMN_SCHEMA] = dg.TableSchema(columns=columns, constraints=schema.constraints)
    return told


def _deps(made_from: Sequence[tuple[str, str]], keys: Mapping[str, dg.AssetKey]) -> list[TableColumnDep]:
    found = [(_key(unique_id, keys), column) for unique_id, column in made_from]
    return [TableColumnDep(asset_key=key, column_name=column) for key, column in found if key]


def _key(unique_id: str, keys: Mapping[str, dg.AssetKey]) -> dg.AssetKey | None:
    kind, _, *name = unique_id.split(".")
    return dg.AssetKey(name) if kind == "source" else keys.get(unique_id)


def _described(column: dg.TableColumn, deps: Sequence[TableColumnDep]) -> dg.TableColumn:
    if not deps:
        return column
    listed = ", ".join(f"`{dep.asset_key.path[-1]}.{dep.column_name}`" for dep in deps)
    description = "\n\n".join(part for part in (column.description, f"来自 From {listed}") if part)
    return dg.TableColumn(column.name, column.type, description, column.constraints, column.tags)
