"""Personal values that texts say, such as a name: the plan has references, opened when messages are claimed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, and_, or_, select

from exports.policy.send_policy import SendPolicy
from stores.operations import deliveries, reading

_IN_ONE_LIST = 10_000


def waiting_references(store: Engine, publication_id: str, destination: str, rules: SendPolicy) -> Iterator[list[str]]:
    """The references of the personal values that waiting messages say, in lists; none where no template says any.

    Args:
        store: the operations store.
        publication_id: only messages of this publication's plan.
        destination: the destination instance.
        rules: have the templates.
    """
    d = deliveries.c
    names = {key: one.personal_fields for key, one in rules.templates.items() if one.personal_fields}
    if not names:
        return
    columns = (d.campaign_id, d.campaign_version, d.step, d.channel)
    theirs = or_(*(and_(*(column == value for column, value in zip(columns, key, strict=True))) for key in names))
    waiting = and_(d.publication_id == publication_id, d.destination == destination, d.state == "queued", theirs)
    with reading(store) as connection:
        found = connection.execution_options(stream_results=True).execute(select(*columns, d.fields).where(waiting))
        for rows in found.partitions(_IN_ONE_LIST):
            known = ((json.loads(row.fields), names[(row[0], row[1], row[2], row[3])]) for row in rows)
            yield [fields[name] for fields, wanted in known for name in wanted if fields.get(name)]


def open_fields(rules: SendPolicy, rows: Sequence[dict[str, Any]]) -> None:
    """Note on messages, as `opened_fields`, the personal values that their texts say, in one look into the vault.

    A value that the vault does not have counts as not known.

    Args:
        rules: have the templates, the vault and the keys.
        rows: messages; those that are frozen need none.

    Raises:
        UserError: the vault is missing or cannot be read, or a value was sealed with a key that is not there.
    """
    asked: list[tuple[dict[str, Any], str, str]] = []
    for row in rows:
        template = rules.template_of(row) if row["payload_cipher"] is None else None
        names = template.personal_fields if template else ()
        if names:
            known = json.loads(row["fields"])
            row["opened_fields"] = dict.fromkeys(names)
            asked += [(row, name, known[name]) for name in names if known.get(name)]
    found = rules.vault.find(ref for _, _, ref in asked) if asked else {}
    for row, name, ref in asked:
        if ref in found:
            row["is_opened"] = True
            row["opened_fields"][name] = rules.keyring.unseal(*found[ref])
