"""Who let which campaign go out, and in which form: one row per campaign that anybody decided about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Connection, String, Table, Text

from stores.operations.audit import record_access
from stores.operations.table_base import UtcDateTime, insert, metadata, updated_at, utc, wall_clock

campaign_approvals = Table(
    "campaign_approvals",
    metadata,
    Column("campaign_id", String(100), primary_key=True),
    Column("decision", String(20), nullable=False),
    # sha256 over the campaign's file, its templates and its segment's SQL as they were; `files` has each one's own.
    Column("digest", String(64), nullable=False),
    Column("files", Text, nullable=False),
    Column("decided_by", String(100), nullable=False),
    Column("reason", Text),
    Column("decided_at", UtcDateTime, nullable=False),
    updated_at(),
    CheckConstraint("decision in ('approved', 'paused')", name="decision"),
)


def decide_campaign(
    connection: Connection,
    *,
    campaign_id: str,
    decision: str,
    digest: str,
    files: str,
    by: str,
    moment: datetime,
    reason: str | None = None,
) -> None:
    """Keep the newest decision about a campaign and add it to the audit log, in the caller's transaction.

    Args:
        connection: a connection of `writing`.
        campaign_id: the campaign.
        decision: "approved" or "paused".
        digest: over everything that makes up the campaign.
        files: JSON text, sha256 by file.
        by: who decides.
        moment: when; aware, or naive UTC.
        reason: why, in words.
    """
    values = {"decision": decision, "digest": digest, "files": files, "decided_by": by, "reason": reason}
    statement = insert(connection, campaign_approvals)
    statement = statement.on_conflict_do_update(
        index_elements=["campaign_id"], set_={**values, "decided_at": utc(moment), "updated_at": wall_clock()}
    )
    connection.execute(statement, {"campaign_id": campaign_id, "decided_at": moment, **values})
    record_access(
        connection,
        actor=by,
        action=decision,
        subject_type="campaign",
        subject=campaign_id,
        purpose="marketing",
        records=1,
        moment=moment,
        detail=f"{digest}{f': {reason}' if reason else ''}",
    )
