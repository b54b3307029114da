"""What the channel's rows mean to the models that unite channels: what is held back, who bought, who is reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb

from expectations.suites.held_rows import MIN_HELD_ORDERS
from ingestion.contract.channel import Channel
from orchestration.channel_check.findings import (
    NOTE,
    PART,
    PROBLEM,
    WARNING,
    ChannelReport,
    Filled,
    Finding,
    listed,
)
from orchestration.channel_check.staging_build import HELD_ROWS, Build
from orchestration.channel_check.value_places import place_of
from orchestration.sending.undeclared_consents import has_undeclared_consents
from stores.counted import counted
from stores.duckdb_connection import identifier, literal
from stores.settings import Settings

_SEEDS = "dbt_project/seeds"
_FORM = "ltrim(regexp_replace(lower(trim({id})), '[.]0$', ''), '0')"


class Meaning:
    """Questions to a sample's warehouse.

    Args:
        settings: the installation, for its project and for what it takes for too much.
        channel: whose rows they are.
        build: what was built.
        warehouse: where.
        dataset: the channel's folder in the sampled lake.
    """

    def __init__(
        self, settings: Settings, channel: Channel, build: Build, warehouse: duckdb.DuckDBPyConnection, dataset: str
    ) -> None:
        self._settings, self._channel, self._build = settings, channel, build
        self._warehouse, self._dataset = warehouse, dataset

    def findings(self, is_whole: bool) -> Iterator[Finding]:
        """Everything that the models had to leave out or could not connect.

        Args:
            is_whole: whether the sample is all that the channel has, so that what it lacks is really missing.
        """
        yield from self._held(not is_whole and len(self._channel.tables) > 1)
        yield from self._untitled()
        yield from self._declared_consents()
        if self._build.is_built("int_profiles") and self._build.is_built("int_orders"):
            yield from self._unlisted(is_whole)

    def people(self, report: ChannelReport) -> Iterator[Finding]:
        """Fill in by what the channel's people are recognised, and over what they are reached."""
        if not self._build.is_built("int_profiles") or not self._has("profiles"):
            return
        profiles = self._build.relation("int_profiles")
        report.people = int(self._one(f"select count(*) from {profiles} where is_listed"))
        if not report.people:
            return
        columns = {str(name) for name, *_ in self._warehouse.execute(f"describe {profiles}").fetchall()}

        def filled(name: str, *held_in: str) -> list[Filled]:
            held = next((column for column in held_in if column in columns), None)
            if held is None:
                return []
            query = f"select avg(({identifier(held)} is not null)::int) from {profiles} where is_listed"
            share = float(self._one(query))
            return [Filled(name, round(share, 4))] if share else []

        linking = f"select identifier_type from {self._seed('identity_rules')} where is_linking = 'true'"
        for (kind,) in self._warehouse.execute(linking).fetchall():
            report.recognised_by += filled(str(kind), f"{kind}_token", str(kind))
        over = f"select channel, identifier_type from {self._seed('message_channels')}"
        for name, kind in self._warehouse.execute(over).fetchall():
            # not every phone takes messages
            report.reached_over += filled(str(name), f"message_{kind}_token", f"{kind}_token", str(kind))
        yield from self._future_birthdays()
        if not report.recognised_by:
            text = "Nobody in it has anything by which other channels know them (phone, e-mail, member number …)"
            also = "" if report.reached_over else ", and nobody can be written to"
            yield Finding(WARNING, f"stg_{self._channel.name}__profiles", f"{text}{also}: each stays one customer.")
        if report.reached_over and not self._has("consents"):
            text = "It brings no consents: its people are written to only where another channel brings theirs."
            fix = "If people were asked here, write stg_<channel>__consents and declare ConsentColumn or ConsentRows."
            yield Finding(NOTE, self._channel.name, text, fix)

    def _future_birthdays(self) -> Iterator[Finding]:
        name = f"stg_{self._channel.name}__profiles"
        if wrong := int(self._one(f"select count(*) from {self._build.relation(name)} where birthday > current_date")):
            text = f"{counted(wrong, 'birthday')} {'is' if wrong == 1 else 'are'} in the future and left out."
            fix = 'If their years have two digits: Column("date", formats=["…%y…"], past=True) makes 58 the year 1958.'
            yield Finding(WARNING, name, text, fix)

    def _held(self, is_part: bool) -> Iterator[Finding]:
        if not self._build.is_built(HELD_ROWS):
            return
        node = next(node for node in self._build.nodes.values() if node["name"] == HELD_ROWS)
        advice = node["config"]["meta"].get("what_to_do", {})
        columns = "concept, reason, value, held_rows, channel_held_rows, channel_held_share"
        found = self._warehouse.execute(
            f"select {columns} from {self._build.relation(HELD_ROWS)} order by held_rows desc, concept, reason, value"
        ).fetchall()
        for concept, reason, value, rows, all_held, share in found:
            stops = concept == "points" or (
                concept == "orders" and all_held >= MIN_HELD_ORDERS and share > self._settings.gates.held_orders_share
            )
            words = advice.get(reason, {})
            shown = f" {value!r}" if value else ""
            verb = "is" if rows == 1 else "are"
            text = f"{counted(rows, 'row')} of {concept} {verb} held back from every total: {_said(reason)}{shown}."
            fix = str(words.get("fix", "")).format(channel=self._channel.name, value=value, folder=_SEEDS)
            allowed = self._allowed(str(words.get("allowed", "")))
            place = place_of(self._warehouse, self._dataset, value) if value else None
            about = f"stg_{self._channel.name}__{concept}"
            finding = Finding(PROBLEM if stops else WARNING, about, text, fix, value=value or "", allowed=allowed)
            if is_part and not value:
                finding = replace(finding, level=NOTE, fix=PART)
            if place:
                finding = replace(finding, file=place.file, line=place.line, field=place.field)
            yield finding

    def _allowed(self, seed_column: str) -> tuple[str, ...]:
        """The values of `<seed>.<column>`."""
        seed, _, column = seed_column.partition(".")
        if not column:
            return ()
        rows = self._warehouse.execute(f"select distinct {identifier(column)} from {self._seed(seed)} order by 1")
        return tuple(str(value) for (value,) in rows.fetchall())

    def _untitled(self) -> Iterator[Finding]:
        if not self._has("interactions") or not self._build.is_built("int_interactions"):
            return
        titles = self._seed("interaction_titles")
        found = self._warehouse.execute(
            f"select kind, count(*) from {self._build.relation('int_interactions')} "
            f"where kind not in (select kind from {titles}) group by kind order by 2 desc, 1"
        ).fetchall()
        if found:
            words = listed([f"{kind!r} ({counted(rows, 'row')})" for kind, rows in found])
            text = f"Kinds without a title, which people will see as they are written: {words}."
            fix = f"Append rows to {_SEEDS}/interaction_titles.csv, or use one of its kinds."
            yield Finding(NOTE, f"stg_{self._channel.name}__interactions", text, fix,
                          allowed=self._allowed("interaction_titles.kind"))  # fmt: skip

    def _declared_consents(self) -> Iterator[Finding]:
        contract = f"ingestion/channels/{self._channel.name}/"
        declared = [
            (table.name, f"{type(one).__name__} {one.granted!r}", question)
            for table in self._channel.tables
            for one in table.consents
            for question in one.questions(table.contract, table.key)
        ]
        for field, seed in (("channel", "message_channels.channel"), ("purpose", "consent_purposes.purpose"),
                            ("identifier_type", "identity_rules.identifier_type")):  # fmt: skip
            allowed = self._allowed(seed)
            for table, name, value in dict.fromkeys(
                (table, name, getattr(one, field)) for table, name, one in declared
            ):
                if value not in allowed:
                    text = f"{name}: its {field} {value!r} is no row of the seed {seed}."
                    yield Finding(PROBLEM, table, text, f"Correct it in {contract}.", contract, field=field,
                                  value=value, allowed=allowed)  # fmt: skip
        if has_undeclared_consents(self._settings, self._channel):
            text = "It has consents and its contract declares none, so every message to its people is held."
            fix = f"Add consents=[ConsentColumn(…)], or ConsentRows(…), to the table in {contract}."
            yield Finding(WARNING, f"stg_{self._channel.name}__consents", text, fix)

    def _unlisted(self, is_whole: bool) -> Iterator[Finding]:
        """Orders of people whom the channel's own list lacks."""
        orders, profiles = self._build.relation("int_orders"), self._build.relation("int_profiles")
        about = f"stg_{self._channel.name}__orders"
        row = self._warehouse.execute(
            f"select count(*), count(source_profile_id), count(*) filter (where not profiles.is_listed), "
            f"min(profiles.native_id) filter (where not profiles.is_listed) "
            f"from {orders} as orders left join {profiles} as profiles using (source_profile_id)"
        ).fetchone()
        assert row is not None
        sales, named, unlisted, example = row
        if sales and not named:
            text = "No order names who bought, so none of them is anybody's."
            yield Finding(WARNING, about, text, "Fill native_id with the customer's number, if the files have one.")
        if not unlisted or not self._has("profiles"):
            return
        other = self._warehouse.execute(
            f"select unlisted.native_id, listed.native_id from {profiles} as unlisted inner join {profiles} as listed "
            f"on {_FORM.format(id='unlisted.native_id')} = {_FORM.format(id='listed.native_id')} "
            "where not unlisted.is_listed and listed.is_listed order by all limit 1"
        ).fetchone()
        share = unlisted / named
        if other:
            text = f"Orders and profiles write the ids differently: {other[0]!r} and {other[1]!r} would be two people."
            yield Finding(PROBLEM, about, text, "Write both in one form in the staging models.", value=str(other[0]))
        elif not is_whole:
            text = (
                f"{unlisted:,} of {counted(named, 'order')} in the sample are of people whom its profiles do not list. "
                "It is a part of all rows, so that says little."
            )
            yield Finding(NOTE, about, text, "Check again with more --rows to know.")
        else:
            level = WARNING if share > self._settings.gates.unlisted_sales_share else NOTE
            text = f"{unlisted:,} of {counted(named, 'order')} with a customer are of people whom no profile lists."
            yield Finding(level, about, text, "Those become customers of their own; check the ids if that is wrong.",
                          value=str(example))  # fmt: skip

    def _has(self, concept: str) -> bool:
        return self._build.is_built(f"stg_{self._channel.name}__{concept}")

    def _seed(self, name: str) -> str:
        """A seed as analysts edit it."""
        node = next(one for one in self._build.nodes.values() if one["resource_type"] == "seed" and one["name"] == name)
        path = self._settings.project_root / "dbt_project" / node["original_file_path"]
        return f"read_csv({literal(str(path))}, header = true, all_varchar = true)"

    def _one(self, query: str) -> int | float:
        row = self._warehouse.execute(query).fetchone()
        return row[0] if row and row[0] is not None else 0


def _said(reason: str) -> str:
    """A reason's name in words."""
    return reason.replace("_", " ")
